"""Forgeries to learn outlines from: pictures at the sizes of the working grids, regions, edits, attacks.

The pictures of the training set are 256 pixels wide, so they are enlarged, some with grain. That makes them smoother
than photographs of that size, but the network looks at the canvas, on which they are as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.masks import random_mask as training_mask
from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.edits.masks import Shape, random_mask
from underdrawing.bench.edits.tampering import Kind, tamper

__all__ = ["Forgery", "attacked", "enlarged", "forged", "random_attack", "random_size"]

_SIZES = ((512, 512), (512, 768), (768, 512), (640, 640), (1024, 1024), (256, 256), (341, 512))
_SIZE_CHANCES = (0.28, 0.28, 0.09, 0.07, 0.13, 0.1, 0.05)
_CUBIC_CHANCE, _GRAIN_CHANCE, _MOST_GRAIN = 0.7, 0.6, 4.0
_ATTACKS = (
    *("png",) * 6,
    *("jpeg70",) * 3,
    *("jpeg85", "jpeg75", "jpeg75", "jpeg50", "webp75", "resize0.7+jpeg80", "resize0.5+jpeg80", "jpeg80+jpeg70"),
    *("noise6", "brightness1.15", "contrast0.85", "gamma1.2"),
)
_LEAST_SHARE, _MOST_SHARE = 0.01, 0.6
_SHAPE_CHANCE = 0.6
_SMALLEST, _LARGEST = 0.008, 0.7
_KINDS = (
    *(Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.COPY_MOVE, Kind.REMOVAL, Kind.REGENERATION, Kind.TEXT, Kind.RECOLOUR),
)
_KIND_CHANCES = (0.17, 0.15, 0.17, 0.16, 0.15, 0.14, 0.06)
_OTHER_EDITS = ("kind", "soft", "blur", "pixels", "flat", "poisson")
_OTHER_CHANCES = (0.75, 0.05, 0.05, 0.05, 0.04, 0.06)

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Forgery:
    """A doctored picture and the truth about it: H×W×3 uint8 RGB, and H×W bool, True where it was changed."""

    pixels: Pixels
    mask: Mask


def random_size(rng: np.random.Generator) -> tuple[int, int]:
    """Height and width, so that all working grids take part, the middle one most."""
    return _SIZES[int(rng.choice(len(_SIZES), p=_SIZE_CHANCES))]


def random_attack(rng: np.random.Generator) -> str:
    """The name of what a forgery goes through; nothing most often, then JPEG 70."""
    return _ATTACKS[int(rng.integers(len(_ATTACKS)))]


def enlarged(picture: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """A picture (256×256×3) at a size (height, width), some with grain."""
    how = cv2.INTER_CUBIC if rng.random() < _CUBIC_CHANCE else cv2.INTER_LANCZOS4
    large = np.asarray(cv2.resize(picture, size[::-1], interpolation=how), dtype=np.uint8)
    strength = rng.uniform(0, _MOST_GRAIN)
    if rng.random() >= _GRAIN_CHANCE:
        return large
    grain = rng.standard_normal((*size, 1), dtype=np.float32) * np.float32(strength)
    return np.clip(large + grain, 0, 255).astype(np.uint8)


def forged(marked: Pixels, donor: Pixels, rng: np.random.Generator) -> Forgery:
    """A forgery of a protected picture: random region, random edit."""
    mask = _region(marked.shape[0], marked.shape[1], rng)
    edited = _edited(marked, donor, mask, rng)
    return Forgery(np.ascontiguousarray(np.where(mask[..., None], edited, marked)), mask)


def attacked(forgery: Forgery, name: str, rng: np.random.Generator) -> Pixels:
    """What is left of it after an attack."""
    return pixelwise.get(name).apply(forgery.pixels, rng)


def _region(height: int, width: int, rng: np.random.Generator) -> Mask:
    """As the benchmark draws them, or as the other networks are trained with."""
    if rng.random() < _SHAPE_CHANCE:
        share = float(np.exp(rng.uniform(np.log(_LEAST_SHARE), np.log(_MOST_SHARE))))
        shape = list(Shape)[int(rng.integers(4))]
        return random_mask(shape, height=height, width=width, fraction=share, rng=rng)
    while True:
        small = training_mask(rng).astype(np.float32)
        mask = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5)
        if _SMALLEST <= mask.mean() <= _LARGEST:
            return mask


def _edited(marked: Pixels, donor: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    """The edit everywhere it needs to be; only what is inside the mask is used."""
    edit = _OTHER_EDITS[int(rng.choice(len(_OTHER_EDITS), p=_OTHER_CHANCES))]
    if edit == "soft":
        return _softly_spliced(marked, donor, mask, rng)
    if edit == "blur":
        return np.asarray(cv2.GaussianBlur(marked, (0, 0), rng.uniform(2, 10)), dtype=np.uint8)
    if edit == "pixels":
        return _coarse(marked, int(rng.integers(6, 24)))
    if edit == "flat":
        noise = rng.normal(0, rng.uniform(0, 5), marked.shape)
        return np.clip(rng.integers(0, 256, 3) + noise, 0, 255).astype(np.uint8)
    if edit == "poisson":
        return _cloned(marked, donor, mask, rng)
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_KIND_CHANCES))]
    return tamper(marked, kind=kind, rng=rng, donor=donor, mask=mask).pixels


def _softly_spliced(marked: Pixels, donor: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.5, 2.5))[..., None]
    spliced = tamper(marked, kind=Kind.SPLICE, rng=rng, donor=donor, mask=mask).pixels
    return np.clip(weight * spliced + (1 - weight) * marked, 0, 255).astype(np.uint8)


def _coarse(marked: Pixels, side_px: int) -> Pixels:
    height, width = marked.shape[:2]
    small = cv2.resize(marked, (width // side_px, height // side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def _cloned(marked: Pixels, donor: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
    """Gradients of another picture, its edge that of this one (OpenCV's seamless cloning)."""
    kind = Kind.SPLICE if rng.random() < 0.6 else Kind.COPY_MOVE
    source = tamper(marked, kind=kind, rng=rng, donor=donor, mask=np.ones_like(mask)).pixels
    inside = mask.astype(np.uint8) * 255
    inside[[0, -1]], inside[:, [0, -1]] = 0, 0
    rows, columns = np.nonzero(inside)
    centre = (int(columns.min() + columns.max()) // 2, int(rows.min() + rows.max()) // 2)
    try:
        return np.asarray(cv2.seamlessClone(source, marked, inside, centre, cv2.NORMAL_CLONE), dtype=np.uint8)
    except cv2.error:  # it refuses regions that reach too near to the border
        return source
