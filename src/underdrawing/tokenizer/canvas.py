"""From a picture of any shape to the square canvas on which it is described."""

from __future__ import annotations

from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.tokenizer.ladder import CANVAS

__all__ = ["from_canvas", "plane_to_canvas", "to_canvas"]

_LARGE = 4 * CANVAS

Pixels = TypeVar("Pixels", NDArray[np.uint8], NDArray[np.float32])


def to_canvas(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole picture on the 256×256 canvas; its aspect is not kept, so that every part of it is covered.

    A side that shrinks is averaged by area, a side that grows is interpolated (bicubic). Large pictures are first
    halved as long as both sides are even: the mean of 2×2 pixels takes a tenth of the time of that of 7.5×4.2.

    Args:
        pixels: H×W×3 RGB, uint8, 0..255, any size from 1×1 up.

    Returns:
        256×256×3 RGB, uint8; a copy.

    Raises:
        UsageError: not three channels of uint8.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise UsageError(
            f"tokenizer: got pixels {pixels.shape} of {pixels.dtype}, expected height × width × 3 of uint8"
        )
    halved = _halve(pixels)
    height, width = halved.shape[:2]
    shrunk = _resize(halved, min(height, CANVAS), min(width, CANVAS), cv2.INTER_AREA)
    return _resize(shrunk, CANVAS, CANVAS, cv2.INTER_CUBIC)


def plane_to_canvas(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """One value per pixel of a picture on its canvas, as ``to_canvas`` would average it: H×W → 256×256 float32.

    Only for pictures of at least 256 pixels on both sides.
    """
    return np.asarray(cv2.resize(_halve(plane), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA), dtype=np.float32)


def from_canvas(plane: NDArray[np.float32], height_px: int, width_px: int) -> NDArray[np.float32]:
    """One value per pixel of the canvas at the size of a picture, interpolated: 256×256 → H×W float32."""
    enlarged = cv2.resize(plane, (width_px, height_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged, dtype=np.float32)


def _halve(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    while min(height, width) >= _LARGE and height % 2 == 0 and width % 2 == 0:
        height, width = height // 2, width // 2
        pixels = cast(Pixels, cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
    return pixels


def _resize(pixels: NDArray[np.uint8], height: int, width: int, interpolation: int) -> NDArray[np.uint8]:
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=interpolation), dtype=np.uint8)
