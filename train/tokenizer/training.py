"""What the decoder is trained for: pictures from any prefix of their tokens, alone or into their surroundings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from train.copies import random_copy
from train.masks import random_mask
from train.objective import Objective, moved
from train.tokenizer.codes import Arrived, Lookup, as_tensors, random_known
from train.tokenizer.examples import Examples
from train.tokenizer.network import HINTS, Decoder, alone
from underdrawing.tokenizer import LADDER

__all__ = [
    "Drawn",
    "as_planes",
    "as_targets",
    "decibels",
    "decoder_objective",
    "pixel_loss",
    "psnr_by_prefix",
    "surroundings",
]

_COARSE_WEIGHT = 0.1


class Drawn(NamedTuple):
    """Pictures, what arrived of their codes, and what is seen of them.

    Attributes:
        pictures: (n, 256, 256, 3) uint8.
        maps: six token maps (n, side, side) int64.
        arrived: of the codes.
        seen: (n, 256, 256, 3) uint8, and
        hidden: (n, 256, 256) bool, the surroundings.
    """

    pictures: Tensor
    maps: tuple[Tensor, ...]
    arrived: Arrived
    seen: Tensor
    hidden: Tensor

    @classmethod
    def of(cls, part: Examples, arrived: Arrived, seen: NDArray[np.uint8], hidden: NDArray[np.bool_]) -> Drawn:
        """Examples, with what arrived of their codes and what is seen of them."""
        pictures, maps = torch.from_numpy(part.pictures), as_tensors(part.maps)
        return cls(pictures, maps, arrived, torch.from_numpy(seen), torch.from_numpy(hidden))


def decoder_objective(
    examples: Examples, lookup: Lookup, batch: int, *, alone_chance: float, late_chance: float = 0.0
) -> Objective:
    """Decibels of error inside what is hidden, over random batches; of some pictures nothing is seen."""

    def draw(rng: np.random.Generator) -> Drawn:
        part = examples.drawn(batch, rng)
        seen, hidden = surroundings(part.pictures, rng, alone_chance=alone_chance)
        arrived = random_known(rng, whole=hidden.all(axis=(1, 2)), late=late_chance)
        return Drawn.of(part, arrived, seen, hidden)

    def loss(network: nn.Module, drawn: Drawn) -> Tensor:
        network.train()
        target, seen, hidden = as_targets(drawn.pictures), as_targets(drawn.seen), as_planes(drawn.hidden)
        known = lookup.known(drawn.arrived, drawn.maps[4])
        inputs = lookup(drawn.maps, known)
        hints = torch.zeros(len(target), HINTS, 16, 16, device=target.device)
        picture = network(inputs.coarse, inputs.fine, known, seen, hidden, hints)
        return pixel_loss(picture, target, hidden)

    return Objective(draw, loss)


def surroundings(
    pictures: NDArray[np.uint8], rng: np.random.Generator, *, alone_chance: float
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What may be seen of a batch, and where nothing is, as ``Drawn`` has them; of some pictures nothing is seen."""
    seen = np.zeros_like(pictures)
    hidden = np.ones(pictures.shape[:3], np.bool_)
    for i, picture in enumerate(pictures):
        if rng.random() >= alone_chance:
            seen[i], hidden[i] = random_copy(picture, rng), random_mask(rng)
    return seen, hidden


def pixel_loss(picture: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Decibels of error inside what is hidden, and a little of those of means over 4×4 pixels."""
    coarse = decibels(functional.avg_pool2d(picture, 4), functional.avg_pool2d(target, 4), _shrunk(hidden))
    return decibels(picture, target, hidden) + _COARSE_WEIGHT * coarse


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
        maps = moved(as_tensors(tuple(m[part] for m in examples.maps)), device)
        target = as_targets(torch.from_numpy(examples.pictures[part]).to(device))
        for count in range(1, len(LADDER) + 1):
            known = torch.zeros(len(target), len(LADDER), 32, 32, device=device)
            known[:, :count] = 1
            inputs = lookup(maps, known)
            picture = network(inputs.coarse, inputs.fine, known, *alone(len(target), device))
            error = (picture.clamp(0, 255).round() - target).square().mean((1, 2, 3))
            scores[count - 1, part] = (10 * torch.log10(255**2 / error)).cpu().numpy()
    return [round(float(value), 3) for value in scores.mean(axis=1)]


def as_targets(pictures: Tensor) -> Tensor:
    """Pictures (n, 256, 256, 3) uint8 as the networks take them: (n, 3, 256, 256) float32 grey levels."""
    return pictures.permute(0, 3, 1, 2).float()


def as_planes(hidden: Tensor) -> Tensor:
    """What is hidden, (n, 256, 256) bool, as the networks take it: (n, 1, 256, 256) float32."""
    return hidden[:, None].float()


def _shrunk(hidden: Tensor) -> Tensor:
    return (functional.avg_pool2d(hidden, 4) > 0.5).float()
