"""From blocks to pixels: the probability and the mask at the suspect's own resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.colours import Pixels, colour_evidence
from underdrawing.tamper.outline import OUTLINE_PX, outlined
from underdrawing.tamper.outliner import Outliner
from underdrawing.tamper.planes import CANVAS_PX, Places, outline_planes

__all__ = ["Drawing", "drawn"]

_MOST_BELIEF = 0.999
_MOSTLY_RIGHT = 0.6
_REACH_BLOCKS = 2
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
        planes = outline_planes(places, suspect if canvas is None else canvas, remembered)
        drawing = _by_network(places, suspect, outliner.draw(planes))
        if drawing.mask.any():
            return drawing
    return _by_rule(places, suspect, remembered)


def _by_network(places: Places, suspect: Pixels, said: NDArray[np.float32]) -> Drawing:
    """Near the regions what the network says; elsewhere it may be unsure, but never call a place changed."""
    reach = np.ones((2 * _REACH_BLOCKS + 1, 2 * _REACH_BLOCKS + 1), np.uint8)
    near = cv2.dilate(places.regions.astype(np.uint8), reach)
    near = cv2.resize(near, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_NEAREST)
    probability = _enlarged(np.where(near > 0, said, np.minimum(said, np.float32(_JUST_UNTOUCHED))), suspect)
    return Drawing(probability, probability >= np.float32(0.5))


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
