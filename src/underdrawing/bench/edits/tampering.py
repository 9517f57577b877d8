"""Edits that change what a picture shows, with the mask of what they touched.

Every edit is deterministic for a given random generator, and leaves every pixel outside its mask bit-exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask, Shape, random_mask
from underdrawing.errors import UsageError

__all__ = ["Kind", "Tampered", "inpaint_telea", "tamper"]

_INPAINTING_SIDE_PX = 256
_INPAINTING_RADIUS_PX = 3.0


class Kind(StrEnum):
    """What the forger does inside the region."""

    SPLICE = "splice"
    """Content of another photograph, with a hard edge."""
    BLENDED_SPLICE = "blended-splice"
    """Content of another photograph, its colours matched to the surroundings and its edge feathered."""
    COPY_MOVE = "copy-move"
    """Content from elsewhere in the same picture."""
    REMOVAL = "removal"
    """The region filled in from its surroundings, as if the object had never been there."""
    REGENERATION = "regeneration"
    """The region redrawn: the same coarse content, all fine detail new."""
    TEXT = "text"
    """A plain plate covered with writing."""
    RECOLOUR = "recolour"
    """Other colours, the shapes kept."""


@dataclass(frozen=True)
class Tampered:
    """A doctored picture and the truth about it.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        mask: H×W bool, True where the edit replaced the picture.
        kind: What was done there.
    """

    pixels: Pixels
    mask: Mask
    kind: Kind


_Edit = Callable[[Pixels, Mask, Pixels, np.random.Generator], Pixels]


def tamper(
    pixels: Pixels,
    *,
    kind: Kind,
    rng: np.random.Generator,
    donor: Pixels,
    fraction: float = 0.25,
    shape: Shape = Shape.BLOBS,
    mask: Mask | None = None,
) -> Tampered:
    """Doctor one region of a picture.

    Args:
        pixels: H×W×3 uint8 RGB; left untouched.
        kind: What to do inside the region.
        rng: Decides region and edit; the same state gives the same forgery.
        donor: Another photograph, any size ≥ 16 px, H'×W'×3 uint8 RGB; only splices look at it.
        fraction: Share of the area to change, unless ``mask`` is given.
        shape: Outline of the region, unless ``mask`` is given.
        mask: H×W bool, the region itself.

    Raises:
        UsageError: The mask has another shape than the picture, or the fraction is not a share of it.
    """
    height, width = pixels.shape[:2]
    if mask is None:
        mask = random_mask(shape, height=height, width=width, fraction=fraction, rng=rng)
    if mask.shape != (height, width):
        raise UsageError(
            f"cannot tamper: got a mask of shape {mask.shape}, expected {(height, width)} like the picture"
        )
    edited = _EDITS[kind](pixels, mask, donor, rng)
    return Tampered(np.where(mask[..., None], edited, pixels), mask, kind)


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


def _splice(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    """A random part of the donor, enlarged only if it is smaller than the picture."""
    height, width = mask.shape
    scale = max(height / donor.shape[0], width / donor.shape[1], 0.5)
    size = (max(width, round(donor.shape[1] * scale)), max(height, round(donor.shape[0] * scale)))
    covering = cv2.resize(donor, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top = rng.integers(covering.shape[0] - height, endpoint=True)
    left = rng.integers(covering.shape[1] - width, endpoint=True)
    return np.asarray(covering[top : top + height, left : left + width], dtype=np.uint8)


def _blended_splice(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    """Colours get the mean and deviation of what is around; the edge fades in over 1 % of the short side."""
    spliced = _splice(pixels, mask, donor, rng).astype(np.float32)
    inside, outside = spliced[mask], pixels[~mask].astype(np.float32)
    gain = np.clip(outside.std(axis=0) / (inside.std(axis=0) + 1.0), 0.5, 2.0)
    matched = (spliced - inside.mean(axis=0)) * gain + outside.mean(axis=0)
    feather_px = max(1.0, 0.01 * min(mask.shape))
    depth_px = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    weight = np.clip(depth_px / feather_px, 0, 1)[..., None]
    return _clip(weight * matched + (1 - weight) * pixels)


def _copy_move(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = mask.shape
    shift = (int(rng.uniform(0.2, 0.8) * height), int(rng.uniform(0.2, 0.8) * width))
    return np.roll(pixels, shift, axis=(0, 1))


def _removal(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    return inpaint_telea(pixels, mask)


def _regeneration(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    """What is left of the region at 1/12 of the size, with new noise of photographic strength on several scales."""
    height, width = mask.shape
    coarse_size = (max(2, width // 12), max(2, height // 12))
    coarse = cv2.resize(pixels, coarse_size, interpolation=cv2.INTER_AREA)
    redrawn = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    for octave in (1, 2, 4, 8):
        noise = rng.standard_normal((height // octave + 1, width // octave + 1), dtype=np.float32)
        redrawn += 3.0 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return _clip(redrawn)


def _text(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = mask.shape
    paper, ink = ((250, 250, 245), (15, 15, 20)) if rng.random() < 0.5 else ((20, 25, 40), (245, 240, 220))
    plate = np.full(pixels.shape, paper, dtype=np.uint8)
    line_px = max(10, height // 24)
    for baseline in range(line_px, height + line_px, line_px):
        words = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz     "), width * 2 // line_px))
        cv2.putText(plate, words, (0, baseline), cv2.FONT_HERSHEY_SIMPLEX, line_px / 36, ink, max(1, line_px // 16))
    return plate


def _recolour(pixels: Pixels, mask: Mask, donor: Pixels, rng: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += np.uint8(rng.integers(64, 192))
    hsv[..., 1] = np.maximum(hsv[..., 1], 90)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def _clip(values: NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_EDITS: dict[Kind, _Edit] = {
    Kind.SPLICE: _splice,
    Kind.BLENDED_SPLICE: _blended_splice,
    Kind.COPY_MOVE: _copy_move,
    Kind.REMOVAL: _removal,
    Kind.REGENERATION: _regeneration,
    Kind.TEXT: _text,
    Kind.RECOLOUR: _recolour,
}
