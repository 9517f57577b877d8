"""A message of any length in a carrier of any size: the right code, spread over the whole picture.

Up to ``SHORT_BITS`` the tail-biting code of :mod:`.tail_biting`, beyond it the LDPC codes of :mod:`.ldpc`; whatever the
carrier takes beyond one codeword repeats it. Neighbouring bits of the codeword go to distant places of the carrier, so
that an edit of one region takes a little from everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc import Segmented
from underdrawing.channel.tail_biting import TailBiting
from underdrawing.errors import CapacityError

__all__ = ["SHORT_BITS", "CarrierCode"]

SHORT_BITS = 200
"""Longest message of the short code; longer ones are better off with the other."""

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class CarrierCode:
    """The code of one message in one carrier.

    Attributes:
        information_bits: k, at least 8.
        channel_bits: n, how many bits the carrier takes; more than k.

    Raises:
        CapacityError: There is no room for any error correction.
    """

    information_bits: int
    channel_bits: int

    def __post_init__(self) -> None:
        if self.channel_bits <= self.information_bits:
            raise CapacityError(
                f"code: a message of {self.information_bits} bits needs a carrier of more bits than that, "
                f"this one takes {self.channel_bits}"
            )

    def encode(self, information: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """`information_bits` bits (0 or 1, uint8) to `channel_bits` bits."""
        sent = np.empty(self.channel_bits, dtype=np.uint8)
        sent[self._places] = np.resize(self._code.encode(information), self.channel_bits)
        return sent

    def decode(self, ratios: NDArray[np.float32], *, candidates: int = 1) -> Iterator[NDArray[np.uint8]]:
        """Messages of `information_bits` bits that may have been sent, likeliest first.

        None where the LDPC decoder comes to no end; the short code always has an answer. Only a checksum says whether
        it is right.

        Args:
            ratios: `channel_bits` finite log-likelihood ratios, positive for 0.
            candidates: How many answers of the short code to give at most.
        """
        received = np.asarray(ratios, dtype=np.float32)[self._places]
        code = self._code
        if isinstance(code, TailBiting):
            yield from code.decode(received, candidates=candidates)
            return
        position = np.arange(self.channel_bits) % code.buffer_bits
        folded = np.bincount(position, weights=received, minlength=code.buffer_bits).astype(np.float32)
        decoded = code.decode(folded)
        if decoded.converged:
            yield decoded.bits

    @cached_property
    def _code(self) -> TailBiting | Segmented:
        if self.information_bits <= SHORT_BITS:
            return TailBiting(self.information_bits, self.channel_bits)
        return Segmented.for_information(self.information_bits)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """Where each coded bit goes: steps of about the golden section of the carrier, which visit every place once."""
        step = max(1, round(self.channel_bits * _GOLDEN))
        while gcd(step, self.channel_bits) > 1:
            step += 1
        return np.arange(self.channel_bits, dtype=np.intp) * step % self.channel_bits
