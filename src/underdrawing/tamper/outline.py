"""Where exactly the edge runs: from a map of blocks to an outline, with the help of colours.

A block looks replaced as soon as a small part of it is, so the edge of a region of such blocks lies too far outside. It
is drawn inwards, and inside a band of one block on either side the colours of the remembered picture help to place it.

Source: ours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.field import settled_beliefs

__all__ = ["OUTLINE_PX", "outlined"]

OUTLINE_PX = 256
"""Side of the square canvas on which outlines are drawn."""

_EDGE_BELIEF = 0.88
_STEEPNESS = 8.0
_COLOUR_WEIGHT = 0.2
_COUPLING = 0.6
_SURE = 6.0
_CELLS = 16
_RECOLOUR_WEIGHT, _RECOLOUR_EVEN = 0.5, 0.9


def outlined(
    belief: NDArray[np.float32],
    regions: NDArray[np.bool_],
    colours: NDArray[np.float32] | None,
    recoloured: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Probability that each place of the canvas was changed, 256×256 float32.

    Args:
        belief: rows×columns float32, probability that each block was changed.
        regions: rows×columns bool, the blocks of the regions that count.
        colours: 256×256 float32 nats from :func:`.colours.colour_evidence`, or None.
        recoloured: rows×columns bool, the blocks of regions whose chips are right, so that content alone speaks against
            them; it does so by cells of several blocks, and only colours tell where exactly.
    """
    size = (OUTLINE_PX, OUTLINE_PX)
    own = (cv2.resize(np.where(regions, belief, 0), size, interpolation=cv2.INTER_LINEAR) - _EDGE_BELIEF) * _STEEPNESS
    if colours is not None:
        own = own - np.float32(_COLOUR_WEIGHT) * colours
    kernel = np.ones((3, 3), dtype=np.uint8)
    whole = regions.astype(np.uint8)
    reach = cv2.resize(cv2.dilate(whole, kernel), size, interpolation=cv2.INTER_NEAREST) > 0
    inner = cv2.resize(cv2.erode(whole, kernel), size, interpolation=cv2.INTER_NEAREST) > 0
    own = np.where(inner, _SURE, np.where(reach, own, -_SURE)).astype(np.float32)
    if recoloured is not None and colours is not None and recoloured.any():
        own = _with_recoloured(own, recoloured, colours)
    return settled_beliefs(own, coupling=_COUPLING)


def _with_recoloured(
    own: NDArray[np.float32], recoloured: NDArray[np.bool_], colours: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The log-odds with those around recoloured regions drawn by colours alone, within half a cell of the content."""
    size = (OUTLINE_PX, OUTLINE_PX)
    apart = [2 * max(1, round(length / (2 * _CELLS))) + 1 for length in recoloured.shape]
    kernel = np.ones(apart, dtype=np.uint8)
    whole = recoloured.astype(np.uint8)
    reach = cv2.resize(cv2.dilate(whole, kernel), size, interpolation=cv2.INTER_NEAREST) > 0
    inner = cv2.resize(cv2.erode(whole, kernel), size, interpolation=cv2.INTER_NEAREST) > 0
    drawn = -np.float32(_RECOLOUR_WEIGHT) * (colours + np.float32(_RECOLOUR_EVEN))
    return np.where(inner, _SURE, np.where(reach, drawn, own)).astype(np.float32)
