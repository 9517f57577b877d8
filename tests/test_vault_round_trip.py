"""Protect into a vault, strip the mark, and have the picture known and whole again: all on the command line."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing import images
from underdrawing.channel import CARRIERS
from underdrawing.cli.shelves import vault_to_ask
from underdrawing.vault import open_vault

NAMES = {"astronaut.png": data.astronaut, "deep/coffee.png": data.coffee}
OTHER = next(
    (entry.name for entry in CARRIERS if entry.name in ("blind-watermark", "dwtDctSvd") and not entry.missing(None)),
    None,
)


def underdrawing(*arguments):
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "underdrawing.cli", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, check=False, env=environment)


def rows(run):
    return {Path(row["input"]).name: row for row in map(json.loads, run.stdout.splitlines())}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Photographs protected into a vault by two processes at once."""
    folder = tmp_path_factory.mktemp("desk")
    for name, photograph in NAMES.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(Image.fromarray(photograph()).resize((768, 512)))).save(path)
    run = protect_all(folder, "--create")
    assert run.returncode == 0, run.stderr
    return folder, rows(run)


def protect_all(folder, *more):
    options = ["--vault", folder / "vault", "--keep-original", "--facts", "creator=Ann", "--jobs", 2, "--json"]
    return underdrawing("protect", folder / "in", "-o", folder / "out", *options, *more)


def stripped(path, output):
    """A copy with a face put in and the mark gone for good: where it is."""
    pixels = images.load(path).pixels.copy()
    pixels[150:390, 300:600] = cv2.resize(data.chelsea(), (300, 240))
    file = io.BytesIO()
    Image.fromarray(cv2.GaussianBlur(pixels, (0, 0), 2.5)).save(file, "JPEG", quality=12)
    output.write_bytes(file.getvalue())
    return (slice(150, 390), slice(300, 600))


def test_every_picture_has_its_record(desk):
    folder, found = desk
    assert {row["vault"]["done"] for row in found.values()} == {"added"}
    with open_vault(folder / "vault", read_only=True) as vault:
        assert len(vault) == 2
        record = vault.get(found["coffee.png"]["id"])
    assert dict(record.facts) == {"creator": "Ann"}
    assert record.original == str((folder / "in/deep/coffee.png").resolve())
    assert record.code is not None
    assert record.preview
    assert record.carrier == "lattice"


def test_a_stripped_copy_is_known_and_exactly_restored(desk, tmp_path):
    folder, found = desk
    where = stripped(folder / "out/astronaut.png", tmp_path / "suspect.jpg")
    options = ["--vault", folder / "vault", "--originals", folder / "in", "-o", tmp_path / "found"]
    run = underdrawing("verify", tmp_path / "suspect.jpg", *options, "--json")
    row = json.loads(run.stdout)
    assert run.returncode == 1
    assert (row["verdict"], row["id"]) == ("unprotected", None)
    assert (row["vault"]["id"], row["vault"]["source"]) == (found["astronaut.png"]["id"], "fingerprint")
    assert row["vault"]["exact"]
    assert row["recovery_source"] == "vault"
    assert (row["facts"], row["facts_source"]) == ({"creator": "Ann"}, "vault")
    mask = images.load(row["mask"]).pixels[..., 0] > 0
    truth = np.zeros_like(mask)
    truth[where] = True
    assert (mask & truth).sum() / (mask | truth).sum() > 0.7
    original = images.load(folder / "in/astronaut.png").pixels
    np.testing.assert_array_equal(images.load(row["recovered"]).pixels[mask], original[mask])
    page = Path(row["report"]).read_text("utf-8")
    assert found["astronaut.png"]["id"] in page
    assert "the vault knows this picture" in page


def test_it_is_said_in_words_too(desk, tmp_path):
    folder, found = desk
    stripped(folder / "out/astronaut.png", tmp_path / "suspect.jpg")
    run = underdrawing("verify", tmp_path / "suspect.jpg", "--vault", folder / "vault")
    said = run.stdout.decode()
    assert f"The vault knows this picture as {found['astronaut.png']['id']}" in said
    assert "found by what it looks like" in said
    assert "painted from the small picture or the code that it keeps" in said


def test_an_original_is_fetched_from_where_it_is_allowed_only(desk, tmp_path):
    folder, _ = desk
    stripped(folder / "out/astronaut.png", tmp_path / "suspect.jpg")
    options = ["--vault", folder / "vault", "--originals", tmp_path, "--json"]
    row = json.loads(underdrawing("verify", tmp_path / "suspect.jpg", *options).stdout)
    assert not row["vault"]["exact"]
    assert "none of the allowed folders" in row["vault"]["note"]
    assert row["recovery_source"] == "vault"


