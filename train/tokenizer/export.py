"""The tokenizer's files."""

from __future__ import annotations

from pathlib import Path

from train.export import export_network, halved
from train.tokenizer.linear import save_linear
from train.tokenizer.network import HINTS, Decoder
from underdrawing.tokenizer.weights import DECODER_FILE, LINEAR_FILE, LinearWeights

__all__ = ["DECODER_INPUTS", "FILES", "write_weights"]

FILES = (LINEAR_FILE, DECODER_FILE)
DECODER_INPUTS = {
    "coarse": (1, 32, 16, 16),
    "fine": (1, 16, 32, 32),
    "known": (1, 6, 32, 32),
    "seen": (1, 3, 256, 256),
    "hidden": (1, 1, 256, 256),
    "hints": (1, HINTS, 16, 16),
}


def write_weights(network: Decoder, linear: LinearWeights, folder: Path) -> None:
    """Write both weights files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    save_linear(linear, folder / LINEAR_FILE)
    export_network(halved(network), DECODER_INPUTS, ["picture"], folder / DECODER_FILE)
