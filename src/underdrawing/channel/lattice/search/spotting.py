"""Spotting: a small patch of a suspect held against every place of a frame, by its chips of their own.

The weave (:mod:`.folding`) is a small part of a mark, and where that part is weak it drowns. Chips of their own are
many, but their lattices differ from block to block, so that they can only be heard where the place in the frame is
right as well. For a patch of twelve by twelve blocks that is one product of two matrices: places in the frame by chips,
and chips by where a block may begin.

Two coefficients are held against every place; eight only against the few places where these two agree.

Single coefficients change with every quarter of a pixel, and the scale has to be right to a quarter of a percent. So
this is for suspects that were cut out of a picture of a usual size and not resized.

Source: ours.
"""

from collections.abc import Iterator
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
from underdrawing.channel.lattice.search.locating import laid
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.window import Luma
from underdrawing.channel.lattice.transform import analysis_functions, block_coefficients

__all__ = ["SPOT_PX", "spotted"]

_PATCH = 12
SPOT_PX = (_PATCH + 1) * BLOCK
"""Side of what is looked at, in grid pixels: a patch, wherever its first block begins."""

_CHIPS, _FIRST_CHIPS = 2 * SPREAD, 2
"""Coefficients that are listened to, the first of COEFFICIENTS, in the end and everywhere."""
_WORTH_HEARING = 4.0
"""Score of the first coefficients from which a place is heard with all of them: one in 30,000 has it by chance. All of
them together have about twice the score: a place that would have 8 in the end is kept half of the time, one that would
have 10 five times in six, one that would have 12 in 49 of 50 cases."""

_MARGIN_PX = 2 * BLOCK
"""What is seen around a patch: the blocks next to it, for the masking levels, and what the functions lap over."""
_LAP_PX = (analysis_functions().shape[1] - BLOCK) // 2
_LONGEST = 1.8
_LEAST_POWER = 0.05

Plane = NDArray[np.float32]
Phasors = NDArray[np.complex64]
Matrix = NDArray[np.float64]


def spotted(luma: Luma, linear: Matrix, centre_px: Matrix, voice: Voice, *, key: bytes | None = None) -> Lead | None:
    """The place of the frame that a patch agrees with best, or None where the patch says nothing.

    Args:
        luma: the suspect; all of it is taken to lie in the frame.
        linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
        centre_px: (x, y) of the patch's middle in suspect pixels.
        voice: what to listen for.
        key: secret of the channel.

    Returns:
        A lead whose matrix begins at the corner of the frame; its score is about a unit normal for each place where
        there is no mark, so some five for the best place of many. None also where no place agrees with the first
        coefficients.
    """
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = centre_px - linear @ np.full(2, SPOT_PX / 2 + _MARGIN_PX)
    plane = laid(luma, matrix, (_SEEN_PX, _SEEN_PX))
    values, power = _values(plane, voice)
    if power.min() < _LEAST_POWER:
        return None
    frame = _frame(voice.side_px, key)
    values /= np.sqrt(power / 2)
    patch = lru_cache(maxsize=None)(lambda phase: _patch(plane, voice, phase))
    heard = [
        (frame.score(place, patch(phase)), place, phase)
        for alike in frame.around(luma.size_px, matrix)
        for place, phase in alike.worth_hearing(values)
    ]
    if not heard:
        return None
    score, place, phase = max(heard)
    row, column = divmod(phase, BLOCK)
    shift = np.eye(3)
    shift[:2, 2] = np.array([column, row]) + _MARGIN_PX - np.array(place[::-1]) * float(BLOCK)
    return Lead(voice, matrix @ shift, score)


_SEEN_PX = SPOT_PX + 2 * _MARGIN_PX


