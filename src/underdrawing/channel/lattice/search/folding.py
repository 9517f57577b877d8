"""Folding a window by the weave: how loud a mark is at each of the places where its cells may begin.

Shared chips lie on the same lattices every four blocks, so their phases are added up modulo a cell of 64 pixels. The
bits of pilots are those of a chessboard of cells, and they count once with either sign; all other bits are unknown, and
those chips count with their phases doubled. Single phases tolerate a block that is a pixel or two off its place,
doubled ones tell places more exactly; together they are the score.

Source: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, WEAVE
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search.window import STRIDE_PX, Window
from underdrawing.channel.profiles import Profile

__all__ = ["CELL_PX", "DOUBLED_WEIGHTS", "SINGLE_WEIGHTS", "Lead", "Voice", "heard"]

CELL_PX = BLOCK * WEAVE
"""Side of a cell of the weave in grid pixels."""

SINGLE_WEIGHTS = np.array([1, 1, 0.9, 0.8, 0.6, 0.4], dtype=np.float32)
DOUBLED_WEIGHTS = np.array([1, 1, 0.8, 0.65, 0.4, 0.15], dtype=np.float32)
"""How much blocks of each masking level still say when they are about a pixel off their places."""

_CELL = CELL_PX // STRIDE_PX
_BLOCK = BLOCK // STRIDE_PX
_PAIR = 2 * _CELL

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """A kind of mark: which grid it was written on, and how strongly."""

    side_px: int
    profile: Profile


@dataclass(frozen=True, eq=False)
class Lead:
    """A place where a mark may be.

    Attributes:
        voice: what kind of mark.
        matrix: 3×3 float64 homography from grid pixels (x, y) to suspect pixels. Where in the frame its origin lies is
            not known yet, only that a cell begins there whose pilots carry 0.
        score: about a unit normal for each place where there is none, so some four for the best of a search in vain.
    """

    voice: Voice
    matrix: Matrix
    score: float


@dataclass(frozen=True, eq=False)
class _Phasors:
    """Phases of the chips of one lane at all samples of a window: h×w×4, weighted cosine and sine, then doubled."""

    lanes: tuple[Plane, ...]
    single_power: float
    doubled_power: float


def heard(window: Window, voice: Voice, stretches: Sequence[Matrix], *, key: bytes | None = None) -> list[Lead]:
    """The best lead of one voice in a window for each of some small changes of the window's scale and turn.

    Args:
        window: what to fold.
        voice: what to listen for.
        stretches: 2×2 float64, near the identity: what a step on the grid is in steps of the window.
        key: secret of the channel.
    """
    phasors = _phasors(window, voice)
    if phasors is None:
        return []
    return [_best(window, voice, phasors, stretch, key) for stretch in stretches]


def _phasors(window: Window, voice: Voice) -> _Phasors | None:
    design = DESIGNS[voice.profile, voice.side_px]
    single, doubled = SINGLE_WEIGHTS[window.levels], DOUBLED_WEIGHTS[window.levels]
    if window.inside is not None:
        single, doubled = single * window.inside, doubled * window.inside
    powers = float(np.square(single).mean()), float(np.square(doubled).mean())
    if min(powers) < _LEAST_POWER:
        return None
    lanes = []
    for lane in range(len(weave_of(voice.side_px).dither)):
        per_step = (1 / design.steps[:, lane])[window.levels]
        turns = window.chips[lane] * per_step - np.float32(design.offset)
        turns -= np.floor(turns)
        cosine, sine = cv2.polarToCart(_ones(turns.shape), turns * np.float32(2 * np.pi))
        planes = (
            cosine * single,
            sine * single,
            (cosine + sine) * (cosine - sine) * doubled,
            2 * cosine * sine * doubled,
        )
        lanes.append(np.asarray(cv2.merge(planes), dtype=np.float32))
    return _Phasors(tuple(lanes), *powers)


_LEAST_POWER = 0.05


@lru_cache(maxsize=4)
def _ones(shape: tuple[int, int]) -> Plane:
    return np.ones(shape, dtype=np.float32)


@lru_cache(maxsize=8)
def _references(side_px: int, key: bytes | None) -> tuple[tuple[int, int, int, np.complex64, bool], ...]:
    """Lane, row, column, phase of a bit 0, and whether it is a pilot, of every shared chip of a cell."""
    weave = weave_of(side_px, key)
    places = np.argwhere(~np.isnan(weave.dither))
    turns = [np.complex64(np.exp(-2j * np.pi * weave.dither[tuple(place)])) for place in places]
    return tuple(
        (int(lane), int(row), int(column), turn, bool(weave.pilots[lane, row, column]))
        for (lane, row, column), turn in zip(places, turns, strict=True)
    )


def _best(window: Window, voice: Voice, phasors: _Phasors, stretch: Matrix, key: bytes | None) -> Lead:
    rows, columns = (-(-side // _PAIR) * _PAIR for side in window.shape)
    folds = [_folded(lane, stretch, (rows, columns)) for lane in phasors.lanes]
    pilots = np.zeros((_CELL, _CELL), dtype=np.float32)
    others = np.zeros_like(pilots)
    chips = window.levels.size / _CELL**2 / 2
    references = _references(voice.side_px, key)
    for lane, row, column, turn, is_pilot in references:
        place = np.s_[_BLOCK * row : _BLOCK * row + _CELL, _BLOCK * column : _BLOCK * column + _CELL]
        others += _turned(folds[lane][1][place], turn * turn)
        if is_pilot:
            pilots += _turned(folds[lane][0][place], turn)
    pilots /= np.sqrt(sum(is_pilot for *_, is_pilot in references) * chips * phasors.single_power)
    others /= np.sqrt(len(references) * chips * phasors.doubled_power)
    scores = (np.abs(pilots) + others) / np.sqrt(np.float32(2))
    row, column = divmod(int(scores.argmax()), _CELL)
    origin = (np.array([column, row]) + 0.5) * STRIDE_PX - BLOCK / 2
    if pilots[row, column] < 0:
        origin = origin - np.array([CELL_PX, 0])
    return Lead(voice, _matrix(window, stretch, (rows, columns), origin), float(scores[row, column]))


def _turned(values: NDArray[np.complex64], turn: np.complex64) -> Plane:
    return np.asarray(values.real * turn.real - values.imag * turn.imag, dtype=np.float32)


def _folded(lane: Plane, stretch: Matrix, size: tuple[int, int]) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Sums over all cells, 64×64 each: with the signs of a chessboard, and of the doubled phases without.

    Both go on beyond the cell as they do in the window, so that any 32×32 of them are a whole cell.
    """
    upright = stretch[0, 1] == 0 and stretch[1, 0] == 0
    sums = _by_axes(lane, stretch, size) if upright else _by_warping(lane, stretch, size)
    top, bottom = sums[:_CELL], sums[_CELL:]
    signed, plain = top[..., :2] - bottom[..., :2], top[..., 2:] + bottom[..., 2:]
    signed, plain = signed[:, :_CELL] - signed[:, _CELL:], plain[:, :_CELL] + plain[:, _CELL:]
    return _repeated(signed, -1), _repeated(plain, 1)


