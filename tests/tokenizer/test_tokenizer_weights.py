"""The shipped weights are the ones that were measured, or nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, read_verified, shipped_weights
from underdrawing.tokenizer import Tokenizer
from underdrawing.tokenizer.weights import (
    DECODER_FILE,
    LINEAR_FILE,
    LinearWeights,
)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(str(shipped_weights("tokenizer")), tmp_path / "weights"))


def test_round_trip_of_named_arrays():
    linear = LinearWeights.from_bytes(read_verified(shipped_weights("tokenizer"), LINEAR_FILE))
    again = LinearWeights.from_arrays(linear.to_arrays())
    for name, array in linear.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array)


def test_manifest_tells_where_the_weights_come_from():
    manifest = json.loads((shipped_weights("tokenizer") / MANIFEST_FILE).read_text())
    expected = {"files", "licence", "training_data", "training", "config", "preprocessing"}
    assert expected | {"scores", "robustness", "separation", "vocabulary_in_use"} <= set(manifest)
    for entry in manifest["files"]:
        assert len((shipped_weights("tokenizer") / entry["file"]).read_bytes()) == entry["size"]


def test_scores_are_those_promised():
    scores = json.loads((shipped_weights("tokenizer") / MANIFEST_FILE).read_text())["scores"]["val"][
        "psnr_db_rgb_mean_by_bits"
    ]
    promised = {"12": 13.4, "60": 14.3, "252": 16.2, "1020": 18.6, "4092": 22.5, "16380": 25.6}
    assert all(scores[bits] >= least for bits, least in promised.items())


def test_size_stays_small():
    assert sum(path.stat().st_size for path in Path(str(shipped_weights("tokenizer"))).iterdir()) <= 20 << 20


@pytest.mark.parametrize("name", [LINEAR_FILE, DECODER_FILE])
def test_rejects_a_changed_file(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(WeightsError, match=f"{name} has sha256"):
        Tokenizer.load(weights=folder)


@pytest.mark.parametrize("name", [LINEAR_FILE, DECODER_FILE, MANIFEST_FILE])
def test_rejects_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=name):
        Tokenizer.load(weights=folder)


@pytest.mark.parametrize("text", ["", "[]", '{"files": []}', '{"files": [{"file": "linear.npz"}]}'])
def test_rejects_a_manifest_without_hashes(folder, text):
    (folder / MANIFEST_FILE).write_text(text)
    with pytest.raises(WeightsError, match=MANIFEST_FILE):
        Tokenizer.load(weights=folder)


def test_rejects_what_is_no_archive():
    with pytest.raises(WeightsError, match="not an array archive"):
        LinearWeights.from_bytes(b"not an archive")


def test_rejects_an_archive_that_lacks_an_array():
    arrays = LinearWeights.from_bytes(read_verified(shipped_weights("tokenizer"), LINEAR_FILE)).to_arrays()
    del arrays["detail"]
    with pytest.raises(WeightsError, match="lacks 'detail'"):
        LinearWeights.from_arrays(arrays)
