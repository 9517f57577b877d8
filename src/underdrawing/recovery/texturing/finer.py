"""Texture finer than what was painted: at the suspect's own size, as strong as around the region.

What is painted has 256 pixels a side; enlarged to a suspect of a thousand, its two finest octaves are empty. How strong
they are by the finest octave that is there can be measured in the surroundings; noise of this strength goes into the
region. It is luminance alone, for that is what fine detail mostly is, and it is made up.

Source: ours.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.recovery.texturing.bands import CANVAS_PX, GRID

__all__ = ["refined"]

_AMOUNT = 0.7
_WIDTH = 0.45
"""Standard deviation of the blur that leaves what a pixel can show, in pixels."""
_WIDE = 5.0
"""Pixels: a blur that leaves little for every other pixel to show."""
_MARGIN = 1 / 8
"""How far around the region is looked, as a share of the picture."""
_REACH = GRID / 8
"""Over how many of 64×64 places the surroundings are averaged."""
_LEAST = 1e-4
"""Of the range of a pixel: octaves that are weaker than that are none."""
_LUMINANCE = (0.299, 0.587, 0.114)

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Plane = NDArray[np.float32]


def refined(painted: Pixels, mask: NDArray[np.bool_]) -> Pixels:
    """A painted region with finer texture, the same one every time.

    Args:
        painted: H×W×3 RGB, uint8 or uint16, the suspect with its region painted.
        mask: H×W bool, the region.

    Returns:
        H×W×3, the same type; equal to ``painted`` outside the mask, and everywhere where there is nothing
        around the region to go by or no finer octave.
    """
    widths = _widths(_WIDTH * float(np.sqrt(mask.size)) / CANVAS_PX)
    if len(widths) < 3 or not mask.any() or mask.all():
        return painted
    window = _window(mask)
    peak = np.iinfo(painted.dtype).max
    texture = _texture(painted[window], mask[window], widths, least=_LEAST * peak)
    result, depth = painted.copy(), cv2.CV_8U if painted.dtype == np.uint8 else cv2.CV_16U
    for channel in range(3):
        textured = cv2.add(cv2.extractChannel(painted[window], channel), texture, dtype=depth)
        np.copyto(result[window][..., channel], textured, where=mask[window])
    return result


def _texture(painted: Pixels, mask: NDArray[np.bool_], widths: list[float], *, least: float) -> Plane:
    """What to add to the luminance of a painted picture, h×w."""
    reach = np.ones((2 * math.ceil(widths[-1]) + 1,) * 2, np.uint8)
    untouched = (cv2.dilate(mask.view(np.uint8), reach) == 0).astype(np.float32)
    if not untouched.any():
        return np.zeros(mask.shape, np.float32)
    plane, noise = _luminance(painted), np.random.default_rng(0).standard_normal(mask.shape, np.float32)
    finest = np.abs(_octave(plane, *widths[-2:]))
    usual, strong = _gathered(finest * untouched), _blurred(finest, 4 * widths[-2])
    texture = np.zeros(mask.shape, np.float32)
    for fine, coarse in itertools.pairwise(widths[:-1]):
        share = _gathered(np.abs(_octave(plane, fine, coarse)) * untouched) / np.maximum(usual, least)
        made = _octave(noise, fine, coarse)
        texture += cv2.resize(share, mask.shape[::-1], interpolation=cv2.INTER_LINEAR) * made / np.abs(made).mean()
    return np.asarray(_AMOUNT * strong * texture, dtype=np.float32)


def _widths(painted: float) -> list[float]:
    """Widths of blur between octaves, the finest first: those finer than what was painted, and then its own finest."""
    halvings = max(0, math.ceil(math.log2(painted / _WIDTH) - 0.25))
    finer = [painted / 2**number for number in range(halvings - 1, 0, -1)]
    return [0.0, *finer, painted, 2 * painted] if halvings else [painted, 2 * painted]


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the region and of what is looked at around it."""
    places = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    spans = zip(places, mask.shape, strict=True)
    rows, columns = (
        slice(max(int(at[0] - _MARGIN * length), 0), int(at[-1] + _MARGIN * length) + 1) for at, length in spans
    )
    return rows, columns


def _luminance(picture: Pixels) -> Plane:
    luminance = np.zeros(picture.shape[:2], np.float32)
    for channel, share in enumerate(_LUMINANCE):
        luminance += np.float32(share) * picture[..., channel]
    return luminance


def _octave(plane: Plane, fine: float, coarse: float) -> Plane:
    """What a plane shows between two widths of blur."""
    return _blurred(plane, fine) - _blurred(plane, coarse)


def _blurred(plane: Plane, width: float) -> Plane:
    """A plane, blurred; a wide blur at a quarter of the size, which is ten times as fast."""
    if not width:
        return plane
    if width < _WIDE:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), width), dtype=np.float32)
    height, across = plane.shape
    small = cv2.resize(plane, (max(across // 4, 1), max(height // 4, 1)), interpolation=cv2.INTER_AREA)
    blurred = _blurred(np.asarray(small, np.float32), width / 4)
    return np.asarray(cv2.resize(blurred, (across, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _gathered(plane: Plane) -> Plane:
    """Means of the surroundings of each of 64×64 places."""
    small = cv2.resize(plane, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _REACH), dtype=np.float32)
