"""Checks and conversions that every adapter needs."""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import CapacityError

__all__ = ["Pixels", "as_pixels", "checked_bits", "folded", "smoothed"]

Pixels = NDArray[np.uint8]

_NEIGHBOURHOOD = 1.5


def checked_bits(bits: NDArray[np.uint8], capacity_bits: int, *, carrier: str) -> NDArray[np.uint8]:
    """The bits, if they are as many as the carrier takes.

    Raises:
        CapacityError: They are not, or the picture takes none.
    """
    if capacity_bits == 0:
        raise CapacityError(f"{carrier}: the picture is too small to carry anything; use a larger one")
    if bits.shape != (capacity_bits,):
        raise CapacityError(f"{carrier}: got bits of shape {bits.shape}, expected {capacity_bits} in a row")
    return bits


def as_pixels(values: NDArray[np.floating]) -> Pixels:
    """Grey levels of any float type, rounded and clipped to uint8."""
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def smoothed(agreement: NDArray[np.float32]) -> NDArray[np.float32]:
    """The agreement of single blocks averaged over their neighbourhood, and clipped to 0 to 1."""
    blurred = cv2.GaussianBlur(agreement, (0, 0), _NEIGHBOURHOOD, borderType=cv2.BORDER_REFLECT_101)
    return np.clip(blurred, 0, 1).astype(np.float32)


def folded(ratios: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Log-likelihood ratios of ``count`` bits that were embedded one after another, again and again."""
    return np.bincount(np.arange(ratios.size) % count, weights=ratios, minlength=count).astype(np.float32)
