"""How well the strength of texture is told, and how like photographs pictures look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from train.objective import moved
from train.texturer.training import Bands, likelihood, painted
from train.tokenizer.codes import Lookup, as_tensors
from train.tokenizer.examples import Examples
from train.tokenizer.network import Decoder, alone
from train.tokenizer.training import as_targets
from underdrawing.bench.metrics.likeness import gmsd, ms_ssim, psnr_db

__all__ = ["Look", "looks", "nats", "slope"]

Picture = NDArray[np.uint8]
_SCALES = 5


@dataclass(frozen=True)
class Look:
    """Means over pictures: likeness to the truth, and how steep slopes are, those of the truth being 1."""

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
def nats(
    network: nn.Module, decoder: Decoder, lookup: Lookup, bands: Bands, examples: Examples, device: torch.device
) -> float:
    """Mean of what is trained for, on whole pictures from codes of 5 scales."""
    network.eval()
    decoder.eval()
    losses = []
    for number, picture in enumerate(examples.pictures):
        maps = moved(as_tensors(tuple(tokens[number : number + 1] for tokens in examples.maps)), device)
        known = torch.zeros(1, len(maps), 32, 32, device=device)
        known[:, :_SCALES] = 1
        given = painted(decoder, lookup(maps, known))
        seen, hidden, _ = alone(1, device)
        errors = as_targets(torch.from_numpy(picture[None]).to(device)) - given
        losses.append(likelihood(network(given, known, seen, hidden), bands(errors), hidden).item())
    return float(np.mean(losses))
