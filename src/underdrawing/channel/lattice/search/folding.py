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

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, LEVELS, SHARES, WEAVE, Filling
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search.cells import CELL, CELL_PX, summed
from underdrawing.channel.lattice.search.window import LEVEL_TURN, Window
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
        filling: how the mark fills its places: on which lattices its chips of their own lie. Shared ones do not tell.
    """

    voice: Voice
    matrix: Matrix
    score: float
    filling: Filling = Filling.USUAL


@dataclass(frozen=True, eq=False)
class _Phasors:
    """Phases of the chips of each lane at all samples of a window: lanes×h×w×4 int16, weighted cosine and sine, then
    doubled, 500 times each so that a whole window can be added up."""

    lanes: Whole
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
    at_a_time = max(1, _AT_A_TIME * CELL**2 // window.cell**2)
    for begin in range(0, len(stretches), at_a_time):
        some = stretches[begin : begin + at_a_time]
        leads += _loud(window, voice, phasors, some, expected, least, key)
    return sorted(leads, key=lambda lead: -lead.score)


def _phasors(window: Window, voice: Voice) -> _Phasors | None:
    powers = [float(np.square(weights) @ window.shares) for weights in _WEIGHTS]
    if min(powers) < _LEAST_POWER:
        return None
    lanes = np.empty((len(weave_of(voice.side_px).dither), *window.shape), dtype=np.int64)
    for lane, phasors in enumerate(lanes):
        per_step, table = _lookup(voice, lane)
        turns: Plane = np.asarray(cv2.LUT(window.heard_levels, per_step), dtype=np.float32)
        turns *= window.chips[lane]
        turns += _TO_WHOLE
        index = turns.view(np.int32)
        index &= _TURN - 1
        index |= window.level_turns
        table.take(index, out=phasors, mode="clip")
    return _Phasors(lanes.view(np.int16).reshape(*lanes.shape, 4), *powers)


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


_AT_A_TIME = 27
"""Stretches that are folded before their scores are worked out together, in an ordinary window."""


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
    cell = window.cell
    size = tuple(-(-side // (2 * cell)) * 2 * cell for side in window.shape)
    pilots, others = _agreements(summed(phasors.lanes, stretches, size, cell), voice, key)
    *_, pilot_count, count = _patterns(voice.side_px, key)
    chips = window.levels.size / cell**2  # a cosine has a mean square of a half; so has the mean of two scores
    pilots *= np.float32(1 / (_UNIT * np.sqrt(pilot_count * chips * phasors.single_power)))
    others *= np.float32(1 / (_UNIT * np.sqrt(count * chips * phasors.doubled_power)))
    if expected is None:
        signs, scores = pilots, np.abs(pilots) + others
    else:
        signs = _fitting(size, expected, window)
        scores = np.where(signs == 0, -np.inf, signs * pilots + others)
    if scores.max() < least:
        return []
    found = np.nonzero(scores >= least)
    origins = _origins(window, found[0], found[2])
    origins[np.broadcast_to(signs, scores.shape)[found] < 0, 0] -= CELL_PX
    matrices = _matrices(window, np.array(stretches)[found[1]], size, origins)
    return [Lead(voice, *pair) for pair in zip(matrices, scores[found].tolist(), strict=True)]


def _origins(window: Window, blocks: NDArray[np.intp], places: NDArray[np.intp]) -> Matrix:
    """(x, y) in grid pixels of where cells begin, by block of a cell and place in a block; n×2."""
    side = window.cell // WEAVE
    (down, across), (row, column) = np.divmod(blocks, WEAVE), np.divmod(places, side)
    samples = np.stack([across * side + column, down * side + row], axis=1)
    return np.asarray((samples + 0.5) * window.stride_px - BLOCK / 2, dtype=np.float64)


def _fitting(size: tuple[int, ...], expected: Expectation, window: Window) -> Plane:
    """For every place where a cell may begin the sign its pilots have if the window lies where it is expected to, 0
    where it does not; laid out as by :func:`_agreements`, with n = 1."""
    cells, inside = [], []
    for length, place, slack in zip(size[::-1], expected.place_px, expected.slack_px, strict=True):
        begins = (np.arange(window.cell) + 0.5) * window.stride_px - BLOCK / 2
        off = length * window.stride_px / 2 - begins - place
        cells.append(np.rint(off / CELL_PX))
        inside.append(np.abs(off - cells[-1] * CELL_PX) <= slack)
    parity = 1 - 2 * ((cells[1][:, None] + cells[0]) % 2)
    signs = np.asarray(parity * (inside[1][:, None] & inside[0]), dtype=np.float32)
    block = window.cell // WEAVE
    return signs.reshape(WEAVE, block, WEAVE, block).transpose(0, 2, 1, 3).reshape(WEAVE**2, 1, block**2)


def _agreements(sums: Whole, voice: Voice, key: bytes | None) -> list[Plane]:
    """Sums over all cells, n×lanes×cell×cell×4 → how well pilots and doubled phases agree at each of the places where a
    cell may begin, blocks of a cell×n×places in a block each."""
    count, lanes, cell = sums.shape[:3]
    block = cell // WEAVE
    apart = sums.reshape(count, lanes, WEAVE, block, WEAVE, block, 2, 2).transpose(6, 1, 2, 4, 7, 0, 3, 5)
    both: Plane = np.ascontiguousarray(apart, dtype=np.float32)
    patterns = _patterns(voice.side_px, key)[:2]
    return [
        (pattern @ cells.reshape(pattern.shape[1], -1)).reshape(WEAVE**2, count, block**2)
        for pattern, cells in zip(patterns, both, strict=True)
    ]


def _matrices(window: Window, stretches: Matrix, size: tuple[int, ...], origins: Matrix) -> Matrix:
    """From grid pixels counted from each of n origins (x, y), under n stretches, to suspect pixels; n×3×3."""
    (rows, columns), (window_rows, window_columns) = size, window.shape
    centre = np.array([columns, rows]) * (window.stride_px / 2)
    window_centre = np.array([window_columns, window_rows]) * (window.stride_px / 2)
    laid = np.zeros((len(origins), 3, 3))
    laid[:, :2, :2], laid[:, 2, 2] = stretches, 1
    laid[:, :2, 2] = window_centre + np.einsum("nij,nj->ni", stretches, origins - centre)
    return np.asarray(window.matrix @ laid, dtype=np.float64)
