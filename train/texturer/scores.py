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
from underdrawing.bench.metrics.likeness import gmsd, masked_psnr_db, ms_ssim, psnr_db

__all__ = ["InsideLook", "Look", "looks", "looks_inside", "nats", "slope"]

Picture = NDArray[np.uint8]
_SCALES = 5


@dataclass(frozen=True)
class Look:
    """Means over pictures: likeness to the truth, and how steep slopes are, those of the truth being 1."""

    psnr_db: float
    ms_ssim: float
    gmsd: float
    slope: float


@dataclass(frozen=True)
class InsideLook:
    """The same inside regions: mean M-PSNR, the mean of how steep slopes are by those of the truth, and how much that
    differs between pictures: the standard deviation of its logarithm."""

    psnr_db: float
    slope: float
    slope_spread: float


def looks_inside(painted: list[tuple[Picture, Picture, NDArray[np.bool_]]]) -> InsideLook:
    """The look of regions: pictures, each with its truth, H×W×3 RGB uint8, and its region, H×W bool."""
    steep = [slope(a, mask) / slope(b, mask) for a, b, mask in painted]
    likeness = [masked_psnr_db(a, b, mask, data_range=255) for a, b, mask in painted]
    return InsideLook(float(np.mean(likeness)), float(np.mean(steep)), float(np.log(steep).std()))


def looks(pairs: list[tuple[Picture, Picture]]) -> Look:
    """The look of pictures, each with its truth, H×W×3 RGB uint8."""
    likeness = [[score(a, b, data_range=255) for score in (psnr_db, ms_ssim, gmsd)] for a, b in pairs]
    steep = sum(slope(a) for a, _ in pairs) / sum(slope(b) for _, b in pairs)
    return Look(*(float(value) for value in np.mean(likeness, axis=0)), steep)


def slope(picture: Picture, mask: NDArray[np.bool_] | None = None) -> float:
    """Mean difference of neighbouring pixels down plus across, in grey levels: detail of any kind.

    Args:
        picture: H×W×3 RGB.
        mask: H×W bool, where to look: at differences between pixels that are both inside; None for everywhere.
    """
    levels = picture.astype(np.int16)
    inside = np.ones(levels.shape[:2], np.bool_) if mask is None else mask
    down, across = np.abs(np.diff(levels, axis=0)), np.abs(np.diff(levels, axis=1))
    return float(down[inside[1:] & inside[:-1]].mean() + across[inside[:, 1:] & inside[:, :-1]].mean())


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
