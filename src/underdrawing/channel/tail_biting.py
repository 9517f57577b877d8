"""Error correction for messages of a few dozen bits: the tail-biting convolutional code of LTE.

::

    information ─► shift register of 6, begun with the last 6 bits ─► 3 streams ─► sub-block interleaver ─► as many
                   (so that it ends where it began)                   (rate 1/3)                            as wanted

A block code this short loses less by being decoded exactly than by being better designed: the decoder follows all 64
circles through the trellis at once and gives back the likeliest codeword of each.

Bits are ``uint8`` zeros and ones; log-likelihood ratios are natural logarithms, positive for 0.

Source: 3GPP TS 36.212, clauses 5.1.3.1 (code) and 5.1.4.2 (rate matching).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError

__all__ = ["LEAST_BITS", "TailBiting"]

LEAST_BITS = 8
"""Shortest message; the register has to fit in with room to spare."""

_MEMORY = 6
_STATES = 1 << _MEMORY
_POLYNOMIALS = (0o133, 0o171, 0o165)
_COLUMN_ORDER = np.array(
    [
        [1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31],
        [0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30],
    ]
).ravel()
"""Order of the 32 columns of the sub-block interleaver for convolutional codes (table 5.1.4-2)."""


@dataclass(frozen=True)
class TailBiting:
    """A code of any length and rate.

    Attributes:
        information_bits: k, at least ``LEAST_BITS``.
        coded_bits: n. Up to 3·k some coded bits are left out; beyond, they are repeated.

    Raises:
        UsageError: A message that is too short, or fewer coded bits than information bits.
    """

    information_bits: int
    coded_bits: int

    def __post_init__(self) -> None:
        if not LEAST_BITS <= self.information_bits <= self.coded_bits:
            raise UsageError(
                f"code: got {self.information_bits} information bits in {self.coded_bits} coded bits, "
                f"expected at least {LEAST_BITS} and no more than coded bits"
            )

    @property
    def rate(self) -> float:
        """Information bits per coded bit."""
        return self.information_bits / self.coded_bits

    def encode(self, information: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """`information_bits` bits to `coded_bits` bits.

        Raises:
            UsageError: Another length, or something that is not a bit.
        """
        bits = np.asarray(information)
        if bits.shape != (self.information_bits,) or not np.isin(bits, (0, 1)).all():
            raise UsageError(f"information: got shape {bits.shape}, expected ({self.information_bits},) bits")
        past = np.stack([np.roll(bits, delay) for delay in range(_MEMORY + 1)]).astype(np.uint8)
        streams = [(_taps(polynomial) @ past) & 1 for polynomial in _POLYNOMIALS]
        return np.concatenate(streams).astype(np.uint8)[self._sent]

    def decode(self, ratios: NDArray[np.float32], *, candidates: int = 1) -> list[NDArray[np.uint8]]:
        """The likeliest messages, best first; the first one is the likeliest of all.

        Args:
            ratios: `coded_bits` finite log-likelihood ratios, positive for 0, zero where nothing is known.
            candidates: How many at most, 1 to 64. The others are the best of their kind: each the likeliest that
                begins and ends in another state of the register.

        Raises:
            UsageError: Another length, or a ratio that is not finite.
        """
        soft = np.asarray(ratios, dtype=np.float32)
        if soft.shape != (self.coded_bits,) or not np.isfinite(soft).all():
            raise UsageError(f"log-likelihood ratios: got shape {soft.shape}, expected ({self.coded_bits},) and finite")
        folded = np.bincount(self._sent, weights=soft, minlength=3 * self.information_bits)
        metrics, decisions = _forward(folded.reshape(3, -1).T.astype(np.float32))
        closed = metrics[np.arange(_STATES), np.arange(_STATES)]
        best = np.argsort(-closed, kind="stable")[:candidates]
        return [_backward(decisions, int(state)) for state in best]

    @cached_property
    def _sent(self) -> NDArray[np.intp]:
        """Which of the 3·k coded bits, stream after stream, is sent at each place."""
        length = self.information_bits
        rows = -(-length // _COLUMN_ORDER.size)
        padding = rows * _COLUMN_ORDER.size - length
        written = np.arange(-padding, length).reshape(rows, -1)
        read = written[:, _COLUMN_ORDER].T.ravel()
        order = read[read >= 0]
        circle = np.concatenate([order + stream * length for stream in range(3)])
        return np.resize(circle, self.coded_bits)


def _taps(polynomial: int) -> NDArray[np.uint8]:
    """The polynomial as bits, the newest input first."""
    return np.array([polynomial >> (_MEMORY - delay) & 1 for delay in range(_MEMORY + 1)], dtype=np.uint8)


def _trellis() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Predecessors of each state, 64×2, and the signs (+1 for 0, −1 for 1) of the 3 bits sent from there, 64×2×3.

    A state is the last six inputs, the newest as its most significant bit; so the input that leads to a state is that
    bit, and its two predecessors differ in their oldest bit.
    """
    state = np.arange(_STATES)[:, None]
    before = (state << 1 & (_STATES - 1)) | np.arange(2)
    register = (state >> (_MEMORY - 1) << _MEMORY) | before
    parity = [[np.bitwise_count(register & polynomial) & 1] for polynomial in _POLYNOMIALS]
    sent = np.concatenate(parity).transpose(1, 2, 0)
    return before.astype(np.intp), np.asarray((1 - 2 * sent.astype(np.float32)) / 2, dtype=np.float32)


_BEFORE, _SIGNS = _trellis()


def _forward(ratios: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Best metric from every first state to every last one, 64×64, and for each step which predecessor it took.

    Args:
        ratios: k×3.
    """
    metrics = np.where(np.eye(_STATES, dtype=np.bool_), np.float32(0), np.float32(-np.inf))
    decisions = np.empty((ratios.shape[0], _STATES, _STATES), dtype=np.uint8)
    for step, triple in enumerate(ratios):
        gain = _SIGNS @ triple
        options = metrics[:, _BEFORE] + gain
        decisions[step] = options[..., 1] > options[..., 0]
        metrics = options.max(axis=-1)
    return metrics, decisions


def _backward(decisions: NDArray[np.uint8], state: int) -> NDArray[np.uint8]:
    """The message on the best circle through a state."""
    first = state
    bits = np.empty(decisions.shape[0], dtype=np.uint8)
    for step in range(bits.size - 1, -1, -1):
        bits[step] = state >> (_MEMORY - 1)
        state = int(_BEFORE[state, decisions[step, first, state]])
    return bits
