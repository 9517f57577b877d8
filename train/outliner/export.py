"""The outliner's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.export import export_network, halved
from train.outliner.network import Drawer
from train.quantizing import quantize_convolutions
from underdrawing.tamper import OUTLINER_FILE
from underdrawing.tamper.planes import CANVAS_PX, PLANES

__all__ = ["FILES", "write_outliner"]

FILES = (OUTLINER_FILE,)
_INPUTS = {"planes": (1, len(PLANES), CANVAS_PX, CANVAS_PX)}


def write_outliner(network: Drawer, folder: Path, examples: NDArray[np.float32]) -> None:
    """Write the network into a folder, all of its convolutions in eight bits.

    Args:
        network: the outliner.
        folder: for the file.
        examples: planes (n, 17, 256, 256) of forgeries, for the ranges of activations.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / OUTLINER_FILE
    export_network(halved(network), _INPUTS, ["odds"], path, half=False)
    layers = [name for name, _ in network.named_children()]
    quantize_convolutions(path, layers, [{"planes": planes[None]} for planes in examples])
