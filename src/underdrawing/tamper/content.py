"""What the hidden code tells, cell by cell: does the suspect show there what its mark says it showed?

A code does not tell exactly what a cell looked like: its latents miss those of the picture by the error of
quantization. How large that error is depends on how busy the place is, and hardly on anything else, least of all on
what a copy has been through. So the logarithm of the distance, less what is usual for a place as busy, has nearly the
same distribution in all untouched cells of all pictures, and a far larger value where something else was put in.

Likeness counts for little. An edit may keep what a cell shows and be an edit all the same, so half of all edits are
taken to leave distances as they were, and no cell vouches for itself with more than the logarithm of two.

Source: ours. The numbers in :data:`USUAL` are printed by ``python bench/tamper_calibration.py --distances``; measure
them again whenever the weights of the tokenizer change.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "USUAL",
    "Comparison",
    "Depth",
    "Distances",
    "Strays",
    "Usual",
    "content_evidence",
    "other_content",
    "share_of_cell",
]

_CELLS = 32
_REPLACED_MEAN, _REPLACED_DEVIATION = 1.8, 0.8
_ALIKE_SHARE = 0.5
_FAR_SHARE, _FAR = 0.01, 2.2
_MOST_FOR_REPLACED, _MOST_FOR_UNTOUCHED = 6.0, 0.69
_CALM, _CALM_UNSTEADY, _LEAST_STRAY, _STRAY_OVER_CALM = 0.67, 0.9, 6.0, 3.0
_STRAYED_SHARE, _STRAY_TAIL = 0.1, 4.0
_KEPT_SHARE, _REPLACED_STRAY, _REPLACED_SPREAD = 0.2, 120.0, 1.3
_MOST_FOR_STRAYED = 10.0
_ALIKE_IN_BRIGHTNESS = 3.0
"""Nats against an edit that changes what is seen and leaves the brightness alone."""

Plane = NDArray[np.float32]


class Depth(StrEnum):
    """Which latents are compared, and how much of the code was known for it."""

    CORE = "core"
    """Those of scale 16, the code known down to scale 8."""
    DETAIL = "detail"
    """Those of scale 16, the code known down to there."""
    BEYOND = "beyond"
    """Those of scale 32, the code known down to scale 16."""
    FINE = "fine"
    """Those of scale 32, their own token known."""


@dataclass(frozen=True)
class Usual:
    """The usual distance of an untouched cell: log(1 + distance) = offset + busy·log(1 + busyness) + own·log(1 + own).

    Attributes:
        offset, busy, own: the factors of that line.
        deviation: standard deviation around it.
    """

    offset: float
    busy: float
    own: float
    deviation: float


USUAL = {
    Depth.CORE: Usual(0.718, 0.728, 0.0, 0.367),
    Depth.DETAIL: Usual(0.215, 0.699, 0.0, 0.265),
    Depth.BEYOND: Usual(-0.020, 0.682, 0.0, 0.356),
    Depth.FINE: Usual(-0.047, 0.205, 0.583, 0.247),
}


@dataclass(frozen=True, eq=False)
class Distances:
    """How far a suspect's latents lie from those of its code, for all cells of one scale; side×side float32 each.

    Attributes:
        distance: root mean square over the latents of a cell.
        busyness: what the code says of the gradient in and around the cell, its mean in grey levels.
        own: root mean square of the latents that the cell's own token adds, 0 where it is not known.
        shown: bool, the cells that are to be seen whole; nothing is said of the others. None for all.
    """

    distance: Plane
    busyness: Plane
    own: Plane
    shown: NDArray[np.bool_] | None = None

    def surprise(self, depth: Depth) -> Plane:
        """By how much the logarithm of each distance exceeds what is usual, side×side float32."""
        usual = USUAL[depth]
        expected = usual.offset + usual.busy * np.log1p(self.busyness) + usual.own * np.log1p(self.own)
        return np.asarray(np.log1p(self.distance) - expected, dtype=np.float32)

    def nats(self, depth: Depth) -> Plane:
        """Log-likelihood ratio of untouched against replaced, side×side float32."""
        surprise, deviation = self.surprise(depth), USUAL[depth].deviation
        untouched = (1 - _FAR_SHARE) * _density(surprise, 0.0, deviation)
        untouched += _FAR_SHARE * _density(surprise, 0.0, _FAR * deviation)
        other = _density(np.minimum(surprise, np.float32(_REPLACED_MEAN)), _REPLACED_MEAN, _REPLACED_DEVIATION)
        replaced = _ALIKE_SHARE * untouched + (1 - _ALIKE_SHARE) * other
        nats = np.log(untouched + np.float32(1e-30)) - np.log(replaced + np.float32(1e-30))
        return _said(np.clip(nats, -_MOST_FOR_REPLACED, _MOST_FOR_UNTOUCHED), self.shown)


@dataclass(frozen=True, eq=False)
class Strays:
    """How far the cells of a suspect lie beyond the borders of their tokens.

    Attributes:
        beyond: side×side float32, in units of latents, 0 or more.
        steady: whether the tones of the suspect are as they were. Where they are not, they were undone as well as the
            code tells them, and cells stray a little everywhere.
        shown: side×side bool, the cells that are to be seen whole; nothing is said of the others. None for all.
    """

    beyond: Plane
    steady: bool = True
    shown: NDArray[np.bool_] | None = None

    @cached_property
    def nats(self) -> Plane:
        """Log-likelihood ratio of untouched against replaced, side×side float32.

        Untouched cells have a tail like a power, as long as is usual in the picture; replaced ones may be anywhere.
        """
        seen = np.sort(self.beyond if self.shown is None else self.beyond[self.shown], axis=None)
        calm = seen[: round((_CALM if self.steady else _CALM_UNSTEADY) * seen.size)]
        usual = max(_LEAST_STRAY, _STRAY_OVER_CALM * float(calm.mean()) if calm.size else 0.0)
        moved = np.maximum(self.beyond, np.float32(1e-3))
        untouched = _STRAYED_SHARE * _STRAY_TAIL / usual * (1 + moved / usual) ** -(_STRAY_TAIL + 1)
        far = (np.log(moved) - np.log(_REPLACED_STRAY)) / _REPLACED_SPREAD
        replaced = (1 - _KEPT_SHARE) * np.exp(-0.5 * far**2) / (_REPLACED_SPREAD * np.sqrt(2 * np.pi) * moved)
        nats = np.log(untouched) - np.log(replaced + 1e-30)
        still = np.log((1 - _STRAYED_SHARE) / _KEPT_SHARE)
        nats = np.where(self.beyond > 0, nats, still)
        return _said(np.clip(nats, -_MOST_FOR_STRAYED, _MOST_FOR_UNTOUCHED), self.shown)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A suspect compared with its code.

    Attributes:
        coarse: 16×16 cells, latents of scale 16.
        fine: 32×32 cells, latents of scale 32; None where the code is not known down to scale 16.
        known: 32×32 bool, cells whose own token of scale 32 is known; counts only where there is ``fine``.
        strays: which cells have strayed from their tokens; None where that was not looked at.
    """

    coarse: Distances
    fine: Distances | None = None
    known: NDArray[np.bool_] | None = None
    strays: Strays | None = None


