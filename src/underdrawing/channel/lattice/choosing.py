"""Which of very many messages a reader heard, where all of them are known but for some bits.

Codewords of a linear code that differ in k bits of their message are sums of k rows. What chips say of all 2^k of them
at once is a Walsh–Hadamard transform of what they say of each sum of rows, so the likeliest is found without any
decoder, and without the loss that decoders have far below their rate.

Whether it is right, no checksum has to tell. By chance every chip is as likely to speak against its bit as for it,
whatever is known of the noise; so the likelihood of the bits that were sent, against that of chance, exceeds 2^n by
chance once in 2^n times at most (Ville 1939, on expectations of likelihood ratios).

Source: decoding of first-order Reed–Muller codes by transform, Green (1966); the rest is ours.
"""

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc import Segmented

__all__ = ["MOST_WAYS", "likeliest"]

MOST_WAYS = 20
"""The most bits that may be unknown; a million messages take a twentieth of a second."""

_LOUDEST = np.float32(30)


def likeliest(
    base: NDArray[np.uint8], ways: NDArray[np.uint8], positions: NDArray[np.int32], soft: NDArray[np.float32]
) -> list[tuple[NDArray[np.uint8], float]]:
    """The likeliest of the messages that are a base and any of k rows, added modulo 2, under each of some views.

    Args:
        base: bits (0 or 1) of a message of a first tier.
        ways: k×bits, k at most ``MOST_WAYS``, no row a sum of others.
        positions: which coded bit each of n chips carries.
        soft: m×n log-likelihood ratios, positive for 0: m views of what the chips say.

    Returns:
        For each view its bits, and how many bits of evidence there are for it: it is right but for a chance of
        2^(k − evidence).
    """
    code = Segmented.for_information(base.size)
    sent = code.encode(base)
    sums = np.zeros(code.buffer_bits, dtype=np.int64)
    for number, way in enumerate(ways):
        sums |= (code.encode(base ^ way) ^ sent).astype(np.int64) << number
    found = []
    for loud in np.clip(soft, -_LOUDEST, _LOUDEST):
        signed = np.where(sent[positions] == 1, -loud, loud)
        told = _transformed(np.bincount(sums[positions], signed, 1 << len(ways)).astype(np.float64))
        best = int(np.argmax(told))
        bits = base ^ (ways[(best >> np.arange(len(ways)) & 1) == 1].sum(axis=0) & 1).astype(np.uint8)
        quietly = loud.size - float(np.log2(2 + 2 * np.cosh(loud.astype(np.float64))).sum()) / 2
        found.append((bits, quietly + float(told[best]) / (2 * np.log(2))))
    return found


def _transformed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Walsh–Hadamard transform of 2^k numbers."""
    length = 1
    while length < values.size:
        pairs = values.reshape(-1, 2, length)
        values = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(-1)
        length *= 2
    return values
