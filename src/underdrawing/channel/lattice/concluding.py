"""What follows from what is known of a suspect by now: how noisy its chips are, which blocks are untouched, and on
which masking level each was written."""

from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel.lattice.design import BLOCK, Filling
from underdrawing.channel.lattice.evidence import log_intact, reliability, wide_reliability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.channel.lattice.reception import Reception

__all__ = ["relevelled", "settled", "weighed_in_turns"]

_CLIPPED_EVIDENCE = np.float32(-2)
"""Nats for a block that is white or black all over: nothing was heard there, and what is beside it is clipped too."""

_LEVEL_DOUBT = 4.0
"""Nats by which another masking level must fit better before it is believed."""

_TURNS_OF_KNOWN = 3

_HALF_REPLACED = 0.46
"""Share of chips that may be anywhere where about half of a picture was replaced."""


def relevelled(reception: "Reception") -> "Reception":
    """The reception with other masking levels where they fit the chips much better.

    A block whose activity lies near a threshold may end up one level off, and then none of its chips fits.
    """
    best, chosen = reception, reception.evidence + np.float32(_LEVEL_DOUBT)
    for shift in (-1, 1):
        other = reception.shifted(shift)
        better = other.evidence > chosen
        chosen = np.where(better, other.evidence, chosen)
        best = best.with_blocks_of(other, better)
    return best


def settled(reception: "Reception", *, regions: bool = True) -> "Reception":
    """Noise and reliability estimated from each other, twice around.

    Chips of a detailed mark are so faint that much noise everywhere looks like little noise and half of the picture
    replaced. But what is replaced lies together: so both are tried, and what the chips of known bits tell by
    themselves, and that is believed which tells blocks apart.
    """
    noisy = _estimated(reception, regions=regions)
    if reception.layout.filling is not Filling.DETAILED:
        return noisy
    replaced = _estimated(reception, regions=regions, least_stray=_HALF_REPLACED)
    told = _estimated(reception, regions=regions, known_first=True)
    return max((noisy, replaced, told), key=lambda each: float(np.logaddexp(each.evidence, 0).sum()))


def _estimated(
    reception: "Reception", *, regions: bool, least_stray: float = 0.0, known_first: bool = False
) -> "Reception":
    """The same from one beginning: that at least so many chips may be anywhere, or what chips of known bits say of
    what lies far and wide around each block."""
    intact, noise = reception.intact, reception.noise
    if known_first:
        intact = _by_known_chips(reception)
    for turn in range(2):
        noise = reception.estimated_noise(reception.weight * intact[None], least_stray=0 if turn else least_stray)
        evidence = log_intact(reception.places, reception.weight, noise)
        if reception.look.clipped is not None:
            evidence = np.where(reception.look.clipped, _CLIPPED_EVIDENCE, evidence)
        intact = reliability(evidence, regions=regions)
    if reception.look.visible is not None:
        intact = intact * reception.look.visible
    return reception.having(noise=noise, intact=intact)


def _by_known_chips(reception: "Reception") -> "NDArray[np.float32]":
    """Reliability of each block by chips of known bits alone."""
    known = reception.weight * (reception.known >= 0)
    return weighed_in_turns(reception, known, telling=known, turns=_TURNS_OF_KNOWN)


def weighed_in_turns(
    reception: "Reception", chips: "NDArray[np.float32]", *, telling: "NDArray[np.float32]", turns: int
) -> "NDArray[np.float32]":
    """Reliability of each block by what lies far and wide around it, and noise by the blocks that are believed.

    Args:
        reception: whose phases and known bits.
        chips: 24×rows×columns, how much each counts as evidence.
        telling: the same, how much each tells of the noise where its block is untouched.
        turns: how often, from the noise of all blocks on.
    """
    intact = np.ones_like(reception.intact)
    for _ in range(turns):
        noise = reception.estimated_noise(telling * intact[None])
        evidence = log_intact(reception.places, chips, noise)
        evidence += reception.evidence_of_undertone
        intact = wide_reliability(evidence, reception.candidate.grid.side_px // BLOCK)
    return intact
