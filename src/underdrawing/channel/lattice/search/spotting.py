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

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, SPREAD, TIERS
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
    places = frame.around(luma.size_px, matrix)
    scores = frame.first[places] @ (values / np.sqrt(power / 2))
    heard = [
        (frame.score(int(places[place]), _patch(plane, voice, int(phase))), int(places[place]), int(phase))
        for place, phase in np.argwhere(scores >= _WORTH_HEARING)
    ]
    if not heard:
        return None
    score, place, phase = max(heard)
    row, column = divmod(phase, BLOCK)
    shift = np.eye(3)
    shift[:2, 2] = np.array([column, row]) + _MARGIN_PX - frame.places[place][::-1] * float(BLOCK)
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


class _Frame:
    """All places of a patch in a frame that is long in one way or the other.

    Attributes:
        places: n×2, (row, column) of the first block.
        lattices: n×8×12×12 complex64, doubled phases of its chips; 0 where a chip is shared.
        first: n×(2·2·144) float32, those of the first chips, of unit length: real parts, then imaginary ones.
    """

    def __init__(self, side_px: int, places: NDArray[np.intp], lattices: Phasors) -> None:
        self._side = side_px // BLOCK
        self.places = places
        self.lattices = lattices
        first = lattices[:, :_FIRST_CHIPS].reshape(len(places), -1)
        apart = np.concatenate([first.real, first.imag], axis=1)
        self.first: Plane = apart / np.sqrt(np.square(apart).sum(axis=1, keepdims=True))

    def around(self, size_px: tuple[int, int], matrix: Matrix) -> NDArray[np.intp]:
        """Which places leave room for all of a suspect of this size around the patch."""
        height, width = size_px
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
        there = (moved(np.linalg.inv(matrix), corners)[:, ::-1] - _MARGIN_PX) / BLOCK
        before, after = np.floor(-there.min(axis=0)) - 1, np.floor(there.max(axis=0)) - _PATCH - 2
        ends = self.places + _PATCH + np.maximum(after, 0)
        long = int(_LONGEST * self._side)
        fits = [(ends <= limits).all(axis=1) for limits in ((self._side, long), (long, self._side))]
        return np.flatnonzero((self.places >= before).all(axis=1) & (fits[0] | fits[1]))

    def score(self, place: int, patch: Phasors) -> float:
        """How well all chips of a patch agree with a place."""
        lattices = self.lattices[place]
        power = float(np.square(np.abs(patch[lattices != 0])).sum())
        return float(np.vdot(lattices, patch).real / np.sqrt(max(power, 1.0) / 2))


@lru_cache(maxsize=2)
def _frame(side_px: int, key: bytes | None) -> _Frame:
    side, length = side_px // BLOCK, int(_LONGEST * side_px // BLOCK)
    parts = [_along(side_px, side, length, key), _along(side_px, length, side, key)]
    places = np.concatenate([places for places, _ in parts])
    lattices = np.concatenate([lattices for _, lattices in parts])
    _, first = np.unique(places, axis=0, return_index=True)
    return _Frame(side_px, places[first], lattices[first])


def _along(side_px: int, rows: int, columns: int, key: bytes | None) -> tuple[NDArray[np.intp], Phasors]:
    layout = layout_of(WorkingGrid(side_px, rows, columns), (True,) * TIERS, key)
    phasors = np.exp(4j * np.pi * layout.dither[:_CHIPS]).astype(np.complex64)
    planes = np.where(layout.shared[:_CHIPS], np.complex64(0), phasors)
    patches = np.lib.stride_tricks.sliding_window_view(planes, (_PATCH, _PATCH), axis=(1, 2))
    down, across = patches.shape[1:3]
    places = np.stack(np.meshgrid(np.arange(down), np.arange(across), indexing="ij"), axis=-1).reshape(-1, 2)
    return places, np.ascontiguousarray(patches.transpose(1, 2, 0, 3, 4)).reshape(-1, _CHIPS, _PATCH, _PATCH)
