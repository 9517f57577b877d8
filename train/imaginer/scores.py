"""How surely tokens are guessed, and how like a photograph pictures look that are painted from guessed ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from train.imaginer.training import drawn_codes, given_of
from train.objective import moved
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import Examples
from train.tokenizer.network import LinearPicture
from underdrawing.bench.metrics.likeness import gmsd, ms_ssim, psnr_db

__all__ = ["Look", "looks", "nats", "slope"]

Picture = NDArray[np.uint8]
_BATCH = 8


@dataclass(frozen=True)
class Look:
    """Means over pictures: likeness to what they should be, and how steep their slopes are, those of the truth being 1."""

    psnr_db: float
    ms_ssim: float
    gmsd: float
    slope: float


def looks(pairs: list[tuple[Picture, Picture]]) -> Look:
    """The look of pictures, each with its truth, H×W×3 RGB uint8."""
    likeness = [[score(a, b, data_range=255) for score in (psnr_db, ms_ssim, gmsd)] for a, b in pairs]
    steep = sum(slope(a) for a, _ in pairs) / sum(slope(b) for _, b in pairs)
    return Look(*(float(value) for value in np.mean(likeness, axis=0)), steep)


def slope(picture: Picture) -> float:
    """Mean difference of neighbouring pixels down plus across, in grey levels: detail of any kind."""
    levels = picture.astype(np.int16)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


@torch.no_grad()
def nats(network: nn.Module, lookup: Lookup, picture: LinearPicture, examples: Examples, device: torch.device) -> float:
    """Mean cross entropy of tokens of scale 32, over the same cells every time, in nats; without any guess ln 4096."""
    network.eval()
    losses = []
    for number in range(0, len(examples), _BATCH):
        part = Examples(
            examples.pictures[number : number + _BATCH],
            tuple(tokens[number : number + _BATCH] for tokens in examples.maps),
        )
        drawn = moved(drawn_codes(part, len(part), np.random.default_rng(number)), device)
        scores = network(*given_of(drawn.maps, drawn.known, lookup, picture), drawn.asked)
        truth = drawn.maps[5].flatten(1).gather(1, drawn.asked)
        losses += [functional.cross_entropy(*pair).item() for pair in zip(scores, truth, strict=True)]
    return float(np.mean(losses))
