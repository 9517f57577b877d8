"""Tuning a lead: small moves of the grid, as long as its blocks agree better.

Source: ours; coordinate ascent on the score of :mod:`.folding`, with every block heard at its own place.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, WEAVE, Filling
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search.folding import DOUBLED_WEIGHTS, SINGLE_WEIGHTS, Lead, Voice
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.window import Window

__all__ = [
    "AFFINE",
    "FEWEST_BLOCKS",
    "PROJECTIVE",
    "STEPS_PX",
    "UPRIGHT",
    "Blocks",
    "Chips",
    "Tuner",
    "chips_of",
    "nudged",
    "sampled",
    "sharpened",
    "tuned",
    "woven",
]

AFFINE = (0, 3, 1, 5, 2, 4)
UPRIGHT = (0, 3, 1, 5)
PROJECTIVE = (*AFFINE, 6, 7)
"""Moves that may be tried, see :meth:`Tuner.matrices`."""

STEPS_PX = (1.0, 0.5, 0.25, 0.12)
"""How far blocks at the edge of what is heard move at a time, in grid pixels."""

_ROUNDS = 4
_NUDGE = (-0.375, 0.0, 0.375)
_NUDGES = np.array([[x, s, 0, y, 0, s, 0, 0] for x, y, s in product(_NUDGE, repeat=3)])
_FIRST_BLOCKS, _WORTH_NUDGING = 250, 2.8
_SHARPENING_PX, _LAST_STEPS_PX, _NO_WORSE = (0.3, 0.5, 0.2), (0.25, 0.12, 0.06), 1.0
_TOGETHER = np.array([[x, x_x, 0, y, 0, y_y, 0, 0] for x, x_x, y, y_y in product((-1.0, 0.0, 1.0), repeat=4)])
FEWEST_BLOCKS = 12
"""Blocks without which nothing can be told."""
_MOST_BLOCKS = 2500
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
    steps_px: tuple[float, ...] = STEPS_PX,
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
    if blocks[0].size < FEWEST_BLOCKS:
        return replace(lead, score=0.0)
    tuner = Tuner.of(lead, window, blocks, woven(lead, blocks, key))
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
    """A lead moved to the best of a few places and scales around it, see :func:`tuned`: a thirtieth of the work.

    Where a third of the blocks says nothing of a mark, the others are not asked.
    """
    blocks = _blocks_around(lead, centre_px, reach_px, size_px)
    if blocks[0].size < FEWEST_BLOCKS:
        return replace(lead, score=0.0)
    nudges = window.stride_px * _NUDGES
    some = sampled(*blocks, max(_FIRST_BLOCKS, blocks[0].size // 3))
    first = Tuner.of(lead, window, some, woven(lead, some, key)).best_of(nudges)
    if first.score < _WORTH_NUDGING or some[0].size == blocks[0].size:
        return first
    return Tuner.of(lead, window, blocks, woven(lead, blocks, key)).best_of(nudges)


def sharpened(lead: Lead, window: Window, size_px: tuple[int, int], *, key: bytes | None = None) -> Lead:
    """A tuned lead moved on from where small moves one after the other no longer help, over all of the suspect.

    Shifts and scales are tried together, and an upright lead that is about as good is preferred. On the smallest grid
    blocks are busy and a place is right to a tenth of a pixel or not at all, so that there are summits beside the
    highest.

    Args:
        lead: tuned over all of the suspect.
        window: what all of it says.
        size_px: (height, width) of the suspect.
        key: secret of the channel.
    """
    centre_px = np.array(size_px[::-1]) / 2
    blocks = _blocks_around(lead, centre_px, float(centre_px.max()), size_px)
    if blocks[0].size < FEWEST_BLOCKS:
        return lead
    chips = woven(lead, blocks, key)
    for step_px in _SHARPENING_PX:
        other = Tuner.of(lead, window, blocks, chips).best_of(step_px * _TOGETHER)
        other = Tuner.of(other, window, blocks, chips).climbed(AFFINE, _LAST_STEPS_PX)
        lead = max(lead, other, key=lambda one: one.score)
    plain = Tuner.of(_plain(lead, centre_px), window, blocks, chips).climbed(UPRIGHT, _LAST_STEPS_PX)
    return plain if plain.score >= lead.score - _NO_WORSE else lead


def _plain(lead: Lead, centre_px: Matrix) -> Lead:
    """A lead without turn, shear and bend, that leaves a place of the suspect where it is."""
    there = np.append(moved(np.linalg.inv(lead.matrix), centre_px[None])[0], 1)
    linear = lead.matrix[:2, :2] / lead.matrix[2, 2]
    linear = np.where(np.abs(linear) >= np.abs(linear).max(axis=1, keepdims=True), linear, 0)
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, centre_px - linear @ there[:2]
    return replace(lead, matrix=matrix)


def _better_sign(gains: Matrix) -> Matrix:
    """1 for every move that gains, and more than its opposite does; 0 for the others."""
    half = gains.size // 2
    opposite = np.concatenate([gains[half:], gains[:half]])
    return np.asarray((gains > 0) & (gains > opposite), dtype=np.float64)


def _taken(amounts: Matrix, step: float, ways: Matrix, scores: Matrix) -> tuple[Matrix, float]:
    best = int(scores.argmax())
    return amounts + step * ways[best], float(scores[best])


@dataclass(frozen=True, eq=False)
class Chips:
    """The blocks that are heard in one plane of a window: which plane, the centres of the blocks on the grid 3×N, the
    lattice of each, and which of them are pilots with which bits."""

    plane: int
    centres: Plane
    offset: Plane
    per_step: Plane
    pilots: NDArray[np.intp]
    pilot_bits: Plane


def woven(lead: Lead, blocks: Blocks, key: bytes | None) -> tuple[Chips, ...]:
    """The shared chips of some blocks, by the planes in which they have any."""
    rows, columns = blocks
    weave = weave_of(lead.voice.side_px, key)
    chips = []
    for lane, dither in enumerate(weave.dither):
        offset = dither[rows % WEAVE, columns % WEAVE]
        used = np.flatnonzero(~np.isnan(offset))
        if not used.size:
            continue
        pilots = np.flatnonzero(weave.pilots[lane, rows % WEAVE, columns % WEAVE][used])
        bits = ((rows // WEAVE + columns // WEAVE) & 1)[used][pilots]
        chips.append(chips_of(lead, lane, lane, (rows[used], columns[used]), offset[used], pilots, bits))
    return tuple(chips)


def chips_of(
    lead: Lead,
    plane: int,
    group: int,
    blocks: Blocks,
    dither: Plane,
    pilots: NDArray[np.intp],
    bits: NDArray[np.integer],
    filling: Filling = Filling.USUAL,
) -> Chips:
    """What is to be heard of some blocks in one plane of a window.

    Args:
        lead: for its voice.
        plane: which plane of the window.
        group: the group of its coefficients, for their steps.
        blocks: rows and columns in the frame, or counted from where a cell begins.
        dither: shift of the lattice of each block, in steps.
        pilots: which of the blocks have pilots, as indices.
        bits: and with which bits.
        filling: of the mark, if these are neither pilots nor chips of tier 0.
    """
    rows, columns = blocks
    centres = np.ones((3, rows.size), dtype=np.float32)
    centres[0], centres[1] = columns * BLOCK + BLOCK / 2, rows * BLOCK + BLOCK / 2
    offset, per_step = _lattice(lead.voice, group, filling)
    return Chips(plane, centres, dither + offset, per_step, pilots, bits.astype(np.float32))


@lru_cache(maxsize=64)
def _lattice(voice: Voice, group: int, filling: Filling) -> tuple[np.float32, Plane]:
    """By how much of a step the lattices of a group are shifted, and how many steps a grey level is at each masking
    level; 0 where there are no chips."""
    design = DESIGNS[voice.profile, voice.side_px]
    steps = design.filled(filling)[:, group]
    with np.errstate(divide="ignore"):
        per_step = np.where(steps > 0, 1 / steps, 0).astype(np.float32)
    return np.float32(design.offset), per_step


@dataclass(frozen=True, eq=False)
class Tuner:
    """A lead, what is heard around it, and the middle and half the extent of that in grid pixels (x, y)."""

    lead: Lead
    window: Window
    chips: tuple[Chips, ...]
    middle: Matrix
    half: Matrix

    @classmethod
    def of(cls, lead: Lead, window: Window, blocks: Blocks, chips: tuple[Chips, ...]) -> "Tuner":
        """What moves a lead by these chips of some blocks, given as rows and columns, as they are heard in a window."""
        down, across = blocks
        middle = np.array([across.mean(), down.mean()]) * BLOCK + BLOCK / 2
        extent = np.array([np.ptp(across), np.ptp(down)]) * BLOCK
        return cls(lead, window, chips, middle, np.maximum(extent / 2, 4 * BLOCK))

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
        matrices = self.matrices(amounts)
        scores = self.scores_under(matrices)
        best = int(scores.argmax())
        return Lead(self.lead.voice, matrices[best], float(scores[best]))

    def matrices(self, amounts: Matrix) -> Matrix:
        """The lead's matrix after moves, n×8 → n×3×3. A move is in grid pixels at the edge of what is heard: along x as
        it is, with x and with y; the same along y; and two that bend the perspective."""
        x, x_x, x_y, y, y_x, y_y, bend_x, bend_y = amounts.T
        (across, down), (x_middle, y_middle) = self.half, self.middle
        unit = np.array([[1 / across, 0, -x_middle / across], [0, 1 / down, -y_middle / down], [0, 0, 1]])
        back = np.array([[across, 0, x_middle], [0, down, y_middle], [0, 0, 1]])
        move = np.empty((len(amounts), 3, 3))
        move[:, 0, 0], move[:, 0, 1], move[:, 0, 2] = 1 + x_x / across, x_y / across, x / across
        move[:, 1, 0], move[:, 1, 1], move[:, 1, 2] = y_x / down, 1 + y_y / down, y / down
        move[:, 2, 0], move[:, 2, 1], move[:, 2, 2] = -bend_x / across, -bend_y / down, 1
        return np.asarray((self.lead.matrix @ back) @ move @ unit, dtype=np.float64)

    def scores(self, amounts: Matrix) -> Matrix:
        """How well the blocks agree after each of n×8 moves; about a unit normal for one where there is no mark."""
        return self.scores_under(self.matrices(amounts))

    def scores_under(self, matrices: Matrix) -> Matrix:
        """The same under n×3×3 matrices."""
        to_window = (self.window.inverse @ matrices).astype(np.float32)
        single = doubled = np.zeros(len(matrices), dtype=np.float32)
        single_power = doubled_power = np.float32(1e-6)
        for heard in self.chips:
            sent = to_window @ heard.centres  # n×3×N
            across, down = (
                sent[:, axis] / (np.float32(self.window.stride_px) * sent[:, 2]) - np.float32(0.5) for axis in (0, 1)
            )
            values = cv2.remap(
                self.window.chips[heard.plane], across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            levels = self._levels(across, down)
            phases = (values * heard.per_step[levels] - heard.offset) * np.float32(2 * np.pi)
            weights = DOUBLED_WEIGHTS[levels]
            doubled = doubled + (np.cos(2 * phases) * weights).sum(axis=1)
            doubled_power = doubled_power + np.square(weights).sum(axis=1) / 2
            weights = SINGLE_WEIGHTS[levels[:, heard.pilots]]
            phases = phases[:, heard.pilots] - np.float32(np.pi) * heard.pilot_bits
            single = single + (np.cos(phases) * weights).sum(axis=1)
            single_power = single_power + np.square(weights).sum(axis=1) / 2
        total = single / np.sqrt(single_power) + doubled / np.sqrt(doubled_power)
        return np.asarray(total / np.sqrt(2), dtype=np.float64)

    def _levels(self, across: Plane, down: Plane) -> NDArray[np.uint8]:
        rows, columns = self.window.shape
        row, column = (
            np.minimum(np.maximum(places + np.float32(0.5), 0), most).astype(np.int32)
            for places, most in ((down, rows - 1), (across, columns - 1))
        )
        levels: NDArray[np.uint8] = self.window.levels.ravel()[row * columns + column]
        return levels


def _blocks_around(lead: Lead, centre_px: Matrix, reach_px: float, size_px: tuple[int, int]) -> Blocks:
    """Rows and columns of the blocks that lie that near to a place of the suspect, a sample where there are many."""
    corners = centre_px + reach_px * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    corners = np.clip(corners, 0, size_px[::-1])
    there = moved(np.linalg.inv(lead.matrix), corners) / BLOCK
    (left, top), (right, bottom) = np.floor(there.min(axis=0)).astype(int), np.ceil(there.max(axis=0)).astype(int)
    down, across = np.arange(top, bottom + 1), np.arange(left, right + 1)
    middles = np.ones((3, down.size, across.size))
    middles[0], middles[1] = (across + 0.5) * BLOCK, ((down + 0.5) * BLOCK)[:, None]
    x, y, scale = np.tensordot(lead.matrix, middles, 1)
    x, y = x / scale, y / scale
    edge = BLOCK / 2 * float(np.sqrt(abs(np.linalg.det(lead.matrix[:2, :2]))))
    least, most = (
        np.maximum(centre_px - reach_px, edge),
        np.minimum(centre_px + reach_px, np.array(size_px[::-1]) - edge),
    )
    near = np.nonzero((x >= least[0]) & (y >= least[1]) & (x <= most[0]) & (y <= most[1]))
    return sampled(down[near[0]], across[near[1]], _MOST_BLOCKS)


def sampled(rows: NDArray[np.intp], columns: NDArray[np.intp], most: int) -> Blocks:
    """Some of the blocks where there are very many."""
    if rows.size <= most:
        return rows, columns
    chosen = _shuffled(rows.size)[:most]
    return rows[chosen], columns[chosen]


@lru_cache(maxsize=64)
def _shuffled(count: int) -> NDArray[np.intp]:
    """The numbers below some other in an order that is the same every time."""
    return np.random.default_rng(count).permutation(count)
