"""Tuning a lead: small moves of the grid, as long as its blocks agree better.

Source: ours; coordinate ascent on the score of :mod:`.folding`, with every block heard at its own place.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, SPREAD, TIERS, WEAVE
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, layout_of, weave_of
from underdrawing.channel.lattice.search.folding import DOUBLED_WEIGHTS, SINGLE_WEIGHTS, Lead
from underdrawing.channel.lattice.search.placement import Placement, moved
from underdrawing.channel.lattice.search.window import APART, LANES, STRIDE_PX, Window

__all__ = ["AFFINE", "PROJECTIVE", "nudged", "settled", "tuned"]

AFFINE = (0, 3, 1, 5, 2, 4)
UPRIGHT = (0, 3, 1, 5)
PROJECTIVE = (*AFFINE, 6, 7)
"""Moves that may be tried, see :meth:`_Tuner.matrices`."""

_STEPS_PX = (1.0, 0.5, 0.25, 0.12)
_LAST_STEPS_PX = (0.8, 0.4, 0.2, 0.1)
_ROUNDS = 4
_NUDGE_PX = (-0.75, 0.0, 0.75)
_NUDGES = np.array([[x, s, 0, y, 0, s, 0, 0] for x, y, s in product(_NUDGE_PX, repeat=3)])
_FEWEST_BLOCKS = 12
_MOST_BLOCKS = 2500
_SETTLING_BLOCKS = 1200
_NO_WORSE, _LIKELY = 1.0, 2.0
_PIXELS_BESIDE = 3
_PROGRESS = 1e-3

Blocks = tuple[NDArray[np.intp], NDArray[np.intp]]
Matrix = NDArray[np.float64]
Plane = NDArray[np.float32]


def tuned(
    lead: Lead,
    window: Window,
    *,
    centre_px: Matrix,
    reach_px: float,
    size_px: tuple[int, int],
    moves: tuple[int, ...] = AFFINE,
    steps_px: tuple[float, ...] = _STEPS_PX,
    key: bytes | None = None,
) -> Lead:
    """A lead moved to where the blocks around a place agree best.

    Args:
        lead: where to begin.
        window: what the suspect says around there.
        centre_px: (x, y) of the place in suspect pixels.
        reach_px: how far from it blocks are heard, across and down, in suspect pixels.
        size_px: (height, width) of the suspect.
        moves: what to try.
        steps_px: how far the blocks at the edge move at a time, in grid pixels, coarse to fine.
        key: secret of the channel.
    """
    blocks = _blocks_around(lead, centre_px, reach_px, size_px)
    if blocks[0].size < _FEWEST_BLOCKS:
        return replace(lead, score=0.0)
    tuner = _Tuner.of(lead, window, blocks, _woven(lead, blocks, key))
    return tuner.climbed(moves, steps_px)


def nudged(
    lead: Lead,
    window: Window,
    *,
    centre_px: Matrix,
    reach_px: float,
    size_px: tuple[int, int],
    key: bytes | None = None,
) -> Lead:
    """A lead moved to the best of a few places and scales around it, see :func:`tuned`: a thirtieth of the work."""
    blocks = _blocks_around(lead, centre_px, reach_px, size_px)
    if blocks[0].size < _FEWEST_BLOCKS:
        return replace(lead, score=0.0)
    return _Tuner.of(lead, window, blocks, _woven(lead, blocks, key)).best_of(_NUDGES)


def settled(
    placement: Placement, lead: Lead, window: Window, *, likely: bool = False, key: bytes | None = None
) -> Placement:
    """A placement made more exact: the lattices of all chips are known once the place is.

    The simplest change of shape that explains the chips about as well as any is taken: a picture that was only cut and
    resized shall not come out bent.

    Args:
        placement: where the suspect lies.
        lead: what led there, for its voice.
        window: what all of the suspect says, the single coefficients too.
        likely: whether the placement is likely to be exact as it is.
        key: secret of the channel.
    """
    rows, columns = np.nonzero(placement.visible_blocks)
    if rows.size < _FEWEST_BLOCKS:
        return placement
    lead = replace(lead, matrix=placement.matrix)
    blocks = _sampled(rows, columns, _SETTLING_BLOCKS)
    strings = (*_woven(lead, blocks, key), *_apart(lead, blocks, placement.grid, key))

    def heard(matrix: Matrix) -> Lead:
        return _Tuner.of(replace(lead, matrix=matrix), window, blocks, strings).climbed(PROJECTIVE, ())

    as_it_is = heard(lead.matrix)
    settled_leads = [replace(as_it_is, score=as_it_is.score + _LIKELY)] if likely else []
    cut = heard(_only_cut(_upright(lead.matrix, blocks), placement.grid, lambda matrix: heard(matrix).score))
    settled_leads.append(replace(cut, score=cut.score + _NO_WORSE))
    for simplified, moves in ((_upright, UPRIGHT), (_affine, AFFINE), (_as_it_is, PROJECTIVE)):
        begin = replace(lead, matrix=simplified(lead.matrix, blocks))
        settled_leads.append(_Tuner.of(begin, window, blocks, strings).climbed(moves, _LAST_STEPS_PX))
    best = max(candidate.score for candidate in settled_leads)
    chosen = next(candidate for candidate in settled_leads if candidate.score >= best - _NO_WORSE)
    return replace(placement, matrix=chosen.matrix)


def _only_cut(matrix: Matrix, grid: WorkingGrid, score: Callable[[Matrix], float]) -> Matrix:
    """The best of the maps near an upright one that leave every pixel whole: a frame of whole pixels, cut between two.

    Mostly a picture is cut and not resized. Then its place is one of a few, and trying these finds it where climbing
    towards it ends a fraction of a pixel beside. Down and across take turns.
    """
    size = np.array([grid.columns, grid.rows]) * float(BLOCK)
    middle = size / 2
    linear, kept = matrix[:2, :2], moved(matrix, middle[None])[0]
    sides_px = np.rint(np.abs(linear) @ size)

    def map_of(sides_px: NDArray[np.float64]) -> Matrix:
        scaled = np.sign(linear) * (sides_px[:, None] / size)
        return np.vstack([np.column_stack([scaled, np.rint(kept - scaled @ middle)]), [0, 0, 1]])

    for axis in (0, 1, 0, 1):
        tried = [sides_px + longer * np.eye(2)[axis] for longer in range(-_PIXELS_BESIDE, _PIXELS_BESIDE + 1)]
        sides_px = max(tried, key=lambda sides: score(map_of(sides)))
    return map_of(sides_px)


def _as_it_is(matrix: Matrix, blocks: Blocks) -> Matrix:
    return matrix


def _affine(matrix: Matrix, blocks: Blocks) -> Matrix:
    """The affine map that is nearest to a homography over some blocks."""
    centres = np.stack([blocks[1], blocks[0], np.ones(blocks[0].size)], axis=1) * BLOCK
    rows, *_ = np.linalg.lstsq(centres, moved(matrix, centres[:, :2]), rcond=None)
    return np.vstack([rows.T * [1, 1, BLOCK], [0, 0, 1]])


def _upright(matrix: Matrix, blocks: Blocks) -> Matrix:
    """The same without turn and shear: along each axis, whichever axis of the suspect it is, scale and shift alone."""
    affine = _affine(matrix, blocks)
    middle = np.array([blocks[1].mean(), blocks[0].mean()]) * BLOCK
    strong = np.abs(affine[:2, :2]) >= np.abs(affine[:2, :2]).max(axis=1, keepdims=True)
    plain = np.where(strong, affine[:2, :2], 0)
    shift = affine[:2, :2] @ middle + affine[:2, 2] - plain @ middle
    return np.vstack([np.column_stack([plain, shift]), [0, 0, 1]])


def _better_sign(gains: Matrix) -> Matrix:
    """1 for every move that gains, and more than its opposite does; 0 for the others."""
    half = gains.size // 2
    opposite = np.concatenate([gains[half:], gains[:half]])
    return np.asarray((gains > 0) & (gains > opposite), dtype=np.float64)


def _taken(amounts: Matrix, step: float, ways: Matrix, scores: Matrix) -> tuple[Matrix, float]:
    best = int(scores.argmax())
    return amounts + step * ways[best], float(scores[best])


@dataclass(frozen=True, eq=False)
class _String:
    """The blocks that are heard in one plane of a window: which plane, the centres of the blocks on the grid 3×N, the
    lattice of each, and which of them are pilots with which bits."""

    plane: int
    centres: Plane
    offset: Plane
    per_step: Plane
    pilots: NDArray[np.intp]
    pilot_bits: Plane


def _woven(lead: Lead, blocks: Blocks, key: bytes | None) -> tuple[_String, ...]:
    """The shared chips of some blocks."""
    rows, columns = blocks
    weave = weave_of(lead.voice.side_px, key)
    strings = []
    for lane, dither in enumerate(weave.dither):
        offset = dither[rows % WEAVE, columns % WEAVE]
        used = np.flatnonzero(~np.isnan(offset))
        pilots = np.flatnonzero(weave.pilots[lane, rows % WEAVE, columns % WEAVE][used])
        bits = ((rows // WEAVE + columns // WEAVE) & 1)[used][pilots]
        strings.append(_string(lead, lane, lane, (rows[used], columns[used]), offset[used], pilots, bits))
    return tuple(strings)


def _apart(lead: Lead, blocks: Blocks, grid: WorkingGrid, key: bytes | None) -> tuple[_String, ...]:
    """The chips of their own of some blocks of a frame."""
    rows, columns = blocks
    layout = layout_of(grid, (True,) * TIERS, key)
    strings = []
    for coefficient in range(APART):
        own = np.flatnonzero(~layout.shared[coefficient, rows, columns])
        if own.size:
            at = coefficient, rows[own], columns[own]
            pilots = np.flatnonzero(layout.roles[at] == PILOT)
            bits = layout.pilots[at][pilots]
            group, plane = coefficient // SPREAD, LANES + coefficient
            strings.append(_string(lead, plane, group, at[1:], layout.dither[at], pilots, bits))
    return tuple(strings)


def _string(
    lead: Lead,
    plane: int,
    group: int,
    blocks: Blocks,
    dither: Plane,
    pilots: NDArray[np.intp],
    bits: NDArray[np.integer],
) -> _String:
    design = DESIGNS[lead.voice.profile, lead.voice.side_px]
    rows, columns = blocks
    centres = np.stack([columns * BLOCK + BLOCK / 2, rows * BLOCK + BLOCK / 2, np.ones(rows.size)]).astype(np.float32)
    with np.errstate(divide="ignore"):
        per_step = np.where(design.steps[:, group] > 0, 1 / design.steps[:, group], 0).astype(np.float32)
    return _String(plane, centres, dither + np.float32(design.offset), per_step, pilots, bits.astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Tuner:
    """A lead, what is heard around it, and the middle and half the extent of that in grid pixels (x, y)."""

    lead: Lead
    window: Window
    strings: tuple[_String, ...]
    middle: Matrix
    half: Matrix

    @classmethod
    def of(cls, lead: Lead, window: Window, blocks: Blocks, strings: tuple[_String, ...]) -> "_Tuner":
        rows, columns = blocks
        centres = np.stack([columns, rows], axis=1) * float(BLOCK) + BLOCK / 2
        return cls(lead, window, strings, centres.mean(axis=0), np.maximum(np.ptp(centres, axis=0) / 2, 4 * BLOCK))

    def climbed(self, moves: tuple[int, ...], steps_px: tuple[float, ...]) -> Lead:
        """The lead after moves that each made the blocks agree better."""
        amounts = np.zeros(8)
        best = float(self.scores(amounts[None])[0])
        ways = np.concatenate([np.eye(8)[list(moves)], -np.eye(8)[list(moves)]])
        for step in steps_px:
            for _ in range(_ROUNDS):
                scores = self.scores(amounts + step * ways)
                gains = np.maximum(scores - best, 0)
                if gains.max() <= _PROGRESS:
                    break
                together = amounts + step * (ways * _better_sign(gains)[:, None]).sum(axis=0)
                other = float(self.scores(together[None])[0])
                amounts, best = (together, other) if other > scores.max() else _taken(amounts, step, ways, scores)
        return replace(self.lead, matrix=self.matrices(amounts[None])[0], score=best)

    def best_of(self, amounts: Matrix) -> Lead:
        """The lead after that of n×8 moves that makes the blocks agree best."""
        scores = self.scores(amounts)
        best = int(scores.argmax())
        return replace(self.lead, matrix=self.matrices(amounts[best : best + 1])[0], score=float(scores[best]))

    def matrices(self, amounts: Matrix) -> Matrix:
        """The lead's matrix after moves, n×8 → n×3×3. A move is in grid pixels at the edge of what is heard: along x as
        it is, with x and with y; the same along y; and two that bend the perspective."""
        x, x_x, x_y, y, y_x, y_y, bend_x, bend_y = amounts.T
        across, down = self.half
        unit = np.array([[1 / across, 0, -self.middle[0] / across], [0, 1 / down, -self.middle[1] / down], [0, 0, 1]])
        move = np.empty((len(amounts), 3, 3))
        move[:, 0] = np.stack([1 + x_x / across, x_y / across, x / across], axis=1)
        move[:, 1] = np.stack([y_x / down, 1 + y_y / down, y / down], axis=1)
        move[:, 2] = np.stack([-bend_x / across, -bend_y / down, np.ones_like(x)], axis=1)
        return np.asarray(self.lead.matrix @ np.linalg.inv(unit) @ move @ unit, dtype=np.float64)

    def scores(self, amounts: Matrix) -> Matrix:
        """How well the blocks agree after each of n×8 moves; about a unit normal for one where there is no mark."""
        to_window = (np.linalg.inv(self.window.matrix) @ self.matrices(amounts)).astype(np.float32)
        single = doubled = np.float32(0)
        single_power = doubled_power = np.float32(1e-6)
        for string in self.strings:
            sent = to_window @ string.centres  # n×3×N
            across, down = (sent[:, axis] / (STRIDE_PX * sent[:, 2]) - np.float32(0.5) for axis in (0, 1))
            values = cv2.remap(
                self.window.chips[string.plane], across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            levels = self._levels(across, down)
            phases = (values * string.per_step[levels] - string.offset) * np.float32(2 * np.pi)
            weights = DOUBLED_WEIGHTS[levels]
            doubled = doubled + (np.cos(2 * phases) * weights).sum(axis=1)
            doubled_power = doubled_power + np.square(weights).sum(axis=1) / 2
            weights = SINGLE_WEIGHTS[levels[:, string.pilots]]
            phases = phases[:, string.pilots] - np.float32(np.pi) * string.pilot_bits
            single = single + (np.cos(phases) * weights).sum(axis=1)
            single_power = single_power + np.square(weights).sum(axis=1) / 2
        total = single / np.sqrt(single_power) + doubled / np.sqrt(doubled_power)
        return np.asarray(total / np.sqrt(2), dtype=np.float64)

    def _levels(self, across: Plane, down: Plane) -> NDArray[np.uint8]:
        rows, columns = self.window.shape
        row, column = (np.rint(places).astype(np.int32) for places in (down, across))
        return self.window.levels[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]


def _blocks_around(lead: Lead, centre_px: Matrix, reach_px: float, size_px: tuple[int, int]) -> Blocks:
    """Rows and columns of the blocks that lie that near to a place of the suspect, a sample where there are many."""
    corners = centre_px + reach_px * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    corners = np.clip(corners, 0, size_px[::-1])
    there = moved(np.linalg.inv(lead.matrix), corners) / BLOCK
    (left, top), (right, bottom) = np.floor(there.min(axis=0)).astype(int), np.ceil(there.max(axis=0)).astype(int)
    rows, columns = (part.ravel() for part in np.mgrid[top : bottom + 1, left : right + 1])
    seen = moved(lead.matrix, np.stack([columns, rows], axis=1) * float(BLOCK) + BLOCK / 2)
    edge = BLOCK / 2 * float(np.sqrt(abs(np.linalg.det(lead.matrix[:2, :2]))))
    least, most = (
        np.maximum(centre_px - reach_px, edge),
        np.minimum(centre_px + reach_px, np.array(size_px[::-1]) - edge),
    )
    near = np.flatnonzero(((seen >= least) & (seen <= most)).all(axis=1))
    return _sampled(rows[near], columns[near], _MOST_BLOCKS)


def _sampled(rows: NDArray[np.intp], columns: NDArray[np.intp], most: int) -> Blocks:
    """Some of the blocks where there are very many."""
    if rows.size <= most:
        return rows, columns
    chosen = np.random.default_rng(rows.size).permutation(rows.size)[:most]
    return rows[chosen], columns[chosen]
