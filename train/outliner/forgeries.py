"""Forgeries to learn outlines from: pictures at the sizes of the working grids, regions, edits, attacks.

The pictures of the training set are 256 pixels wide, so most are enlarged, some with grain. That makes them smoother
than photographs of that size, so others are laid side by side as they are, which is as fine as a photograph gets.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.masks import random_mask as training_mask
from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.edits.masks import Shape, random_mask
from underdrawing.bench.edits.outlines import object_mask
from underdrawing.bench.edits.tampering import Kind, tamper

__all__ = ["Forgery", "attacked", "enlarged", "forged", "random_attack", "random_scene", "random_size"]

_SIZES = ((512, 512), (512, 768), (768, 512), (640, 640), (1024, 1024), (256, 256), (341, 512))
_SIZE_CHANCES = (0.4, 0.2, 0.08, 0.06, 0.13, 0.09, 0.04)
_MOSAIC_CHANCE = 0.25
_CUBIC_CHANCE, _GRAIN_CHANCE, _MOST_GRAIN = 0.7, 0.6, 4.0
_ATTACKS = (
    *("png",) * 6,
    *("jpeg70",) * 4,
    *("jpeg85", "jpeg75", "jpeg75", "jpeg50", "webp75", "resize0.7+jpeg80", "resize0.5+jpeg80", "jpeg80+jpeg70"),
    *("noise6", "brightness1.15", "contrast0.85", "gamma1.2"),
)
_LEAST_SHARE, _MOST_SHARE = 0.01, 0.6
_OBJECT_CHANCE, _SHAPE_CHANCE = 0.3, 0.4
_SMALLEST, _LARGEST = 0.008, 0.7
_KINDS = (
    *(Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.COPY_MOVE, Kind.REMOVAL, Kind.REGENERATION, Kind.TEXT, Kind.RECOLOUR),
    Kind.AUTOENCODER,
)
_KIND_CHANCES = (0.14, 0.13, 0.13, 0.13, 0.12, 0.09, 0.14, 0.12)
_PASTED = frozenset({Kind.SPLICE, Kind.BLENDED_SPLICE})
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


def random_scene(pictures: NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """A picture at a size (height, width) from n×256×256×3: one of them enlarged, or several side by side."""
    if min(size) >= 2 * pictures.shape[1] and rng.random() < _MOSAIC_CHANCE:
        return _mosaic(pictures, size, rng)
    picture = pictures[rng.integers(len(pictures))]
    return enlarged(picture[:, ::-1] if rng.random() < 0.5 else picture, size, rng)


def _mosaic(pictures: NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    down, across = (-(-length // pictures.shape[1]) for length in size)
    rows = [np.hstack([pictures[rng.integers(len(pictures))] for _ in range(across)]) for _ in range(down)]
    return np.ascontiguousarray(np.vstack(rows)[: size[0], : size[1]])


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
    """A forgery of a protected picture: random edit, random region."""
    edit = _OTHER_EDITS[int(rng.choice(len(_OTHER_EDITS), p=_OTHER_CHANCES))]
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_KIND_CHANCES))] if edit == "kind" else None
    seed = int(rng.integers(2**63))
    mask = _region(_shown(marked, donor, kind, seed), rng)
    if kind is None:
        edited = _edited(marked, donor, mask, edit, rng)
    else:
        edited = tamper(marked, kind=kind, rng=np.random.default_rng(seed), donor=donor, mask=mask).pixels
    return Forgery(np.ascontiguousarray(np.where(mask[..., None], edited, marked)), mask)


def _shown(marked: Pixels, donor: Pixels, kind: Kind | None, seed: int) -> Pixels:
    """What an outline follows: what is pasted, or else the picture."""
    if kind not in _PASTED:
        return marked
    everywhere = np.ones(marked.shape[:2], dtype=np.bool_)
    rng = np.random.default_rng(seed)
    return tamper(marked, kind=Kind.SPLICE, rng=rng, donor=donor, mask=everywhere).pixels


def attacked(forgery: Forgery, name: str, rng: np.random.Generator) -> Pixels:
    """What is left of it after an attack."""
    return pixelwise.get(name).apply(forgery.pixels, rng)


def _region(shown: Pixels, rng: np.random.Generator) -> Mask:
    """As the benchmark draws them, along objects or in plain shapes, or as the other networks are trained with."""
    height, width = shown.shape[:2]
    share = float(np.exp(rng.uniform(np.log(_LEAST_SHARE), np.log(_MOST_SHARE))))
    form = rng.random()
    if form < _OBJECT_CHANCE:
        return object_mask(shown, fraction=share, rng=rng)
    if form < _OBJECT_CHANCE + _SHAPE_CHANCE:
        shape = list(Shape)[int(rng.integers(4))]
        return random_mask(shape, height=height, width=width, fraction=share, rng=rng)
    while True:
        small = training_mask(rng).astype(np.float32)
        mask = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5)
        if _SMALLEST <= mask.mean() <= _LARGEST:
            return mask


def _edited(marked: Pixels, donor: Pixels, mask: Mask, edit: str, rng: np.random.Generator) -> Pixels:
    """The edit everywhere it needs to be; only what is inside the mask is used."""
    if edit == "soft":
        return _softly_spliced(marked, donor, mask, rng)
    if edit == "blur":
        return np.asarray(cv2.GaussianBlur(marked, (0, 0), rng.uniform(2, 10)), dtype=np.uint8)
    if edit == "pixels":
        return _coarse(marked, int(rng.integers(6, 24)))
    if edit == "flat":
        noise = rng.normal(0, rng.uniform(0, 5), marked.shape)
        return np.clip(rng.integers(0, 256, 3) + noise, 0, 255).astype(np.uint8)
    assert edit == "poisson"
    return _cloned(marked, donor, mask, rng)


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
