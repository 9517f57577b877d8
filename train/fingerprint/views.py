"""Copies of a picture as they are met: cropped, overlaid, framed, turned, compressed, in other tones.

Everything is done at the small size the network sees, in the order in which it happens to a picture. Mirror images are
not among them: whoever searches asks for those too. Pictures are
256×256×3 RGB uint8; a view is 128×128×3 uint8 with its hidden part, 128×128 bool.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from train.copies import compressed
from underdrawing.fingerprint import SIDE_PX

__all__ = ["View", "copy_of", "original"]

_SIDE = 256
Picture = NDArray[np.uint8]
Random = np.random.Generator


class View(NamedTuple):
    """What the network sees.

    Attributes:
        pixels: 128×128×3 RGB uint8.
        hidden: 128×128 uint8, 1 where the picture is known to be another's.
    """

    pixels: Picture
    hidden: Picture


def original(picture: Picture) -> View:
    """The picture as it is."""
    return View(_small(picture), np.zeros((SIDE_PX, SIDE_PX), np.uint8))


def copy_of(picture: Picture, other: Picture, rng: Random) -> View:
    """A copy that went through much; what is pasted into it and around it is of another picture."""
    hidden = np.zeros((_SIDE, _SIDE), np.uint8)
    if rng.random() < 0.55:
        picture, hidden = _replaced(picture, other, rng)
    if rng.random() < 0.75:
        picture, hidden = _cropped(picture, hidden, rng)
    view = View(_small(picture), np.asarray(cv2.resize(hidden, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_NEAREST)))
    if rng.random() < 0.2:
        view = _framed(view, other, rng)
    if rng.random() < 0.25:
        view = _turned(view, rng)
    return view._replace(pixels=_processed(view.pixels, rng))


def _small(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _replaced(picture: Picture, other: Picture, rng: Random) -> tuple[Picture, Picture]:
    """A region of 5 to 45 % taken from another picture; half of the time it is known which."""
    share = rng.uniform(0.05, 0.45)
    region = _box(share, rng) if rng.random() < 0.5 else _blob(share, rng)
    changed = np.where(region[..., None] > 0, other, picture)
    return changed, region if rng.random() < 0.5 else np.zeros_like(region)


def _box(share: float, rng: Random) -> Picture:
    region = np.zeros((_SIDE, _SIDE), np.uint8)
    aspect = float(np.exp(rng.uniform(-0.7, 0.7)))
    height, width = (
        int(np.clip(_SIDE * side, 8, _SIDE)) for side in ((share * aspect) ** 0.5, (share / aspect) ** 0.5)
    )
    top, left = rng.integers(0, _SIDE - height + 1), rng.integers(0, _SIDE - width + 1)
    region[top : top + height, left : left + width] = 1
    return region


def _blob(share: float, rng: Random) -> Picture:
    side = int(rng.integers(4, 12))
    height = cv2.resize(rng.normal(size=(side, side)).astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
    low = (height > np.quantile(height, 1 - share)).astype(np.uint8)
    return np.asarray(cv2.resize(low, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def _cropped(picture: Picture, hidden: Picture, rng: Random) -> tuple[Picture, Picture]:
    """Half to all of the area, stretched to a square again."""
    share, aspect = rng.uniform(0.45, 1.0), float(np.exp(rng.uniform(-0.25, 0.25)))
    height, width = (int(min(_SIDE, _SIDE * side)) for side in ((share * aspect) ** 0.5, (share / aspect) ** 0.5))
    top, left = rng.integers(0, _SIDE - height + 1), rng.integers(0, _SIDE - width + 1)
    rows, columns = slice(top, top + height), slice(left, left + width)
    return picture[rows, columns], hidden[rows, columns]


def _framed(view: View, other: Picture, rng: Random) -> View:
    """Shown within a larger page, as on a screenshot, or letterboxed."""
    page = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
    page[:] = _small(other) if rng.random() < 0.2 else rng.choice([0, 255, rng.integers(0, 256)])
    width, height = (int(SIDE_PX * side) for side in rng.uniform(0.65, 1.0, 2))
    if rng.random() < 0.5:
        width, height = (SIDE_PX, height) if rng.random() < 0.5 else (width, SIDE_PX)
    top, left = rng.integers(0, SIDE_PX - height + 1), rng.integers(0, SIDE_PX - width + 1)
    hidden = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    inside = np.s_[top : top + height, left : left + width]
    page[inside] = cv2.resize(view.pixels, (width, height), interpolation=cv2.INTER_AREA)
    hidden[inside] = cv2.resize(view.hidden, (width, height), interpolation=cv2.INTER_NEAREST)
    return View(page, hidden)


def _turned(view: View, rng: Random) -> View:
    """Turned by up to 12 degrees and slanted a little."""
    angle, zoom = rng.uniform(-12, 12), rng.uniform(0.95, 1.2)
    matrix = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), angle, zoom)
    matrix[:, :2] += rng.uniform(-0.04, 0.04, (2, 2))
    border = cv2.BORDER_REFLECT_101 if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    size = (SIDE_PX, SIDE_PX)
    return View(
        np.asarray(cv2.warpAffine(view.pixels, matrix, size, borderMode=border)),
        np.asarray(cv2.warpAffine(view.hidden, matrix, size, flags=cv2.INTER_NEAREST, borderMode=border)),
    )


def _processed(pixels: Picture, rng: Random) -> Picture:
    """Tones, size, sharpness, noise, compression."""
    if rng.random() < 0.5:
        pixels = _toned(pixels, rng)
    if rng.random() < 0.4:
        side = int(SIDE_PX * rng.uniform(0.35, 0.9))
        less = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(cv2.resize(less, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC))
    if rng.random() < 0.15:
        noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(2, 14))
        pixels = np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
    return compressed(pixels, int(rng.integers(25, 96))) if rng.random() < 0.65 else pixels


def _toned(pixels: Picture, rng: Random) -> Picture:
    """Gain, gamma and offset of all or of each channel; now and then without colour."""
    levels = np.arange(256)[:, None] / 255.0
    each = rng.uniform(0.9, 1.1, 3) if rng.random() < 0.4 else np.ones(3)
    gamma, gain, offset = np.exp(rng.uniform(-0.45, 0.45)), rng.uniform(0.7, 1.3), rng.uniform(-0.12, 0.12)
    table = np.clip(255 * (levels**gamma * gain * each + offset), 0, 255).astype(np.uint8)
    pixels = cv2.LUT(pixels, table[None])
    if rng.random() < 0.3:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None]
        colour = 0.0 if rng.random() < 0.5 else rng.uniform(0.2, 1.6)
        pixels = np.clip(grey + colour * (pixels.astype(np.float32) - grey), 0, 255).astype(np.uint8)
    return np.asarray(pixels, dtype=np.uint8)
