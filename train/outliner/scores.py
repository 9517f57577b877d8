"""How well outlines are drawn: against the truth, on forgeries of pictures that were not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from train.outliner.examples import PLANE_UNIT, Examples
from underdrawing.tamper.planes import PLANES

__all__ = ["Outlines", "measured", "network_outline", "region_outline"]

_LARGE = 0.05
_REGION = PLANES.index("region")

Outline = Callable[[NDArray[np.float32]], NDArray[np.bool_]]
"""From planes (17, 256, 256) to what is called changed (256, 256)."""


@dataclass(frozen=True)
class Outlines:
    """Means over forgeries, of at least 5 % of the picture and of less.

    Attributes:
        forgeries: how many of each.
        f1, iou: of what was called changed, 0 to 1; NaN where there is no such forgery.
    """

    forgeries: tuple[int, int]
    f1: tuple[float, float]
    iou: tuple[float, float]

    def __str__(self) -> str:
        large, small = self.f1
        return f"F1 {large:.4f} (less than 5 %: {small:.4f}), IoU {self.iou[0]:.4f}"


def measured(examples: Examples, outline: Outline) -> Outlines:
    """Score the outlines of all examples."""
    rows = []
    for planes, share in zip(examples.planes, examples.truth, strict=True):
        truth = share > 127
        found = outline(planes.astype(np.float32) / np.float32(PLANE_UNIT))
        both, sizes = np.count_nonzero(found & truth), np.count_nonzero(found) + np.count_nonzero(truth)
        rows.append((truth.mean() >= _LARGE, 2 * both / max(sizes, 1), both / max(sizes - both, 1)))
    table = np.array(rows, dtype=np.float64)
    large = table[:, 0] > 0
    halves = (table[large], table[~large])
    f1, iou = ([float(half[:, column].mean()) if len(half) else float("nan") for half in halves] for column in (1, 2))
    return Outlines((len(halves[0]), len(halves[1])), (f1[0], f1[1]), (iou[0], iou[1]))


def network_outline(network: nn.Module, device: torch.device) -> Outline:
    """Outlines as a network under training draws them."""

    def outline(planes: NDArray[np.float32]) -> NDArray[np.bool_]:
        with torch.no_grad():
            odds = network(torch.from_numpy(planes[None]).to(device))[0]
        return np.asarray(odds.float().cpu().numpy() > 0)

    return outline


def region_outline(planes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The blocks of the regions as they are, for comparison."""
    return np.asarray(planes[_REGION] > 0)
