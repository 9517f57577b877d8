"""Changes of tone undone, as far as the picture that the code remembers tells them.

A change of tone befalls the whole picture and must not count as another content. Guesses are made, from the
plainest on: tones are as they were; all channels went through one line; colours were mixed, on a straight scale or on
a curved one. Whoever asks decides which fits. Of a picture without colours these cannot be undone: there the code is
believed about them, and only how bright places are is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.recovery import colour_mixing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["tones_undone"]

_BLACK, _WHITE = 1.5, 253.5
_FEWEST_PIXELS = 100
_SAMPLE = (slice(2, None, 4), slice(2, None, 4))
_FITTING_ROUNDS = 4
_SURELY_UNTOUCHED, _NORMAL_QUANTILE = 0.4, 0.524
_LEAST_DEVIATION = 3.0
_CURVES = 0.75, 1.33
_MOST_COLOUR, _NEARLY_EVERYWHERE, _LEAST_GAIN = 3.0, 0.98, 0.3


def tones_undone(
    canvas: NDArray[np.uint8], says: NDArray[np.int16], intact: NDArray[np.float32], gamma: float
) -> Iterator[NDArray[np.int16]]:
    """The canvas with its tones as they may have been, 256×256×3 int16 each, the plainest guess first.

    What is clipped now may have been any brighter or darker, so there the code is believed.

    Args:
        canvas: 256×256×3 RGB uint8.
        says: what the code says of it, 256×256×3.
        intact: rows×columns float32, probability that each block of a grid over the image is untouched.
        gamma: change of tone that is known from elsewhere and is undone in every guess.
    """
    seen = _straightened(canvas.astype(np.float32), gamma)
    yield canvas.astype(np.int16) if gamma == 1.0 else _rounded(seen, canvas, says)
    sample, expected = _trusted(canvas, seen, says, intact)
    if len(sample) < _FEWEST_PIXELS:
        return
    if _is_grey(sample):
        yield _rounded(_coloured(seen, says, *_mixed(expected, sample)), canvas, says)
        return
    gain, offset = _line(expected.ravel(), sample.ravel())
    straight = np.asarray((seen - np.float32(offset)) / np.float32(gain), dtype=np.float32)
    yield _rounded(straight, canvas, says)
    for curve in (1.0, *_CURVES):
        mixing, offsets = _mixed(expected, _straightened(sample, curve))
        unmixing = np.linalg.inv(mixing).astype(np.float32)
        unmixed = np.asarray((_straightened(seen, curve) - offsets) @ unmixing, dtype=np.float32)
        yield _rounded(unmixed, canvas, says)


def _is_grey(sample: NDArray[np.float32]) -> bool:
    return bool(np.quantile(np.ptp(sample, axis=1), _NEARLY_EVERYWHERE) <= _MOST_COLOUR)


def _coloured(
    seen: NDArray[np.float32], says: NDArray[np.int16], mixing: NDArray[np.float32], offsets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """A grey picture with the colours of the code, and as much brighter or darker than it as it is itself than the code
    would be in grey."""
    grey = (says.astype(np.float32) @ mixing + offsets).mean(axis=2, keepdims=True)
    brighter = (seen.mean(axis=2, keepdims=True) - grey) / np.clip(mixing.sum() / 3, _LEAST_GAIN, None)
    return np.asarray(says + brighter, dtype=np.float32)


def _straightened(seen: NDArray[np.float32], gamma: float) -> NDArray[np.float32]:
    if gamma == 1.0:
        return seen
    return np.asarray(255 * np.power(np.maximum(seen, 0) / 255, 1 / gamma), dtype=np.float32)


def _rounded(undone: NDArray[np.float32], canvas: NDArray[np.uint8], says: NDArray[np.int16]) -> NDArray[np.int16]:
    undone = np.where(canvas <= _BLACK, np.minimum(undone, says), undone)
    undone = np.where(canvas >= _WHITE, np.maximum(undone, says), undone)
    return np.asarray(np.rint(np.clip(undone, 0, 255)), dtype=np.int16)


def _trusted(
    canvas: NDArray[np.uint8], seen: NDArray[np.float32], says: NDArray[np.int16], intact: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours seen and expected in untouched places that are not clipped, n×3 each."""
    sample = canvas[_SAMPLE]
    side = sample.shape[0]
    trusted = cv2.resize(intact, (side, side), interpolation=cv2.INTER_LINEAR) > 0.5
    chosen = trusted & (sample.min(axis=2) > _BLACK) & (sample.max(axis=2) < _WHITE)
    return seen[_SAMPLE][chosen], says[_SAMPLE][chosen].astype(np.float32)


def _line(expected: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset from expected to seen values, robust."""
    error = np.abs(seen - expected)
    fitted = error <= np.quantile(error, 1.5 * _SURELY_UNTOUCHED)
    gain, offset = 1.0, 0.0
    for _ in range(_FITTING_ROUNDS):
        x, y = expected[fitted], seen[fitted]
        gain = float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + 1), 0.6, 1.6))
        offset = float(y.mean() - gain * x.mean())
        error = np.abs(seen - gain * expected - offset)
        fitted = error < 2.5 * _typical(error)
    return gain, offset


def _mixed(expected: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How colours were mixed: seen = expected @ mixing + offsets, robust; 3×3 and 3."""
    gain, offset = _line(expected.ravel(), seen.ravel())
    mixing, offsets = np.float32(gain) * np.eye(3, dtype=np.float32), np.full(3, offset, dtype=np.float32)
    for _ in range(_FITTING_ROUNDS):
        error = np.abs(seen - expected @ mixing - offsets).max(axis=1)
        fitted = error < 2.5 * _typical(error)
        mixing, offsets = colour_mixing(expected[fitted], seen[fitted], gain=gain)
    return mixing, offsets


def _typical(error: NDArray[np.float32]) -> float:
    return max(float(np.quantile(error, _SURELY_UNTOUCHED)) / _NORMAL_QUANTILE, _LEAST_DEVIATION)
