"""The fingerprint's file."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from train.export import export_network, halved
from train.fingerprint.network import Described
from train.fingerprint.scores import numbers_of
from train.fingerprint.views import original
from underdrawing.fingerprint import FINGERPRINT_FILE, SIDE_PX

__all__ = ["FILES", "balanced", "write_fingerprint"]

FILES = (FINGERPRINT_FILE,)
_INPUTS = {"pixels": (1, 3, SIDE_PX, SIDE_PX), "hidden": (1, 1, SIDE_PX, SIDE_PX)}


def balanced(network: Described, pictures: NDArray[np.uint8]) -> Described:
    """A copy, in numbers of half precision, of which every bit is 1 for half of the pictures (n, 256, 256, 3)."""
    copied = copy.deepcopy(network).cpu().eval()
    numbers = numbers_of(copied, [original(picture) for picture in pictures], torch.device("cpu"))
    with torch.no_grad():
        copied.project.bias -= torch.from_numpy(np.median(numbers, axis=0))
    return halved(copied)


def write_fingerprint(network: Described, folder: Path) -> None:
    """Write the network into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    export_network(network, _INPUTS, ["numbers"], folder / FINGERPRINT_FILE)