def test_an_interrupted_run_adds_the_records_that_are_missing(desk):
    folder, found = desk
    lost = found["coffee.png"]["id"]
    with open_vault(folder / "vault") as vault:
        before = vault.get(lost)
        assert vault.delete(lost)
    written = (folder / "out/deep/coffee.png").read_bytes()
    again = rows(protect_all(folder, "--resume"))
    assert again["coffee.png"]["vault"]["done"] == "added"
    assert "vault" not in again["astronaut.png"]
    assert all(row["skipped"] for row in again.values())
    assert (folder / "out/deep/coffee.png").read_bytes() == written
    with open_vault(folder / "vault", read_only=True) as vault:
        after = vault.get(lost)
    assert (after.code, after.fingerprint, after.original) == (before.code, before.fingerprint, before.original)


def test_the_record_of_a_confidential_mark_tells_nothing_unless_asked(desk, tmp_path):
    folder, _ = desk
    assert underdrawing("keys", "new", "--shared", tmp_path / "s.key").returncode == 0
    source, vault = folder / "in/astronaut.png", tmp_path / "vault"
    common = ["--vault", vault, "--confidential", tmp_path / "s.key", "--facts", "creator=Ann", "--json"]
    closed = json.loads(underdrawing("protect", source, "-o", tmp_path / "a.png", "--create", *common).stdout)
    opened = json.loads(underdrawing("protect", source, "-o", tmp_path / "b.png", "--reveal", *common).stdout)
    assert (closed["vault"]["revealed"], opened["vault"]["revealed"]) == (False, True)
    with open_vault(vault) as shelf:
        record = shelf.get(closed["id"])
        assert (record.code, record.preview, dict(record.facts)) == (None, b"", {})
        assert dict(shelf.get(opened["id"]).facts) == {"creator": "Ann"}
        assert shelf.delete(closed["id"])
    again = json.loads(underdrawing("protect", source, "-o", tmp_path / "a.png", "--resume", *common).stdout)
    assert again["id"] == closed["id"]
    assert again["vault"] == {"done": "added", "revealed": False}


@pytest.mark.skipif(OTHER is None, reason="no other carrier is installed")
def test_another_carrier_and_a_vault_do_the_same(desk, tmp_path):
    folder, _ = desk
    source, vault = folder / "in/astronaut.png", tmp_path / "vault"
    options = ["--carrier", OTHER, "--vault", vault]
    run = underdrawing("protect", source, "-o", tmp_path / "a.png", "--create", "--keep-original", *options, "--json")
    made = json.loads(run.stdout)
    assert made["carrier"] == OTHER
    pixels = images.load(tmp_path / "a.png").pixels.copy()
    pixels[150:390, 300:600] = cv2.resize(data.chelsea(), (300, 240))
    Image.fromarray(pixels).save(tmp_path / "suspect.png")
    run = underdrawing("verify", tmp_path / "suspect.png", *options, "--originals", folder / "in", "--json")
    row = json.loads(run.stdout)
    assert (row["verdict"], row["id"], row["carrier"]) == ("tampered", made["id"], OTHER)
    assert row["vault"]["exact"]


def test_what_cannot_be_done_is_said_before_any_work(desk, tmp_path):
    folder, _ = desk
    source = folder / "in/astronaut.png"
    for arguments, words in [
        (["protect", source, "-o", tmp_path / "a.png", "--vault", tmp_path / "none"], b"make it with --create"),
        (["protect", source, "-o", tmp_path / "a.png", "--keep-original"], b"--vault"),
        (["protect", folder / "in", "-o", tmp_path / "o", "--vault", folder / "vault", "--original", "s3://x"], b"/"),
        (["protect", source, "-o", tmp_path / "a.png", "--carrier", "nonsense"], b"nonsense"),
        (["verify", source, "--originals", tmp_path], b"--vault"),
        (["verify", source, "--vault", tmp_path / "none"], b"none"),
    ]:
        run = underdrawing(*arguments)
        assert run.returncode == 2, run.stderr
        assert run.stderr.count(b"\n") == 1
        assert words in run.stderr
    assert not (tmp_path / "a.png").exists()


def test_a_vault_is_opened_once_in_a_process(desk):
    folder, _ = desk
    assert vault_to_ask(str(folder / "vault")) is vault_to_ask(str(folder / "vault"))
