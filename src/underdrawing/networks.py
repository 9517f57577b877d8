"""Shipped networks: files that are proved by their manifest, run with ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import WeightsError

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["MANIFEST_FILE", "Network", "read_verified", "shipped_weights"]

MANIFEST_FILE = "weights.json"


class Network:
    """An exported network; its session is made on first use.

    Args:
        contents: of the ONNX file.
    """

    def __init__(self, contents: bytes) -> None:
        self._contents = contents

    def run(self, inputs: dict[str, NDArray[np.generic]]) -> list[NDArray[np.float32]]:
        """Outputs, in the order of the file, for inputs of any number type without a batch axis."""
        feeds = {name: np.ascontiguousarray(value[None], dtype=np.float32) for name, value in inputs.items()}
        return [np.asarray(output[0], dtype=np.float32) for output in self._session.run(None, feeds)]

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # spinning threads of several workers on busy cores cost more than they bring
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self._contents, options, providers=["CPUExecutionProvider"])


def shipped_weights(room: str) -> Traversable:
    """The folder of weights that a room of the package ships, named as in ``tokenizer``."""
    return files(f"underdrawing.{room}") / "weights"


def read_verified(folder: Traversable, name: str) -> bytes:
    """Contents of a weights file, checked against the folder's ``weights.json``.

    Raises:
        WeightsError: the file or the manifest is missing, or the file is another one than the manifest names.
    """
    expected = _expected_hash(folder, name)
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise WeightsError(f"weights: cannot read {name} ({error}); install the package again") from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        raise WeightsError(
            f"weights: {name} has sha256 {actual[:16]}…, {MANIFEST_FILE} names {expected[:16]}…; "
            f"install the package again"
        )
    return data


def _expected_hash(folder: Traversable, name: str) -> str:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return str(next(entry["sha256"] for entry in manifest["files"] if entry["file"] == name))
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise WeightsError(
            f"weights: {MANIFEST_FILE} is missing or does not name {name}; install the package again"
        ) from error
