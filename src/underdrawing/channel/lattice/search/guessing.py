"""Guessing where in a small frame a lead lies, where its chips do not tell for sure.

Frames on the smallest grid are a few cells long, so that few places are left once a cell of the weave is heard. And its
chips of their own have the shortest steps and are the first that a hard channel silences: they may agree too little to
be believed, and yet more with the right place than with any other. So the likeliest few are tried; the first tier has
to prove itself wherever it is read.

Source: ours.
"""

from dataclasses import dataclass, replace
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GRIDS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.locating import (
    BESIDE,
    Found,
    best_frame,
    found_from,
    frame_blocks,
    scored_places,
    shifted,
    stretched,
)
from underdrawing.channel.lattice.search.placement import Placement, moved
from underdrawing.channel.lattice.search.sighting import Seen, seen_from
from underdrawing.channel.lattice.search.window import Luma

__all__ = ["guessed"]

_GUESSES, _LONGEST = 4, 2
"""How many places are guessed, in frames that are at most so many times as long as high."""
_SHARPER = ((0.45, 0.003), (0.2, 0.0015), (0.1, 0.0007))
"""By how many pixels and which share the likeliest guess is moved and stretched, coarse to fine."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Guess:
    """A place in a frame of some size, and how much speaks for it."""

    score: float
    found: Found
    grid: WorkingGrid


def guessed(lead: Lead, luma: Luma, *, key: bytes | None = None) -> list[Placement]:
    """The places in a frame of the smallest grid that a lead may have, likeliest first.

    Those where as much of the suspect as may be lies in the frame, by how well chips of their own and the pilots that
    tell the size of the frame agree with each. The likeliest is also given as it is made exact.

    Args:
        lead: tuned over all that is seen of the mark, on the smallest grid.
        luma: the suspect.
        key: secret of the channel.
    """
    found = found_from(lead, luma, key)
    extents = () if found is None else _extents(found.seen)
    if found is None or not extents:
        return []
    guesses: dict[tuple[int, int], _Guess] = {}
    for long_rows in (False, True):
        scores, firsts = scored_places(found.seen, lead, long_rows, key)
        for (row, column), score in zip(firsts.tolist(), scores.tolist(), strict=True):
            if not _is_full(extents, (row, column), frame_blocks(GRIDS[0], long_rows, _LONGEST)):
                continue
            told, grid = best_frame(found.seen, (row, column), lead, long_rows, key, longest=_LONGEST)
            if _is_full(extents, (row, column), (grid.rows, grid.columns)):
                guess = _Guess(score + told, replace(found, score=score, first=(row, column)), grid)
                guesses[row, column] = max(guess, guesses.get((row, column), guess), key=_certainty)
    best = nlargest(_GUESSES, guesses.values(), key=_certainty)
    exact = [_sharpened(guess, luma, key) for guess in best[:1]]
    return [
        *(replace(guess.found.placement(luma, guess.grid), is_exact=True) for guess in exact),
        *(guess.found.placement(luma, guess.grid) for guess in best),
    ]


def _certainty(guess: _Guess) -> float:
    return guess.score


def _sharpened(guess: _Guess, luma: Luma, key: bytes | None) -> _Guess:
    """A guess after small shifts and stretches of its lead by which its chips agree better.

    A lead was tuned by shared chips alone, of which a small picture has so few that it ends up to a pixel beside.
    """
    for shift_px, stretch in _SHARPER:
        middle = moved(np.linalg.inv(guess.found.lead.matrix), np.array([luma.size_px[::-1]]) / 2)[0]
        for changes in (
            [shifted(shift_px * across, shift_px * down) for across, down in BESIDE],
            [stretched(middle, stretch * across, stretch * down) for across, down in BESIDE],
        ):
            others = (_changed(guess, change, luma, key) for change in changes)
            guess = max([guess, *(other for other in others if other is not None)], key=_certainty)
    return guess


def _changed(guess: _Guess, change: Matrix, luma: Luma, key: bytes | None) -> _Guess | None:
    """The same place and frame under a lead whose grid is changed a little; None where nothing is seen of it then."""
    lead = replace(guess.found.lead, matrix=guess.found.lead.matrix @ change)
    seen = seen_from(lead, luma)
    if seen is None or seen.first != guess.found.seen.first or seen.phasors.shape != guess.found.seen.phasors.shape:
        return None
    long_rows = guess.grid.rows > guess.grid.columns
    scores, firsts = scored_places(seen, lead, long_rows, key)
    here = (firsts == guess.found.first).all(axis=1)
    told, _ = best_frame(seen, guess.found.first, lead, long_rows, key, only=guess.grid)
    if not here.any():
        return None
    return _Guess(float(scores[here][0]) + told, replace(guess.found, lead=lead, seen=seen), guess.grid)


def _extents(seen: Seen) -> tuple[tuple[int, int], ...]:
    """The first and the last row, and the first and the last column, of the blocks that are seen; empty without any."""
    there = (seen.phasors != 0).any(axis=0)
    used = (np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0)))
    return tuple((int(part[0]), int(part[-1])) for part in used if part.size)


def _is_full(extents: tuple[tuple[int, int], ...], first: tuple[int, int], frame: tuple[int, int]) -> bool:
    """Whether all that is seen, as far as there is room for it, lies in a frame of so many rows and columns."""
    overlaps = (
        min(start + last + 1, length) - max(start + begin, 0) >= min(last - begin + 1, length) - 1
        for (begin, last), start, length in zip(extents, first, frame, strict=True)
    )
    return all(overlaps)
