"""TrustMark's loader on networks made here: the same files, inputs and outputs, a few numbers instead of millions.

The tiny encoder adds a pattern for each bit, eight to a row, to the picture; the tiny decoder correlates with the
patterns. They are written as ONNX files and read by the code that reads the real ones.
"""

import numpy as np
import pytest
import scipy.linalg

from underdrawing.bench.attacks import pixelwise
from underdrawing.channel import load_carrier
from underdrawing.channel.adapters.trustmark import TrustMark, weight_files
from underdrawing.errors import CapacityError, WeightsError

onnx = pytest.importorskip("onnx")
STRENGTH = 0.05


def patterns(side=256):
    """100×3×side×side, each ±1 in squares, orthogonal and without mean: rows of a Hadamard matrix, shuffled alike."""
    shuffled = np.random.default_rng(0).permutation(1024)
    small = scipy.linalg.hadamard(1024)[1:101, shuffled].reshape(100, 1, 32, 32)
    return np.repeat(np.repeat(small, side // 32, axis=2), side // 32, axis=3).repeat(3, axis=1).astype(np.float32)


def save(path, nodes, inputs, outputs, constants):
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        path.stem,
        [value(name, onnx.TensorProto.FLOAT, shape) for name, shape in inputs],
        [value(name, onnx.TensorProto.FLOAT, shape) for name, shape in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def write_networks(folder, variant="Q", side=256):
    """The pair of files, with the names of inputs and outputs that the real ones have."""
    encoder, decoder = (folder / name for name in weight_files(variant))
    node = onnx.helper.make_node
    flat = patterns().reshape(100, -1)
    save(
        encoder,
        [
            node("Mul", ["onnx::Gemm_1", "two"], ["doubled"]),
            node("Sub", ["doubled", "one"], ["signs"]),
            node("MatMul", ["signs", "patterns"], ["flat"]),
            node("Reshape", ["flat", "shape"], ["added"]),
            node("Add", ["onnx::Concat_0", "added"], ["image"]),
        ],
        [("onnx::Concat_0", [1, 3, 256, 256]), ("onnx::Gemm_1", [1, 100])],
        [("image", [1, 3, 256, 256])],
        {
            "two": np.float32([2]),
            "one": np.float32([1]),
            "patterns": STRENGTH / 10 * flat,
            "shape": np.array([1, 3, 256, 256], np.int64),
        },
    )
    detector = patterns(side).reshape(100, -1).T
    save(
        decoder,
        [node("Reshape", ["image", "shape"], ["flat"]), node("MatMul", ["flat", "detector"], ["output"])],
        [("image", [1, 3, side, side])],
        [("output", [1, 100])],
        {"shape": np.array([1, 3 * side * side], np.int64), "detector": detector / 100},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_networks(folder)
    return folder


@pytest.fixture(scope="module")
def carrier(folder):
    return load_carrier("trustmark", weights=folder)


@pytest.fixture(scope="module")
def smooth():
    rows, columns = np.mgrid[0:400, 0:600]
    return np.stack([120 + rows / 50, 120 + columns / 60, 130 - rows / 50], axis=-1).astype(np.uint8)


def test_round_trip(carrier, smooth, bits_for):
    bits = bits_for(carrier, smooth)
    assert bits.size == 100
    marked = carrier.embed(smooth, bits)
    assert marked.shape == smooth.shape
    assert 0.5 < np.abs(marked.astype(int) - smooth).mean() < 6
    for name in ("png", "jpeg80", "resize0.6"):
        heard = carrier.extract(pixelwise.get(name).apply(marked, np.random.default_rng(0)))
        assert heard.agreement is None
        assert ((heard.ratios < 0) != bits).mean() < 0.04, name


def test_a_long_picture_is_marked_in_its_middle_square(carrier, bits_for):
    long = np.full((200, 700, 3), 120, np.uint8)
    bits = bits_for(carrier, long)
    marked = carrier.embed(long, bits)
    changed = (marked != long).any(axis=(0, 2))
    assert not changed[:250].any()
    assert not changed[450:].any()
    assert changed[250:450].mean() > 0.9
    assert ((carrier.extract(marked).ratios < 0) != bits).mean() < 0.04


def test_the_size_of_the_decoder_is_that_of_its_file(tmp_path, smooth, bits_for):
    write_networks(tmp_path, "P", side=224)
    carrier = TrustMark.load(tmp_path, "P")
    bits = bits_for(carrier, smooth)
    marked = carrier.embed(smooth, bits)
    assert carrier._decoder_side_px == 224
    assert not (marked[:, :100] != smooth[:, :100]).any(), "variant P marks the square in the middle of any picture"
    assert ((carrier.extract(marked).ratios < 0) != bits).mean() < 0.04


def test_rejects_files_that_are_not_these_networks(tmp_path, folder, smooth):
    write_networks(tmp_path)
    encoder, decoder = (tmp_path / name for name in weight_files())
    decoder.write_bytes(encoder.read_bytes())
    with pytest.raises(WeightsError, match="2 inputs, expected"):
        load_carrier("trustmark", weights=tmp_path)
    decoder.write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="ONNX Runtime"):
        load_carrier("trustmark", weights=tmp_path)
    decoder.unlink()
    with pytest.raises(WeightsError, match=r"decoder_Q\.onnx"):
        load_carrier("trustmark", weights=tmp_path)
    with pytest.raises(CapacityError):
        load_carrier("trustmark", weights=folder).embed(smooth, np.zeros(99, np.uint8))
