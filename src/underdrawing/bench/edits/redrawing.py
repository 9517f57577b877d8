"""A picture drawn anew by an autoencoder: our tokenizer, tile by tile, at full size.

::

    picture ─► tiles of 256², 32 px over each other ─► 16380 bits each ─► painted again ─► faded into one picture

Everything coarse stays where it was, and every pixel is new, as after the autoencoder of a latent diffusion model.
Source: ours; tiles as in the tiled decoding of such models.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import CANVAS

__all__ = ["redrawn", "redrawn_inside"]

_OVERLAP_PX = 32
_FEATHER = 0.01


def redrawn(pixels: Pixels) -> Pixels:
    """The whole picture, drawn anew.

    Args:
        pixels: H×W×3 uint8 RGB, any size; a side below 256 is drawn on an enlarged canvas.

    Returns:
        H×W×3 uint8 RGB.
    """
    height, width = pixels.shape[:2]
    total = np.zeros((height, width, 3), dtype=np.float32)
    weights = np.zeros((height, width, 1), dtype=np.float32)
    for top in _starts(height):
        for left in _starts(width):
            window = np.s_[top : top + CANVAS, left : left + CANVAS]
            tile = _redrawn_tile(np.ascontiguousarray(pixels[window]))
            weight = _ramp(tile.shape[0])[:, None, None] * _ramp(tile.shape[1])[None, :, None]
            total[window] += weight * tile
            weights[window] += weight
    return np.asarray(np.clip(np.rint(total / weights), 0, 255), dtype=np.uint8)


def redrawn_inside(pixels: Pixels, mask: Mask) -> Pixels:
    """The region drawn anew with some of its surroundings in view; its edge fades in over 1 % of the short side.

    Args:
        pixels: H×W×3 uint8 RGB.
        mask: H×W bool, True where to draw; not empty.

    Returns:
        H×W×3 uint8 RGB, bit-exact outside the mask.
    """
    top, bottom = _extent(np.nonzero(mask)[0], mask.shape[0])
    left, right = _extent(np.nonzero(mask)[1], mask.shape[1])
    window = np.s_[top:bottom, left:right]
    feather_px = max(1.0, _FEATHER * min(mask.shape))
    depth_px = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[window]
    weight = np.clip(depth_px / feather_px, 0, 1)[..., None]
    result = pixels.copy()
    blended = weight * redrawn(np.ascontiguousarray(pixels[window])) + (1 - weight) * pixels[window]
    result[window] = np.rint(blended).astype(np.uint8)
    return result


def _redrawn_tile(tile: Pixels) -> Pixels:
    """A tile of at most 256² px, through its tokens and back."""
    painted = tokenizer().decode(tokenizer().encode(tile))
    size = (tile.shape[1], tile.shape[0])
    if painted.shape == tile.shape:
        return painted
    return np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _starts(size: int) -> list[int]:
    """Where tiles of 256 begin so that they cover a side, each at least 32 px over the next one."""
    if size <= CANVAS:
        return [0]
    count = -(-(size - _OVERLAP_PX) // (CANVAS - _OVERLAP_PX))
    return [round(index * (size - CANVAS) / (count - 1)) for index in range(count)]


def _ramp(size: int) -> NDArray[np.float32]:
    """The weight of a tile across: rising from its ends over the overlap, nowhere 0."""
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]) + 1
    return np.minimum(distance / _OVERLAP_PX, 1.0).astype(np.float32)


def _extent(places: NDArray[np.intp], size: int) -> tuple[int, int]:
    """Where drawing begins and ends along a side: a region and what is around, 256 px where the picture has them."""
    first, last = int(places.min()) - _OVERLAP_PX, int(places.max()) + 1 + _OVERLAP_PX
    missing = max(0, CANVAS - (last - first))
    first = max(0, min(first - missing // 2, size - CANVAS))
    return first, min(size, max(last, first + CANVAS))
