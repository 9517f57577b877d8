"""Exported networks in eight bits: half the time and half the file, where it was measured to cost nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.export import store_halved

__all__ = ["Fed", "quantize_convolutions", "quantize_products"]

Fed = dict[str, NDArray[np.float32]]
"""What a network is given once: inputs by name, each a batch of one."""
_WITHIN_RANGE = 99.999
"""Percent of activations that a range holds: the very largest are worth less than fine steps for all others."""


def quantize_products(path: Path) -> None:
    """Weights of matrix products in eight bits, activations measured as they come (dynamic quantization)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _set_aside(path) as whole:
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)


def quantize_convolutions(path: Path, layers: Sequence[str], examples: Sequence[Fed]) -> None:
    """Some convolutions in eight bits, with ranges of activations as examples have them (static quantization).

    Weights take seven of the eight: products of pairs then fit into 16 bits on processors that add them up there, so
    that pictures look the same everywhere.

    Args:
        path: a network as ``export_network`` writes it without ``half``; written anew, the rest of it halved.
        layers: what the names of their weights begin with.
        examples: what the network is given.

    Raises:
        ValueError: no convolution has such a name, or there is no example.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    network = onnx.load(str(path))
    chosen = [n.name for n in network.graph.node if n.op_type == "Conv" and n.input[1].startswith(tuple(layers))]
    if not chosen or not examples:
        raise ValueError(f"quantization: {len(chosen)} convolutions and {len(examples)} examples, expected some")
    with _set_aside(path) as whole, redirect_stdout(StringIO()):
        quantize_static(
            whole,
            path,
            _Examples(examples),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": _WITHIN_RANGE},
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=chosen,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    network = onnx.load(str(path))
    store_halved(network.graph)
    path.write_bytes(network.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))


class _Examples:
    """Gives examples one by one, as ONNX Runtime asks for them."""

    def __init__(self, examples: Sequence[Fed]) -> None:
        self._left = iter(examples)

    def get_next(self) -> Fed | None:
        return next(self._left, None)


@contextmanager
def _set_aside(path: Path) -> Iterator[Path]:
    """The network under another name while it is written anew, without ONNX Runtime's advice."""
    whole = path.with_suffix(".whole.onnx")
    path.replace(whole)
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield whole
    except BaseException:
        whole.replace(path)
        raise
    finally:
        logger.setLevel(level)
    whole.unlink()
