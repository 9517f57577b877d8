"""Hidden codes as the decoder meets them: random prefixes, a last scale known in part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from underdrawing.tokenizer import LADDER
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Inputs", "Lookup", "as_tensors", "random_known"]

_PREFIX_CHANCES = (0.03, 0.03, 0.06, 0.10, 0.28, 0.50)
_PARTIAL_CHANCE = 0.3  # of those with scale 32


@dataclass(frozen=True)
class Inputs:
    """Inputs of the decoder: see ``Decoder.forward``."""

    coarse: Tensor
    fine: Tensor
    known: Tensor


class Lookup(nn.Module):
    """Token maps → latents, on the device of the vocabularies."""

    def __init__(self, linear: LinearWeights) -> None:
        super().__init__()
        self.register_buffer("coarse", torch.from_numpy(linear.coarse_vocabulary.entries.astype(np.float32)))
        self.register_buffer("fine", torch.from_numpy(linear.fine_vocabulary.entries.astype(np.float32)))
        self.register_buffer("detail", torch.from_numpy(linear.detail.astype(np.float32)))

    def forward(self, maps: tuple[Tensor, ...], known: Tensor) -> Inputs:
        """Latents of six token maps (n, side, side) int64, where ``known`` (n, 6, 32, 32) says so."""
        coarse = [_enlarged(self._vectors(tokens, known[:, k : k + 1])) for k, tokens in enumerate(maps[:5])]
        fine = self.fine[maps[5]].permute(0, 3, 1, 2) * known[:, 5:]
        return Inputs(torch.stack(coarse).sum(0), fine, known)

    def _vectors(self, tokens: Tensor, known: Tensor) -> Tensor:
        step = known.shape[-1] // tokens.shape[-1]
        return self.coarse[tokens].permute(0, 3, 1, 2) * known[:, :, ::step, ::step]

    def ranks(self, tokens: Tensor) -> Tensor:
        """Place (n, 32, 32), 0..1, of each position of scale 32 in the order of detail of scale 16 tokens."""
        order = torch.argsort(self.detail[tokens].flatten(1), dim=1, descending=True, stable=True)
        ranks = torch.argsort(order, dim=1).reshape(-1, 16, 16).float() / 256
        return ranks.repeat_interleave(2, 1).repeat_interleave(2, 2)


def random_known(lookup: Lookup, tokens: Tensor, rng: np.random.Generator) -> Tensor:
    """Known scales (n, 6, 32, 32) 0/1 for a batch with these tokens of scale 16: quantizer dropout."""
    n = len(tokens)
    counts = rng.choice(len(LADDER), size=n, p=_PREFIX_CHANCES) + 1
    known = np.arange(len(LADDER))[None, :] < counts[:, None]
    shares = np.where(rng.random(n) < _PARTIAL_CHANCE, rng.random(n), 1.0)
    flags = torch.from_numpy(known.astype(np.float32)).to(tokens.device)[:, :, None, None].repeat(1, 1, 32, 32)
    shares_on = torch.from_numpy(shares.astype(np.float32)).to(tokens.device)[:, None, None]
    flags[:, 5] *= (lookup.ranks(tokens) < shares_on).float()
    return flags


def as_tensors(maps: tuple[NDArray[np.uint16], ...], device: torch.device) -> tuple[Tensor, ...]:
    """Token maps as int64 tensors."""
    return tuple(torch.from_numpy(m.astype(np.int64)).to(device) for m in maps)


def _enlarged(vectors: Tensor) -> Tensor:
    if vectors.shape[-1] == 16:
        return vectors
    return functional.interpolate(vectors, size=(16, 16), mode="bicubic", align_corners=False)
