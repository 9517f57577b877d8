"""The map at the suspect's own resolution, and the decision whether the image was changed at all."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.colours import Pixels, clipped_share, colour_evidence
from underdrawing.tamper.field import settled_beliefs
from underdrawing.tamper.outline import OUTLINE_PX, outlined

__all__ = ["FALSE_ALARM_RATE", "TamperFinding", "find_tampering"]

FALSE_ALARM_RATE = 0.01
"""Share of untouched images over all attacks that may be called tampered: an aim; see ``docs/tamper.md``."""

_STRONGEST_EVIDENCE = 8.0
_CLIPPING_WEIGHT = 4.0
_PRIOR_LOG_ODDS = -0.7
_COUPLING = 0.7
_REGION_BELIEF = 0.5
_LEAST_BLOCKS = 4
_LEAST_REGION_EVIDENCE = 50.0
_WORTH_A_CLOSER_LOOK = 20.0
_LARGEST_HOLE_BLOCKS = 12
_MOST_AGREEMENT = 0.25
_AGREEMENT_PER_NAT = 0.1
_FEWEST_CHIPS = 24
_CLEARLY_FEWER = 5.0
_CLEAR_COLOURS = 7.0
_MOST_BELIEF = 0.999


@dataclass(frozen=True, eq=False)
class TamperFinding:
    """What was changed.

    Attributes:
        probability: H×W float32, 0 to 1, chance that a pixel was changed.
        mask: H×W bool, True where the image is called changed.
        tampered: whether any region is.
        strongest_evidence: nats for the strongest region, 0 if there is none.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    tampered: bool
    strongest_evidence: float

    @property
    def confidence(self) -> float:
        """How sure the decision is, 0.5 to 1: from how far the strongest region is from the least that counts."""
        distance = abs(self.strongest_evidence - _LEAST_REGION_EVIDENCE) / _LEAST_REGION_EVIDENCE
        return float(1 - 0.5 * np.exp(-3 * distance))


def find_tampering(
    evidence: NDArray[np.float32],
    *,
    agreement: NDArray[np.float32],
    suspect: Pixels,
    remembered: NDArray[np.uint8] | None = None,
    closer: Callable[[], NDArray[np.uint8]] | None = None,
) -> TamperFinding:
    """Find the regions of an image that do not carry what they should.

    Args:
        evidence: rows×columns float32, log-likelihood ratio of untouched against replaced for each block of a grid
            laid over the whole image, in nats.
        agreement: 2×rows×columns float32; sum over the known chips of each block of 1 for right to −1 for opposite, and
            their number.
        suspect: H×W×3 RGB, uint8 or uint16, the image.
        remembered: h×w×3 RGB uint8, the picture its hidden code remembers; None if too little of the code is known for
            its colours to tell anything.
        closer: a picture nearer to what was remembered, same type, asked for only where the first one shows a change or
            nearly does; the answer then goes by this one alone.
    """
    chips = _combined(evidence, suspect)
    belief, kept, strongest = _weighed(chips, _colours(evidence, suspect, remembered), agreement)
    if remembered is not None and closer is not None and strongest >= _WORTH_A_CLOSER_LOOK:
        remembered = closer()
        belief, kept, strongest = _weighed(chips, _colours(evidence, suspect, remembered), agreement)
    probability, mask = _at_full_size(belief, kept, evidence, suspect, remembered)
    return TamperFinding(probability, mask, bool(kept.any()), strongest)


def _weighed(
    chips: NDArray[np.float32], colours: NDArray[np.float32], agreement: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], float]:
    """From the evidence of each block: belief that it was changed, whether it is in a region that counts, and the
    evidence for the clearest region."""
    total = chips + colours
    belief = _without_holes(settled_beliefs(np.float32(_PRIOR_LOG_ODDS) - total, coupling=_COUPLING))
    kept, strongest = _significant(belief, total, colours, agreement)
    return np.where(kept | (belief < _REGION_BELIEF), belief, np.float32(_REGION_BELIEF) * belief), kept, strongest


