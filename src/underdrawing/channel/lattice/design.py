"""The numbers of the lattice channel: which coefficients carry chips, and how far apart the lattice points lie.

A chip is one bit position in one low-frequency DCT coefficient of one 8×8 block of the working grid. Its lattice
(dithered quantization-index modulation, Chen & Wornell 2001) has the points ``step · (n + dither + bit / 2)``. The
embedder moves the coefficient only the fraction :data:`PULL` of the way to the nearest point (distortion compensation):
at equal distortion the points then lie further apart, which hard channels reward far more than clean ones miss it.

The step follows the picture: level 0 is a smooth block, level 5 a busy one (see :mod:`.masking`). Steps are in grey
levels of the orthonormal 8×8 DCT, so a step of 30 moves a pixel by at most about ``30 / 2 · √2 / 8 ≈ 2.7``.

Source: ours, from measurements described in ``docs/channel.md``.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "COEFFICIENTS",
    "DESIGNS",
    "GRIDS",
    "GROUPS",
    "LEVELS",
    "LEVEL_THRESHOLDS",
    "SHARES",
    "TIERS",
    "Design",
    "Profile",
    "Shares",
]

BLOCK = 8
"""Side of a block of the working grid, in grid pixels."""

GRIDS = (256, 512, 1024)
"""Short side of the working grid in pixels; an image uses the largest one that is not larger than its own short side."""

COEFFICIENTS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2))
"""(vertical, horizontal) frequency of each chip of a block, most robust first."""

GROUPS = (slice(0, 2), slice(2, 3), slice(3, 8))
"""Coefficients of like robustness. Roles are dealt out inside a group: strong, middle, weak. Tier 0 is in the first."""

LEVEL_THRESHOLDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Local activity in grey levels that separates the six masking levels."""

LEVELS = len(LEVEL_THRESHOLDS) + 1


class Profile(StrEnum):
    """How strongly a mark is embedded."""

    STANDARD = "standard"
    DISCREET = "discreet"


@dataclass(frozen=True)
class Design:
    """Lattice steps of one profile.

    Attributes:
        steps: 6×8 float32, step per masking level and coefficient in grey levels; 0 where no chip is embedded.
        pull: fraction of the way to the lattice point that embedding goes, 0 < pull ≤ 1.
    """

    steps: NDArray[np.float32]
    pull: float


def _table(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    """Steps per level; coefficients not named carry nothing."""
    table = np.zeros((LEVELS, len(COEFFICIENTS)), dtype=np.float32)
    for level, row in enumerate(rows):
        table[level, : len(row)] = row
    table.setflags(write=False)
    return table


_COMPACT = _table((24, 24), (32, 32), (40, 40, 24), (50, 50, 36), (58, 58, 48, 28, 28), (66, 66, 56, 34, 34))
_LARGE = _table((18, 18), (24, 24), (30, 30, 22), (38, 38, 30, 18, 18), (46, 46, 36, 22, 22), (52, 52, 42, 26, 26))

DESIGNS = {
    (Profile.STANDARD, 256): Design(_COMPACT, pull=0.78),
    (Profile.STANDARD, 512): Design(_COMPACT, pull=0.78),
    (Profile.STANDARD, 1024): Design(_LARGE, pull=0.78),
    (Profile.DISCREET, 256): Design(_COMPACT * np.float32(0.55), pull=0.8),
    (Profile.DISCREET, 512): Design(_COMPACT * np.float32(0.55), pull=0.8),
    (Profile.DISCREET, 1024): Design(_LARGE * np.float32(0.7), pull=0.8),
}


TIERS = 4
"""Number of protection tiers a message may have, strongest first. The channel does not know what they mean."""


@dataclass(frozen=True)
class Shares:
    """How the chips of a tile are dealt out.

    Attributes:
        pilot: share of the strongest group's chips that are shared pilots, for finding the mark.
        sounding: share of the other chips of every group that are pilots of their own, for telling how noisy they are.
        first: share of the strongest group's chips that carry tier 0.
        rest: three rows (tiers 1–3) of weights per group; the chips left over are split by the weights of the tiers
            that are present.
        spread: (rows, columns) of neighbouring blocks that share one chip of tier 0 or one pilot. Spread over m
            coefficients a chip has √m times the step at the same distortion: fewer chips, for the hardest channels.
    """

    pilot: float
    sounding: float
    first: float
    rest: tuple[tuple[float, float, float], ...]
    spread: tuple[int, int]


SHARES = {
    256: Shares(pilot=0.125, sounding=0.04, first=0.875, rest=((0, 1, 1), (0, 0, 0), (0, 0, 0)), spread=(1, 2)),
    512: Shares(pilot=0.125, sounding=0.04, first=0.3, rest=((0.5, 0.3, 0.0), (0.5, 0.7, 0.0), (0, 0, 1)), spread=(2, 2)),
    1024: Shares(pilot=0.06, sounding=0.02, first=0.12, rest=((0.2, 0.1, 0), (0.4, 0.2, 0), (0.4, 0.7, 1)), spread=(2, 2)),
}
