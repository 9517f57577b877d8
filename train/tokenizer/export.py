"""From a trained decoder to the files that the package ships."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from train.tokenizer.linear import save_linear
from train.tokenizer.network import Decoder
from underdrawing.tokenizer.weights import DECODER_FILE, LINEAR_FILE, MANIFEST_FILE, LinearWeights

__all__ = ["export_decoder", "halved", "write_manifest", "write_weights"]


def export_decoder(network: Decoder, path: Path) -> None:
    """Write the decoder as one self-contained ONNX file for batches of one picture."""
    import onnx

    example = (torch.zeros(1, 32, 16, 16), torch.zeros(1, 16, 32, 32), torch.zeros(1, 6, 32, 32))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.cpu().eval(),
            example,
            input_names=["coarse", "fine", "known"],
            output_names=["picture"],
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    _store_halved(model.graph)
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))


def halved(network: Decoder) -> Decoder:
    """A copy whose parameters are numbers of half precision, which is how they are stored."""
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.copy_(parameter.half().float())
    return copied


def _store_halved(graph: Any) -> None:
    """Keep what half precision holds exactly so in the file; the runtime widens it once, when it loads it."""
    from onnx import TensorProto, helper, numpy_helper

    for array in graph.initializer:
        values = numpy_helper.to_array(array)
        if values.dtype == np.float32 and values.size > 1024 and np.array_equal(values, values.astype(np.float16)):
            name = array.name
            array.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            graph.node.insert(0, helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))


def write_weights(network: Decoder, linear: LinearWeights, folder: Path) -> None:
    """Write both weights files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    save_linear(linear, folder / LINEAR_FILE)
    export_decoder(halved(network), folder / DECODER_FILE)


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write ``weights.json``: the files with their hashes, and the facts about them."""
    files = [_entry(folder / name) for name in (LINEAR_FILE, DECODER_FILE)]
    text = json.dumps({"files": files, **facts}, indent=2, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def _entry(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
