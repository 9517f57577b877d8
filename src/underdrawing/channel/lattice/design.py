"""The numbers of the lattice channel: which coefficients carry chips, and how far apart the lattice points lie.

A chip is one bit position in one low-frequency DCT coefficient of one 16×16 block of the working grid. Its lattice
(dithered quantization-index modulation, Chen & Wornell 2001) has the points ``step · (n + dither + bit / 2)``. The
embedder moves the coefficient only a fraction of the way to the nearest point (:attr:`Design.pull`, distortion
compensation): at equal distortion the points then lie further apart, which hard channels reward far more than clean
ones miss it.

The step follows the picture: level 0 is a smooth block, level 5 a busy one (see :mod:`.masking`). Steps are in grey
levels of an orthonormal 16×16 DCT, so a step of 30 moves a pixel by at most about ``30 / 2 · 2 / 16 ≈ 1.9``.

Blocks of 16 pixels rather than JPEG's 8: at equal distortion twice as much comes through a resize to half size and four
times as much through one to 0.4, at equal robustness to JPEG and better structural similarity.

Source: ours, from measurements described in ``docs/channel.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.profiles import Profile

__all__ = [
    "BLOCK",
    "COEFFICIENTS",
    "DESIGNS",
    "GRIDS",
    "GROUPS",
    "LEVELS",
    "LEVEL_THRESHOLDS",
    "SHARES",
    "SPREAD",
    "TIERS",
    "VOICES",
    "WEAVE",
    "Design",
    "Filling",
    "Shares",
]

BLOCK = 16
"""Side of a block of the working grid, in grid pixels."""

GRIDS = (256, 512, 1024)
"""Short side of the working grid in pixels; an image uses the largest one that is not larger than its own short
side."""

COEFFICIENTS = (
    *((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2)),
    *((0, 3), (3, 0), (1, 3), (3, 1), (2, 3), (3, 2), (0, 4), (4, 0)),
    *((3, 3), (1, 4), (4, 1), (2, 4), (4, 2), (3, 4), (4, 3), (4, 4)),
)
"""(vertical, horizontal) frequency of each chip of a block, most robust first."""

GROUPS = (slice(0, 4), slice(4, 8), slice(8, 16), slice(16, 24))
"""Coefficients of like robustness and equal step, strongest first. Roles are dealt out inside a group."""

SPREAD = 4
"""Number of coefficients of a block that share one chip of tier 0 or one finding pilot: a whole group of the two
strongest. Spread over four coefficients a chip has twice the step at the same distortion: fewer chips, for the hardest
channels."""

WEAVE = 4
"""Side of the weave in blocks: which blocks have shared chips, and on which lattices, repeats after so many blocks, so
that they can be heard before it is known where in the picture they lie."""

LEVEL_THRESHOLDS = (1.3, 2.7, 5.5, 11.0, 22.0)
"""Local activity in grey levels that separates the six masking levels."""

LEVELS = len(LEVEL_THRESHOLDS) + 1


class Filling(IntEnum):
    """How the places are filled that neither pilots nor tier 0 take. A mark is found all the same without knowing it;
    tier 0 has to tell the reader."""

    USUAL = 0
    """For hard copies."""

    DENSE = 1
    """The same, with chips in the weaker groups of smooth blocks, too. Pictures of which much is smooth have few chips
    and a quiet mark, and can spare it."""

    DETAILED = 2
    """With steps for copies of the usual quality alone: a third as long, so most of what a mark takes is left for many
    more bits and for likeness."""


@dataclass(frozen=True)
class Design:
    """Lattice steps of one profile on one grid.

    Attributes:
        steps: 6×4 float32, step per masking level and coefficient group in grey levels; 0 where no chip is embedded.
        pull: fraction of the way to the lattice point that embedding goes, 0 < pull ≤ 1.
        spare_pull: the same for the last tier of marks that are not dense, where there are so many chips that it need
            not be loud; None: the same as the others.
        corrections: times that embedding looks where the coefficients are and moves them. The analysis functions
            overlap, so one move misses a little; but what it takes to hit exactly costs likeness, and the hardest
            channels reward a longer step more. Weak coefficients need the second look.
        rehearsed: whether the embedder may try on copies how strong a mark has to be, and pull each tier as far as that
            asks (see :mod:`.rehearsal`) instead of ``pull``. It takes a quarter of a second for 400,000
            pixels: too long where there are many, and these have chips enough anyway.
        offset: shift of all lattices in steps. The steps of one profile times some gain are about those of the other;
            a shift of a quarter keeps a weaker mark from looking like a stronger one on a darker picture.
        others: the steps of the chips of tiers 1 to 3 in marks that are not filled as usual, by the filling; where one
            is missing, it is as usual. Pilots and tier 0 always have ``steps``.
        faint: the steps of faint chips, which carry the last tier where the others leave a place empty (see
            :mod:`.faint`); None: there are none, and the last tier has its share of the others' places.
    """

    steps: NDArray[np.float32]
    pull: float
    corrections: int
    spare_pull: float | None = None
    rehearsed: bool = False
    offset: float = 0.0
    others: Mapping[Filling, NDArray[np.float32]] = field(default_factory=dict)
    faint: NDArray[np.float32] | None = None

    def faintly(self) -> "Design":
        """The design of faint chips; one without any chip where there are none."""
        return replace(self, steps=np.zeros_like(self.steps) if self.faint is None else self.faint)

    def filled(self, filling: Filling) -> NDArray[np.float32]:
        """The steps of the chips of tiers 1 to 3, like ``steps``."""
        return self.others.get(filling, self.steps)


def _table(*groups: Sequence[float] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Steps of the groups, each from the smoothest to the busiest level."""
    table = np.array(groups, dtype=np.float32).T
    table.setflags(write=False)
    return table


