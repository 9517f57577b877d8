"""Hidden codes as the decoder meets them: random prefixes, a last scale known in part."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from underdrawing.tokenizer import LADDER
from underdrawing.tokenizer.patches import FRACTION_BITS
from underdrawing.tokenizer.quantizer import LAYOUT_BITS
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Arrived", "Inputs", "Lookup", "as_tensors", "random_known"]

_PREFIX_CHANCES = (0.04, 0.04, 0.05, 0.09, 0.36, 0.42)
_NO_CODE_CHANCE = 0.1  # of those that see their surroundings
_PARTIAL_CHANCE = 0.3  # of those with scale 32


class Arrived(NamedTuple):
    """What arrived of codes.

    Attributes:
        flags: (n, 6, 32, 32) bool, where the tokens of each scale did.
        shares: (n,) float32, up to where in the order of detail those of scale 32 did, 0..1.
    """

    flags: Tensor
    shares: Tensor

    @property
    def counts(self) -> Tensor:
        """(n,) int64, how many scales arrived whole, the last one perhaps in part."""
        return self.flags.flatten(2).all(2).long().cumprod(1).sum(1)


class Inputs(NamedTuple):
    """Inputs of the decoder: see ``Decoder.forward``."""

    coarse: Tensor
    fine: Tensor
    known: Tensor


class Lookup(nn.Module):
    """Token maps → latents, on the device of the vocabularies."""

    def __init__(self, linear: LinearWeights) -> None:
        super().__init__()
        self.steps = [scale.step for scale in linear.scales]
        for number, scale in enumerate(linear.scales):
            entries = scale.vocabulary.entries.astype(np.float32)
            layouts = scale.layouts.astype(np.float32) * (scale.step / (1 << LAYOUT_BITS))
            self.register_buffer(f"entries_{number}", torch.from_numpy(entries))
            self.register_buffer(f"layouts_{number}", torch.from_numpy(layouts).permute(0, 3, 1, 2).contiguous())
        analysis = linear.coarse_analysis
        factors = torch.from_numpy(analysis.factors.astype(np.float32) / (1 << FRACTION_BITS))
        mean = torch.from_numpy(analysis.mean.astype(np.float32))
        self.register_buffer("analysis", _as_kernel(factors, analysis.patch))
        self.register_buffer("mean", _as_kernel(mean[None], analysis.patch)[0])
        self.register_buffer("fine", torch.from_numpy(linear.fine_vocabulary.entries.astype(np.float32)))
        self.register_buffer("detail", torch.from_numpy(linear.detail.astype(np.float32)))

    def forward(self, maps: tuple[Tensor, ...], known: Tensor) -> Inputs:
        """Latents of six token maps (n, side, side) int64, where ``known`` (n, 6, 32, 32) says so."""
        coarse = [self.said(number, tokens, known[:, number : number + 1]) for number, tokens in enumerate(maps[:5])]
        fine = self.fine[maps[5]].permute(0, 3, 1, 2) * known[:, 5:]
        return Inputs(torch.stack(coarse).sum(0), fine, known)

    def said(self, number: int, tokens: Tensor, known: Tensor) -> Tensor:
        """Latents (n, dims, 16, 16) that the tokens of one of the scales 1 to 16 stand for, where known."""
        stride = known.shape[-1] // tokens.shape[-1]
        vectors = self.get_buffer(f"entries_{number}")[tokens].permute(0, 3, 1, 2) * known[:, :, ::stride, ::stride]
        return functional.conv_transpose2d(vectors, self.get_buffer(f"layouts_{number}"), stride=self.steps[number])

    def analysed(self, pictures: Tensor) -> Tensor:
        """Latents (n, 32, 16, 16) of pictures (n, 3, 256, 256) in grey levels, not rounded."""
        repeats = pictures.shape[-1] // self.mean.shape[-1]
        return functional.conv2d(pictures - self.mean.repeat(1, repeats, repeats), self.analysis, stride=16)

    def seen(self, number: int, latents: Tensor) -> Tensor:
        """What the layouts of one of the scales 1 to 16 see in latents: (n, dims, side, side)."""
        step = self.steps[number]
        return functional.conv2d(latents, self.get_buffer(f"layouts_{number}"), stride=step) / step**2

    def known(self, arrived: Arrived, tokens: Tensor) -> Tensor:
        """Known scales (n, 6, 32, 32) 0/1 of codes with these tokens (n, 16, 16) of scale 16."""
        known = arrived.flags.float()
        known[:, 5] *= (self.ranks(tokens) < arrived.shares[:, None, None]).float()
        return known

    def ranks(self, tokens: Tensor) -> Tensor:
        """Place (n, 32, 32), 0..1, of each position of scale 32 in the order of detail of scale 16 tokens."""
        order = torch.argsort(self.detail[tokens].flatten(1), dim=1, descending=True, stable=True)
        ranks = torch.argsort(order, dim=1).reshape(-1, 16, 16).float() / 256
        return ranks.repeat_interleave(2, 1).repeat_interleave(2, 2)


def random_known(rng: np.random.Generator, *, whole: NDArray[np.bool_], late: float = 0.0) -> Arrived:
    """What arrived of a batch of codes: quantizer dropout.

    Pictures of which nothing else is seen (``whole``, n bool) have one scale at least; others may have none. Of a share
    of the pictures (``late``) the last two prefixes alone are seen, one as often as the other.
    """
    n = len(whole)
    counts = rng.choice(len(LADDER), size=n, p=_PREFIX_CHANCES) + 1
    if late:
        counts = np.where(rng.random(n) < late, len(LADDER) - rng.integers(0, 2, n), counts)
    counts[~whole & (rng.random(n) < _NO_CODE_CHANCE)] = 0
    flags = (np.arange(len(LADDER)) < counts[:, None])[..., None, None].repeat(32, axis=2).repeat(32, axis=3)
    shares = np.where(rng.random(n) < _PARTIAL_CHANCE, rng.random(n), 1.0).astype(np.float32)
    return Arrived(torch.from_numpy(flags), torch.from_numpy(shares))


def as_tensors(maps: tuple[NDArray[np.uint16], ...]) -> tuple[Tensor, ...]:
    """Token maps as int64 tensors."""
    return tuple(torch.from_numpy(m.astype(np.int64)) for m in maps)


def _as_kernel(rows: Tensor, patch: int) -> Tensor:
    """Patches in rows, as ``patches.cut`` orders them → (n, 3, patch, patch)."""
    return rows.reshape(-1, patch, patch, 3).permute(0, 3, 1, 2).contiguous()
