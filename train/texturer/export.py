"""The texturer's file."""

from __future__ import annotations

from pathlib import Path

from train.export import export_network, halved
from train.texturer.network import Texturer
from underdrawing.recovery.texturing import TEXTURER_FILE
from underdrawing.tokenizer import CANVAS, LADDER

__all__ = ["FILES", "write_texturer"]

FILES = (TEXTURER_FILE,)
_INPUTS = {
    "painted": (1, 3, CANVAS, CANVAS),
    "known": (1, len(LADDER), 32, 32),
    "seen": (1, 3, CANVAS, CANVAS),
    "hidden": (1, 1, CANVAS, CANVAS),
}


def write_texturer(network: Texturer, folder: Path) -> None:
    """Write the network into a folder, in numbers of half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    export_network(halved(network), _INPUTS, ["missing"], folder / TEXTURER_FILE)
