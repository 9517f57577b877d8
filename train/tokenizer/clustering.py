"""Vocabularies by k-means, and the layouts of the scales that share one map of latents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from underdrawing.tokenizer import LADDER, VOCABULARY
from underdrawing.tokenizer.quantizer import LAYOUT_BITS, Scale, Vocabulary

__all__ = ["cluster", "fit_scales"]

_LAYOUTS = (16, 24, 32, 32)  # of the scales 1, 2, 4, 8; a cell of scale 16 is one latent vector, kept as it is
_SQUARES = 40_000  # cells that decide the layouts of a scale
_CHUNK = 8192
_PICTURES_AT_ONCE = 64


def cluster(
    vectors: Tensor, *, epochs: int, generator: torch.Generator, log: Callable[[str], None], name: str = "vocabulary"
) -> NDArray[np.int16]:
    """Lloyd's k-means: 4096 entries for vectors (n, dims), rounded to integers, (4096, dims) int16.

    Entries that nothing is near to move onto vectors drawn at random.
    """
    entries = vectors[_drawn(VOCABULARY, len(vectors), generator)].clone()
    for epoch in range(epochs):
        sums, counts, error = torch.zeros_like(entries), torch.zeros(len(entries), device=entries.device), 0.0
        for part in vectors.split(_CHUNK):
            tokens = torch.addmm(-0.5 * entries.square().sum(1), part, entries.T).argmax(1)
            sums.index_add_(0, tokens, part)
            counts.index_add_(0, tokens, torch.ones_like(part[:, 0]))
            error += float((part - entries[tokens]).square().sum())
        used = counts > 0
        entries[used] = sums[used] / counts[used, None]
        if epoch < epochs - 1:
            entries[~used] = vectors[_drawn(int((~used).sum()), len(vectors), generator)]
        in_use = float(used.float().mean())
        log(f"{name}, epoch {epoch + 1}: squared error {error / len(vectors):.2f}, in use {in_use:.1%}")
    return entries.round().to(torch.int16).cpu().numpy()


def fit_scales(
    latents: NDArray[np.int16],
    *,
    epochs: int,
    generator: torch.Generator,
    device: torch.device,
    log: Callable[[str], None],
) -> tuple[Scale, ...]:
    """Layouts and vocabularies of the scales 1 to 16, one after another, for latents (n, 16, 16, dims)."""
    left = latents.astype(np.int16)
    scales = []
    for number, side in enumerate(LADDER[:5]):
        layouts = _identity(latents.shape[-1])
        if side < 16:
            layouts = _layouts(left, side, _LAYOUTS[number], generator)
        blank = Scale(layouts, Vocabulary(np.zeros((VOCABULARY, len(layouts)), np.int16)))
        vectors = np.concatenate([blank.vectors(part).reshape(-1, len(layouts)) for part in _parts(left)])
        on_device = torch.from_numpy(vectors).float().to(device)
        entries = cluster(on_device, epochs=epochs, generator=generator, log=log, name=f"vocabulary of scale {side}")
        scale = Scale(layouts, Vocabulary(entries))
        left = np.concatenate([_left(part, scale) for part in _parts(left)])
        scales.append(scale)
    return tuple(scales)


def _layouts(latents: NDArray[np.int16], side: int, count: int, generator: torch.Generator) -> NDArray[np.int16]:
    """The first principal components of squares of latents around 0: (count, step, step, dims) int16."""
    n, size, _, dims = latents.shape
    step = size // side
    cells = latents.reshape(n, side, step, side, step, dims).swapaxes(2, 3).reshape(n * side * side, -1)
    chosen = torch.from_numpy(cells[_drawn(min(_SQUARES, len(cells)), len(cells), generator).numpy()]).float()
    torch.manual_seed(0)
    basis = torch.svd_lowrank(chosen, q=min(count + 16, *chosen.shape), niter=4)[2][:, :count].T
    basis = basis * torch.where(basis.sum(1, keepdim=True) < 0, -1.0, 1.0)
    return (basis * (1 << LAYOUT_BITS)).round().to(torch.int16).numpy().reshape(-1, step, step, dims)


def _identity(dims: int) -> NDArray[np.int16]:
    return (np.eye(dims) * (1 << LAYOUT_BITS)).astype(np.int16).reshape(dims, 1, 1, dims)


def _left(latents: NDArray[np.int16], scale: Scale) -> NDArray[np.int16]:
    left = latents - scale.said(scale.vocabulary.nearest(scale.vectors(latents)))
    return left.astype(np.int16)


def _parts(latents: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    return [latents[start : start + _PICTURES_AT_ONCE] for start in range(0, len(latents), _PICTURES_AT_ONCE)]


def _drawn(count: int, of: int, generator: torch.Generator) -> Tensor:
    """Indices drawn without repetition as far as there are so many."""
    if count == 0:
        return torch.empty(0, dtype=torch.long)
    repeats = -(-count // of)
    return torch.cat([torch.randperm(of, generator=generator) for _ in range(repeats)])[:count]
