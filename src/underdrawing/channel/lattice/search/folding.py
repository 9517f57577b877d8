"""Folding a window by the weave: how loud a mark is at each of the places where its cells may begin.

Shared chips lie on the same lattices every four blocks, so their phases are added up modulo a cell of 64 pixels. The
bits of pilots are those of a chessboard of cells, and they count once with either sign; all other bits are unknown, and
those chips count with their phases doubled. Single phases tolerate a block that is a pixel or two off its place,
doubled ones tell places more exactly; together they are the score.

Source: ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, LEVELS, SHARES, WEAVE
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search.cells import CELL, CELL_PX, PAIR, summed
from underdrawing.channel.lattice.search.window import LEVEL_TURN, STRIDE_PX, Window
from underdrawing.channel.profiles import Profile

__all__ = [
    "CELL_PX",
    "DOUBLED_WEIGHTS",
    "SINGLE_WEIGHTS",
    "Expectation",
    "Lead",
    "Voice",
    "angles_of",
    "heard",
    "lanes_of",
]

SINGLE_WEIGHTS = np.array([1, 1, 0.9, 0.8, 0.6, 0.4], dtype=np.float32)
DOUBLED_WEIGHTS = np.array([1, 1, 0.8, 0.65, 0.4, 0.15], dtype=np.float32)
"""How much blocks of each masking level still say when they are about a pixel off their places."""

_BLOCK = BLOCK // STRIDE_PX

Plane = NDArray[np.float32]
Whole = NDArray[np.int16]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """A kind of mark: which grid it was written on, and how strongly."""

    side_px: int
    profile: Profile


@dataclass(frozen=True)
class Expectation:
    """Where the middle of a window lies in the frame, if the suspect shows all of it.

    Attributes:
        place_px: (x, y) in grid pixels.
        slack_px: how far off that may be, (x, y).
    """

    place_px: tuple[float, float]
    slack_px: tuple[float, float]


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
    """Phases of the chips of each lane at all samples of a window: h×w×4 int16, weighted cosine and sine, then doubled,
    500 times each so that a whole window can be added up."""

    lanes: tuple[Whole, ...]
    single_power: float
    doubled_power: float


def lanes_of(voices: Iterable[Voice]) -> int:
    """How many lanes of shared chips have to be heard for some kinds of mark."""
    return max(len(SHARES[voice.side_px].woven) for voice in voices)


def angles_of(chips: Plane, levels: NDArray[np.integer], voice: Voice, group: int) -> Plane:
    """Phases of chips of one group in radians, before their dither is taken off, at these masking levels."""
    design = DESIGNS[voice.profile, voice.side_px]
    per_step = np.append(2 * np.pi / np.maximum(design.steps[:, group], 1), 0).astype(np.float32)
    return np.asarray(chips * per_step[levels] - np.float32(2 * np.pi * design.offset), dtype=np.float32)


def heard(
    window: Window,
    voice: Voice,
    stretches: Sequence[Matrix],
    *,
    expected: Expectation | None = None,
    least: float = 0.0,
    key: bytes | None = None,
) -> list[Lead]:
    """The leads of one voice in a window under some small changes of the window's scale and turn, loudest first.

    Args:
        window: what to fold, at most 512 grid pixels each way.
        voice: what to listen for.
        stretches: 2×2 float64, near the identity: what a step on the grid is in steps of the window.
        expected: where the window is expected to lie; leads that do not fit are left out.
        least: score from which a lead is worth telling.
        key: secret of the channel.
    """
    phasors = _phasors(window, voice)
    if phasors is None:
        return []
    leads = []
    for begin in range(0, len(stretches), _AT_A_TIME):
        some = stretches[begin : begin + _AT_A_TIME]
        leads += _loud(window, voice, phasors, some, expected, least, key)
    return sorted(leads, key=lambda lead: -lead.score)


def _phasors(window: Window, voice: Voice) -> _Phasors | None:
    powers = [float(np.square(weights) @ window.shares) for weights in _WEIGHTS]
    if min(powers) < _LEAST_POWER:
        return None
    lanes = []
    for lane in range(len(weave_of(voice.side_px).dither)):
        per_step, table = _lookup(voice, lane)
        turns: Plane = np.asarray(cv2.LUT(window.heard_levels, per_step), dtype=np.float32)
        turns *= window.chips[lane]
        turns += _TO_WHOLE
        index = turns.view(np.int32)
        index &= _TURN - 1
        index |= window.level_turns
        lanes.append(table.take(index).view(np.int16).reshape(*index.shape, 4))
    return _Phasors(tuple(lanes), *powers)


_LEAST_POWER = 0.05
_UNIT = 500
_TURN = LEVEL_TURN
_TO_WHOLE = np.float32(1.5 * 2**23)
"""Added to a float32 it leaves the nearest whole number in the lowest bits."""
_WEIGHTS = np.append([SINGLE_WEIGHTS, DOUBLED_WEIGHTS], [[0], [0]], axis=1).astype(np.float32)


@lru_cache(maxsize=12)
def _lookup(voice: Voice, lane: int) -> tuple[Plane, NDArray[np.int64]]:
    """For each level how many 256ths of a turn a grey level is, 0 for what lies outside; and for each level and 256th
    four int16 in the place of one number: weighted cosine and sine, then those of twice the turn."""
    design = DESIGNS[voice.profile, voice.side_px]
    per_step = np.zeros(256, dtype=np.float32)
    per_step[:LEVELS] = _TURN / design.steps[:, lane]
    angles = (np.arange(_TURN) / _TURN - design.offset) * 2 * np.pi
    circles = np.stack([np.cos(angles), np.sin(angles), np.cos(2 * angles), np.sin(2 * angles)], axis=-1)
    weighted = np.rint(_UNIT * circles * _WEIGHTS[[0, 0, 1, 1]].T[:, None])
    return per_step, np.ascontiguousarray(weighted, dtype=np.int16).view(np.int64).ravel()


_AT_A_TIME = 25
"""Stretches that are folded before their scores are worked out together."""


@lru_cache(maxsize=12)
def _patterns(side_px: int, key: bytes | None) -> tuple[Plane, Plane, int, int]:
    """Matrices from the sums of a cell to agreements, 16×(lanes · 16 · 2), and of how many chips these are.

    The first is for pilots, which change their sign from cell to cell, the second for doubled phases. Rows are places
    in a cell, in blocks, columns the blocks of the cell, lane by lane, with a real and an imaginary part.
    """
    weave = weave_of(side_px, key)
    pilots, others = (np.zeros((WEAVE, WEAVE, len(weave.dither), WEAVE, WEAVE, 2)) for _ in range(2))
    chips = np.argwhere(~np.isnan(weave.dither))
    at_rows, at_columns = (part.ravel() for part in np.mgrid[:WEAVE, :WEAVE])
    for lane, row, column in chips:
        down, across = at_rows + row, at_columns + column
        sign = 1.0 - 2.0 * ((down // WEAVE + across // WEAVE) & 1)
        at = at_rows, at_columns, lane, down % WEAVE, across % WEAVE
        turn = -2 * np.pi * float(weave.dither[lane, row, column])
        others[at] += [np.cos(2 * turn), -np.sin(2 * turn)]
        if weave.pilots[lane, row, column]:
            pilots[at] += sign[:, None] * [np.cos(turn), -np.sin(turn)]
    single, doubled = (matrix.reshape(WEAVE**2, -1).astype(np.float32) for matrix in (pilots, others))
    return single, doubled, int(weave.pilots.sum()), len(chips)


def _loud(
    window: Window,
    voice: Voice,
    phasors: _Phasors,
    stretches: Sequence[Matrix],
    expected: Expectation | None,
    least: float,
    key: bytes | None,
) -> list[Lead]:
    size = tuple(-(-side // PAIR) * PAIR for side in window.shape)
    sums = np.empty((len(phasors.lanes), len(stretches), CELL, CELL, 4), dtype=np.float32)
    for planes, folded in zip(phasors.lanes, sums, strict=True):
        folded[:] = summed(planes, stretches, size)
    pilots, others = _agreements(sums, voice, key)
    *_, pilot_count, count = _patterns(voice.side_px, key)
    chips = window.levels.size / CELL**2 / 2
    pilots /= _UNIT * np.sqrt(pilot_count * chips * phasors.single_power)
    others /= _UNIT * np.sqrt(count * chips * phasors.doubled_power)
    signs = np.sign(pilots) if expected is None else np.broadcast_to(_fitting(size, expected), pilots.shape)
    scores = np.where(signs == 0, -np.inf, (signs * pilots + others) / np.sqrt(np.float32(2)))
    leads = []
    for number, row, column in np.argwhere(scores >= least):
        origin = (np.array([column, row]) + 0.5) * STRIDE_PX - BLOCK / 2
        if signs[number, row, column] < 0:
            origin = origin - np.array([CELL_PX, 0])
        matrix = _matrix(window, stretches[number], size, origin)
        leads.append(Lead(voice, matrix, float(scores[number, row, column])))
    return leads


def _fitting(size: tuple[int, ...], expected: Expectation) -> Plane:
    """For every place where a cell may begin the sign its pilots have if the window lies where it is expected to, 0
    where it does not; 32×32."""
    cells, inside = [], []
    for length, place, slack in zip(size[::-1], expected.place_px, expected.slack_px, strict=True):
        begins = (np.arange(CELL) + 0.5) * STRIDE_PX - BLOCK / 2
        off = length * STRIDE_PX / 2 - begins - place
        cells.append(np.rint(off / CELL_PX))
        inside.append(np.abs(off - cells[-1] * CELL_PX) <= slack)
    parity = 1 - 2 * ((cells[1][:, None] + cells[0]) % 2)
    return np.asarray(parity * (inside[1][:, None] & inside[0]), dtype=np.float32)


def _agreements(sums: Plane, voice: Voice, key: bytes | None) -> list[Plane]:
    """Lanes×n×32×32×4 sums over all cells → how well pilots and doubled phases agree at each of the places where a
    cell may begin, n×32×32 each."""
    lanes, count = sums.shape[:2]
    blocks = sums.reshape(lanes, count, WEAVE, _BLOCK, WEAVE, _BLOCK, 2, 2).transpose(6, 0, 2, 4, 7, 1, 3, 5)
    both: Plane = np.ascontiguousarray(blocks)
    agreements = []
    patterns = _patterns(voice.side_px, key)[:2]
    for pattern, cells in zip(patterns, both, strict=True):
        places = (pattern @ cells.reshape(pattern.shape[1], -1)).reshape(WEAVE, WEAVE, count, _BLOCK, _BLOCK)
        agreements.append(np.ascontiguousarray(places.transpose(2, 0, 3, 1, 4)).reshape(count, CELL, CELL))
    return agreements


def _matrix(window: Window, stretch: Matrix, size: tuple[int, ...], origin: Matrix) -> Matrix:
    """From grid pixels counted from the origin to suspect pixels."""
    (rows, columns), (window_rows, window_columns) = size, window.shape
    centre = np.array([columns, rows]) * (STRIDE_PX / 2)
    window_centre = np.array([window_columns, window_rows]) * (STRIDE_PX / 2)
    laid = np.eye(3)
    laid[:2, :2] = stretch
    laid[:2, 2] = window_centre + stretch @ (origin - centre)
    return np.asarray(window.matrix @ laid, dtype=np.float64)
