"""Removal: a region filled in from what is around it."""

import cv2
import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.edits.scene import Scene
from underdrawing.errors import UsageError

__all__ = ["generative_removal", "inpaint_telea", "removal"]

_INPAINTING_SIDE_PX = 256
_INPAINTING_RADIUS_PX = 3.0


def inpaint_telea(pixels: Pixels, mask: Mask, *, side_px: int = _INPAINTING_SIDE_PX) -> Pixels:
    """The region filled in from its surroundings by Telea's fast marching method.

    Args:
        pixels: H×W×3 uint8 RGB.
        mask: H×W bool, True where to fill in.
        side_px: The filling is computed with the long side reduced to this, then enlarged (0: at full size, slow).

    Returns:
        H×W×3 uint8 RGB, bit-exact outside the mask.

    Source: Telea, "An image inpainting technique based on the fast marching method", 2004; OpenCV's implementation.
    """
    height, width = mask.shape
    scale = min(1.0, side_px / max(height, width)) if side_px else 1.0
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small_mask = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(small, small_mask.astype(np.uint8), _INPAINTING_RADIUS_PX, cv2.INPAINT_TELEA)
    enlarged = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(mask[..., None], enlarged, pixels).astype(np.uint8)


def removal(scene: Scene) -> Pixels:
    """Telea's filling; every pixel of the region is new."""
    return inpaint_telea(scene.pixels, scene.mask)


def generative_removal(scene: Scene) -> Pixels:
    """What a generating network puts there.

    Raises:
        UsageError: There is no network.
    """
    if scene.inpainter is None:
        raise UsageError("a generative removal needs an inpainting network: give its weights, or leave this kind out")
    return scene.inpainter.fill(scene.pixels, scene.mask, seed=int(scene.rng.integers(2**31)))
