"""Edits that put other content into a region: from another picture, from the same one, drawn, or repainted."""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.scene import Scene

__all__ = ["blended_splice", "copy_move", "recolour", "regeneration", "splice", "text"]


def splice(scene: Scene) -> Pixels:
    """A random part of the donor, enlarged only if it is smaller than the picture."""
    height, width = scene.mask.shape
    donor, rng = scene.donor, scene.rng
    scale = max(height / donor.shape[0], width / donor.shape[1], 0.5)
    size = (max(width, round(donor.shape[1] * scale)), max(height, round(donor.shape[0] * scale)))
    covering = cv2.resize(donor, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top = rng.integers(covering.shape[0] - height, endpoint=True)
    left = rng.integers(covering.shape[1] - width, endpoint=True)
    return np.asarray(covering[top : top + height, left : left + width], dtype=np.uint8)


def blended_splice(scene: Scene) -> Pixels:
    """Colours get the mean and deviation of what is around; the edge fades in over 1 % of the short side."""
    pixels, mask = scene.pixels, scene.mask
    spliced = splice(scene).astype(np.float32)
    inside, outside = spliced[mask], pixels[~mask].astype(np.float32)
    gain = np.clip(outside.std(axis=0) / (inside.std(axis=0) + 1.0), 0.5, 2.0)
    matched = (spliced - inside.mean(axis=0)) * gain + outside.mean(axis=0)
    feather_px = max(1.0, 0.01 * min(mask.shape))
    depth_px = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    weight = np.clip(depth_px / feather_px, 0, 1)[..., None]
    return _clip(weight * matched + (1 - weight) * pixels)


def copy_move(scene: Scene) -> Pixels:
    """The picture moved by a fifth to four fifths of its size, around its edges."""
    height, width = scene.mask.shape
    shift = (int(scene.rng.uniform(0.2, 0.8) * height), int(scene.rng.uniform(0.2, 0.8) * width))
    return np.roll(scene.pixels, shift, axis=(0, 1))


def regeneration(scene: Scene) -> Pixels:
    """What is left of the region at 1/12 of the size, with new noise of photographic strength on several scales."""
    height, width = scene.mask.shape
    coarse_size = (max(2, width // 12), max(2, height // 12))
    coarse = cv2.resize(scene.pixels, coarse_size, interpolation=cv2.INTER_AREA)
    redrawn = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    for octave in (1, 2, 4, 8):
        noise = scene.rng.standard_normal((height // octave + 1, width // octave + 1), dtype=np.float32)
        redrawn += 3.0 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return _clip(redrawn)


def text(scene: Scene) -> Pixels:
    """A plate with lines of letters."""
    height, width = scene.mask.shape
    rng = scene.rng
    paper, ink = ((250, 250, 245), (15, 15, 20)) if rng.random() < 0.5 else ((20, 25, 40), (245, 240, 220))
    plate = np.full(scene.pixels.shape, paper, dtype=np.uint8)
    line_px = max(10, height // 24)
    for baseline in range(line_px, height + line_px, line_px):
        words = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz     "), width * 2 // line_px))
        cv2.putText(plate, words, (0, baseline), cv2.FONT_HERSHEY_SIMPLEX, line_px / 36, ink, max(1, line_px // 16))
    return plate


def recolour(scene: Scene) -> Pixels:
    """Hues turned by at least a quarter of the circle, greys made coloured."""
    hsv = cv2.cvtColor(scene.pixels, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += np.uint8(scene.rng.integers(64, 192))
    hsv[..., 1] = np.maximum(hsv[..., 1], 90)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def _clip(values: NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
