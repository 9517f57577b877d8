"""Looking for a mark: from the pixels of a suspect to receptions, taken for the whole picture or searched for.

Source: ours.
"""

from collections.abc import Iterator
from heapq import nlargest

from underdrawing.channel.lattice.grid import Pixels, luminance
from underdrawing.channel.lattice.looks import Suspect
from underdrawing.channel.lattice.reception import Reception
from underdrawing.channel.lattice.search import Luma, Placement, Voice, placement_near, placements
from underdrawing.channel.lattice.sync import hypotheses, unheard

__all__ = ["barely_heard", "nearby", "receive", "receptions", "searched"]

_MOST_FAINT = 4


def receive(pixels: Pixels, *, key: bytes | None = None) -> Reception | None:
    """Look for a mark in an image.

    Args:
        pixels: H×W×3 RGB, uint8 or uint16.
        key: secret of the channel, if the mark has one.

    Returns:
        The likeliest reception, or None when there is no mark to be read.
    """
    return next((each for each in receptions(pixels, key=key) if each.candidate.is_sure), None)


def receptions(pixels: Pixels, *, key: bytes | None = None) -> Iterator[Reception]:
    """The same under every hypothesis about the tones that has some support, likeliest first.

    The suspect is taken to be the whole picture, upright.
    """
    suspect = Suspect(pixels)
    for candidate, look in hypotheses(suspect, key=key):
        yield Reception.opened(candidate, look, suspect, key)


def barely_heard(pixels: Pixels, *, key: bytes | None = None) -> Iterator[Reception]:
    """The likeliest of the same however little support they have, with the tones taken to be as they were: for a reader
    who knows what the message should be."""
    suspect = Suspect(pixels)
    for candidate, look in unheard(suspect, key=key):
        yield Reception.opened(candidate, look, suspect, key)


def nearby(reception: Reception) -> Iterator[Reception]:
    """Receptions of the same suspect a little off where it was taken to lie: a narrow crop, a slight bend."""
    candidate, pixels, key = reception.candidate, reception.suspect.pixels, reception.key
    voice = Voice(candidate.grid.side_px, candidate.profile)
    near = placement_near(Luma(luminance(pixels)), candidate.grid, voice, key=key)
    if near is not None and not near.is_whole:
        yield from (heard for heard in _placed(pixels, near, key) if heard.candidate.is_sure)


def searched(pixels: Pixels, *, key: bytes | None = None) -> Iterator[Reception]:
    """The same for a suspect that shows a part of the picture, or shows it turned, mirrored, bent or on a page.

    A small part has few pilots, and a place is told by more than these. So where they are too few to be sure, the
    likeliest places are worth the attempt to read there, after all others.
    """
    seen: list[Placement] = []
    faint: list[Reception] = []
    for placement in placements(Luma(luminance(pixels)), key=key):
        if any(placement.is_like(other) for other in seen):
            continue
        seen.append(placement)
        for heard in _placed(pixels, placement, key):
            if heard.candidate.is_sure:
                yield heard
            else:
                faint.append(heard)
    yield from nlargest(_MOST_FAINT, faint, key=lambda heard: heard.candidate.support)


def _placed(pixels: Pixels, placement: Placement, key: bytes | None) -> Iterator[Reception]:
    suspect = Suspect.placed(pixels, placement)
    for candidate, look in hypotheses(suspect, key=key):
        yield Reception.opened(candidate, look, suspect, key)