def _values(plane: Plane, voice: Voice) -> tuple[Plane, Plane]:
    """Doubled phases of the first chips of a patch, (2·2·144)×256, and their mean power, 256: for every pixel where its
    first block may begin, row by row."""
    functions = analysis_functions()
    inner = np.s_[_MARGIN_PX : _MARGIN_PX + _PATCH * BLOCK, _MARGIN_PX : _MARGIN_PX + _PATCH * BLOCK]
    levels = _levels(_heard(plane, functions[0], functions[0]) / functions[0].sum() ** 2)[inner]
    weights = DOUBLED_WEIGHTS[levels]
    planes = np.empty((2, _FIRST_CHIPS, *levels.shape), dtype=np.float32)
    for coefficient, (down, across) in enumerate(COEFFICIENTS[:_FIRST_CHIPS]):
        values = _heard(plane, functions[down], functions[across])[inner]
        angles = 2 * angles_of(values, levels, voice, coefficient // SPREAD)
        planes[0, coefficient], planes[1, coefficient] = np.cos(angles) * weights, np.sin(angles) * weights
    apart = planes.reshape(2, _FIRST_CHIPS, _PATCH, BLOCK, _PATCH, BLOCK).transpose(0, 1, 2, 4, 3, 5)
    power = np.square(weights).reshape(_PATCH, BLOCK, _PATCH, BLOCK).mean(axis=(0, 2)).ravel()
    return np.ascontiguousarray(apart).reshape(-1, BLOCK**2), power


def _patch(plane: Plane, voice: Voice, phase: int) -> Phasors:
    """Doubled phases of all chips of a patch that begins at one pixel, 8×12×12 complex64, weighted."""
    row, column = divmod(phase, BLOCK)
    seen = (_PATCH + 2) * BLOCK
    start = _MARGIN_PX - BLOCK
    blocks = plane[start + row : start + row + seen, start + column : start + column + seen]
    means, coefficients = block_coefficients(blocks)
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
        chips: which of the first chips of a patch are chips of their own, k indices into 2·2·144.
        first: m×k float32, doubled phases of these: real parts, then imaginary ones; of unit length together.
    """

    places: NDArray[np.intp]
    chips: NDArray[np.intp]
    first: Plane

    def some(self, which: NDArray[np.bool_]) -> "_Alike":
        """Some of these places."""
        return replace(self, places=self.places[which], first=self.first[which])

    def worth_hearing(self, values: Plane) -> Iterator[tuple[tuple[int, int], int]]:
        """Which of the places, and pixels where a patch begins, agree so well in the first chips of the patch that all
        of them are worth hearing."""
        for place, phase in np.argwhere(self.first @ values[self.chips] >= _WORTH_HEARING):
            row, column = self.places[place].tolist()
            yield (row, column), int(phase)


class _Frame:
    """All places of a patch in a frame that is long in one way or the other."""

    def __init__(self, side_px: int, key: bytes | None) -> None:
        self._side, self._long = side_px // BLOCK, int(_LONGEST * side_px // BLOCK)
        self._wide = _doubled(WorkingGrid(side_px, self._side, self._long), key)
        self._high = _doubled(WorkingGrid(side_px, self._long, self._side), key)
        self._in_wide = self._side - _PATCH + 1
        ways = zip(_alike(self._wide), _alike(self._high, from_row=self._in_wide), strict=True)
        self._alike = [_together(pair) for pair in ways]
        self._room: tuple[tuple[int, ...], list[_Alike]] = (), []

    def score(self, place: tuple[int, int], patch: Phasors) -> float:
        """How well all chips of a patch agree with a place."""
        row, column = place
        frame = self._wide if row < self._in_wide else self._high
        lattices = frame[:, row : row + _PATCH, column : column + _PATCH]
        power = float(np.square(np.abs(patch[lattices != 0])).sum())
        return float(np.vdot(lattices, patch).real / np.sqrt(max(power, 1.0) / 2))

    def around(self, size_px: tuple[int, int], matrix: Matrix) -> list[_Alike]:
        """The places that leave room for all of a suspect of this size around the patch.

        What was asked for last is kept, for patches of a suspect come one after the other.
        """
        height, width = size_px
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
        there = (moved(np.linalg.inv(matrix), corners)[:, ::-1] - _MARGIN_PX) / BLOCK
        before, after = np.floor(-there.min(axis=0)) - 1, np.maximum(np.floor(there.max(axis=0)) - _PATCH - 2, 0)
        room = tuple(np.concatenate([before, after]).astype(int).tolist())
        if self._room[0] != room:
            self._room = room, [alike.some(self._has_room(alike.places, before, after)) for alike in self._alike]
        return self._room[1]

    def _has_room(self, places: NDArray[np.intp], before: Matrix, after: Matrix) -> NDArray[np.bool_]:
        ends = places + _PATCH + after
        wide, high = ((ends <= size).all(axis=1) for size in ((self._side, self._long), (self._long, self._side)))
        return np.asarray((places >= before).all(axis=1) & (wide | high))


@lru_cache(maxsize=2)
def _frame(side_px: int, key: bytes | None) -> _Frame:
    return _Frame(side_px, key)


def _doubled(grid: WorkingGrid, key: bytes | None) -> Phasors:
    """Doubled phases of the chips of a frame that a patch is held against, 8×rows×columns, 0 where a chip is shared."""
    layout = layout_of(grid, (True,) * TIERS, key)
    phasors = np.exp(4j * np.pi * layout.dither[:_CHIPS]).astype(np.complex64)
    return np.where(layout.shared[:_CHIPS], np.complex64(0), phasors)


def _alike(frame: Phasors, *, from_row: int = 0) -> Iterator[_Alike]:
    """The places of a frame from some row on, by how they lie in their cells."""
    patches = np.lib.stride_tricks.sliding_window_view(frame[:_FIRST_CHIPS], (_PATCH, _PATCH), axis=(1, 2))
    places = np.moveaxis(np.indices(patches.shape[1:3]), 0, -1)
    for row, column in np.ndindex(WEAVE, WEAVE):
        alike = np.s_[from_row + (row - from_row) % WEAVE :: WEAVE, column::WEAVE]
        lattices = patches[:, *alike].transpose(1, 2, 0, 3, 4).reshape(-1, _FIRST_CHIPS * _PATCH**2)
        own = np.flatnonzero(lattices[0])
        first = np.concatenate([lattices.real[:, own], lattices.imag[:, own]], axis=1)
        first /= np.float32(own.size**0.5)
        yield _Alike(places[alike].reshape(-1, 2), np.append(own, own + lattices.shape[1]), first)


def _together(pair: tuple[_Alike, _Alike]) -> _Alike:
    one, other = pair
    return _Alike(np.append(one.places, other.places, axis=0), one.chips, np.append(one.first, other.first, axis=0))
