"""The imaginer's file."""

from __future__ import annotations

from pathlib import Path

from train.export import export_network, halved
from train.imaginer.network import Imaginer
from underdrawing.recovery.imagining import IMAGINER_FILE
from underdrawing.tokenizer import CANVAS

__all__ = ["FILES", "write_imaginer"]

FILES = (IMAGINER_FILE,)
_INPUTS = {"said": (1, 3, CANVAS, CANVAS), "coarse": (1, 32, 16, 16), "fine": (1, 16, 32, 32), "known": (1, 1, 32, 32)}


def write_imaginer(network: Imaginer, folder: Path) -> None:
    """Write the network into a folder, in numbers of half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    export_network(halved(network), _INPUTS, ["scores"], folder / IMAGINER_FILE)
