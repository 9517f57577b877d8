"""Sketches of hidden codes in 256 bits, so that the nearest of a million codes is found by counting bits.

::

    tokens of scales 1 and 2 ─► latents, 8×8 cells ─► 128 random projections ─► signs: bits 0 to 127
    what scale 4 adds ────────► latents, 8×8 cells ─► 128 random projections ─► signs: bits 128 to 255

A code that was read up to scale 2 only has the first half, and is compared by that. All is counted in whole numbers:
the same code has the same sketch on every machine. Source: random hyperplanes (Charikar, STOC 2002, section 3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.tokenizer import HiddenCode
from underdrawing.tokenizer.quantizer import Scale
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["SKETCH_BITS", "Sketch", "sketch_of"]

SKETCH_BITS = 256
_HALF = SKETCH_BITS // 2
_SIDE, _DIMS = 8, 6
_WEIGHT = 64  # of the latent that varies most; those that vary less weigh as much more
_LABEL = b"underdrawing sketch 1"


@dataclass(frozen=True)
class Sketch:
    """What a hidden code says at its coarsest.

    Attributes:
        bits: 32 bytes, most significant bit first.
        mask: 32 bytes, 1 where the code says anything; None: everywhere.
    """

    bits: bytes
    mask: bytes | None


def sketch_of(code: HiddenCode, linear: LinearWeights) -> Sketch:
    """The sketch of a code, or of the beginning of one.

    Args:
        code: at least the scales 1 and 2.
        linear: the weights its tokens were made with.

    Raises:
        UsageError: the code has one scale only, which is too little to find a picture by.
    """
    if code.n_scales < 2:
        raise UsageError(f"sketch: the code has {code.n_scales} scale, expected at least 2 (60 bits)")
    coarse = [scale.said(tokens) for scale, tokens in zip(linear.scales[:3], code.scales, strict=False)]
    first = _signs(coarse[0] + coarse[1], linear, half=0)
    if len(coarse) < 3:
        return Sketch(_packed(first, np.zeros(_HALF, np.bool_)), _packed(np.ones(_HALF), np.zeros(_HALF)))
    return Sketch(_packed(first, _signs(coarse[2], linear, half=1)), None)


def _signs(latents: NDArray[np.int32], linear: LinearWeights, *, half: int) -> NDArray[np.bool_]:
    """128 bits of latents (16, 16, 32)."""
    return np.asarray(_projections(half) @ (_cells(latents) * _weights(linear)).ravel() > 0)


def _cells(latents: NDArray[np.int32]) -> NDArray[np.int64]:
    """Sums of the first latents in 8×8 cells: (64, 6) int64."""
    step = latents.shape[0] // _SIDE
    cells = latents[..., :_DIMS].reshape(_SIDE, step, _SIDE, step, _DIMS).sum(axis=(1, 3), dtype=np.int64)
    return np.asarray(cells.reshape(_SIDE * _SIDE, _DIMS))


@lru_cache(maxsize=2)
def _projections(half: int) -> NDArray[np.int64]:
    """128 patterns (128, 64·6) of ±1, drawn from a hash, so that they are the same for ever."""
    count = _HALF * _SIDE * _SIDE * _DIMS
    stream = hashlib.shake_256(_LABEL + bytes([half])).digest(count // 8)
    signs = np.unpackbits(np.frombuffer(stream, np.uint8)).astype(np.int64) * 2 - 1
    return np.asarray(signs.reshape(_HALF, -1))


@lru_cache(maxsize=4)
def _weights(linear: LinearWeights) -> NDArray[np.int64]:
    """How much each of the first latents counts: the more, the less it varies; (6,) int64."""
    variance = np.zeros(_DIMS)
    for scale in linear.scales[:3]:
        seen = Scale(scale.layouts[..., :_DIMS], scale.vocabulary)
        variance += seen.latents(scale.vocabulary.entries[:, None, None]).var(axis=(0, 1, 2))
    return np.asarray(np.rint(_WEIGHT * np.sqrt(variance.max() / variance)), dtype=np.int64)


def _packed(*halves: NDArray[np.generic]) -> bytes:
    return np.packbits(np.concatenate([half.astype(np.bool_) for half in halves])).tobytes()