def _repeated(cell: Plane, sign: int) -> NDArray[np.complex64]:
    """32×32×2 real and imaginary parts → 64×64 complex, the neighbouring cells with this sign."""
    whole = np.empty((_PAIR, _PAIR), dtype=np.complex64)
    values = cell[..., 0] + 1j * cell[..., 1]
    whole[:_CELL, :_CELL] = whole[_CELL:, _CELL:] = values
    whole[:_CELL, _CELL:] = whole[_CELL:, :_CELL] = sign * values
    return whole


def _by_axes(lane: Plane, stretch: Matrix, size: tuple[int, int]) -> Plane:
    """Sums modulo two cells of the samples nearest to a stretched lattice, 64×64×4: rows first, then columns."""
    rows, columns = (
        _nearest(count, length, scale)
        for count, length, scale in zip(size, lane.shape[:2], (stretch[1, 1], stretch[0, 0]), strict=True)
    )
    down = _summed(lane, *rows)
    return _summed(np.ascontiguousarray(down.transpose(1, 0, 2)), *columns).transpose(1, 0, 2)


def _nearest(count: int, length: int, scale: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each of ``count`` places along an axis the nearest of ``length`` samples, and which places lie on it."""
    places = np.rint((np.arange(count) - (count - 1) / 2) * scale + (length - 1) / 2).astype(np.intp)
    return places, np.flatnonzero((places >= 0) & (places < length))


def _summed(plane: Plane, places: NDArray[np.intp], valid: NDArray[np.intp]) -> Plane:
    """Rows of a plane at some places, added up modulo two cells."""
    sums = np.zeros((_PAIR, *plane.shape[1:]), dtype=np.float32)
    for begin in range(0, places.size, _PAIR):
        chosen = valid[(valid >= begin) & (valid < begin + _PAIR)]
        sums[chosen - begin] += plane[places[chosen]]
    return sums


def _by_warping(lane: Plane, stretch: Matrix, size: tuple[int, int]) -> Plane:
    """The same for a lattice that is turned or sheared."""
    rows, columns = size
    centre, window_centre = (np.array([width / 2 - 0.5, height / 2 - 0.5]) for height, width in (size, lane.shape[:2]))
    sampled = np.column_stack([stretch, window_centre - stretch @ centre])
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(lane, sampled, (columns, rows), flags=flags, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(laid.reshape(rows // _PAIR, _PAIR, columns // _PAIR, _PAIR, 4).sum(axis=(0, 2)))


def _matrix(window: Window, stretch: Matrix, size: tuple[int, int], origin: Matrix) -> Matrix:
    """From grid pixels counted from the origin to suspect pixels."""
    (rows, columns), (window_rows, window_columns) = size, window.shape
    centre = np.array([columns, rows]) * (STRIDE_PX / 2)
    window_centre = np.array([window_columns, window_rows]) * (STRIDE_PX / 2)
    laid = np.eye(3)
    laid[:2, :2] = stretch
    laid[:2, 2] = window_centre + stretch @ (origin - centre)
    return np.asarray(window.matrix @ laid, dtype=np.float64)
