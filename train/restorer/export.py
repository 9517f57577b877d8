"""The Transformer's file."""

from __future__ import annotations

import logging
from pathlib import Path

from train.export import export_network, halved
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
        _quantize(path)


def _quantize(path: Path) -> None:
    """Weights of matrix products in eight bits, activations measured as they come (dynamic quantization)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = path.with_suffix(".whole.onnx")
    path.replace(whole)
    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)
    whole.unlink()
