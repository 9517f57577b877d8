"""Convolutions in eight bits."""

import logging

import numpy as np
import pytest
import torch
from torch import nn
from train.export import export_network
from train.quantizing import quantize_convolutions

from underdrawing.networks import Network

SHAPE = (3, 16, 16)


@pytest.fixture
def exported(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 3, 3, padding=1))
    path = tmp_path / "network.onnx"
    export_network(network, {"x": (1, *SHAPE)}, ["y"], path, half=False)
    return path


def given(count):
    rng = np.random.default_rng(0)
    return [{"x": rng.normal(size=(1, *SHAPE)).astype(np.float32)} for _ in range(count)]


def test_eight_bits_say_nearly_the_same_in_a_smaller_file(exported):
    whole, size = Network(exported.read_bytes()), exported.stat().st_size
    quantize_convolutions(exported, ["0.", "2."], given(8))
    small = Network(exported.read_bytes())
    for example in given(12)[8:]:
        (expected,), (got,) = (network.run({"x": example["x"][0]}) for network in (whole, small))
        error = (got - expected).std() / expected.std()
        assert 1e-5 < error < 0.03
    assert exported.stat().st_size < 0.8 * size
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]


def test_layers_that_are_not_named_stay_as_they_are(exported):
    import onnx

    quantize_convolutions(exported, ["0."], given(4))
    weights = {node.input[1] for node in onnx.load(str(exported)).graph.node if node.op_type == "Conv"}
    assert "2.weight" in weights
    assert "0.weight" not in weights


@pytest.mark.parametrize(("layers", "examples"), [(["none."], 2), (["0."], 0)])
def test_without_layers_or_examples_nothing_is_written(exported, layers, examples):
    before = exported.read_bytes()
    with pytest.raises(ValueError, match="expected some"):
        quantize_convolutions(exported, layers, given(examples))
    assert exported.read_bytes() == before


def test_a_network_that_cannot_be_quantized_stays_as_it_was(exported, monkeypatch):
    before, level = exported.read_bytes(), logging.getLogger().level
    monkeypatch.setattr("onnxruntime.quantization.quantize_static", failing)
    with pytest.raises(RuntimeError, match="out of memory"):
        quantize_convolutions(exported, ["0.", "2."], given(8))
    assert exported.read_bytes() == before
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]
    assert logging.getLogger().level == level


def failing(*_, **__):
    raise RuntimeError("out of memory")
