"""What becomes of what was heard: glances become leads, and leads placements.

::

    glances ─► loud leads ─► nudged, a hundred ─► tuned, a dozen ─► followed over all of the suspect ─► placed

Source: ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, GRIDS
from underdrawing.channel.lattice.search.folding import Lead, heard, lanes_of
from underdrawing.channel.lattice.search.glances import WINDOW_PX, Glance
from underdrawing.channel.lattice.search.guessing import guessed
from underdrawing.channel.lattice.search.locating import located
from underdrawing.channel.lattice.search.placement import Placement
from underdrawing.channel.lattice.search.settling import likely_cuts, settled
from underdrawing.channel.lattice.search.tuning import PROJECTIVE, STEPS_PX, nudged, sharpened, tuned
from underdrawing.channel.lattice.search.window import Luma, Window

__all__ = [
    "BRISK",
    "FINELY",
    "SMALL_PX",
    "WHERE_EXPECTED",
    "Patience",
    "followed",
    "loudness",
    "placed",
    "placements_of",
    "promising",
    "scale_of",
    "tuned_nearby",
    "whole_window",
    "window_px_of",
]

SMALL_PX = 450_000
"""Pixels up to which a suspect is small: one window shows most of it."""

_GROWTH, _BENT_GROWTH = 1.5, 1.25
_LEAST_GROWN = 6.0
"""Score over all of a suspect from which a lead on the larger grids is worth placing. Of 79 that were placed in large
copies the faintest had 8.1; nine that were followed by chance had 3.4 to 5.4."""
_LARGEST_PX = 4096

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Patience:
    """How many leads are nudged, tuned and followed, and the least scores they need for each.

    A small suspect has few blocks, so that the right lead may hardly stand out; but it also costs little to look at.
    One that lies where it is expected to has fewer rivals.

    Attributes:
        least_lead: score from which a lead is nudged,
        nudged_leads: and of how many, the loudest.
        least_nudged: score after that from which one is tuned,
        tuned_leads: and of how many.
        least_tuned: score after that from which one is followed,
        followed_leads: and of how many.
        sure: score after tuning from which no other lead is tuned. Infinite where there are summits beside the highest.
    """

    least_lead: float
    nudged_leads: int
    least_nudged: float
    tuned_leads: int
    least_tuned: float
    followed_leads: int
    sure: float = 7.5


_PATIENT, BRISK = Patience(3.4, 100, 4.5, 12, 6.5, 4), Patience(3.6, 60, 4.5, 8, 6.5, 2)
FINELY = {
    GRIDS[2]: Patience(4.0, 24, 4.8, 8, 6.5, 2),
    GRIDS[1]: Patience(4.2, 40, 4.8, 12, 6.5, 4),
    GRIDS[0]: Patience(3.8, 600, 4.5, 30, 6.5, 4, np.inf),
}
WHERE_EXPECTED = Patience(3.0, 24, 4.0, 8, 6.0, 3)


def promising(
    glances: Iterable[Glance],
    luma: Luma,
    centre: Matrix,
    key: bytes | None,
    *,
    patience: Patience = BRISK,
    window_px: int = WINDOW_PX,
) -> list[Lead]:
    """The leads around a place that stand after tuning, best first."""
    if luma.plane.size <= SMALL_PX and patience is BRISK:
        patience = _PATIENT
    loud: list[tuple[Lead, Window]] = []
    for glance in glances:
        size_px = window_px_of(luma, glance.linear, glance.window_px)
        lanes = lanes_of(glance.voices)
        window = Window.of(luma, glance.linear, centre, size_px, lanes=lanes, finer=glance.finer, beside=True, key=key)
        expected = glance.expected(centre, luma.size_px)
        for voice in glance.voices:
            leads = heard(window, voice, glance.stretches, expected=expected, least=patience.least_lead, key=key)
            loud += [(lead, window) for lead in leads]
        loud = nlargest(patience.nudged_leads, loud, key=lambda pair: pair[0].score)
    leads = [_nudged_nearby(lead, window, luma, centre, key, window_px=window_px) for lead, window in loud]
    leads.sort(key=loudness, reverse=True)
    stand: list[Lead] = []
    for lead in leads[: patience.tuned_leads]:
        if lead.score < patience.least_nudged:
            break
        stand.append(tuned_nearby(lead, luma, centre, key, window_px=window_px))
        if stand[-1].score >= patience.sure:
            break
    stand.sort(key=loudness, reverse=True)
    return [lead for lead in stand[: patience.followed_leads] if lead.score >= patience.least_tuned]


def _nudged_nearby(
    lead: Lead, window: Window, luma: Luma, centre: Matrix, key: bytes | None, *, window_px: int
) -> Lead:
    reach = max(window_px_of(luma, lead.matrix[:2, :2], window_px)) / 2 * scale_of(lead.matrix)
    return nudged(lead, window, centre_px=centre, reach_px=reach, size_px=luma.size_px, key=key)


def tuned_nearby(
    lead: Lead,
    luma: Luma,
    centre: Matrix,
    key: bytes | None,
    *,
    window_px: int = WINDOW_PX,
    steps_px: tuple[float, ...] = STEPS_PX,
) -> Lead:
    """A lead tuned in a window around a place, see :func:`.tuning.tuned`; without steps it is only listened to."""
    linear = lead.matrix[:2, :2]
    size_px = window_px_of(luma, linear, window_px)
    window = Window.of(luma, linear, centre, size_px, lanes=lanes_of((lead.voice,)), key=key)
    reach = max(size_px) / 2 * scale_of(linear)
    return tuned(lead, window, centre_px=centre, reach_px=reach, size_px=luma.size_px, steps_px=steps_px, key=key)


def placements_of(
    leads: Iterable[Lead], luma: Luma, centre: Matrix, key: bytes | None, *, window_px: int = WINDOW_PX
) -> Iterator[Placement]:
    """The placements of some leads, one lead after another."""
    for lead in leads:
        yield from followed(lead, luma, centre, key, window_px=window_px)


def followed(
    lead: Lead, luma: Luma, centre: Matrix, key: bytes | None, *, window_px: int = WINDOW_PX
) -> Iterator[Placement]:
    """The placements of a lead, likeliest first, tuned over more and more of the suspect from where it was found."""
    window = whole_window(lead, luma, key)
    reach = window_px / 2 * scale_of(lead.matrix[:2, :2])
    growth = _GROWTH if window_px == WINDOW_PX else _BENT_GROWTH
    grown = _grown(lead, window, luma, centre, reach, growth, key)
    if lead.voice.side_px == GRIDS[0]:
        grown = sharpened(grown, window, luma.size_px, key=key)
    elif grown.score < _LEAST_GROWN:
        return
    yield from placed(grown, window, luma, key)


def placed(lead: Lead, window: Window, luma: Luma, key: bytes | None, *, likely: bool = False) -> Iterator[Placement]:
    """The placements of a lead that was tuned over all of the suspect."""
    placement = located(lead, luma, key=key)
    if placement is not None:
        yield settled(placement, lead, window, likely=likely, key=key)
    elif lead.voice.side_px == GRIDS[0]:
        guesses = guessed(lead, luma, key=key)
        for guess in guesses:
            yield guess if guess.is_exact else settled(guess, lead, window, likely=likely, key=key)
        for guess in guesses[:1]:
            yield from likely_cuts(guess, lead, window, key=key)


def _grown(
    lead: Lead, window: Window, luma: Luma, centre: Matrix, reach: float, growth: float, key: bytes | None
) -> Lead:
    extent = np.array(luma.size_px[::-1])
    whole = float(np.maximum(centre, extent - centre).max())
    while reach < whole:
        reach = min(reach * growth, whole)
        lead = tuned(lead, window, centre_px=centre, reach_px=reach, size_px=luma.size_px, moves=PROJECTIVE, key=key)
    return lead


def whole_window(lead: Lead, luma: Luma, key: bytes | None) -> Window:
    """All of the suspect as a lead's grid sees it."""
    height, width = luma.size_px
    linear = lead.matrix[:2, :2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ np.linalg.inv(linear).T
    across, down = (min(2 * int(np.ceil(extent / 2)) + 2 * BLOCK, _LARGEST_PX) for extent in np.ptp(corners, axis=0))
    return Window.of(luma, linear, np.array([width / 2, height / 2]), (down, across), apart=True, key=key)


def window_px_of(luma: Luma, linear: Matrix, most_px: int) -> tuple[int, int]:
    """(height, width) of a window in grid pixels: what there is of the suspect, at most the usual size."""
    width, height = np.abs(np.linalg.inv(linear)) @ np.array(luma.size_px[::-1])
    return min(most_px, 2 * int(height / 2)), min(most_px, 2 * int(width / 2))


def scale_of(matrix: Matrix) -> float:
    """Suspect pixels to a grid pixel of a 2×2 map, or of a homography at its origin."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def loudness(lead: Lead) -> float:
    """The score of a lead, to sort leads by."""
    return lead.score
