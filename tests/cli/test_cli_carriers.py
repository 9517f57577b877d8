"""The list of carriers on the command line."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from underdrawing.channel import CARRIERS
from underdrawing.cli import app


def run(*arguments, **environment):
    return CliRunner().invoke(app, ["carriers", *map(str, arguments)], env={"COLUMNS": "200", **environment})


def records(*arguments, **environment):
    done = run(*arguments, "--json", **environment)
    assert done.exit_code == 0, done.output
    return {record["name"]: record for record in map(json.loads, done.stdout.splitlines())}


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.zeros((512, 640, 3), np.uint8)).save(path)
    return path


def test_every_carrier_is_listed_with_what_is_missing(tmp_path):
    listed = records()
    assert list(listed) == [entry.name for entry in CARRIERS]
    assert listed["lattice"]["ready"]
    assert listed["lattice"]["capacity_bits"] is None
    assert not listed["trustmark"]["ready"]
    assert "encoder_Q.onnx" in listed["trustmark"]["missing"][0]
    assert "https://" in listed["videoseal"]["missing"][-1]
    text = run()
    assert text.exit_code == 0
    assert "trustmark needs encoder_Q.onnx and decoder_Q.onnx" in text.stdout


def test_a_picture_tells_how_much_each_would_hold(picture, tmp_path):
    lattice = records(picture)["lattice"]
    assert (lattice["capacity_bits"], lattice["id_bits"], lattice["code_scales"]) == (5408, 64, 5)
    assert "5 of 6 scales (4,092 bits)" in run(picture).stdout
    small = tmp_path / "small.png"
    Image.fromarray(np.zeros((90, 90, 3), np.uint8)).save(small)
    assert records(small)["lattice"]["capacity_bits"] == 0
    assert records(small)["lattice"]["id_bits"] is None
    assert "too small" in run(small).stdout


def test_the_folder_of_weights_may_come_from_the_environment(tmp_path):
    for name in ("encoder_Q.onnx", "decoder_Q.onnx"):
        (tmp_path / name).write_bytes(b"not a network")
    assert records("--weights", tmp_path)["trustmark"]["ready"]
    assert records(UNDERDRAWING_WEIGHTS=str(tmp_path))["trustmark"]["ready"]


def test_a_bad_network_is_one_line_and_no_list(picture, tmp_path):
    for name in ("encoder_Q.onnx", "decoder_Q.onnx"):
        (tmp_path / name).write_bytes(b"not a network")
    done = run(picture, "--weights", tmp_path)
    assert done.exit_code == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert "encoder_Q.onnx is not a network" in done.stderr


def test_a_picture_that_is_not_there_is_wrong_usage(tmp_path):
    done = run(tmp_path / "none.png")
    assert done.exit_code == 2
    assert "none.png" in done.stderr
