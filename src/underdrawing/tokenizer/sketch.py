"""Sketches: what a hidden code says at its coarsest, compared so that edits in a part of the picture hardly count.

A sketch is the mean of the first latents in 8×8 cells: brightness, colour and slopes. Two sketches are as far apart as
the nearer five eighths of their cells, so that a replaced quarter, a crop of a tenth or a heavy compression leaves a
copy nearer to its original than other pictures are. Source: ours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.tokenizer.quantizer import Scale
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["SKETCH_SHAPE", "sketch_distances", "sketches_of"]

_SIDE, _DIMS = 8, 6
_CELLS_KEPT = _SIDE * _SIDE * 5 // 8
SKETCH_SHAPE = (_SIDE * _SIDE, _DIMS)


def sketches_of(coarse: NDArray[np.integer | np.floating], linear: LinearWeights) -> NDArray[np.float32]:
    """Sketches (..., 64, 6) of latents (..., 16, 16, 32), be they those of a code or those of a picture.

    The scales up to 4 (252 bits) are enough of a code; each latent counts less the more it varies.
    """
    *batch, side, _, _ = coarse.shape
    step = side // _SIDE
    cells = coarse[..., :_DIMS].reshape(*batch, _SIDE, step, _SIDE, step, _DIMS).mean(axis=(-4, -2))
    return np.asarray(cells.reshape(*batch, *SKETCH_SHAPE) / np.sqrt(_spread(linear)), dtype=np.float32)


def sketch_distances(sketch: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How unlike each of n sketches (n, 64, 6) is to one (64, 6): n float32, 0 for the same, about 1 for strangers."""
    apart = np.abs(others - sketch).sum(axis=2)
    nearer = np.partition(apart, _CELLS_KEPT - 1, axis=1)[:, :_CELLS_KEPT].mean(axis=1)
    size = np.abs(sketch).sum(axis=1).mean() + np.abs(others).sum(axis=2).mean(axis=1)
    return np.asarray(nearer / np.maximum(size, np.float32(1e-6)), dtype=np.float32)


@lru_cache(maxsize=4)
def _spread(linear: LinearWeights) -> NDArray[np.float64]:
    """Standard deviation of the first latents over what the scales up to 4 may say."""
    variance = np.zeros(_DIMS)
    for scale in linear.scales[:3]:
        seen = Scale(scale.layouts[..., :_DIMS], scale.vocabulary)
        variance += seen.latents(scale.vocabulary.entries[:, None, None]).var(axis=(0, 1, 2))
    return np.sqrt(variance)
