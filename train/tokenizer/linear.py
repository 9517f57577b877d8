"""Everything that decides tokens: principal components, vocabularies, the linear picture between the two levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from train.tokenizer.clustering import cluster, fit_scales
from underdrawing.tokenizer import VOCABULARY
from underdrawing.tokenizer.patches import FRACTION_BITS, PatchAnalysis, PatchSynthesis, cut, neighbourhoods
from underdrawing.tokenizer.quantizer import Vocabulary, encode_scales, latents_of_scales
from underdrawing.tokenizer.tokenizer import encode_canvas
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["UNIT", "encode_pictures", "fit_linear", "load_linear", "save_linear"]

UNIT = 4
"""One step of a latent, in grey levels times the square root of the numbers in a patch."""

_COARSE_DIMS, _COARSE_PATCH = 32, 16
_FINE_DIMS, _FINE_PATCH = 16, 8
_DETAIL_PRIOR = 20  # pictures' worth of average behaviour added to each token's own
Log = Callable[[str], None]


def fit_linear(
    pictures: NDArray[np.uint8], *, epochs: int, seed: int, device: torch.device, log: Log = print
) -> LinearWeights:
    """Fit the two levels to pictures (n, 256, 256, 3) uint8; the scales 1 to 16 see their mirror images too."""
    generator = torch.Generator().manual_seed(seed)
    coarse_analysis = _fit_analysis(pictures, _COARSE_PATCH, _COARSE_DIMS)
    log("principal components of 16-pixel patches done")
    latents = _latents(pictures, coarse_analysis)
    mirrored = _latents(pictures[:, :, ::-1], coarse_analysis)
    both = np.concatenate([latents, mirrored])
    scales = fit_scales(both, epochs=epochs, generator=generator, device=device, log=log)
    maps = [encode_scales(z, scales) for z in latents]
    synthesis = _fit_synthesis([latents_of_scales(m, scales) for m in maps], pictures, coarse_analysis.mean)
    log("linear picture between the levels done")
    left = [p.astype(np.int16) - synthesis(latents_of_scales(m, scales)) for p, m in zip(pictures, maps, strict=True)]
    fine_analysis = _fit_analysis(left, _FINE_PATCH, _FINE_DIMS)
    vectors = np.stack([fine_analysis(residual) for residual in left])
    sample = np.random.default_rng(seed).permutation(vectors.reshape(-1, _FINE_DIMS))[: 250 * VOCABULARY]
    on_device = torch.from_numpy(sample).float().to(device)
    entries = cluster(on_device, epochs=epochs, generator=generator, log=log, name="vocabulary of scale 32")
    detail = _detail(np.stack([m[-1] for m in maps]), vectors, Vocabulary(entries))
    return LinearWeights(coarse_analysis, scales, synthesis, fine_analysis, Vocabulary(entries), detail)


def encode_pictures(pictures: NDArray[np.uint8], linear: LinearWeights) -> tuple[NDArray[np.uint16], ...]:
    """Token maps of pictures, six arrays (n, side, side) uint16, as ``Tokenizer.encode`` gives them."""
    codes = [encode_canvas(picture, linear).scales for picture in pictures]
    return tuple(np.stack(maps) for maps in zip(*codes, strict=True))


def save_linear(linear: LinearWeights, path: Path) -> None:
    """Write the archive that the package ships."""
    np.savez_compressed(path, **linear.to_arrays())


def load_linear(path: Path) -> LinearWeights:
    """Read it back."""
    return LinearWeights.from_bytes(path.read_bytes())


def _latents(pictures: NDArray[np.uint8], analysis: PatchAnalysis) -> NDArray[np.int16]:
    return np.stack([analysis(picture.astype(np.int16)).astype(np.int16) for picture in pictures])


def _fit_analysis(pictures: Iterable[NDArray[np.integer]], patch: int, dims: int) -> PatchAnalysis:
    """The first principal components of all patches."""
    size = patch * patch * 3
    products, sums, count = np.zeros((size, size)), np.zeros(size), 0
    for picture in pictures:
        patches = cut(picture, patch).reshape(-1, size).astype(np.float32)
        products += patches.T @ patches
        sums += patches.sum(axis=0)
        count += len(patches)
    mean = sums / count
    _, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    basis = vectors[:, ::-1][:, :dims].T
    basis = basis * np.where(basis.sum(axis=1, keepdims=True) < 0, -1, 1)
    factors = np.rint(basis / UNIT * (1 << FRACTION_BITS)).astype(np.int32)
    return PatchAnalysis(factors, np.rint(mean).astype(np.int16), patch)


def _fit_synthesis(
    latents: list[NDArray[np.int32]], pictures: NDArray[np.uint8], mean: NDArray[np.int16]
) -> PatchSynthesis:
    """Least squares from a cell and its neighbours to the patch."""
    width = 9 * _COARSE_DIMS + 1
    gram, target = np.zeros((width, width)), np.zeros((width, len(mean)))
    for cells, picture in zip(latents, pictures, strict=True):
        around = neighbourhoods(cells).reshape(-1, width - 1).astype(np.float32)
        inputs = np.concatenate([around, np.full((len(around), 1), 128, np.float32)], axis=1)
        patches = cut(picture, _COARSE_PATCH).reshape(-1, len(mean)).astype(np.float32) - mean
        gram += inputs.T @ inputs
        target += inputs.T @ patches
    gram[np.diag_indices(width)] += 1e-6 * np.trace(gram) / width
    solution = np.linalg.solve(gram, target) * (1 << FRACTION_BITS)
    offset = solution[-1] * 128 + mean.astype(np.float64) * (1 << FRACTION_BITS)
    factors = np.rint(solution[:-1].T).astype(np.int32)
    return PatchSynthesis(factors, np.rint(offset).astype(np.int32), _COARSE_PATCH)


def _detail(tokens: NDArray[np.uint16], vectors: NDArray[np.int32], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Squared error that scale 32 takes away from a cell of scale 16, on average for each token of that cell."""
    gains = np.stack([_gains(picture, vocabulary) for picture in vectors])
    cells = gains.reshape(-1, 16, 2, 16, 2).sum(axis=(2, 4))
    sums = np.bincount(tokens.ravel(), weights=cells.ravel(), minlength=VOCABULARY)
    counts = np.bincount(tokens.ravel(), minlength=VOCABULARY)
    return np.rint((sums + _DETAIL_PRIOR * cells.mean()) / (counts + _DETAIL_PRIOR)).astype(np.int32)


def _gains(vectors: NDArray[np.int32], vocabulary: Vocabulary) -> NDArray[np.int64]:
    left = vectors - vocabulary.entries[vocabulary.nearest(vectors)]
    return (vectors.astype(np.int64) ** 2).sum(axis=-1) - (left.astype(np.int64) ** 2).sum(axis=-1)
