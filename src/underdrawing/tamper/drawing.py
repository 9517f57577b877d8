"""From blocks to pixels: the probability and the mask at the suspect's own resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.colours import Pixels, colour_evidence
from underdrawing.tamper.outline import OUTLINE_PX, outlined
from underdrawing.tamper.outliner import Outliner
from underdrawing.tamper.planes import Places, outline_planes
from underdrawing.tamper.snapping import snapped

__all__ = ["Drawing", "drawn"]

_MOST_BELIEF = 0.999
_MOSTLY_RIGHT = 0.6
_REACH_BLOCKS, _LEAST_HEARD = 1, 1.0
_SURE, _FEWEST_PLACES = 0.97, 24
_JUST_UNTOUCHED = 0.49


@dataclass(frozen=True, eq=False)
class Drawing:
    """A map at full size.

    Attributes:
        probability: H×W float32, 0 to 1.
        mask: H×W bool, True exactly where the probability is one half or more.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]


def drawn(
    places: Places,
    suspect: Pixels,
    remembered: NDArray[np.uint8] | None,
    outliner: Outliner | None = None,
    canvas: NDArray[np.uint8] | None = None,
) -> Drawing:
    """The map of an image whose regions are known block by block.

    Args:
        places: what is known of each block.
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the picture the hidden code remembers, or None.
        outliner: draws the edges of the regions; without one, or where it leaves nothing of them, they are drawn by
            rule.
        canvas: 256×256×3 RGB uint8, the image at that size, if it is at hand.
    """
    if not places.regions.any():
        probability = _enlarged(_halved(places), suspect)
        return Drawing(probability, np.zeros(probability.shape, dtype=np.bool_))
    if outliner is not None:
        planes = outline_planes(places, suspect, remembered, canvas)
        drawing = _by_network(places, suspect, outliner.draw(planes))
        if drawing.mask.any():
            return drawing
    drawing = _by_rule(places, suspect, remembered)
    return drawing if drawing.mask.any() else _block_by_block(places, suspect)


def _by_network(places: Places, suspect: Pixels, said: NDArray[np.float32]) -> Drawing:
    """What the network says, less what it suspects away from the regions without being sure.

    Where chips are all but silent it can only guess how far a change reaches, and is believed next to regions alone.
    """
    near = _near(places.regions, said)
    trusted = near if _all_but_silent(places) else _believed(said, near)
    believed = np.where(trusted, said, np.minimum(said, np.float32(_JUST_UNTOUCHED)))
    probability = snapped(_enlarged(believed, suspect), suspect)
    return Drawing(probability, probability >= np.float32(0.5))


def _all_but_silent(places: Places) -> bool:
    """Whether the untouched blocks hardly say that they are."""
    elsewhere = places.evidence[~places.regions]
    return bool(elsewhere.size and np.median(elsewhere) < _LEAST_HEARD)


def _near(regions: NDArray[np.bool_], said: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The places in regions and next to them, 256×256."""
    reach = np.ones((2 * _REACH_BLOCKS + 1, 2 * _REACH_BLOCKS + 1), np.uint8)
    near = cv2.dilate(regions.astype(np.uint8), reach)
    return np.asarray(cv2.resize(near, said.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def _believed(said: NDArray[np.float32], near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts that reach next to a proven region, and those elsewhere that are large and sure; 256×256 bool."""
    changed = (said >= np.float32(0.5)).astype(np.uint8)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
    kept, sure = np.zeros((2, count), dtype=np.bool_)
    kept[labels[near]] = True
    sure[labels[said >= np.float32(_SURE)]] = True
    kept |= sure & (statistics[:, cv2.CC_STAT_AREA] >= _FEWEST_PLACES)
    kept[0] = False
    return np.asarray(kept[labels])


def _by_rule(places: Places, suspect: Pixels, remembered: NDArray[np.uint8] | None) -> Drawing:
    probability = _enlarged(_halved(places), suspect)
    colours = None
    if remembered is not None:
        trusted = (places.evidence > 0) & ~places.regions
        colours = colour_evidence(suspect, remembered, trusted, size=(OUTLINE_PX, OUTLINE_PX))
    outline = outlined(places.belief, places.regions, colours, _recoloured(places))
    percent = np.rint(100 * outline).astype(np.uint8)
    size = (suspect.shape[1], suspect.shape[0])
    _, inside = cv2.threshold(cv2.resize(percent, size, interpolation=cv2.INTER_LINEAR), 50, 1, cv2.THRESH_BINARY)
    mask = np.asarray(inside, dtype=np.uint8)
    cv2.add(probability, 0.5, dst=probability, mask=mask)  # type: ignore[call-overload]
    return Drawing(probability, mask.view(np.bool_))


def _block_by_block(places: Places, suspect: Pixels) -> Drawing:
    """The regions as they are: too thin for any outline of them to be drawn."""
    regions, (height, width) = places.regions.astype(np.float32), suspect.shape[:2]
    shrinks = height < regions.shape[0] or width < regions.shape[1]
    inside = cv2.resize(regions, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST) > 0
    probability = _enlarged(_halved(places), suspect)
    return Drawing(np.where(inside, probability + np.float32(0.5), probability), inside)


def _halved(places: Places) -> NDArray[np.float32]:
    """Half of what is believed: a probability that calls nothing changed."""
    return np.asarray(np.minimum(places.belief, _MOST_BELIEF) / 2, dtype=np.float32)


def _enlarged(plane: NDArray[np.float32], suspect: Pixels) -> NDArray[np.float32]:
    size = (suspect.shape[1], suspect.shape[0])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _recoloured(places: Places) -> NDArray[np.bool_]:
    """The regions in most blocks of which the chips are right."""
    count, labels = cv2.connectedComponents(places.regions.astype(np.uint8), connectivity=8)
    sizes = np.bincount(labels.ravel(), minlength=count)
    right = np.bincount(labels.ravel(), (places.evidence > 0).ravel(), count)
    kept = right > _MOSTLY_RIGHT * sizes
    kept[0] = False
    return np.asarray(kept[labels])
