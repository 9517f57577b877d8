"""How like a photograph what is painted looks, and what that costs in likeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from train.objective import moved
from train.texturer.training import painted
from train.tokenizer.codes import Lookup, as_tensors
from train.tokenizer.examples import Examples
from train.tokenizer.network import Decoder, alone
from underdrawing.bench.metrics.likeness import gmsd, ms_ssim, psnr_db

__all__ = ["Look", "looks", "slope", "textured_looks"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """Means over pictures, see :func:`looks`."""

    psnr_db: float
    ms_ssim: float
    gmsd: float
    slope: float

    def __str__(self) -> str:
        return f"PSNR {self.psnr_db:.2f} dB, MS-SSIM {self.ms_ssim:.3f}, GMSD {self.gmsd:.3f}, slopes {self.slope:.2f}"


def looks(pairs: list[tuple[Picture, Picture]]) -> Look:
    """Likeness of pictures to what they should be, and how steep their slopes are: those of the truth are 1.

    Args:
        pairs: picture and truth, H×W×3 RGB uint8.
    """
    likeness = [[score(a, b, data_range=255) for score in (psnr_db, ms_ssim, gmsd)] for a, b in pairs]
    steep = sum(slope(a) for a, _ in pairs) / sum(slope(b) for _, b in pairs)
    return Look(*(float(value) for value in np.mean(likeness, axis=0)), steep)


def slope(picture: Picture) -> float:
    """Mean difference of neighbouring pixels, in grey levels: detail of any kind."""
    levels = picture.astype(np.int16)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


def textured_looks(
    texturer: nn.Module, decoder: Decoder, lookup: Lookup, examples: Examples, *, scales: int, device: torch.device
) -> Look:
    """The look of whole pictures that are painted from codes of so many scales, and given texture."""
    texturer.eval()
    decoder.eval()
    pairs = []
    for number, truth in enumerate(examples.pictures):
        maps = moved(as_tensors(tuple(tokens[number : number + 1] for tokens in examples.maps)), device)
        known = torch.zeros(1, len(maps), 32, 32, device=device)
        known[:, :scales] = 1
        seen, hidden, _ = alone(1, device)
        with torch.no_grad():
            picture = texturer(painted(decoder, lookup(maps, known)), known, seen, hidden)[0]
        pairs.append((_rounded(picture.cpu().numpy()), truth))
    return looks(pairs)


def _rounded(picture: NDArray[np.float32]) -> Picture:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8).transpose(1, 2, 0)
