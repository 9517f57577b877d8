"""What the decoder is trained for: pictures from any prefix of their tokens, alone or into their surroundings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from train.copies import random_copy
from train.masks import random_mask
from train.tokenizer.codes import Lookup, as_tensors, random_known
from train.tokenizer.examples import Examples
from train.tokenizer.network import HINTS, Decoder, alone
from underdrawing.tokenizer import LADDER

__all__ = ["as_targets", "decibels", "decoder_loss", "psnr_by_prefix", "surroundings"]

_COARSE_WEIGHT = 0.1


def decoder_loss(
    examples: Examples,
    lookup: Lookup,
    batch: int,
    device: torch.device,
    *,
    alone_chance: float,
    late_chance: float = 0.0,
) -> Callable[[nn.Module, np.random.Generator], Tensor]:
    """The loss of a random batch, in decibels of error inside what is hidden; of some pictures nothing is seen."""

    def loss(network: nn.Module, rng: np.random.Generator) -> Tensor:
        network.train()
        part = examples.drawn(batch, rng)
        maps = as_tensors(part.maps, device)
        target = as_targets(part.pictures, device)
        seen, hidden = surroundings(part.pictures, rng, device, alone_chance=alone_chance)
        known = random_known(lookup, maps[4], rng, whole=hidden.amin((1, 2, 3)) == 1, late=late_chance)
        inputs = lookup(maps, known)
        hints = torch.zeros(len(target), HINTS, 16, 16, device=device)
        picture = network(inputs.coarse, inputs.fine, known, seen, hidden, hints)
        coarse = decibels(functional.avg_pool2d(picture, 4), functional.avg_pool2d(target, 4), _shrunk(hidden))
        return decibels(picture, target, hidden) + _COARSE_WEIGHT * coarse

    return loss


def surroundings(
    pictures: NDArray[np.uint8], rng: np.random.Generator, device: torch.device, *, alone_chance: float
) -> tuple[Tensor, Tensor]:
    """What may be seen of a batch: ``seen`` and ``hidden`` as networks take them; of some pictures nothing is seen."""
    n = len(pictures)
    seen = np.zeros((n, 256, 256, 3), np.uint8)
    hidden = np.ones((n, 256, 256), np.float32)
    for i, picture in enumerate(pictures):
        if rng.random() >= alone_chance:
            seen[i], hidden[i] = random_copy(picture, rng), random_mask(rng)
    return as_targets(seen, device), torch.from_numpy(hidden)[:, None].to(device)


def decibels(picture: Tensor, target: Tensor, where: Tensor) -> Tensor:
    """Mean over pictures of the logarithm of the error in a region: what a mean PSNR rewards, whatever the prefix."""
    errors = ((picture - target).square() * where).mean(1).sum((1, 2)) / where.sum((1, 2, 3)).clamp_min(1)
    return 10 * torch.log10(errors + 1).mean()


@torch.no_grad()
def psnr_by_prefix(
    network: Decoder, lookup: Lookup, examples: Examples, device: torch.device, *, batch: int = 16
) -> list[float]:
    """Mean over pictures of the PSNR in decibels (RGB, rounded to 0..255), for each prefix of the ladder."""
    network.eval()
    scores = np.zeros((len(LADDER), len(examples)))
    for start in range(0, len(examples), batch):
        part = slice(start, start + batch)
        maps = as_tensors(tuple(m[part] for m in examples.maps), device)
        target = as_targets(examples.pictures[part], device)
        for count in range(1, len(LADDER) + 1):
            known = torch.zeros(len(target), len(LADDER), 32, 32, device=device)
            known[:, :count] = 1
            inputs = lookup(maps, known)
            picture = network(inputs.coarse, inputs.fine, known, *alone(len(target), device))
            error = (picture.clamp(0, 255).round() - target).square().mean((1, 2, 3))
            scores[count - 1, part] = (10 * torch.log10(255**2 / error)).cpu().numpy()
    return [round(float(value), 3) for value in scores.mean(axis=1)]


def as_targets(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Pictures (n, 256, 256, 3) uint8 as the networks take them: (n, 3, 256, 256) float32 grey levels."""
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float()


def _shrunk(hidden: Tensor) -> Tensor:
    return (functional.avg_pool2d(hidden, 4) > 0.5).float()
