"""The working grid: the one size at which marks are written and read, whatever size the image has.

Resizing an image uniformly does not change what it looks like on the working grid, so scale needs no search.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, GRIDS
from underdrawing.errors import ImageTooSmallError

__all__ = ["MINIMUM_SIDE_PX", "Pixels", "WorkingGrid", "luminance", "strips"]

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

MINIMUM_SIDE_PX = GRIDS[0]
"""Shortest side of an image that can carry a mark."""

_MAXIMUM_ASPECT = 8
_STRIP_ROWS = 64


@dataclass(frozen=True)
class WorkingGrid:
    """A grid of blocks laid over a whole image.

    Attributes:
        side_px: short side of the grid, one of :data:`.design.GRIDS`.
        rows, columns: number of 16×16 blocks down and across.
    """

    side_px: int
    rows: int
    columns: int

    @classmethod
    def for_image(cls, height_px: int, width_px: int, *, side_px: int, extra_blocks: int = 0) -> "WorkingGrid":
        """The grid of this short side over an image; ``extra_blocks`` lengthens its long side."""
        short, long = sorted((height_px, width_px))
        across = side_px // BLOCK
        along = min(round(long * side_px / (short * BLOCK)), across * _MAXIMUM_ASPECT) + extra_blocks
        along = max(along, across)
        return cls(side_px, across, along) if height_px <= width_px else cls(side_px, along, across)

    @classmethod
    def for_embedding(cls, height_px: int, width_px: int) -> "WorkingGrid":
        """The grid that a mark in this image uses. Raises :class:`ImageTooSmallError` below 256 px."""
        short, long = sorted((height_px, width_px))
        if short < MINIMUM_SIDE_PX:
            raise ImageTooSmallError(
                f"image is {width_px}×{height_px} px: a mark needs at least {MINIMUM_SIDE_PX} px on the short side; "
                "use a larger version of the image"
            )
        if long > _MAXIMUM_ASPECT * short:
            raise ImageTooSmallError(
                f"image is {width_px}×{height_px} px: its long side may be at most {_MAXIMUM_ASPECT} times its short "
                "side; crop it or mark its parts"
            )
        return cls.for_image(height_px, width_px, side_px=max(side for side in GRIDS if side <= short))

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) of the grid in grid pixels."""
        return self.rows * BLOCK, self.columns * BLOCK

    def sample(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """An image plane of any size resampled to the grid, float32 in the same units."""
        return _resample(image, self.size_px)


def _resample(plane: NDArray[np.float32], size_px: tuple[int, int]) -> NDArray[np.float32]:
    height, width = size_px
    if plane.shape == (height, width):
        return plane
    shrinking = plane.shape[0] > height
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(plane, (width, height), interpolation=method), dtype=np.float32)


def strips(rows: int) -> Iterator[slice]:
    """The rows of a picture, so few at a time that what is made of them stays in a cache."""
    return (slice(start, start + _STRIP_ROWS) for start in range(0, rows, _STRIP_ROWS))


def luminance(pixels: Pixels) -> NDArray[np.float32]:
    """Luma (BT.601) of H×W×3 RGB pixels, H×W float32 in grey levels 0–255 whatever the bit depth."""
    unit = np.float32(255 / np.iinfo(pixels.dtype).max)
    luma = np.empty(pixels.shape[:2], dtype=np.float32)
    for strip in strips(len(pixels)):
        luma[strip] = cv2.cvtColor(pixels[strip].astype(np.float32), cv2.COLOR_RGB2GRAY)
    return luma if unit == 1 else luma * unit
