"""A suspect held against its hidden code: how far its latents lie from those the code names, cell by cell.

Latents are local, so what was put into one cell shows in that cell alone. A change of tone is undone first, as far as
the code's own picture tells it; it must not count as another content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.tamper import Comparison, Distances
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["compared"]

_LUMA = np.array([[0.299, 0.587, 0.114]], dtype=np.float32)
_COARSE_SCALES = 5
_AROUND_PX = {16: 16, 32: 12}
_BLACK, _WHITE = 1.5, 253.5
_FEWEST_PIXELS = 100
_SAMPLE = (slice(4, None, 8), slice(4, None, 8))
_FITTING_ROUNDS = 4
_SURELY_UNTOUCHED, _NORMAL_QUANTILE = 0.4, 0.524
_LEAST_DEVIATION = 3.0
_LEAST_USUAL, _MEDIAN_OVER_QUARTILE = 1.0, 2.1
_SAME_GAIN, _SAME_LEVEL = 0.04, 3.0


def compared(
    pixels: NDArray[np.uint8],
    code: HiddenCode,
    tokenizer: Tokenizer,
    *,
    says: NDArray[np.int16],
    intact: NDArray[np.float32],
    gamma: float = 1.0,
) -> Comparison:
    """How far a suspect is from its code.

    Args:
        pixels: H×W×3 RGB uint8, the suspect.
        code: its hidden code, known at least down to scale 8.
        tokenizer: the tokenizer.
        says: what ``tokenizer.linear_picture`` makes of the code, 256×256×3.
        intact: rows×columns float32, probability that each block of a grid over the image is untouched.
        gamma: change of tone that is known from elsewhere and is undone. A gain and an offset are found here.
    """
    latents = tokenizer.latents(code)
    canvas = _with_tones_of(to_canvas(pixels), says, intact, gamma)
    busyness, brightness = _gradient(says), _brightness(canvas, says)
    coarse = _rms(tokenizer.linear.coarse_analysis(canvas) - latents.coarse)
    if code.n_scales < _COARSE_SCALES:
        return Comparison(_distances(coarse, busyness), brightness=brightness)
    fine = _rms(tokenizer.linear.fine_analysis(canvas - says) - latents.fine)
    known = latents.known[-1]
    return Comparison(_distances(coarse, busyness), _distances(fine, busyness, _rms(latents.fine)), known, brightness)


def _brightness(canvas: NDArray[np.int16], says: NDArray[np.int16]) -> NDArray[np.float32]:
    """How far the mean brightness of 32×32 cells is from what the code says, in multiples of the usual distance."""
    luma = cv2.transform((canvas - says).astype(np.float32), _LUMA)
    cells = np.abs(cv2.resize(luma, (32, 32), interpolation=cv2.INTER_AREA))
    usual = _MEDIAN_OVER_QUARTILE * float(np.quantile(cells, 0.25))
    return np.asarray(cells / max(usual, _LEAST_USUAL), dtype=np.float32)


def _distances(
    distance: NDArray[np.float32], busyness: NDArray[np.float32], own: NDArray[np.float32] | None = None
) -> Distances:
    side = distance.shape[0]
    around = cv2.blur(busyness, (_AROUND_PX[side], _AROUND_PX[side]))
    cells = cv2.resize(around, (side, side), interpolation=cv2.INTER_AREA)
    return Distances(distance, np.asarray(cells, dtype=np.float32), np.zeros_like(distance) if own is None else own)


def _rms(latents: NDArray[np.integer]) -> NDArray[np.float32]:
    """Root mean square over the last axis."""
    return np.asarray(np.sqrt(np.square(latents.astype(np.float32)).mean(axis=-1)), dtype=np.float32)


def _gradient(picture: NDArray[np.int16]) -> NDArray[np.float32]:
    """Length of the gradient of the brightness (Sobel), 256×256 float32."""
    luma = cv2.transform(picture.astype(np.float32), _LUMA)
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _with_tones_of(
    canvas: NDArray[np.uint8], says: NDArray[np.int16], intact: NDArray[np.float32], gamma: float
) -> NDArray[np.int16]:
    """The canvas with its tones as the code's picture says they were, 256×256×3 int16.

    What is clipped now may have been any brighter or darker, so there the code is believed.
    """
    gain, offset = _tones(canvas, says, intact, gamma)
    if gain == 1.0 and offset == 0.0 and gamma == 1.0:
        return canvas.astype(np.int16)
    seen, expected = _without_gamma(canvas, gamma), says.astype(np.float32)
    undone = (seen - np.float32(offset)) / np.float32(gain)
    undone = np.where(canvas <= _BLACK, np.minimum(undone, expected), undone)
    undone = np.where(canvas >= _WHITE, np.maximum(undone, expected), undone)
    return np.asarray(np.rint(np.clip(undone, 0, 255)), dtype=np.int16)


def _without_gamma(canvas: NDArray[np.uint8], gamma: float) -> NDArray[np.float32]:
    seen = canvas.astype(np.float32)
    return seen if gamma == 1.0 else 255 * np.power(seen / 255, np.float32(1 / gamma))


def _tones(
    canvas: NDArray[np.uint8], says: NDArray[np.int16], intact: NDArray[np.float32], gamma: float
) -> tuple[float, float]:
    """Gain and offset of the suspect's tones over the code's, from untouched places that are not clipped."""
    seen = _without_gamma(canvas[_SAMPLE], gamma).reshape(-1, 3)
    expected = says[_SAMPLE].astype(np.float32).reshape(-1, 3)
    side = canvas[_SAMPLE].shape[0]
    trusted = cv2.resize(intact, (side, side), interpolation=cv2.INTER_LINEAR).ravel() > 0.5
    chosen = trusted & (seen.min(axis=1) > _BLACK) & (seen.max(axis=1) < _WHITE)
    if np.count_nonzero(chosen) < _FEWEST_PIXELS:
        return 1.0, 0.0
    return _line(expected[chosen].ravel(), seen[chosen].ravel())


def _line(expected: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset from expected to seen values, robust; exactly 1 and 0 where they are near that."""
    error = np.abs(seen - expected)
    fitted = error <= np.quantile(error, 1.5 * _SURELY_UNTOUCHED)
    gain, offset = 1.0, 0.0
    for _ in range(_FITTING_ROUNDS):
        x, y = expected[fitted], seen[fitted]
        gain = float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + 1), 0.6, 1.6))
        offset = float(y.mean() - gain * x.mean())
        error = np.abs(seen - gain * expected - offset)
        typical = float(np.quantile(error, _SURELY_UNTOUCHED)) / _NORMAL_QUANTILE
        fitted = error < 2.5 * max(typical, _LEAST_DEVIATION)
    level = float(expected.mean())
    unchanged = abs(gain - 1) < _SAME_GAIN and abs(offset + (gain - 1) * level) < _SAME_LEVEL
    return (1.0, 0.0) if unchanged else (gain, offset)
