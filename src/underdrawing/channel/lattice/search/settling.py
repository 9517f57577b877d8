"""Settling a placement: once the lattices of all chips are known, it is made exact.

Source: ours; the score is that of :mod:`.tuning`, over all chips.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, SPREAD, TIERS, Filling
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, layout_of
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.placement import Placement, moved
from underdrawing.channel.lattice.search.tuning import (
    AFFINE,
    FEWEST_BLOCKS,
    PROJECTIVE,
    UPRIGHT,
    Blocks,
    Chips,
    Tuner,
    chips_of,
    sampled,
    woven,
)
from underdrawing.channel.lattice.search.window import APART, LANES, Window

__all__ = ["likely_cuts", "settled"]

_LAST_STEPS_PX = (0.8, 0.4, 0.2, 0.1)
_SETTLING_BLOCKS = 1200
_NO_WORSE, _LIKELY = 1.0, 2.0
_BEYOND_DOUBT = 25.0
_BESIDE = range(-3, 4)
_CUTS_NEAR = np.array(list(product(_BESIDE, _BESIDE, (-1, 0, 1), (-1, 0, 1))), dtype=np.float64)
_LIKELY_CUTS = 3
_FIRST_REACH, _REACH_GROWTH, _GROWING_BLOCKS, _BENT_FROM = 6.0, 1.3, 300, 10.0

Matrix = NDArray[np.float64]


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
    if rows.size < FEWEST_BLOCKS:
        return placement
    lead = replace(lead, matrix=placement.matrix, filling=placement.filling)
    blocks = sampled(rows, columns, _SETTLING_BLOCKS)
    chips = _all_chips(lead, blocks, placement.grid, key)

    def heard(matrix: Matrix) -> Lead:
        return Tuner.of(replace(lead, matrix=matrix), window, blocks, chips).climbed((), ())

    as_it_is = heard(lead.matrix)
    settled_leads = [replace(as_it_is, score=as_it_is.score + _LIKELY)] if likely else []
    cut = heard(_only_cut(_upright(lead.matrix, blocks), placement.grid, lambda matrix: heard(matrix).score))
    cut = replace(cut, score=cut.score + _NO_WORSE)
    settled_leads.append(cut)
    for simplified, moves in ((_upright, UPRIGHT), (_affine, AFFINE), (_as_it_is, PROJECTIVE)):
        begin = replace(lead, matrix=simplified(lead.matrix, blocks))
        settled_leads.append(Tuner.of(begin, window, blocks, chips).climbed(moves, _LAST_STEPS_PX))
    if cut.score < max(_BEYOND_DOUBT, *(candidate.score for candidate in settled_leads)):
        grown = _grown(lead, window, (rows, columns), placement.grid, key)
        settled_leads.append(Tuner.of(grown, window, blocks, chips).climbed(PROJECTIVE, _LAST_STEPS_PX))
    best = max(candidate.score for candidate in settled_leads)
    chosen = next(candidate for candidate in settled_leads if candidate.score >= best - _NO_WORSE)
    return replace(placement, matrix=chosen.matrix)


def likely_cuts(placement: Placement, lead: Lead, window: Window, *, key: bytes | None = None) -> list[Placement]:
    """The likeliest of the placements near one that leave every pixel whole, likeliest first; see :func:`settled`.

    The chips of a small picture hardly tell apart what lies a pixel beside, and yet only one of these places is read.
    """
    rows, columns = np.nonzero(placement.visible_blocks)
    if rows.size < FEWEST_BLOCKS:
        return []
    lead = replace(lead, matrix=placement.matrix, filling=placement.filling)
    blocks = sampled(rows, columns, _SETTLING_BLOCKS)
    tuner = Tuner.of(lead, window, blocks, _all_chips(lead, blocks, placement.grid, key))
    cuts = _cuts(_upright(lead.matrix, blocks), placement.grid, _CUTS_NEAR)
    best = np.argsort(-tuner.scores_under(cuts))[:_LIKELY_CUTS]
    return [replace(placement, matrix=matrix) for matrix in cuts[best]]


def _cuts(matrix: Matrix, grid: WorkingGrid, changes: Matrix) -> Matrix:
    """The maps near an upright one that leave every pixel whole, a frame of whole pixels cut between two, n×3×3.

    Args:
        matrix: the upright one.
        grid: the frame.
        changes: n×4, how many pixels wider and higher than the likeliest the frame is, and how many it lies further
            right and down.
    """
    middle = np.array([grid.columns, grid.rows]) * (BLOCK / 2)
    linear, kept = matrix[:2, :2], moved(matrix, middle[None])[0]
    scaled = np.sign(linear) * ((np.rint(np.abs(linear) @ (2 * middle)) + changes[:, :2])[..., None] / (2 * middle))
    cuts = np.zeros((len(changes), 3, 3))
    cuts[:, :2, :2], cuts[:, 2, 2] = scaled, 1
    cuts[:, :2, 2] = np.rint(kept - scaled @ middle) + changes[:, 2:]
    return cuts


def _grown(lead: Lead, window: Window, blocks: Blocks, grid: WorkingGrid, key: bytes | None) -> Lead:
    """A lead fitted to where it fits best, and then to ever more of what is around there.

    A bent picture may be laid right in one place and many pixels beside in another, where no small move helps.
    """

    def tuner(lead: Lead, near: NDArray[np.bool_]) -> Tuner:
        some = sampled(blocks[0][near], blocks[1][near], _GROWING_BLOCKS)
        return Tuner.of(lead, window, some, _all_chips(lead, some, grid, key))

    regions = [_within(blocks, place, _FIRST_REACH) for place in _places(blocks)]
    regions = [near for near in regions if np.count_nonzero(near) >= FEWEST_BLOCKS]
    if not regions:
        return lead
    near = max(regions, key=lambda near: tuner(lead, near).climbed((), ()).score)
    middle = np.array([blocks[0][near].mean(), blocks[1][near].mean()])
    reach = _FIRST_REACH
    while not near.all():
        lead = tuner(lead, near).climbed(AFFINE if reach < _BENT_FROM else PROJECTIVE, _LAST_STEPS_PX)
        reach *= _REACH_GROWTH
        near = _within(blocks, middle, reach)
    return lead


def _places(blocks: Blocks) -> Matrix:
    """Nine places here and there among some blocks, (row, column)."""
    down, across = (np.quantile(part, (0.2, 0.5, 0.8)) for part in blocks)
    return np.stack(np.meshgrid(down, across), axis=-1).reshape(-1, 2)


def _within(blocks: Blocks, place: Matrix, reach: float) -> NDArray[np.bool_]:
    """Which blocks lie that near to a place, in blocks."""
    return np.asarray(np.maximum(np.abs(blocks[0] - place[0]), np.abs(blocks[1] - place[1])) <= reach)


def _all_chips(lead: Lead, blocks: Blocks, grid: WorkingGrid, key: bytes | None) -> tuple[Chips, ...]:
    return (*woven(lead, blocks, key), *_apart(lead, blocks, grid, key))


def _only_cut(matrix: Matrix, grid: WorkingGrid, score: Callable[[Matrix], float]) -> Matrix:
    """The best of the maps near an upright one that leave every pixel whole: a frame of whole pixels, cut between two.

    Mostly a picture is cut and not resized. Then its place is one of a few, and trying these finds it where climbing
    towards it ends a fraction of a pixel beside. Down and across take turns.
    """
    change = np.zeros(4)
    for axis in (0, 1, 0, 1):
        tried = change + np.outer(_BESIDE, np.eye(4)[axis])
        change = tried[int(np.argmax([score(cut) for cut in _cuts(matrix, grid, tried)]))]
    return np.asarray(_cuts(matrix, grid, change[None])[0], dtype=np.float64)


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


def _apart(lead: Lead, blocks: Blocks, grid: WorkingGrid, key: bytes | None) -> tuple[Chips, ...]:
    """The chips of their own of some blocks of a frame."""
    rows, columns = blocks
    layout = layout_of(grid, (True,) * TIERS, key)
    heard = []
    for coefficient in range(APART):
        own = ~layout.shared[coefficient, rows, columns]
        filled = own & (layout.roles[coefficient, rows, columns] > 0) & (lead.filling is not Filling.USUAL)
        for which, filling in ((own & ~filled, Filling.USUAL), (filled, lead.filling)):
            if which.any():
                at = coefficient, rows[which], columns[which]
                pilots = np.flatnonzero(layout.roles[at] == PILOT)
                bits = layout.pilots[at][pilots]
                group, plane = coefficient // SPREAD, LANES + coefficient
                heard.append(chips_of(lead, plane, group, at[1:], layout.dither[at], pilots, bits, filling))
    return tuple(heard)
