"""Structural similarity, at one scale and at five.

In float32, with grey levels from −128 to 127 so that squares stay precise, and in buffers that are used again: most of
the time of a plain version goes into asking for memory. Values are within 1e-5 of the same formulas in float64.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["halved", "ms_ssim", "ssim"]

_Values = NDArray[np.float32]
_WHITE = 255.0
_MIDDLE = np.float32(128)
_LUMINANCE_FLOOR = np.float32((0.01 * _WHITE) ** 2)
_CONTRAST_FLOOR = np.float32((0.03 * _WHITE) ** 2)
_WINDOW_PX = 11
_WINDOW_SIGMA_PX = 1.5
_INSIDE = slice(_WINDOW_PX // 2, -(_WINDOW_PX // 2))
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim(first: NDArray[Any], second: NDArray[Any], *, data_range: float) -> float:
    """Structural similarity, 1 for equal pictures; channels averaged.

    Args:
        first: H×W or H×W×C, any real dtype.
        second: The same shape.
        data_range: Distance from black to white.

    Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004: 11×11
    Gaussian window of 1.5 px, K = (0.01, 0.03), averaged where the window fits.
    """
    comparison = _Comparison(first.shape[0] * first.shape[1])
    pairs = zip(_channels(first, data_range), _channels(second, data_range), strict=True)
    return float(np.mean([comparison.similarity(one, other, whole=True) for one, other in pairs]))


def ms_ssim(first: NDArray[Any], second: NDArray[Any], *, data_range: float) -> float:
    """Structural similarity over five scales, 1 for equal pictures; channels averaged.

    Args:
        first: H×W or H×W×C, any real dtype, short side at least 176 px.
        second: The same shape.
        data_range: Distance from black to white.

    Raises:
        ValueError: The pictures are too small for five scales.

    Source: Wang et al., "Multiscale structural similarity for image quality assessment", 2003. Negative
    contrast-structure terms count as 0.
    """
    if min(first.shape[:2]) < _WINDOW_PX * 2 ** (len(_SCALE_WEIGHTS) - 1):
        raise ValueError(f"ms_ssim needs a short side of 176 px or more: got {first.shape[1]}x{first.shape[0]}")
    comparison = _Comparison(first.shape[0] * first.shape[1])
    pairs = zip(_channels(first, data_range), _channels(second, data_range), strict=True)
    return float(np.mean([_over_scales(comparison, one, other) for one, other in pairs]))


def halved(plane: NDArray[Any]) -> NDArray[Any]:
    """Means of 2×2 pixels of an H×W float plane; an odd last row or column is left out."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    return np.asarray(cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))


def _channels(picture: NDArray[Any], data_range: float) -> list[_Values]:
    """Each channel as H×W float32, black at −128 and white at 127."""
    planes = np.moveaxis(picture.reshape(*picture.shape[:2], -1), 2, 0)
    return [plane.astype(np.float32) * np.float32(_WHITE / data_range) - _MIDDLE for plane in planes]


def _over_scales(comparison: "_Comparison", first: _Values, second: _Values) -> float:
    product, coarsest = 1.0, len(_SCALE_WEIGHTS) - 1
    for scale, weight in enumerate(_SCALE_WEIGHTS):
        product *= max(comparison.similarity(first, second, whole=scale == coarsest), 0.0) ** weight
        first, second = halved(first), halved(second)
    return product


class _Comparison:
    """Compares planes of up to so many pixels in five buffers of its own."""

    def __init__(self, pixels: int) -> None:
        self._room = [np.empty(pixels, np.float32) for _ in range(5)]

    def similarity(self, first: _Values, second: _Values, *, whole: bool) -> float:
        """Mean over all windows of the structural similarity, or of its contrast-structure factor alone."""
        mean_a, mean_b, structure, spread, product = (
            buffer[: first.size].reshape(first.shape) for buffer in self._room
        )
        _averaged(np.multiply(first, second, out=product), structure)
        np.multiply(first, first, out=product)
        product += np.multiply(second, second, out=mean_a)
        _averaged(product, spread)
        _averaged(first, mean_a)
        _averaged(second, mean_b)
        structure -= np.multiply(mean_a, mean_b, out=product)
        spread -= np.multiply(mean_a, mean_a, out=product)
        spread -= np.multiply(mean_b, mean_b, out=product)
        structure *= 2
        structure += _CONTRAST_FLOOR
        spread += _CONTRAST_FLOOR
        structure /= spread
        if whole:
            structure *= _brightness(mean_a, mean_b, product)
        return float(structure[_INSIDE, _INSIDE].mean(dtype=np.float64))


def _averaged(plane: _Values, out: _Values) -> None:
    """Gaussian averages around every place; near the edges of no meaning."""
    cv2.GaussianBlur(plane, (_WINDOW_PX, _WINDOW_PX), _WINDOW_SIGMA_PX, dst=out)


def _brightness(mean_a: _Values, mean_b: _Values, out: _Values) -> _Values:
    """How alike local means are, which still are around the middle grey and are used up."""
    mean_a += _MIDDLE
    mean_b += _MIDDLE
    np.multiply(mean_a, mean_b, out=out)
    out *= 2
    out += _LUMINANCE_FLOOR
    mean_a *= mean_a
    mean_b *= mean_b
    mean_a += mean_b
    mean_a += _LUMINANCE_FLOOR
    out /= mean_a
    return out