_SMALL = _table((24, 34, 46, 56, 62, 66), (20, 30, 42, 54, 60, 64), (11, 14, 19, 26, 32, 36), (0, 0, 0, 0, 0, 0))
_MIDDLE = _table((35, 49, 61, 67, 71, 74), (30, 44, 55, 64, 67, 70), (0, 0, 17, 28, 38, 44), (0, 0, 0, 0, 24, 34))
_LARGE = _table((25, 34, 45, 58, 70, 80), (10, 17, 28, 41, 50, 58), (9, 13, 20, 29, 38, 46), (0, 0, 13, 21, 29, 38))

_DENSE_MIDDLE = _table(*_MIDDLE.T[:2], (0, 26, 27, 32, 38, 44), (0, 0, 0, 22, 28, 34))
_FAINT_MIDDLE = _table((0,) * 6, (0,) * 6, (0, 11, 12, 12, 0, 0), (0, 10, 12, 14, 16, 0))
_DENSE_LARGE = _table(*_LARGE.T[:2], (20, 21, 24, 29, 38, 46), (0, 0, 13, 21, 29, 38))
_DETAILED_MIDDLE = _table(*[(13.5, 16.5, 20.5, 23.5, 24.5, 25)] * 4)

DESIGNS = {
    (Profile.STANDARD, 256): Design(_SMALL, pull=0.78, corrections=1, rehearsed=True),
    (Profile.STANDARD, 512): Design(
        _MIDDLE,
        pull=0.78,
        corrections=1,
        rehearsed=True,
        others={Filling.DENSE: _DENSE_MIDDLE, Filling.DETAILED: _DETAILED_MIDDLE},
        faint=_FAINT_MIDDLE,
    ),
    (Profile.STANDARD, 1024): Design(
        _LARGE, pull=0.78, spare_pull=0.68, corrections=2, others={Filling.DENSE: _DENSE_LARGE}
    ),
    (Profile.DISCREET, 256): Design(_SMALL * np.float32(0.54), pull=0.8, corrections=2, offset=0.25),
    (Profile.DISCREET, 512): Design(_MIDDLE * np.float32(0.54), pull=0.8, corrections=2, offset=0.25),
    (Profile.DISCREET, 1024): Design(_LARGE * np.float32(0.66), pull=0.8, corrections=2, offset=0.25),
}

VOICES = (Profile.STANDARD, Profile.DISCREET)
"""The profiles whose marks differ in what they are found by."""

DESIGNS |= {
    (profile, side_px): DESIGNS[Profile.STANDARD, side_px]
    for profile in (Profile.DETAILED, Profile.LASTING)
    for side_px in GRIDS
}

TIERS = 4
"""Number of protection tiers a message may have, strongest first. The channel does not know what they mean."""


@dataclass(frozen=True)
class Shares:
    """How the chips of a tile are dealt out.

    Attributes:
        woven: for each group that has shared chips, strongest first, in how many of the 16 blocks of the weave.
        pilots: in how many of those the shared chip is a pilot for finding the mark; the others carry tier 0.
        sounding: share of the other chips of every group that are pilots of their own, for telling how noisy they are.
        single: share of the other chips of each group that carry tier 0 as well, each alone. They are heard in fair
            channels only, but there a small part of a picture has many of them.
        rest: three rows (tiers 1–3) of weights per group; the chips left over are split by the weights of the tiers
            that are present.
        others: the same of marks that are not filled as usual; where one is missing, it is as usual.
    """

    woven: tuple[int, ...]
    pilots: int
    sounding: float
    single: tuple[float, float, float, float]
    rest: tuple[tuple[float, float, float, float], ...]
    others: Mapping[Filling, tuple[tuple[float, float, float, float], ...]] = field(default_factory=dict)


SHARES = {
    256: Shares(
        woven=(16, 16),
        pilots=3,
        sounding=0.25,
        single=(0, 0, 0.75, 0),
        rest=((0, 0, 1, 1), (0, 0, 0, 0), (0, 0, 0, 0)),
    ),
    512: Shares(
        woven=(6, 5),
        pilots=1,
        sounding=0.02,
        single=(0.04, 0.04, 0.05, 0.05),
        rest=((71, 62, 24, 60), (29, 38, 76, 40), (0, 0, 0, 0)),
        others={
            Filling.DENSE: ((70, 60, 20, 90), (30, 40, 80, 10), (0, 0, 0, 0)),
            Filling.DETAILED: ((28.5,) * 4, (36.5,) * 4, (35,) * 4),
        },
    ),
    1024: Shares(
        woven=(5,),
        pilots=1,
        sounding=0.02,
        single=(0.08, 0, 0, 0),
        rest=((8.5, 1.5, 0, 0), (1.5, 5, 0, 0), (0, 3.5, 1, 1)),
        others={Filling.DENSE: ((8.5, 1.5, 3, 0), (1.5, 5, 3, 1), (0, 3.5, 4, 9))},
    ),
}
"""How the chips of each grid are dealt out."""
