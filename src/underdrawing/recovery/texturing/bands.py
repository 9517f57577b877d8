"""Bands of a picture: how fine its detail is, which way it runs, and in luminance or colour.

Three octaves of four directions for luminance and three octaves for each of two colour differences, each a filter of
the Fourier transform. The filters of a plane are a tight frame above a period of some 20 pixels: what they take apart
and are applied to again adds up to what it was.

Source: steerable pyramids, Simoncelli and Freeman, "The steerable pyramid: a flexible architecture for multi-scale
derivative computation" (1995).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["BANDS", "CANVAS_PX", "GRID", "OCTAVES", "differences", "filters", "rgb_of", "sizes"]

CANVAS_PX = 256
"""Side in pixels of the square on which pictures are painted from codes."""
GRID = 64
"""Places along each side at which the strength of a band is told."""
_CENTRES = (0.375, 0.1875, 0.09375)
"""Cycles per pixel, the finest first."""
_DIRECTIONS = 4
_PLANES = ((_DIRECTIONS, 0), (1, 1), (1, 2))
"""How many directions, of which plane."""
BANDS = tuple(plane for directions, plane in _PLANES for _ in range(directions * len(_CENTRES)))
"""The plane of each band: 0 luminance, 1 blue minus luminance, 2 red minus luminance."""
OCTAVES = np.array(
    [3 * plane + octave for directions, plane in _PLANES for octave in range(len(_CENTRES)) for _ in range(directions)]
)
"""The octave of each band, those of luminance and of the colour differences apart: the same number, the same octave."""
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114

Planes = NDArray[np.float32]


@cache
def filters() -> Planes:
    """What each band lets through: (18, 256, 129) float32, for ``numpy.fft.rfft2`` of a plane of 256×256."""
    down, across = np.fft.fftfreq(CANVAS_PX)[:, None], np.fft.rfftfreq(CANVAS_PX)[None]
    radius, angle = np.maximum(np.hypot(down, across), 1e-9), np.arctan2(down, across)
    kept = [
        _octave(radius, centre, finest=number == 0) * _direction(angle, turn, directions)
        for directions, _ in _PLANES
        for number, centre in enumerate(_CENTRES)
        for turn in range(directions)
    ]
    return np.stack(kept).astype(np.float32)


def differences(picture: NDArray[np.generic]) -> Planes:
    """Luminance and the two colour differences of a picture (256, 256, 3) RGB: (3, 256, 256) float32."""
    red, green, blue = (picture[..., channel].astype(np.float32) for channel in range(3))
    luminance = _RED * red + _GREEN * green + _BLUE * blue
    return np.stack([luminance, blue - luminance, red - luminance])


def sizes(picture: NDArray[np.generic]) -> Planes:
    """How strong each band of a picture (256, 256, 3) RGB is by place: (18, 64, 64) float32, mean absolute values."""
    spectra = np.fft.rfft2(differences(picture))
    parts = np.fft.irfft2(spectra[list(BANDS)] * filters())
    side = CANVAS_PX // GRID
    return np.asarray(np.abs(parts).reshape(-1, GRID, side, GRID, side).mean(axis=(2, 4)), dtype=np.float32)


def rgb_of(planes: Planes) -> Planes:
    """The picture (256, 256, 3) RGB that ``differences`` makes such planes of."""
    luminance, blue, red = planes
    green = -(_RED * red + _BLUE * blue) / _GREEN
    return np.stack([luminance + red, luminance + green, luminance + blue], axis=-1)


def _octave(radius: NDArray[np.float64], centre: float, *, finest: bool) -> NDArray[np.float64]:
    """1 at a frequency, falling to 0 at half and at double of it; the finest does not fall above."""
    octaves = np.log2(radius / centre)
    if finest:
        octaves = np.minimum(octaves, 0)
    return np.where(np.abs(octaves) < 1, np.cos(np.pi / 2 * octaves), 0)


def _direction(angle: NDArray[np.float64], turn: int, directions: int) -> NDArray[np.float64]:
    """How much a band lets through of each direction; the squares of all add up to 1."""
    if directions == 1:
        return np.ones_like(angle)
    return np.asarray(np.abs(np.cos(angle - np.pi * turn / directions)) ** 3 / np.sqrt(5 / 16 * directions))
