"""The outliner's file."""

from __future__ import annotations

from pathlib import Path

from train.export import export_network, halved
from train.outliner.network import Drawer
from underdrawing.tamper import OUTLINER_FILE
from underdrawing.tamper.planes import CANVAS_PX, PLANES

__all__ = ["FILES", "write_outliner"]

FILES = (OUTLINER_FILE,)
_INPUTS = {"planes": (1, len(PLANES), CANVAS_PX, CANVAS_PX)}


def write_outliner(network: Drawer, folder: Path) -> None:
    """Write the network into a folder, in numbers of half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    export_network(halved(network), _INPUTS, ["odds"], folder / OUTLINER_FILE)
