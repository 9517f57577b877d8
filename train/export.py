"""From trained networks to the files that the package ships."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from underdrawing.networks import MANIFEST_FILE

__all__ = ["export_network", "halved", "store_halved", "write_manifest"]

_Network = TypeVar("_Network", bound=nn.Module)


def export_network(
    network: nn.Module, inputs: dict[str, tuple[int, ...]], outputs: list[str], path: Path, *, half: bool = True
) -> None:
    """Write a network as one self-contained ONNX file for batches of one.

    Args:
        network: returns a tensor, or a dataclass or tuple of them.
        inputs: names and shapes, the batch of one included, in the order of ``forward``.
        outputs: names.
        path: the file.
        half: keep what half precision holds exactly so in the file.
    """
    import onnx

    example = tuple(torch.zeros(shape) for shape in inputs.values())
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.cpu().eval(),
            example,
            input_names=list(inputs),
            output_names=outputs,
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    if half:
        store_halved(model.graph)
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))


def halved(network: _Network) -> _Network:
    """A copy whose parameters are numbers of half precision, which is how they are stored."""
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.copy_(parameter.half().float())
    return copied


def store_halved(graph: Any) -> None:
    """Keep what half precision holds exactly so in the file; the runtime widens it once, when it loads it."""
    from onnx import TensorProto, helper, numpy_helper

    for array in graph.initializer:
        values = numpy_helper.to_array(array)
        if values.dtype == np.float32 and values.size > 1024 and np.array_equal(values, values.astype(np.float16)):
            name = array.name
            array.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            graph.node.insert(0, helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))


def write_manifest(folder: Path, names: Sequence[str], facts: dict[str, Any]) -> None:
    """Write ``weights.json``: the files with their hashes, and the facts about them."""
    files = [_entry(folder / name) for name in names]
    text = json.dumps({"files": files, **facts}, indent=2, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def _entry(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
