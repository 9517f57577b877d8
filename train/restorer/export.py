"""The Transformer's file."""

from __future__ import annotations

from pathlib import Path

from train.export import export_network, halved
from train.quantizing import quantize_products
from train.restorer.network import Restorer
from train.tokenizer.export import DECODER_INPUTS
from underdrawing.recovery.restorer import RESTORER_FILE

__all__ = ["FILES", "write_restorer"]

FILES = (RESTORER_FILE,)
_INPUTS = {name: shape for name, shape in DECODER_INPUTS.items() if name != "hints"}


def write_restorer(network: Restorer, folder: Path, *, eight_bits: bool) -> None:
    """Write the Transformer into a folder; with weights of eight bits where that was measured to cost nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESTORER_FILE
    export_network(halved(network), _INPUTS, ["coarse_out", "hints", "guess", "sharpness"], path, half=not eight_bits)
    if eight_bits:
        quantize_products(path)
