"""The whole way on the command line, with the real pipeline: protect, doctor, verify."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing import images

SIZE = (512, 512)


def underdrawing(*arguments, stdin=None):
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "underdrawing.cli", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with keys, and a folder of photographs protected by two processes, one bad file among them."""
    folder = tmp_path_factory.mktemp("desk")
    assert underdrawing("keys", "new", folder / "desk.key").returncode == 0
    assert (
        underdrawing("keys", "export", folder / "desk.key", "--name", "Desk", "-o", folder / "desk.pub").returncode == 0
    )
    source = folder / "in"
    (source / "deep").mkdir(parents=True)
    Image.fromarray(data.astronaut()).save(source / "astronaut.jpg", quality=92)
    Image.fromarray(np.asarray(Image.fromarray(data.coffee()).resize(SIZE))).save(source / "deep/coffee.png")
    (source / "bad.jpg").write_text("no picture")
    options = ["--key", folder / "desk.key", "--facts", "creator=Ann Example", "--jobs", 2, "--json"]
    run = underdrawing("protect", source, "-o", folder / "out", *options)
    return folder, run


def records(run):
    return {Path(record["input"]).name: record for record in map(json.loads, run.stdout.splitlines())}


def test_a_folder_is_protected_in_processes_and_the_bad_file_is_named(desk):
    folder, run = desk
    found = records(run)
    assert run.returncode == 3
    assert "error" in found["bad.jpg"]
    assert run.stderr.decode().strip().count("\n") == 0
    assert found["astronaut.jpg"]["psnr_db"] > 36
    assert {"anchor", "core"} <= set(found["astronaut.jpg"]["blocks"])
    assert sorted(path.name for path in (folder / "out").rglob("*.*")) == ["astronaut.jpg", "coffee.png"]


def test_protected_pictures_are_authentic_and_tell_facts_and_signer(desk):
    folder, _ = desk
    run = underdrawing("verify", folder / "out", "--trust", folder / "desk.pub", "--jobs", 2, "--json")
    assert run.returncode == 0, run.stdout
    for record in records(run).values():
        assert record["verdict"] == "authentic"
        assert (record["signature"], record["signer"]) == ("valid", "Desk")
        assert record["facts"]["creator"] == "Ann Example"


def test_a_doctored_copy_is_found_out_and_painted_back(desk, tmp_path):
    folder, _ = desk
    picture = images.load(folder / "out/astronaut.jpg")
    pixels = picture.pixels.copy()
    pixels[40:180, 160:290] = data.chelsea()[60:200, 120:250]
    Image.fromarray(pixels).save(tmp_path / "suspect.jpg", quality=75)
    run = underdrawing("verify", tmp_path / "suspect.jpg", "-o", tmp_path / "found", "--json")
    record = json.loads(run.stdout)
    mask = images.load(record["mask"]).pixels[..., 0] > 0
    recovered = images.load(record["recovered"]).pixels.astype(int)
    suspect = images.load(tmp_path / "suspect.jpg").pixels
    assert run.returncode == 1
    assert record["verdict"] == "tampered"
    assert record["signature"] == "unknown-key"
    assert mask[60:160, 180:270].mean() > 0.8
    assert mask.mean() < 0.15
    assert (recovered[~mask] == suspect[~mask]).all()
    face = np.s_[60:160, 180:270]
    assert (
        np.abs(recovered[face] - picture.pixels[face]).mean()
        < np.abs(suspect[face] - picture.pixels[face].astype(int)).mean()
    )
    assert "Part of this picture has been changed." in Path(record["report"]).read_text("utf-8")


def test_an_unmarked_photograph_is_unprotected(tmp_path):
    Image.fromarray(data.rocket()).save(tmp_path / "rocket.png")
    run = underdrawing("verify", tmp_path / "rocket.png", "--json")
    assert (run.returncode, json.loads(run.stdout)["verdict"]) == (1, "unprotected")


def test_streams_carry_a_picture_through(desk, tmp_path):
    source = (desk[0] / "in/astronaut.jpg").read_bytes()
    protected = underdrawing("protect", "-", "-o", "-", stdin=source)
    assert protected.returncode == 0, protected.stderr
    verified = underdrawing("verify", "-", "--json", stdin=protected.stdout)
    assert json.loads(verified.stdout)["verdict"] == "authentic"
