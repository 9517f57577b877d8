"""How alike two pictures are.

Pure functions over arrays. Pictures are H×W or H×W×C in any real dtype; ``data_range`` is the distance from black to
white (255 for 8-bit pictures) and always stated. Colour pictures are scored per channel and averaged, except where the
function says luminance.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.metrics.structural import halved, ms_ssim, ssim

__all__ = [
    "SmoothResidual",
    "gmsd",
    "inside_psnr_db",
    "luminance",
    "masked_psnr_db",
    "ms_ssim",
    "psnr_db",
    "smooth_area_residual",
    "ssim",
]

_Picture = NDArray[Any]
_Plane = NDArray[np.float64]


@dataclass(frozen=True)
class SmoothResidual:
    """What an edit adds where the eye sees it first.

    Attributes:
        rms: Root mean square of the difference over all channels of the smooth windows, in units of the pixels (grey
            levels for 8-bit pictures); 0 when there is no smooth window.
        windows: How many smooth windows there were.
    """

    rms: float
    windows: int


def luminance(picture: _Picture) -> _Plane:
    """H×W float64 luma in the units of the picture (ITU-R BT.601 weights); a single plane is returned as it is."""
    plane = picture.astype(np.float64)
    return plane if plane.ndim == 2 else plane @ np.array([0.299, 0.587, 0.114])


def psnr_db(first: _Picture, second: _Picture, *, data_range: float) -> float:
    """Peak signal-to-noise ratio over all pixels and channels, in decibels; infinite for equal pictures."""
    return _psnr_db_of(np.mean((first.astype(np.float64) - second) ** 2), data_range)


def masked_psnr_db(first: _Picture, second: _Picture, mask: NDArray[np.bool_], *, data_range: float) -> float:
    """Peak signal-to-noise ratio inside a mask, at the scale of the 256×256 canvas, in decibels (M-PSNR).

    Both pictures and the mask are averaged down to 256×256 without keeping the aspect; a canvas pixel counts when the
    mask covers at least half of it.

    Args:
        first: H×W×C picture.
        second: H'×W'×C picture; the sizes may differ.
        mask: H''×W'' bool, any size.
        data_range: Distance from black to white.

    Returns:
        Decibels; NaN when the mask is empty at that scale.
    """
    inside = _on_canvas(mask) >= 0.5
    if not inside.any():
        return float("nan")
    difference = (_on_canvas(first) - _on_canvas(second))[inside]
    return _psnr_db_of(np.mean(difference**2), data_range)


def inside_psnr_db(first: _Picture, second: _Picture, mask: NDArray[np.bool_], *, data_range: float) -> float:
    """Peak signal-to-noise ratio over the pixels inside a mask, at full size, in decibels.

    What others publish as M-PSNR; it counts fine detail that no code of the whole picture can hold, and is lower than
    ``masked_psnr_db`` of the same pictures.

    Args:
        first: H×W or H×W×C picture.
        second: The same shape.
        mask: H×W bool.
        data_range: Distance from black to white.

    Returns:
        Decibels; infinite where both agree, NaN when the mask is empty.
    """
    if not mask.any():
        return float("nan")
    return _psnr_db_of(np.mean((first[mask].astype(np.float64) - second[mask]) ** 2), data_range)


def gmsd(first: _Picture, second: _Picture, *, data_range: float) -> float:
    """Gradient magnitude similarity deviation of the luminance: 0 for equal pictures, larger is worse.

    Source: Xue et al., "Gradient magnitude similarity deviation", 2014: halved by 2×2 averages, Prewitt gradients,
    c = 170 at a data range of 255.
    """
    magnitudes = []
    for picture in (first, second):
        small = halved(luminance(picture)) * (255.0 / data_range)
        kernel = np.array([[1, 0, -1]] * 3) / 3.0
        across = cv2.filter2D(small, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
        down = cv2.filter2D(small, cv2.CV_64F, kernel.T, borderType=cv2.BORDER_REPLICATE)
        magnitudes.append(np.hypot(across, down))
    one, other = magnitudes
    return float(np.std((2 * one * other + 170.0) / (one**2 + other**2 + 170.0)))


def smooth_area_residual(
    original: _Picture, changed: _Picture, *, window_px: int = 16, deviation: float = 2.0
) -> SmoothResidual:
    """The difference inside the smooth windows of the original.

    Args:
        original: H×W×3 picture; it alone decides which windows are smooth.
        changed: Same shape.
        window_px: Side of the square windows, side by side from the top left corner; what is left over is ignored.
        deviation: A window is smooth when its luminance has a standard deviation below this, in units of the pixels.
    """
    luma = _windows(luminance(original), window_px)
    smooth = luma.std(axis=(1, 2)) < deviation
    if not smooth.any():
        return SmoothResidual(0.0, 0)
    difference = changed.astype(np.float64) - original
    squares = _windows((difference**2).reshape(*original.shape[:2], -1).mean(axis=2), window_px)
    return SmoothResidual(float(np.sqrt(squares[smooth].mean())), int(smooth.sum()))


def _psnr_db_of(mean_square: np.floating, data_range: float) -> float:
    return float("inf") if mean_square == 0 else float(10 * np.log10(data_range**2 / mean_square))


def _on_canvas(picture: _Picture) -> _Plane:
    canvas = cv2.resize(picture.astype(np.float32), (256, 256), interpolation=cv2.INTER_AREA)
    return np.asarray(canvas, dtype=np.float64)


def _windows(plane: _Plane, side_px: int) -> _Plane:
    """N×side×side: the plane cut into windows side by side."""
    rows, columns = plane.shape[0] // side_px, plane.shape[1] // side_px
    cut = plane[: rows * side_px, : columns * side_px].reshape(rows, side_px, columns, side_px)
    return cut.swapaxes(1, 2).reshape(rows * columns, side_px, side_px)
