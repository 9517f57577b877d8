"""Where in the frame a tuned lead lies, and how large the frame is.

The chips that are not shared lie on lattices that differ from place to place, so their doubled phases agree with the
layout at one offset only; all offsets are tried at once, by correlation over the cells, with half of the coefficients
first. Then the pilots among them, whose bits depend on the size of the frame, tell that size. A detailed mark has its
chips on lattices of their own, all but the pilots; whichever agree better tell which mark it is.

Source: ours.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, GRIDS, TIERS, WEAVE, Filling
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, Layout, frame_bits, layout_of
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.placement import Placement, moved
from underdrawing.channel.lattice.search.sighting import Seen, Sighted, sighted
from underdrawing.channel.lattice.search.window import Luma

__all__ = [
    "BESIDE",
    "Found",
    "best_frame",
    "found_from",
    "frame_blocks",
    "located",
    "scored_places",
    "shifted",
    "stretched",
]

_LONGEST = 8
_TELLING = {256: ((8, 12), (12, 16)), 512: ((0, 4), (4, 8)), 1024: ((0, 4), (4, 8))}
"""For each grid which coefficients have chips of their own and tell the place by their phases, doubled; the second half
is only asked where the first agrees somewhere."""
_WORTH_ASKING = 4.0
"""Score of the first half: one offset in 30,000 has it by chance, a true one with a score of 8 in the end misses it one
time in twenty."""
_FEWEST_CHIPS = 40
_LEAST_SCORE = 6.0
_BEYOND_DOUBT, _LEAST_BEYOND_DOUBT = 8.5, 4.2
"""Score of a lead that is no chance, and of the place it needs then."""
_CERTAIN, _LEAST_CERTAIN = 10.0, 3.6
"""The same on the larger grids for a lead that could not be surer: in smooth pictures chips of their own are few, and
the likeliest of all places is worth an attempt. On the smallest grid guesses are made instead, see :mod:`.guessing`."""
_LEAST_DETAILED = 5.5
"""Score of a place from which on a mark may be a detailed one, which otherwise agrees by chance now and then where a
usual one hardly does."""
BESIDE = tuple(product((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0)))
_BESIDE_PX, _BESIDE_STRETCH = 0.12, 0.0012
"""Where else such a lead is looked for if it has less than others need: chips of their own have shorter steps than
those by which it was tuned, and forgive a tenth of a pixel."""
_USUAL_ASPECTS = (1.0, 5 / 4, 4 / 3, 3 / 2, 16 / 9, 2.0)
_USUAL_BONUS, _NEAR_USUAL = 1.5, 0.012

Matrix = NDArray[np.float64]
Phasors = NDArray[np.complex64]


def located(lead: Lead, luma: Luma, *, key: bytes | None = None) -> Placement | None:
    """The placement of a lead, or None where no part of a frame agrees with it.

    Args:
        lead: tuned over all that is seen of the mark.
        luma: the suspect.
        key: secret of the channel.
    """
    found = found_from(lead, luma, key)
    if found is not None and found.score < _LEAST_SCORE and lead.score >= _BEYOND_DOUBT:
        found = _found_beside(found, luma, key)
    if found is None or found.score < _least_score(lead):
        return None
    return found.placement(luma, _frame(found.seen, found.first, found.lead, key))


def _least_score(lead: Lead) -> float:
    """The score a place needs."""
    if lead.score >= _CERTAIN and lead.voice.side_px > GRIDS[0]:
        return _LEAST_CERTAIN
    return _LEAST_BEYOND_DOUBT if lead.score >= _BEYOND_DOUBT else _LEAST_SCORE


def _first(pair: tuple[float, WorkingGrid]) -> float:
    return pair[0]


@dataclass(frozen=True, eq=False)
class Found:
    """The place that what is seen from a lead agrees with best: score and (row, column) in the frame of its first
    block."""

    lead: Lead
    seen: Seen
    score: float
    first: tuple[int, int]

    def placement(self, luma: Luma, grid: WorkingGrid) -> Placement:
        """The placement in a frame of some size."""
        shift = np.eye(3)
        shift[:2, 2] = BLOCK * (np.array(self.seen.first) - self.first)[::-1]
        return Placement(grid, self.lead.matrix @ shift, luma.size_px, self.score, filling=self.lead.filling)


def found_from(lead: Lead, luma: Luma, key: bytes | None) -> Found | None:
    """The best place of a lead, whichever way its mark fills places; None where nothing is seen."""
    there = sighted(lead, luma)
    if there is None:
        return None
    usual = _found_as(replace(lead, filling=Filling.USUAL), there, key)
    if Filling.DETAILED not in DESIGNS[lead.voice.profile, lead.voice.side_px].others:
        return usual
    detailed = _found_as(replace(lead, filling=Filling.DETAILED), there, key)
    return detailed if detailed.score > max(usual.score, _LEAST_DETAILED) else usual


def _found_as(lead: Lead, there: Sighted, key: bytes | None) -> Found:
    seen = there.seen(lead)
    return Found(lead, seen, *max(_offset(seen, lead, long_rows, key) for long_rows in (False, True)))


def _found_beside(found: Found, luma: Luma, key: bytes | None) -> Found:
    """The best place of a lead that is shifted a little, and then stretched a little."""
    found = _best_changed(
        found, [shifted(_BESIDE_PX * across, _BESIDE_PX * down) for across, down in BESIDE], luma, key
    )
    middle = moved(np.linalg.inv(found.lead.matrix), np.array([luma.size_px[::-1]]) / 2)[0]
    return _best_changed(
        found,
        [stretched(middle, _BESIDE_STRETCH * wider, _BESIDE_STRETCH * higher) for wider, higher in BESIDE],
        luma,
        key,
    )


def _best_changed(found: Found, changes: list[Matrix], luma: Luma, key: bytes | None) -> Found:
    """The best of a place and those of its lead after each of some changes of the grid."""
    leads = (replace(found.lead, matrix=found.lead.matrix @ change) for change in changes)
    around = (found_from(lead, luma, key) for lead in leads)
    return max([found, *(one for one in around if one is not None)], key=lambda one: one.score)


def shifted(across_px: float, down_px: float) -> Matrix:
    """A change of a grid, 3×3, that moves it by so many grid pixels."""
    return np.array([[1, 0, across_px], [0, 1, down_px], [0, 0, 1]])


def stretched(middle: Matrix, wider: float, higher: float) -> Matrix:
    """A change of a grid, 3×3, that makes it wider and higher by these shares and leaves a place (x, y) where it is."""
    x, y = middle
    return np.array([[1 + wider, 0, -wider * x], [0, 1 + higher, -higher * y], [0, 0, 1]])


def _offset(seen: Seen, lead: Lead, long_rows: bool, key: bytes | None) -> tuple[float, tuple[int, int]]:
    """Score and (row, column) in the frame of the first block that is seen, for frames that are long in one way."""
    scores, firsts = scored_places(seen, lead, long_rows, key)
    best = int(scores.argmax())
    return float(scores[best]), (int(firsts[best, 0]), int(firsts[best, 1]))


def scored_places(seen: Seen, lead: Lead, long_rows: bool, key: bytes | None) -> tuple[Matrix, NDArray[np.intp]]:
    """How well each place of a frame agrees with what is seen, by chips of their own.

    Args:
        seen: from a lead.
        lead: the lead.
        long_rows: whether the frame is higher than wide, or as high, instead of wider.
        key: secret of the channel.

    Returns:
        n scores, about unit normals where there is no mark; and (row, column) in the frame of the first block that is
        seen, n×2.
    """
    side_px = lead.voice.side_px
    blocks, frame_cells = seen.phasors.shape[1:], frame_blocks(side_px, long_rows)
    size = tuple(_fast((a + b) // WEAVE) for a, b in zip(blocks, frame_cells, strict=True))
    rows, columns = (np.arange(length) for length in size)
    fitting = (rows[:, None] + columns + sum(seen.first) // WEAVE) % 2 == 0
    agreement = count = np.zeros(size)
    for part in _TELLING[side_px]:
        reference = _reference(side_px, long_rows, size, part, key)
        cells = _by_cell(np.square(seen.phasors[slice(*part)]))
        chips = reference.own @ np.abs(cells).reshape(len(cells), -1)
        agreement = agreement + _correlated(reference.lattices, cells, size)
        count = count + _correlated(reference.frame[None], chips.reshape(1, *cells.shape[1:]), size)
        scores = agreement / np.sqrt(np.maximum(count, _FEWEST_CHIPS) / 2)
        if scores[fitting].max() < _WORTH_ASKING and lead.score < _BEYOND_DOUBT:
            break
    at = np.argwhere(fitting)
    wrapped = at - np.array(size) * (at >= np.array(frame_cells) // WEAVE)
    return scores[fitting], wrapped * WEAVE


def _correlated(spectra: Phasors, planes: NDArray[np.generic], size: tuple[int, ...]) -> Matrix:
    """Correlation of n planes with n others, whose spectra these are, added up; over all offsets, modulo the size."""
    return np.asarray(np.fft.ifft2((spectra * np.fft.fft2(planes, size).conj()).sum(axis=0)).real, dtype=np.float64)


def frame_blocks(side_px: int, long_rows: bool, longest: int = _LONGEST) -> tuple[int, int]:
    """Rows and columns of the longest frame."""
    side = side_px // BLOCK
    return (longest * side, side) if long_rows else (side, longest * side)


def _by_cell(planes: NDArray[np.generic]) -> NDArray[np.generic]:
    """Coefficients×rows×columns → (coefficients · 16)×cells down×cells across."""
    count, rows, columns = planes.shape
    apart = planes.reshape(count, rows // WEAVE, WEAVE, columns // WEAVE, WEAVE).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(apart).reshape(-1, rows // WEAVE, columns // WEAVE)


def _fast(length: int) -> int:
    """The next multiple of eight with small factors; few lengths, so that spectra can be kept."""
    return next(n for n in range(-(-length // 8) * 8, 4 * length + 16, 8) if _is_smooth(n))


def _is_smooth(number: int) -> bool:
    for factor in (2, 3, 5):
        while number % factor == 0:
            number //= factor
    return number == 1


@lru_cache(maxsize=4)
def _layout(side_px: int, long_rows: bool, key: bytes | None) -> Layout:
    return layout_of(WorkingGrid(side_px, *frame_blocks(side_px, long_rows)), (True,) * TIERS, key)


@dataclass(frozen=True, eq=False)
class _Reference:
    """What a frame would look like in some coefficients, by coefficient and place in a cell.

    Attributes:
        lattices: n×rows×columns complex64, spectra of the doubled lattices of the chips of their own.
        frame: rows×columns complex64, spectrum of where the cells of the frame are.
        own: n float32, 1 where the chips are chips of their own, in every cell the same.
    """

    lattices: Phasors
    frame: Phasors
    own: NDArray[np.float32]


@lru_cache(maxsize=16)
def _reference(
    side_px: int, long_rows: bool, size: tuple[int, ...], part: tuple[int, int], key: bytes | None
) -> _Reference:
    coefficients = slice(*part)
    layout = _layout(side_px, long_rows, key)
    own = ~layout.shared[coefficients]
    turns = layout.dither[coefficients]
    lattices = _by_cell(np.where(own, np.exp(4j * np.pi * turns), 0).astype(np.complex64))
    frame = np.ones(lattices.shape[1:], dtype=np.complex64)
    in_a_cell = own[:, :WEAVE, :WEAVE].reshape(-1).astype(np.float32)
    return _Reference(_spectra(lattices, size), _spectra(frame, size), in_a_cell)


def _spectra(planes: NDArray[np.generic], size: tuple[int, ...]) -> Phasors:
    return np.asarray(np.fft.fft2(planes, size), dtype=np.complex64)


def _frame(seen: Seen, first: tuple[int, int], lead: Lead, key: bytes | None) -> WorkingGrid:
    """The size of the frame that the pilots tell."""
    return max((best_frame(seen, first, lead, long_rows, key) for long_rows in (False, True)), key=_first)[1]


def best_frame(
    seen: Seen,
    first: tuple[int, int],
    lead: Lead,
    long_rows: bool,
    key: bytes | None,
    *,
    longest: int = _LONGEST,
    only: WorkingGrid | None = None,
) -> tuple[float, WorkingGrid]:
    """The size of a frame that is long in one way, by the pilots that tell it, and their score.

    Args:
        longest: how many times as long as high it may be.
        only: the one size that is asked about, if it is known.
    """
    side_px = lead.voice.side_px
    side = side_px // BLOCK
    layout = _layout(side_px, long_rows, key)
    frame, view = _overlap(first, seen.phasors.shape[1:], frame_blocks(side_px, long_rows))
    pilots = np.nonzero((layout.roles[frame] == PILOT) & ~layout.shared[frame] & (seen.pilots[view] != 0))
    cosines = (seen.pilots[view][pilots] * np.exp(-2j * np.pi * layout.dither[frame][pilots])).real
    along = pilots[1] + frame[1].start if long_rows else pilots[2] + frame[2].start
    table = np.bincount(along * 256 + layout.names[frame][pilots], cosines, _LONGEST * side * 256)
    heard = table.reshape(-1, 256).cumsum(axis=0)
    grids = [
        WorkingGrid(side_px, n, side) if long_rows else WorkingGrid(side_px, side, n)
        for n in range(side, longest * side + 1)
    ]
    signs = np.array([1 - 2.0 * frame_bits(grid, key) for grid in grids])
    scores = (heard[side - 1 : longest * side] * signs).sum(axis=1) / np.sqrt(max(cosines.size, 1) / 2)
    aspects = np.arange(side, longest * side + 1) / side
    usual = np.abs(aspects[:, None] / np.array(_USUAL_ASPECTS) - 1).min(axis=1) < _NEAR_USUAL
    scores = scores + _USUAL_BONUS * usual
    best = int(scores.argmax()) if only is None else grids.index(only)
    return float(scores[best]), grids[best]


def _overlap(
    first: tuple[int, int], shape: tuple[int, ...], frame: tuple[int, int]
) -> tuple[tuple[slice, slice, slice], tuple[slice, slice, slice]]:
    """What of a frame is seen, as slices into the frame and into what is seen."""
    starts = [max(at, 0) for at in first]
    stops = [
        max(min(at + length, limit), start)
        for at, length, limit, start in zip(first, shape, frame, starts, strict=True)
    ]
    into = [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]
    views = [slice(start - at, stop - at) for start, stop, at in zip(starts, stops, first, strict=True)]
    return (slice(None), into[0], into[1]), (slice(None), views[0], views[1])
