"""Latents ⇄ tokens, scale after scale, in whole numbers.

::

    latents ─► mean over areas ─► nearest entry ─► token
       ▲                              │
       └── minus ◄── enlarged ◄───────┘          then the same at the next finer scale with what is left

Source: residual quantization over scales, arXiv 2404.02905 (VAR) section 3.2; the integer arithmetic is ours. It makes
tokens equal on every machine: latents and entries are integers so small that every product and partial sum fits the
24 bits of a float32, therefore the matrix product is exact in any order; ties go to the lowest token.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import WeightsError
from underdrawing.tokenizer.ladder import VOCABULARY

__all__ = [
    "LATENT_LIMIT",
    "Vocabulary",
    "area_means",
    "encode_scales",
    "enlarge",
    "errors_passed_on",
    "largest",
    "latents_of_scales",
]

LATENT_LIMIT = 1023
"""Latents are clipped to ±1023 before the search."""

_EXACT_FLOAT32 = 1 << 23  # half of 2^24, because squared norms enter halved
_CUBIC = -0.75
_STRETCHES = 64
_ENLARGE_BITS = 14


@dataclass(frozen=True)
class Vocabulary:
    """The 4096 vectors that tokens stand for.

    Attributes:
        entries: (4096, dims) int16.

    Raises:
        WeightsError: entries so long that the search would not be exact.
    """

    entries: NDArray[np.int16]

    def __post_init__(self) -> None:
        size, dims = self.entries.shape
        longest = float(np.linalg.norm(self.entries.astype(np.float64), axis=1).max())
        if size != VOCABULARY or longest * LATENT_LIMIT * dims**0.5 + longest**2 / 2 >= _EXACT_FLOAT32:
            raise WeightsError(
                f"vocabulary: {size} entries, the longest {longest:.0f}; expected {VOCABULARY}, short enough for an "
                f"exact search; train again with a larger unit"
            )

    @cached_property
    def _columns(self) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.entries.T, dtype=np.float32)

    @cached_property
    def _half_norms(self) -> NDArray[np.float32]:
        norms: NDArray[np.int64] = (self.entries.astype(np.int64) ** 2).sum(axis=1)
        return np.asarray(norms / 2, dtype=np.float32)

    def nearest(self, vectors: NDArray[np.integer]) -> NDArray[np.uint16]:
        """Token of the entry nearest to each vector: (..., dims) → (...) uint16; ties go to the lowest token."""
        return np.asarray(self.closeness(vectors).argmax(axis=1).reshape(vectors.shape[:-1]), dtype=np.uint16)

    def closeness(self, vectors: NDArray[np.integer]) -> NDArray[np.float32]:
        """Minus half the squared distance of each vector to each entry, but for a constant per vector: n×4096."""
        limited = np.clip(vectors, -LATENT_LIMIT, LATENT_LIMIT).reshape(-1, vectors.shape[-1])
        closeness: NDArray[np.float32] = limited.astype(np.float32) @ self._columns
        closeness -= self._half_norms
        return closeness

    def distances(
        self, closeness: NDArray[np.float32], own: NDArray[np.integer], rivals: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """How far each vector is from the border between its own token and each rival, n×rivals; negative beyond it.

        Args:
            closeness: n×4096, as :meth:`closeness` gives it.
            own: n tokens.
            rivals: n×rivals tokens. To itself a token has the distance 0.
        """
        apart = np.linalg.norm(self.entries[own].astype(np.float32)[:, None] - self.entries[rivals], axis=2)
        ahead = closeness[np.arange(own.size), own][:, None] - np.take_along_axis(closeness, rivals, axis=1)
        return np.asarray(ahead / np.maximum(apart, np.float32(1e-3)), dtype=np.float32)

    @cached_property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        """Mean of all entries, (dims,) float32, and mean square of their numbers."""
        entries = self.entries.astype(np.float32)
        return entries.mean(axis=0), float(np.square(entries).mean())


def encode_scales(
    latents: NDArray[np.integer], vocabulary: Vocabulary, sides: tuple[int, ...]
) -> tuple[NDArray[np.uint16], ...]:
    """Token maps of latents, coarse to fine.

    Args:
        latents: (..., side, side, dims) integers; leading axes are a batch.
        sides: the scales; each divides ``side``, which is the last of them.

    Returns:
        One array (..., s, s) uint16 for each s in ``sides``.
    """
    left = latents.astype(np.int32)
    maps = []
    for side in sides:
        tokens = vocabulary.nearest(area_means(left, side))
        left = left - enlarge(vocabulary.entries[tokens], left.shape[-2])
        maps.append(tokens)
    return tuple(maps)


def latents_of_scales(
    maps: tuple[NDArray[np.uint16], ...], vocabulary: Vocabulary, side: int, known: NDArray[np.bool_] | None = None
) -> NDArray[np.int32]:
    """Latents (..., side, side, dims) int32 that token maps stand for; unknown tokens of the last map add nothing."""
    vectors = [vocabulary.entries[tokens].astype(np.int32) for tokens in maps]
    if known is not None:
        vectors[-1] = np.where(known[..., None], vectors[-1], 0)
    total = enlarge(vectors[0], side)
    for vector in vectors[1:]:
        total = total + enlarge(vector, side)
    return total


def area_means(latents: NDArray[np.integer], side: int) -> NDArray[np.int32]:
    """Mean over equal squares, rounded half up: (..., n, n, dims) → (..., side, side, dims) int32."""
    *batch, n, _, dims = latents.shape
    step = n // side
    sums = latents.reshape(*batch, side, step, side, step, dims).sum(axis=(-4, -2), dtype=np.int64)
    return np.asarray((2 * sums + step * step) // (2 * step * step), dtype=np.int32)


def enlarge(latents: NDArray[np.integer], side: int) -> NDArray[np.int32]:
    """Bicubic enlargement, rounded half up: (..., s, s, dims) → (..., side, side, dims) int32; edges are repeated."""
    if latents.shape[-2] == side:
        return latents.astype(np.int32)
    weights = _enlarge_weights(latents.shape[-2], side)
    columns = np.moveaxis(latents.astype(np.float64), -1, -3)
    exact = weights @ columns @ weights.T
    return np.moveaxis(np.floor(exact / float(1 << 2 * _ENLARGE_BITS) + 0.5), -3, -1).astype(np.int32)


def errors_passed_on(variances: NDArray[np.floating], side: int, cells: int) -> NDArray[np.float32]:
    """Variance that uncertain tokens of one scale cause in the vectors of a finer one: s×s → side×side float32.

    Args:
        variances: of the latents that each token stands for.
        side: tokens along a side of the finer scale.
        cells: cells of latents along a side.
    """
    enlarged = _enlarge_weights(variances.shape[0], cells) / (1 << _ENLARGE_BITS)
    weights = np.square(enlarged.reshape(side, cells // side, -1).mean(axis=1))
    return np.asarray(weights @ variances @ weights.T, dtype=np.float32)


def largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Columns of the largest values of each row, largest first: rows×columns → rows×count.

    The largest of each of 64 stretches of a row tell a bound that few values reach, so that only those are sorted.
    """
    rows, columns = values.shape
    stretches = values.reshape(rows, _STRETCHES, -1).max(axis=2)
    bound = np.partition(stretches, _STRETCHES - count, axis=1)[:, _STRETCHES - count, None]
    row, column = np.divmod(np.flatnonzero(values >= bound), columns)
    order = np.lexsort((-values[row, column], row))
    reached = np.bincount(row, minlength=rows)
    first = np.cumsum(reached) - reached
    columns_of_largest: NDArray[np.intp] = column[order][first[:, None] + np.arange(count)]
    return columns_of_largest


@cache
def _enlarge_weights(small: int, large: int) -> NDArray[np.float64]:
    """(large, small) integers, times 2^14; exact, because powers of two have dyadic phases."""
    weights = np.zeros((large, small))
    for row in range(large):
        position = (row + 0.5) * small / large - 0.5
        first = int(np.floor(position))
        for tap in range(first - 1, first + 3):
            weights[row, min(max(tap, 0), small - 1)] += _cubic(abs(position - tap))
    weights *= float(1 << _ENLARGE_BITS)
    weights.setflags(write=False)
    return weights


def _cubic(distance: float) -> float:
    """Keys' cubic convolution kernel with a = −0.75, as in OpenCV and PyTorch."""
    if distance <= 1:
        return ((_CUBIC + 2) * distance - (_CUBIC + 3)) * distance**2 + 1
    return ((_CUBIC * distance - 5 * _CUBIC) * distance + 8 * _CUBIC) * distance - 4 * _CUBIC
