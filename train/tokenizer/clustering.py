"""Vocabularies: k-means by minibatches, for one map and for scales that share a vocabulary."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from underdrawing.tokenizer import LADDER, VOCABULARY

__all__ = ["cluster", "cluster_scales"]

_KEEP = 0.9  # of the sums of earlier minibatches
_UPDATE_EVERY = 8
_FIRST_ENTRIES = (16, 64, 256, 760, 3000)  # taken from the scales 1, 2, 4, 8, 16; few coarse ones are stable ones


class _Means:
    """The moving means of the vectors nearest to each entry."""

    def __init__(self, entries: Tensor) -> None:
        self.entries = entries
        self._sums = torch.zeros_like(entries)
        self._counts = torch.zeros(len(entries), device=entries.device)
        self._new_sums = torch.zeros_like(entries)
        self._new_counts = torch.zeros_like(self._counts)

    def nearest(self, vectors: Tensor) -> Tensor:
        closeness = torch.addmm(-0.5 * self.entries.square().sum(1), vectors, self.entries.T)
        return closeness.argmax(1)

    def collect(self, vectors: Tensor, tokens: Tensor) -> None:
        self._new_sums.index_add_(0, tokens, vectors)
        self._new_counts.index_add_(0, tokens, torch.ones_like(vectors[:, 0]))

    def update(self) -> None:
        self._sums = self._sums * _KEEP + self._new_sums
        self._counts = self._counts * _KEEP + self._new_counts
        self._new_sums.zero_()
        self._new_counts.zero_()
        used = self._counts > 0.05
        self.entries[used] = self._sums[used] / self._counts[used, None]

    def restart_unused(self, candidates: Tensor) -> None:
        """Move entries that nothing is near to onto some of ``candidates``."""
        unused = (self._counts < 0.5).nonzero()[: len(candidates), 0]
        self.entries[unused] = candidates[: len(unused)]


def cluster(
    vectors: Tensor, *, epochs: int, batch: int, generator: torch.Generator, log: Callable[[str], None]
) -> NDArray[np.int16]:
    """4096 entries for vectors (n, dims), rounded to integers: (4096, dims) int16."""
    means = _Means(vectors[_shuffled(len(vectors), generator)[:VOCABULARY]].clone())
    for epoch in range(epochs):
        order = _shuffled(len(vectors), generator)
        error = 0.0
        for step, start in enumerate(range(0, len(order), batch), start=1):
            part = vectors[order[start : start + batch]]
            tokens = means.nearest(part)
            error += float((part - means.entries[tokens]).square().sum())
            means.collect(part, tokens)
            if step % _UPDATE_EVERY == 0:
                means.update()
        means.update()
        if epoch < epochs - 1:
            means.restart_unused(vectors[order])
        log(f"vocabulary of scale 32, epoch {epoch + 1}: squared error {error / len(order):.2f}")
    return _rounded(means.entries)


def cluster_scales(
    latents: Tensor, *, epochs: int, batch: int, generator: torch.Generator, log: Callable[[str], None]
) -> NDArray[np.int16]:
    """4096 entries shared by the scales 1 to 16 of latents (n, dims, 16, 16), rounded: (4096, dims) int16."""
    means = _Means(_first_entries(latents, generator))
    for epoch in range(epochs):
        order = _shuffled(len(latents), generator)
        error = 0.0
        for step, start in enumerate(range(0, len(order), batch), start=1):
            left, last = _assign(latents[order[start : start + batch]].float(), means)
            error += float(left.square().sum())
            if step % _UPDATE_EVERY == 0:
                means.update()
        means.update()
        if epoch < epochs - 1:
            means.restart_unused(last)
        log(f"vocabulary of scales 1 to 16, epoch {epoch + 1}: squared error {error / len(order) / 256:.2f}")
    return _rounded(means.entries)


def _assign(left: Tensor, means: _Means) -> tuple[Tensor, Tensor]:
    """What no scale explains, and the vectors that were left for scale 16."""
    vectors = left
    for side in LADDER[:5]:
        vectors = _as_vectors(functional.avg_pool2d(left, 16 // side))
        tokens = means.nearest(vectors)
        means.collect(vectors, tokens)
        chosen = means.entries[tokens].reshape(len(left), side, side, -1).permute(0, 3, 1, 2)
        left = left - _enlarged(chosen)
    return left, vectors


def _first_entries(latents: Tensor, generator: torch.Generator) -> Tensor:
    left = latents[_shuffled(len(latents), generator)[:1500]].float()
    parts = []
    for side, count in zip(LADDER[:5], _FIRST_ENTRIES, strict=True):
        means = functional.avg_pool2d(left, 16 // side)
        vectors = _as_vectors(means)
        repeats = -(-count // len(vectors))
        parts.append(vectors.repeat(repeats, 1)[_shuffled(len(vectors) * repeats, generator)[:count]])
        left = left - 0.9 * _enlarged(means)
    return torch.cat(parts).clone()


def _as_vectors(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _enlarged(maps: Tensor) -> Tensor:
    if maps.shape[-1] == 16:
        return maps
    return functional.interpolate(maps, size=(16, 16), mode="bicubic", align_corners=False)


def _shuffled(count: int, generator: torch.Generator) -> Tensor:
    return torch.randperm(count, generator=generator)


def _rounded(entries: Tensor) -> NDArray[np.int16]:
    return entries.round().to(torch.int16).cpu().numpy()
