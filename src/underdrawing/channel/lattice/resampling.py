"""Resampling along one axis, written down as taps: which input samples make an output sample, with what weights.

Shrinking averages by area, enlarging interpolates; the kernels are those of OpenCV (``INTER_AREA``,
``INTER_LANCZOS4``, ``INTER_CUBIC``), so that taps and ``cv2.resize`` agree to rounding. Taps compose, which is what
they are for: filters on the working grid become filters on the image itself.

Source: OpenCV's documentation of ``resize``; Keys (1981) for the cubic kernel, Duchon (1979) for Lanczos'.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Taps", "differences", "enlarging", "sampling"]

_CUBIC = -0.75
_LOBES = 4

_Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Taps:
    """A sparse linear map along one axis: output i is the sum of ``weights[i, t] · input[index[i, t]]``.

    Attributes:
        index: outputs×taps integers, 0 to ``inputs`` − 1; the same input may occur more than once.
        weights: outputs×taps float32.
        inputs: number of input samples.
    """

    index: NDArray[np.intp]
    weights: NDArray[np.float32]
    inputs: int

    def after(self, first: "Taps") -> "Taps":
        """This map applied to what ``first`` makes."""
        outputs = self.index.shape[0]
        weights = self.weights[..., None] * first.weights[self.index]
        return Taps(first.index[self.index].reshape(outputs, -1), weights.reshape(outputs, -1), first.inputs)

    def transposed(self) -> "Taps":
        """The transpose; short rows are filled up with zero weights."""
        source, output = self.index.ravel(), np.repeat(np.arange(self.index.shape[0]), self.index.shape[1])
        order = np.argsort(source, kind="stable")
        source, output, weights = source[order], output[order], self.weights.ravel()[order]
        count = np.bincount(source, minlength=self.inputs)
        place = np.arange(source.size) - (np.cumsum(count) - count)[source]
        first = output[np.minimum(np.cumsum(count) - count, source.size - 1)]
        index = np.repeat(first[:, None], count.max(), axis=1)
        table = np.zeros(index.shape, dtype=np.float32)
        index[source, place], table[source, place] = output, weights
        return Taps(index, table, self.index.shape[0])


def sampling(inputs: int, outputs: int) -> Taps:
    """Resampling as the reader looks at an image: by area where it shrinks, Lanczos with four lobes where it grows."""
    return _by_area(inputs, outputs) if outputs <= inputs else _interpolated(inputs, outputs, _lanczos, _LOBES)


def enlarging(inputs: int, outputs: int) -> Taps:
    """Bicubic interpolation, as the mark is scaled up to the image."""
    return _interpolated(inputs, outputs, _cubic, 2)


def differences(inputs: int, step: float) -> Taps:
    """Slopes in units of so many samples, from the two neighbours of each sample; 0 at either end."""
    index = np.clip(np.arange(inputs)[:, None] + np.array([-1, 1]), 0, inputs - 1)
    weights = np.tile(np.array([-step / 2, step / 2], dtype=np.float32), (inputs, 1))
    weights[[0, -1]] = 0
    return Taps(index, weights, inputs)


def _by_area(inputs: int, outputs: int) -> Taps:
    scale = inputs / outputs
    begin = np.arange(outputs)[:, None] * scale
    index = np.floor(begin + 1e-9).astype(np.intp) + np.arange(int(np.ceil(scale)) + 1)
    covered = np.minimum(begin + scale, index + 1) - np.maximum(begin, index)
    weights = np.clip(covered / scale, 0, None)
    weights[weights < 1e-6] = 0
    return Taps(np.minimum(index, inputs - 1), weights.astype(np.float32), inputs)


def _interpolated(inputs: int, outputs: int, kernel: _Kernel, reach: int) -> Taps:
    position = ((np.arange(outputs) + 0.5) * (inputs / outputs) - 0.5)[:, None]
    index = np.floor(position + 1e-9).astype(np.intp) + np.arange(1 - reach, reach + 1)
    weights = kernel(np.abs(position - index))
    weights /= weights.sum(axis=1, keepdims=True)
    return Taps(np.clip(index, 0, inputs - 1), weights.astype(np.float32), inputs)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    near = ((_CUBIC + 2) * distance - (_CUBIC + 3)) * distance**2 + 1
    far = ((_CUBIC * distance - 5 * _CUBIC) * distance + 8 * _CUBIC) * distance - 4 * _CUBIC
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0))


def _lanczos(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(distance < _LOBES, np.sinc(distance) * np.sinc(distance / _LOBES), 0)