def _combined(evidence: NDArray[np.float32], suspect: Pixels) -> NDArray[np.float32]:
    """Evidence of the chips, within bounds; none where the picture is clipped and cannot carry them."""
    audible = 1 - np.minimum(_CLIPPING_WEIGHT * clipped_share(suspect, size=_shape(evidence)), 1)
    bounded = np.clip(evidence, -_STRONGEST_EVIDENCE, _STRONGEST_EVIDENCE) * audible
    return np.asarray(bounded, dtype=np.float32)


def _colours(
    evidence: NDArray[np.float32], suspect: Pixels, remembered: NDArray[np.uint8] | None
) -> NDArray[np.float32]:
    """Evidence of the colours of each block."""
    if remembered is None:
        return np.zeros(evidence.shape, dtype=np.float32)
    return colour_evidence(suspect, remembered, evidence > 0, size=_shape(evidence))


def _shape(plane: NDArray[np.float32]) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


def _without_holes(belief: NDArray[np.float32]) -> NDArray[np.float32]:
    """Beliefs with small islands of untouched blocks inside a changed region called changed too."""
    calm = np.pad((belief <= _REGION_BELIEF).astype(np.uint8), 1, constant_values=1)
    _count, labels, statistics, _ = cv2.connectedComponentsWithStats(calm, connectivity=4)
    small = statistics[:, cv2.CC_STAT_AREA] <= _LARGEST_HOLE_BLOCKS
    small[0] = False
    filled = small[labels][1:-1, 1:-1]
    return np.where(filled, np.maximum(belief, np.float32(1 - belief)), belief).astype(np.float32)


def _significant(
    belief: NDArray[np.float32],
    total: NDArray[np.float32],
    colours: NDArray[np.float32],
    agreement: NDArray[np.float32],
) -> tuple[NDArray[np.bool_], float]:
    """Blocks of the regions that are large and clear enough, and the evidence for the clearest region in nats.

    A region whose chips agree with what was sent almost as often as those of the rest is noisy, not replaced; the more
    other its colours are, the more they may agree.
    """
    suspicious = (belief > _REGION_BELIEF).astype(np.uint8)
    count, labels = cv2.connectedComponents(suspicious, connectivity=8)
    planes = (np.ones_like(total), -total, colours, agreement[0], agreement[1])
    sizes, against, hues, agreeing, chips = (np.bincount(labels.ravel(), plane.ravel(), count) for plane in planes)
    usual = agreeing[0] / chips[0] if chips[0] >= _FEWEST_CHIPS else 1.0
    spread = np.sqrt(chips / 2)
    surprise = np.maximum(-hues / np.maximum(sizes, 1), 0)
    silent = agreeing - spread < (_MOST_AGREEMENT + _AGREEMENT_PER_NAT * surprise) * usual * chips
    fewer = agreeing + _CLEARLY_FEWER * spread < usual * chips
    replaced = silent & (fewer | (surprise > _CLEAR_COLOURS))
    replaced[0] = False
    clear = (sizes >= _LEAST_BLOCKS) & (against >= _LEAST_REGION_EVIDENCE) & replaced
    strongest = float(against[replaced].max(initial=0.0))
    return clear[labels], max(strongest, 0.0)


def _at_full_size(
    belief: NDArray[np.float32],
    regions: NDArray[np.bool_],
    evidence: NDArray[np.float32],
    suspect: Pixels,
    remembered: NDArray[np.uint8] | None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Probability and mask of every pixel; above one half exactly where the mask is True."""
    size = (suspect.shape[1], suspect.shape[0])
    half = np.minimum(belief, np.float32(_MOST_BELIEF)) / 2
    probability = np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    if not regions.any():
        return probability, np.zeros(size[::-1], dtype=np.bool_)
    colours = None
    if remembered is not None:
        colours = colour_evidence(suspect, remembered, (evidence > 0) & ~regions, size=(OUTLINE_PX, OUTLINE_PX))
    percent = np.rint(100 * outlined(belief, regions, colours)).astype(np.uint8)
    _, inside = cv2.threshold(cv2.resize(percent, size, interpolation=cv2.INTER_LINEAR), 50, 1, cv2.THRESH_BINARY)
    mask = np.asarray(inside, dtype=np.uint8)
    cv2.add(probability, 0.5, dst=probability, mask=mask)  # type: ignore[call-overload]
    return probability, mask.view(np.bool_)
