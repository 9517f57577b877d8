"""Spotting: a small patch of a suspect held against every place of a frame, by its chips of their own.

The weave (:mod:`.folding`) is a small part of a mark, and where that part is weak it drowns. Chips of their own are
many, but their lattices differ from block to block, so that they can only be heard where the place in the frame is
right as well. For a patch of some blocks that is one product of two matrices: places in the frame by chips, and chips
by where a block may begin. The larger the patch, the more clearly it is told from chance, but if a part of the suspect
was replaced, a small one may have escaped that.

Two coefficients are held against every place; eight only against the few places where these two agree. Where all of a
small suspect is one patch there are few places, and all eight are held against each.

Single coefficients change with every quarter of a pixel, and the scale has to be right to a quarter of a percent. So
this is for suspects that were cut out of a picture of a usual size and not resized.

Source: ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, SPREAD, TIERS, WEAVE
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import layout_of
from underdrawing.channel.lattice.masking import activity, calmest, levels_of
from underdrawing.channel.lattice.search.folding import DOUBLED_WEIGHTS, Lead, Voice, angles_of
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.sighting import laid
from underdrawing.channel.lattice.search.window import Luma
from underdrawing.channel.lattice.transform import analysis_functions, block_coefficients

__all__ = ["SPOT_PX", "most_blocks", "spotted"]

_PATCH = (12, 12)
"""Rows and columns of blocks in a patch, unless another size is asked for."""
SPOT_PX = (_PATCH[0] + 1) * BLOCK
"""Side of what is looked at then, in grid pixels: a patch, wherever its first block begins."""
_MOST_BLOCKS = 420

_CHIPS, _FIRST_CHIPS = 2 * SPREAD, 2
"""Coefficients that are listened to, the first of COEFFICIENTS, in the end and everywhere."""
_WORTH_HEARING = {_FIRST_CHIPS: 4.0, _CHIPS: 5.0}
"""Score of what is listened to everywhere from which a place is heard once more with all coefficients, block by block.
Two have 4 by chance in one of 30,000 places. All of them together have about twice the score: a place that would have
8 in the end is kept half of the time, one that would have 10 five times in six, one that would have 12 in 49 of 50
cases."""

_MARGIN_PX = 2 * BLOCK
"""What is seen around a patch: the blocks next to it, for the masking levels, and what the functions lap over."""
_LAP_PX = (analysis_functions().shape[1] - BLOCK) // 2
_LONGEST = 1.8
_LEAST_POWER = 0.05

Blocks = tuple[int, int]
Plane = NDArray[np.float32]
Phasors = NDArray[np.complex64]
Matrix = NDArray[np.float64]


def most_blocks(luma: Luma) -> Blocks | None:
    """Rows and columns of blocks that fit into a suspect whose pixels are those of the grid, wherever they begin.

    None where that is no more than a usual patch, or so many that usual patches are clear enough.
    """
    rows, columns = ((side - BLOCK + 1) // BLOCK for side in luma.size_px)
    larger = min(rows, columns) >= min(_PATCH) and (rows, columns) != _PATCH
    return (rows, columns) if larger and rows * columns <= _MOST_BLOCKS else None


def spotted(
    luma: Luma,
    linear: Matrix,
    centre_px: Matrix,
    voice: Voice,
    *,
    blocks: Blocks = _PATCH,
    key: bytes | None = None,
) -> Lead | None:
    """The place of the frame that a patch agrees with best, or None where the patch says nothing.

    Args:
        luma: the suspect; all of it is taken to lie in the frame.
        linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
        centre_px: (x, y) of the patch's middle in suspect pixels.
        voice: what to listen for.
        blocks: rows and columns of blocks in the patch; if it is not a usual one, all coefficients are listened to
            everywhere.
        key: secret of the channel.

    Returns:
        A lead whose matrix begins at the corner of the frame; its score is about a unit normal for each place where
        there is no mark, so some five for the best place of many. None also where no place agrees with the first
        coefficients.
    """
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    high, wide = ((count + 1) * BLOCK + 2 * _MARGIN_PX for count in blocks)
    matrix[:2, 2] = centre_px - linear @ np.array([wide / 2, high / 2])
    plane = laid(luma, matrix, (high, wide))
    chips = _FIRST_CHIPS if blocks == _PATCH else _CHIPS
    values, power = _values(plane, voice, blocks, chips)
    if power.min() < _LEAST_POWER:
        return None
    frame = _frame(voice.side_px, blocks, chips, key)
    values /= np.sqrt(power / 2)
    patch = lru_cache(maxsize=None)(lambda phase: _patch(plane, voice, blocks, phase))
    heard = [
        (frame.score(place, patch(phase)), place, phase)
        for alike in frame.around(luma.size_px, matrix)
        for place, phase in alike.worth_hearing(values, _WORTH_HEARING[chips])
    ]
    if not heard:
        return None
    score, place, phase = max(heard)
    row, column = divmod(phase, BLOCK)
    shift = np.eye(3)
    shift[:2, 2] = np.array([column, row]) + _MARGIN_PX - np.array(place[::-1]) * float(BLOCK)
    return Lead(voice, matrix @ shift, score)


def _values(plane: Plane, voice: Voice, blocks: Blocks, chips: int) -> tuple[Plane, Plane]:
    """Doubled phases of the first chips of a patch, (2·chips·blocks)×256, and their mean power, 256: for every pixel
    where its first block may begin, row by row."""
    functions = analysis_functions()
    rows, columns = blocks
    inner = np.s_[_MARGIN_PX : _MARGIN_PX + rows * BLOCK, _MARGIN_PX : _MARGIN_PX + columns * BLOCK]
    levels = _levels(_heard(plane, functions[0], functions[0]) / functions[0].sum() ** 2)[inner]
    weights = DOUBLED_WEIGHTS[levels]
    planes = np.empty((2, chips, *levels.shape), dtype=np.float32)
    for coefficient, (down, across) in enumerate(COEFFICIENTS[:chips]):
        values = _heard(plane, functions[down], functions[across])[inner]
        angles = 2 * angles_of(values, levels, voice, coefficient // SPREAD)
        planes[0, coefficient], planes[1, coefficient] = np.cos(angles) * weights, np.sin(angles) * weights
    apart = planes.reshape(2, chips, rows, BLOCK, columns, BLOCK).transpose(0, 1, 2, 4, 3, 5)
    power = np.square(weights).reshape(rows, BLOCK, columns, BLOCK).mean(axis=(0, 2)).ravel()
    return np.ascontiguousarray(apart).reshape(-1, BLOCK**2), power


def _patch(plane: Plane, voice: Voice, blocks: Blocks, phase: int) -> Phasors:
    """Doubled phases of all chips of a patch that begins at one pixel, 8×rows×columns complex64, weighted."""
    top, left = (at + _MARGIN_PX - BLOCK for at in divmod(phase, BLOCK))
    high, wide = ((count + 2) * BLOCK for count in blocks)
    means, coefficients = block_coefficients(plane[top : top + high, left : left + wide])
    levels = levels_of(activity(means))[1:-1, 1:-1]
    heard = coefficients[:_CHIPS, 1:-1, 1:-1]
    groups = [angles_of(heard[n : n + SPREAD], levels, voice, n // SPREAD) for n in range(0, _CHIPS, SPREAD)]
    angles, weights = 2 * np.concatenate(groups), DOUBLED_WEIGHTS[levels]
    phasors = np.empty(angles.shape, dtype=np.complex64)
    phasors.real, phasors.imag = np.cos(angles) * weights, np.sin(angles) * weights
    return phasors


def _heard(plane: Plane, down: Plane, across: Plane) -> Plane:
    """What a function says of a block that begins at each pixel."""
    return np.asarray(cv2.sepFilter2D(plane, -1, across, down, anchor=(_LAP_PX, _LAP_PX)), dtype=np.float32)


def _levels(means: Plane) -> NDArray[np.intp]:
    """Masking levels of blocks that begin at each pixel; those at the border are not to be used."""
    around = [
        np.roll(means, (i * BLOCK, j * BLOCK), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
    ]
    return levels_of(calmest(means, around))


@dataclass(frozen=True, eq=False)
class _Alike:
    """Places of a frame where the same blocks of a patch have chips of their own, for they lie alike in their cells.

    Attributes:
        places: m×2, (row, column) of the first block.
        chips: which of the first chips of a patch are chips of their own, k indices into 2·chips·blocks.
        first: m×k float32, doubled phases of these: real parts, then imaginary ones; of unit length together.
    """

    places: NDArray[np.intp]
    chips: NDArray[np.intp]
    first: Plane

    def some(self, which: NDArray[np.bool_]) -> "_Alike":
        """Some of these places."""
        return replace(self, places=self.places[which], first=self.first[which])

    def worth_hearing(self, values: Plane, least: float) -> Iterator[tuple[tuple[int, int], int]]:
        """Which of the places, and pixels where a patch begins, agree so well in the first chips of the patch that all
        of them are worth hearing."""
        for place, phase in np.argwhere(self.first @ values[self.chips] >= least):
            row, column = self.places[place].tolist()
            yield (row, column), int(phase)


class _Frame:
    """All places of a patch in a frame that is long in one way or the other."""

    def __init__(self, side_px: int, blocks: Blocks, chips: int, key: bytes | None) -> None:
        self._blocks = blocks
        self._side, self._long = side_px // BLOCK, int(_LONGEST * side_px // BLOCK)
        self._wide = _doubled(WorkingGrid(side_px, self._side, self._long), key)
        self._high = _doubled(WorkingGrid(side_px, self._long, self._side), key)
        self._in_wide = max(self._side - blocks[0] + 1, 0)
        ways = (self._wide, 0), (self._high, self._in_wide)
        alike = (_alike(ways, blocks, chips, corner) for corner in np.ndindex(WEAVE, WEAVE))
        self._alike = [some for some in alike if some is not None]
        self._room: tuple[tuple[int, ...], list[_Alike]] = (), []

    def score(self, place: tuple[int, int], patch: Phasors) -> float:
        """How well all chips of a patch agree with a place."""
        row, column = place
        frame = self._wide if row < self._in_wide else self._high
        lattices = frame[:, row : row + self._blocks[0], column : column + self._blocks[1]]
        power = float(np.square(np.abs(patch[lattices != 0])).sum())
        return float(np.vdot(lattices, patch).real / np.sqrt(max(power, 1.0) / 2))

    def around(self, size_px: tuple[int, int], matrix: Matrix) -> list[_Alike]:
        """The places that leave room for all of a suspect of this size around the patch.

        What was asked for last is kept, for patches of a suspect come one after the other.
        """
        height, width = size_px
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
        there = (moved(np.linalg.inv(matrix), corners)[:, ::-1] - _MARGIN_PX) / BLOCK
        before, after = np.floor(-there.min(axis=0)) - 1, np.maximum(np.floor(there.max(axis=0)) - self._blocks - 2, 0)
        room = tuple(np.concatenate([before, after]).astype(int).tolist())
        kept = self._room  # asked for once, for another thread may look at another suspect
        if kept[0] != room:
            kept = room, [alike.some(self._has_room(alike.places, before, after)) for alike in self._alike]
            self._room = kept
        return kept[1]

    def _has_room(self, places: NDArray[np.intp], before: Matrix, after: Matrix) -> NDArray[np.bool_]:
        ends = places + self._blocks + after
        wide, high = ((ends <= size).all(axis=1) for size in ((self._side, self._long), (self._long, self._side)))
        return np.asarray((places >= before).all(axis=1) & (wide | high))


@lru_cache(maxsize=3)
def _frame(side_px: int, blocks: Blocks, chips: int, key: bytes | None) -> _Frame:
    return _Frame(side_px, blocks, chips, key)


@lru_cache(maxsize=4)
def _doubled(grid: WorkingGrid, key: bytes | None) -> Phasors:
    """Doubled phases of the chips of a frame that a patch is held against, 8×rows×columns, 0 where a chip is shared."""
    layout = layout_of(grid, (True,) * TIERS, key)
    phasors = np.exp(4j * np.pi * layout.dither[:_CHIPS]).astype(np.complex64)
    return np.where(layout.shared[:_CHIPS], np.complex64(0), phasors)


def _alike(frames: Iterable[tuple[Phasors, int]], blocks: Blocks, chips: int, corner: tuple[int, ...]) -> _Alike | None:
    """The places of some frames, each from some row on, that lie at one place of a cell; None if there are none."""
    places, lattices = [np.zeros((0, 2), dtype=np.intp)], []
    for frame, from_row in frames:
        rows, columns = (
            np.arange(first + (at - first) % WEAVE, length - count + 1, WEAVE)
            for first, at, length, count in zip((from_row, 0), corner, frame.shape[1:], blocks, strict=True)
        )
        if rows.size and columns.size:
            patches = np.lib.stride_tricks.sliding_window_view(frame[:chips], blocks, axis=(1, 2))
            some = patches[:, rows[:, None], columns].transpose(1, 2, 0, 3, 4)
            lattices.append(some.reshape(rows.size * columns.size, -1))
            places.append(np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2))
    if not lattices:
        return None
    every = np.concatenate(lattices)
    own = np.flatnonzero(every[0])
    first = np.concatenate([every.real[:, own], every.imag[:, own]], axis=1)
    first /= np.float32(own.size**0.5)
    return _Alike(np.concatenate(places), np.append(own, own + every.shape[1]), first)
