"""Previews: a small file of a picture, for people to recognise and to hold suspects against."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import ImageFormatError, ImageLimitError
from underdrawing.images import Limits, Picture, encode, load

__all__ = ["PREVIEW_PX", "preview_of", "preview_pixels"]

PREVIEW_PX = 256
"""Long side of a preview."""

_QUALITY = 50
_LIMITS = Limits(max_bytes=2**18, max_pixels=2**20, max_metadata_bytes=2**12)


def preview_of(pixels: NDArray[np.uint8]) -> bytes:
    """A small WebP, long side 256, of H×W×3 RGB uint8 pixels: enough for people to recognise and to register."""
    height, width = pixels.shape[:2]
    zoom = min(1.0, PREVIEW_PX / max(height, width))
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return encode(Picture(small), format="WEBP", quality=_QUALITY)


def preview_pixels(preview: bytes) -> NDArray[np.uint8] | None:
    """The pixels of a record's preview, H×W×3 RGB uint8; None where there is none or it is no such picture.

    A record may come from anywhere: what is too large or damaged is as good as no preview.
    """
    if not preview:
        return None
    try:
        pixels = load(preview, limits=_LIMITS).pixels
    except (ImageFormatError, ImageLimitError):
        return None
    return np.asarray(pixels, dtype=np.uint8) if pixels.dtype == np.uint8 else None