def content_evidence(comparison: Comparison, *, size: tuple[int, int]) -> Plane:
    """Log-likelihood ratio of untouched against replaced from what the picture shows, in nats.

    Args:
        comparison: the suspect and its code.
        size: rows and columns of the answer. Where they are more than there are cells, each gets its share of a cell.

    Returns:
        rows×columns float32.
    """
    cells = cv2.resize(_cells(comparison), size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cells * np.float32(share_of_cell(size)), dtype=np.float32)


def share_of_cell(size: tuple[int, ...]) -> float:
    """What share of a cell each of rows×columns places is, at most 1."""
    return min(1.0, _CELLS * _CELLS / (size[0] * size[1]))


def other_content(comparison: Comparison, *, size: tuple[int, int]) -> Plane:
    """The most that may be said for a place, in nats, below 0 where it clearly shows something else.

    That takes the whole neighbourhood: the cell and the four beside it, the likeliest to be untouched of which counts.

    Args:
        comparison, size: as for :func:`content_evidence`.

    Returns:
        rows×columns float32.
    """
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    best = cv2.resize(cv2.dilate(_cells(comparison), cross), size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(best + np.float32(_ALIKE_IN_BRIGHTNESS), dtype=np.float32)


def _cells(comparison: Comparison) -> Plane:
    """The evidence of 32×32 cells."""
    if comparison.fine is None:
        return _doubled(comparison.coarse.nats(Depth.CORE))
    both = (_doubled(comparison.coarse.nats(Depth.DETAIL)) + comparison.fine.nats(Depth.BEYOND)) / np.float32(2)
    if comparison.known is None:
        return both
    return np.where(comparison.known, comparison.fine.nats(Depth.FINE), both)


def _said(nats: NDArray[np.floating], shown: NDArray[np.bool_] | None) -> Plane:
    """Evidence with silence where nothing is shown."""
    return np.asarray(nats if shown is None else np.where(shown, nats, 0), dtype=np.float32)


def _doubled(cells: Plane) -> Plane:
    return cells.repeat(2, axis=0).repeat(2, axis=1)


def _density(values: Plane, mean: float, deviation: float) -> Plane:
    """Normal density, but for the factor that all have in common."""
    density = np.exp(-0.5 * np.square((values - mean) / deviation)) / deviation
    return np.asarray(density, dtype=np.float32)
