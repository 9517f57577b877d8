"""Whether copies are found again, on the way through training: by bits alone, among all pictures of a split."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from train.copies import compressed
from train.fingerprint.network import Described
from train.fingerprint.training import tensors
from train.fingerprint.views import View, original
from train.masks import quarter_mask

__all__ = ["Found", "copies_by_kind", "found_again", "numbers_of"]

_AT_ONCE = 64


@dataclass(frozen=True)
class Found:
    """How copies of one kind were found: share whose original is nearest, and distances in bits."""

    nearest: float
    own_bits: float
    stranger_bits: float

    def __str__(self) -> str:
        return f"{self.nearest:.3f} (own {self.own_bits:.0f}, nearest stranger {self.stranger_bits:.0f} bits)"


def copies_by_kind(pictures: NDArray[np.uint8]) -> dict[str, list[View]]:
    """Copies of (n, 256, 256, 3) pictures: a quarter replaced, cropped, both, small; all compressed."""
    kinds: dict[str, list[View]] = {name: [] for name in ("replaced", "cropped", "both", "small")}
    for number, picture in enumerate(pictures):
        rng = np.random.default_rng(number)
        mask = quarter_mask(rng)[..., None]
        replaced = np.where(mask, pictures[number - 1], picture)
        half = cv2.resize(picture, (128, 128), interpolation=cv2.INTER_AREA)
        kinds["replaced"].append(original(compressed(replaced, 60)))
        kinds["cropped"].append(original(compressed(_seven_tenths(picture, rng), 60)))
        kinds["both"].append(original(compressed(_seven_tenths(replaced, rng), 60)))
        kinds["small"].append(original(compressed(np.asarray(half, dtype=np.uint8), 50)))
    return kinds


def _seven_tenths(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    side = round(256 * 0.7**0.5)
    top, left = rng.integers(0, 256 - side + 1, 2)
    return np.ascontiguousarray(picture[top : top + side, left : left + side])


def numbers_of(network: nn.Module, views: list[View], device: torch.device) -> NDArray[np.float32]:
    """The numbers (n, 512) whose signs are the bits."""
    with torch.no_grad():
        parts = [
            network(*tensors(views[start : start + _AT_ONCE], device)).float().cpu().numpy()
            for start in range(0, len(views), _AT_ONCE)
        ]
    return np.concatenate(parts)


def found_again(
    network: Described,
    pictures: NDArray[np.uint8],
    kinds: dict[str, list[View]],
    strangers: NDArray[np.uint8],
    device: torch.device,
) -> dict[str, str]:
    """How copies are found among their originals and other pictures, by kind of copy; bits are balanced on all."""
    records = numbers_of(network, [original(picture) for picture in [*pictures, *strangers]], device)
    middle = np.median(records, axis=0)
    bits = np.where(records > middle, 1.0, -1.0).astype(np.float32)
    scores = {}
    for kind, views in kinds.items():
        asked = np.where(numbers_of(network, views, device) > middle, 1.0, -1.0).astype(np.float32)
        distances = (bits.shape[1] - asked @ bits.T) / 2
        own = distances[np.arange(len(asked)), np.arange(len(asked))].copy()
        distances[np.arange(len(asked)), np.arange(len(asked))] = np.inf
        nearest = distances.min(axis=1)
        scores[kind] = str(Found(float(np.mean(own < nearest)), float(np.median(own)), float(np.median(nearest))))
    return scores
