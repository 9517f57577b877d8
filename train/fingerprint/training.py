"""How the fingerprint is learned: a copy must be nearer to its original than to all other pictures of the batch.

Contrastive with a differential-entropy term that keeps pictures apart, as SSCD does (arXiv 2202.10261, section 3.2),
but on bits: every number is standardized over the batch, so that half of the bits are 1, and squashed towards ±1; and
bits that say the same are told apart (VICReg, arXiv 2105.04906, section 4.1).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from train.fingerprint.views import View, copy_of, original
from train.objective import Objective, moved

__all__ = ["contrast", "fingerprint_objective", "tensors"]

_TEMPERATURE = 0.05
_APART = 0.5  # weight of the differential entropy
_UNLIKE = 0.03  # weight of what the bits have in common
_STEEPNESS = 1.5  # of the squashing of a standardized number


def fingerprint_objective(pictures: NDArray[np.uint8], batch: int) -> Objective:
    """The contrast of batches of so many pictures (n, 256, 256, 3), each with one copy."""

    def draw(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        chosen = rng.choice(len(pictures), batch, replace=False)
        others = np.roll(chosen, 1)
        views = [original(pictures[i]) for i in chosen]
        views += [copy_of(pictures[i], pictures[j], rng) for i, j in zip(chosen, others, strict=True)]
        return _stacked(views)

    def loss(network: nn.Module, views: tuple[Tensor, Tensor]) -> Tensor:
        with torch.autocast(views[0].device.type, torch.bfloat16):
            numbers = network(*_planes(*views))
        return contrast(numbers.float())

    return Objective(draw, loss)


def contrast(numbers: Tensor) -> Tensor:
    """The loss of numbers (2n, 512): n originals, then a copy of each."""
    standard = (numbers - numbers.mean(0)) / (numbers.std(0) + 1e-4)
    bits = functional.normalize(torch.tanh(_STEEPNESS * standard), dim=1)
    count = len(bits) // 2
    likeness = bits @ bits.T
    itself = torch.eye(2 * count, dtype=torch.bool, device=bits.device)
    partner = torch.arange(2 * count, device=bits.device).roll(count)
    found = functional.cross_entropy(likeness.masked_fill(itself, -torch.inf) / _TEMPERATURE, partner)
    stranger = likeness.masked_fill(itself | itself.roll(count, 0), -1).amax(dim=1)
    apart = -torch.log((2 - 2 * stranger).clamp(min=1e-4)).mean() / 2
    shared = standard.T @ standard / len(standard)
    alike = (shared.square().sum() - shared.diagonal().square().sum()) / len(shared)
    return found + _APART * apart + _UNLIKE * alike


def tensors(views: list[View], device: torch.device) -> tuple[Tensor, Tensor]:
    """Pixels (n, 3, 128, 128) and hidden parts (n, 1, 128, 128), both float."""
    return _planes(*moved(_stacked(views), device))


def _stacked(views: list[View]) -> tuple[Tensor, Tensor]:
    """Pixels (n, 128, 128, 3) and hidden parts (n, 128, 128), both uint8."""
    return tuple(torch.from_numpy(np.stack(planes)) for planes in zip(*views, strict=True))  # type: ignore[return-value]


def _planes(pixels: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    return pixels.permute(0, 3, 1, 2).float(), hidden[:, None].float()
