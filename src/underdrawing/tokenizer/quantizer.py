"""Latents ⇄ tokens, scale after scale, in whole numbers.

::

    latents ─► layouts of the cells ─► nearest entry ─► token
       ▲                                    │
       └── minus ◄── laid out ◄─────────────┘          then the same at the next finer scale with what is left

A cell of scale s covers 16/s × 16/s latents. Its layouts are the principal components of such squares, so the one token
of scale 1 tells dark from bright *and* sky from ground: at 12 bits that is worth more than a decibel over the mean of
the cell, which is what residual quantization over scales codes (arXiv 2404.02905, VAR, section 3.2).

The integer arithmetic is ours. It makes tokens equal on every machine: latents and entries are integers so small that
every product and partial sum fits the 24 bits of a float32 (the 53 bits of a float64 for layouts), therefore the matrix
product is exact in any order; ties go to the lowest token.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import WeightsError
from underdrawing.tokenizer.ladder import VOCABULARY

__all__ = ["LATENT_LIMIT", "LAYOUT_BITS", "Scale", "Vocabulary", "encode_scales", "largest", "latents_of_scales"]

LATENT_LIMIT = 1023
"""Latents are clipped to ±1023 before the search."""

LAYOUT_BITS = 14
"""Layouts are orthonormal vectors, stored as integers this many bits left of the point."""

_EXACT_FLOAT32 = 1 << 23  # half of 2^24, because squared norms enter halved
_ROWS_AT_ONCE = 128
"""Vectors that are compared together: few enough for their closeness to 4096 entries to stay in a cache."""
_TEETH = 64


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
        rows = vectors.reshape(-1, vectors.shape[-1])
        tokens = np.empty(len(rows), dtype=np.uint16)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            tokens[part] = self.closeness(rows[part]).argmax(axis=1)
        return tokens.reshape(vectors.shape[:-1])

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


@dataclass(frozen=True)
class Scale:
    """One scale of the ladder: how its cells may be laid out, and the 4096 vectors its tokens stand for.

    Vectors are in the unit of latents, whatever the size of a cell: a layout of step×step latents counts 1/step.

    Attributes:
        layouts: (dims, step, step, latent dims) int16, times 2^14; orthonormal but for rounding.
        vocabulary: entries of ``dims`` numbers.
    """

    layouts: NDArray[np.int16]
    vocabulary: Vocabulary

    @property
    def step(self) -> int:
        """Side of a cell, in latents."""
        return int(self.layouts.shape[1])

    @cached_property
    def _factors(self) -> NDArray[np.float64]:
        return self.layouts.reshape(len(self.layouts), -1).astype(np.float64)

    def vectors(self, latents: NDArray[np.integer]) -> NDArray[np.int32]:
        """What the layouts see in each cell: (..., n, n, latent dims) → (..., n/step, n/step, dims) int32."""
        return _rounded(self.change_of_vectors(latents))

    def change_of_vectors(self, latents: NDArray[np.integer | np.floating]) -> NDArray[np.float64]:
        """The same, not rounded: how a change of latents moves the vectors."""
        *batch, n, _, dims = latents.shape
        side, step = n // self.step, self.step
        cells = np.moveaxis(latents.reshape(*batch, side, step, side, step, dims), -4, -3)
        seen = cells.reshape(*batch, side, side, -1).astype(np.float64) @ self._factors.T
        return np.asarray(seen / float(step << LAYOUT_BITS))

    def change_of_latents(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """The change of latents along which a product with vectors grows fastest, in shape as :meth:`latents`."""
        return self._laid_out(vectors.astype(np.float64) @ self._factors / float(self.step << LAYOUT_BITS))

    def closeness(
        self, latents: NDArray[np.floating | np.integer], weight: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """How well entries fit what is to be seen of each cell: minus half their squared distance, but for a constant.

        Args:
            latents: (..., n, n, latent dims).
            weight: (n, n), how much each latent counts, 0..1.

        Returns:
            (..., cells, 4096) float32, cells row by row.
        """
        *batch, n, _, dims = latents.shape
        side, step = n // self.step, self.step
        cells = np.moveaxis(latents.reshape(*batch, side, step, side, step, dims), -4, -3)
        cells = cells.reshape(*batch, side * side, -1, dims)
        weights = np.moveaxis(weight.reshape(side, step, side, step), -3, -2).reshape(side * side, -1)
        layouts = self._factors.reshape(-1, step * step, dims) / float(1 << LAYOUT_BITS)
        weighed = (weights[:, None, :, None] * layouts).reshape(side * side, len(layouts), -1)
        shown = np.einsum("cil,...cl->...ci", weighed, cells.reshape(*batch, side * side, -1)) / step
        overlap = weighed @ layouts.reshape(len(layouts), -1).T
        entries = self.vocabulary.entries.astype(np.float64)
        lengths = np.stack([((entries @ cell) * entries).sum(axis=1) for cell in overlap])
        return np.asarray(
            shown.astype(np.float32) @ entries.T.astype(np.float32) - (lengths / 2).astype(np.float32), dtype=np.float32
        )

    def latents(self, vectors: NDArray[np.integer]) -> NDArray[np.int32]:
        """The latents that vectors stand for: (..., side, side, dims) → (..., side·step, side·step, latent dims)."""
        return _rounded(self._laid_out(vectors.astype(np.float64) @ self._factors * (self.step / (1 << LAYOUT_BITS))))

    def _laid_out(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cells in rows → latents: (..., side, side, step·step·dims) → (..., side·step, side·step, dims)."""
        *batch, side, _, _ = cells.shape
        step, dims = self.step, self.layouts.shape[-1]
        squares = np.moveaxis(cells.reshape(*batch, side, side, step, step, dims), -4, -3)
        return squares.reshape(*batch, side * step, side * step, dims)

    def said(self, tokens: NDArray[np.integer], known: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """The latents that tokens stand for; those that are not ``known`` (shape of ``tokens``) say nothing."""
        vectors = self.vocabulary.entries[tokens].astype(np.int32)
        return self.latents(vectors if known is None else np.where(known[..., None], vectors, 0))


def encode_scales(latents: NDArray[np.integer], scales: tuple[Scale, ...]) -> tuple[NDArray[np.uint16], ...]:
    """Token maps of latents, coarse to fine.

    Args:
        latents: (..., side, side, dims) integers; leading axes are a batch.
        scales: each of a step that divides ``side``.

    Returns:
        One array (..., side/step, side/step) uint16 for each scale.
    """
    left = latents.astype(np.int32)
    maps = []
    for scale in scales:
        tokens = scale.vocabulary.nearest(scale.vectors(left))
        left = left - scale.said(tokens)
        maps.append(tokens)
    return tuple(maps)


def latents_of_scales(
    maps: tuple[NDArray[np.uint16], ...], scales: tuple[Scale, ...], known: NDArray[np.bool_] | None = None
) -> NDArray[np.int32]:
    """Latents (..., side, side, dims) int32 that token maps stand for; unknown tokens of the last map add nothing."""
    total = scales[0].said(maps[0], known if len(maps) == 1 else None)
    for number, (tokens, scale) in enumerate(zip(maps[1:], scales[1:], strict=False), start=2):
        total = total + scale.said(tokens, known if number == len(maps) else None)
    return total


def largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Columns of the largest values of each row, largest first: rows×columns → rows×count.

    The largest of every 64th value of a row tell a bound that few values reach, so that only those are sorted.
    """
    rows, columns = values.shape
    combed = values.reshape(rows, -1, _TEETH).max(axis=1)
    bound = np.partition(combed, _TEETH - count, axis=1)[:, _TEETH - count, None]
    row, column = np.divmod(np.flatnonzero(values >= bound), columns)
    order = np.lexsort((-values[row, column], row))
    reached = np.bincount(row, minlength=rows)
    first = np.cumsum(reached) - reached
    columns_of_largest: NDArray[np.intp] = column[order][first[:, None] + np.arange(count)]
    return columns_of_largest


def _rounded(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Rounded half up; exact, because the values are multiples of a power of two."""
    return np.asarray(np.floor(values + 0.5), dtype=np.int32)
