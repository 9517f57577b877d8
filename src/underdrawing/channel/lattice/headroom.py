"""Adding brightness to pixels without ever leaving their range, so that hue stays and nothing wraps around."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.grid import Pixels, strips

__all__ = ["added", "headroom"]

Plane = NDArray[np.float32]


def headroom(pixels: Pixels) -> tuple[Plane, Plane]:
    """How far each pixel may go up and down before a channel clips, H×W float32 each, in units of the pixel type."""
    up, down = np.empty(pixels.shape[:2], np.float32), np.empty(pixels.shape[:2], np.float32)
    peak = np.float32(np.iinfo(pixels.dtype).max)
    for rows in strips(len(pixels)):
        red, green, blue = cv2.split(pixels[rows])
        up[rows] = cv2.max(cv2.max(red, green), blue)
        down[rows] = cv2.min(cv2.min(red, green), blue)
        np.subtract(peak, up[rows], out=up[rows])
        np.negative(down[rows], out=down[rows])
    return up, down


def added(pixels: Pixels, residual: Plane) -> Pixels:
    """Pixels with a residual of whole numbers added to every channel. It never leaves their headroom, so sums modulo
    their range are right."""
    result = np.empty_like(pixels)
    for rows in strips(len(pixels)):
        whole = cast(Pixels, residual[rows].astype(np.int32).astype(pixels.dtype))
        np.add(pixels[rows], cv2.merge([whole, whole, whole]), out=result[rows])
    return result
