"""Our own lattice channel behind the protocol that all carriers share.

The pipeline uses it with four tiers of different protection; here it is one string of bits, as long as every picture of
a size is promised to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.adapters.pieces import Pixels, checked_bits
from underdrawing.channel.carrier import Heard
from underdrawing.channel.lattice import MINIMUM_SIDE_PX, TIERS, Reception, WorkingGrid, embed, most_bits, receive
from underdrawing.channel.profiles import Profile
from underdrawing.errors import ImageTooSmallError

__all__ = ["LatticeCarrier"]

_FIRST_TIER_BITS = 192
_CERTAIN_NATS = 20.0


@dataclass(frozen=True)
class LatticeCarrier:
    """Bits in brightness, at any size of the picture, with evidence block by block.

    Attributes:
        profile: Strength of the mark.
        key: Secret of the channel, if it has one.
    """

    profile: Profile = Profile.STANDARD
    key: bytes | None = None
    name: str = "lattice"
    corrects_errors: bool = True

    def capacity_bits(self, pixels: Pixels) -> int:
        """What the tiers hold that no picture of this size goes without."""
        try:
            grid = WorkingGrid.for_embedding(*pixels.shape[:2])
        except ImageTooSmallError:
            return 0
        return sum(_tier_bits(grid))

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """The bits cut into tiers, the first ones best protected."""
        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        sizes = _tier_bits(WorkingGrid.for_embedding(*pixels.shape[:2]))
        tiers = np.split(bits, np.cumsum(sizes)[:-1])
        return np.asarray(embed(pixels, tiers, profile=self.profile, key=self.key).pixels, dtype=np.uint8)

    def extract(self, pixels: Pixels) -> Heard | None:
        """What the decoder believes of every bit, each tier with the help of those before it."""
        reception = receive(pixels, key=self.key)
        if reception is None:
            return None
        sizes = _tier_bits(reception.candidate.grid)
        reception = reception.with_tiers(tuple(tier < len(sizes) for tier in range(TIERS)))
        beliefs: list[NDArray[np.float32]] = []
        for tier, size_bits in enumerate(sizes):
            decoded = reception.decode(tier, size_bits)
            beliefs.append(np.clip(decoded.beliefs, -_CERTAIN_NATS, _CERTAIN_NATS))
            if decoded.converged:
                reception = reception.learn(tier, decoded.bits).settled()
        return Heard(np.concatenate(beliefs), _agreement(reception))


def _tier_bits(grid: WorkingGrid) -> Sequence[int]:
    """Length of each tier; on the smallest grid there is only the first."""
    first, second, _ = most_bits(grid)
    return (_FIRST_TIER_BITS,) if grid.side_px <= MINIMUM_SIDE_PX else (_FIRST_TIER_BITS, first, second)


def _agreement(reception: Reception) -> NDArray[np.float32]:
    """Probability that each block is untouched, from the evidence of all bits known by now."""
    return np.asarray(1 / (1 + np.exp(-np.clip(reception.evidence, -30, 30))), dtype=np.float32)
