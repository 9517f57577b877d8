"""Recovery without any mark: the region filled in from what is around it, by the two methods that OpenCV has.

Both need to be told the region, which a mark has to find by itself; they are the least that a recovery must better.
"""

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["CANVAS_PX", "Filling", "fill"]

CANVAS_PX = 256
"""Side of the square the filling is computed on, the one that recovery is measured on."""

_RADIUS_PX = 3.0


class Filling(Enum):
    """How a region is filled in."""

    TELEA = cv2.INPAINT_TELEA
    """Telea, "An image inpainting technique based on the fast marching method", 2004."""
    NAVIER_STOKES = cv2.INPAINT_NS
    """Bertalmio et al., "Navier–Stokes, fluid dynamics, and image and video inpainting", 2001."""


def fill(pixels: NDArray[np.uint8], mask: NDArray[np.bool_], filling: Filling) -> NDArray[np.uint8]:
    """A picture with a region filled in.

    The filling is computed on a canvas of 256×256, where a canvas pixel is filled as soon as the region touches it, and
    enlarged: at full size both methods take minutes for large regions and draw the same streaks.

    Args:
        pixels: H×W×3 uint8 RGB.
        mask: H×W bool, True where to fill in.
        filling: The method.

    Returns:
        H×W×3 uint8 RGB, bit-exact outside the mask; the picture itself where everything or nothing is to be filled in.
    """
    if not mask.any() or mask.all():
        return pixels.copy()
    side = (CANVAS_PX, CANVAS_PX)
    touched = cv2.resize(mask.astype(np.float32), side, interpolation=cv2.INTER_AREA) > 0
    canvas = cv2.resize(pixels, side, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(canvas, touched.astype(np.uint8), _RADIUS_PX, filling.value)
    enlarged = cv2.resize(filled, mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(mask[..., None], enlarged, pixels).astype(np.uint8)
