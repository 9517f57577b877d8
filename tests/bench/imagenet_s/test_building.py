"""A dataset: complete, true, the same again, and finished after an interruption."""

import csv
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s import build_dataset, building, open_dataset
from underdrawing.bench.imagenet_s.manifest import COLUMNS
from underdrawing.errors import ImageFormatError, UsageError

SIZE = 128


def test_every_picture_has_its_copy_mask_and_row(built, dataset):
    folder, said = built
    assert said.items == len(dataset.items) == 14
    assert said.fingerprint == dataset.fingerprint
    for item in dataset.items:
        original, tampered, mask = dataset.original(item), dataset.tampered(item), dataset.mask(item)
        assert original.shape == tampered.shape == (item.height, item.width, 3) == (SIZE, SIZE, 3)
        assert mask.dtype == np.bool_
        assert item.fraction == mask.mean()
        np.testing.assert_array_equal(original[~mask], tampered[~mask])
        change = np.abs(original[mask].astype(int) - tampered[mask]).mean()
        assert item.change == pytest.approx(change, abs=1e-3)
        assert change > 1
    assert sorted(path.name for path in folder.iterdir()) == [
        *("DATASHEET.md", "dataset.json", "manifest.csv", "manifest.parquet", "masks", "originals", "tampered"),
    ]
    for part in ("masks", "originals", "tampered"):
        assert len(list((folder / part).iterdir())) == 14


def test_kinds_take_turns_and_faces_are_swapped(dataset):
    kinds = [item.kind for item in dataset.items]
    assert set(kinds) == {str(kind) for kind in Kind if kind is not Kind.GENERATIVE_REMOVAL}
    swapped = [item for item in dataset.items if item.kind == Kind.FACE_SWAP]
    assert {item.label for item in swapped} == {"person"}
    whole = [item for item in dataset.items if item.kind == Kind.WHOLE]
    assert all(item.fraction == 1 and item.size_class == "whole" for item in whole)


def test_what_cannot_be_read_is_left_out_and_said(built):
    reasons = {one.source: (one.failed, one.reason) for one in built[1].left_out}
    assert set(reasons) == {"thing/letter.jpg", "cat/again.png"} or set(reasons) == {
        *("thing/letter.jpg", "cat/chelsea 0.png"),
    }
    assert reasons.pop("thing/letter.jpg")[0] is True
    ((failed, reason),) = reasons.values()
    assert not failed
    assert "the same file as cat/" in reason


def test_forging_the_original_gives_the_tampered_copy_bit_for_bit(dataset):
    for item in dataset.items:
        np.testing.assert_array_equal(dataset.forge(item, dataset.original(item)), dataset.tampered(item))


def test_forging_a_protected_copy_keeps_it_outside_the_mask_and_makes_the_same_edit_inside(dataset):
    rng = np.random.default_rng(0)
    for item in dataset.items:
        original, mask = dataset.original(item), dataset.mask(item)
        protected = np.clip(original + rng.integers(-2, 3, original.shape), 0, 255).astype(np.uint8)
        forged = dataset.forge(item, protected)
        np.testing.assert_array_equal(forged[~mask], protected[~mask])
        assert np.abs(forged[mask].astype(int) - dataset.tampered(item)[mask]).mean() < 6


def test_deterministic_also_in_other_processes(images, built, tmp_path):
    again = build_dataset(images, tmp_path / "again", size=SIZE, processes=2)
    assert again == built[1]
    assert (tmp_path / "again/manifest.csv").read_bytes() == (built[0] / "manifest.csv").read_bytes()
    assert (tmp_path / "again/DATASHEET.md").read_bytes() == (built[0] / "DATASHEET.md").read_bytes()
    other = build_dataset(images, tmp_path / "other", size=SIZE, processes=0, seed=1)
    assert other.fingerprint != again.fingerprint


def test_a_second_run_finishes_what_was_interrupted(images, built, tmp_path, monkeypatch):
    output, calls = tmp_path / "made", []

    def failing(order, **options):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(order.assignment.name)
        return make(order, **options)

    make = building.make
    monkeypatch.setattr(building, "make", failing)
    with pytest.raises(KeyboardInterrupt):
        build_dataset(images, output, size=SIZE, processes=0)
    with pytest.raises(UsageError, match="no dataset in"):
        open_dataset(output)
    log = output / "building.jsonl"
    log.write_bytes(log.read_bytes()[:-9])
    first = list(calls)
    monkeypatch.setattr(
        building, "make", lambda order, **options: calls.append(order.assignment.name) or make(order, **options)
    )
    assert build_dataset(images, output, size=SIZE, processes=0) == built[1]
    assert len(calls) == 3 + 14 - 2, "the line that was cut off is done again, the two before it are not"
    assert calls[3:].count(first[0]) == 0
    assert not log.exists()
    assert open_dataset(output).fingerprint == built[1].fingerprint


def test_a_finished_dataset_is_left_as_it_is(images, built):
    before = {path: path.stat().st_mtime_ns for path in built[0].rglob("*")}
    assert build_dataset(images, built[0], size=SIZE, processes=0) == built[1]
    assert {path: path.stat().st_mtime_ns for path in built[0].rglob("*")} == before


def test_rejects_a_folder_with_something_else_in_it(images, built, tmp_path):
    with pytest.raises(UsageError, match="holds another dataset"):
        build_dataset(images, built[0], size=SIZE, seed=1)
    (tmp_path / "photo.png").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not empty"):
        build_dataset(images, tmp_path, size=SIZE)
    (tmp_path / "building.jsonl").write_text('{"seed": 5}\n')
    with pytest.raises(UsageError, match="beginning of another dataset"):
        build_dataset(images, tmp_path, size=SIZE)


@pytest.mark.parametrize("options", [{"size": 10}, {"size": 10**6}, {"seed": -1}, {"limit": 1}, {"kinds": []}])
def test_rejects_settings_out_of_range(images, tmp_path, options):
    with pytest.raises(UsageError):
        build_dataset(images, tmp_path / "x", **options)
    assert not (tmp_path / "x").exists()


def test_rejects_generative_removal_without_weights(images, tmp_path):
    with pytest.raises(UsageError, match="give their folder"):
        build_dataset(images, tmp_path / "x", kinds=[Kind.GENERATIVE_REMOVAL])


def test_native_size_and_a_table_of_labels(images, labels, tmp_path):
    options = {"labels": labels, "split": "test", "size": None, "processes": 0, "kinds": [Kind.SPLICE, Kind.COPY_MOVE]}
    said = build_dataset(images, tmp_path / "x", **options)
    dataset = open_dataset(tmp_path / "x")
    assert said.items == len(dataset.items) == 6
    for item in dataset.items:
        assert (item.height, item.width) == (225, 300)
        with Image.open(images / item.source) as image:
            np.testing.assert_array_equal(dataset.original(item), np.asarray(image))
        np.testing.assert_array_equal(dataset.forge(item, dataset.original(item)), dataset.tampered(item))
        assert item.split == "test"


def test_limits_small_narrow_and_grey_pictures_go_through_every_kind(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "in/label").mkdir(parents=True)
    for number, size in enumerate([(64, 64), (64, 200), (131, 65), (300, 70), (97, 97)] * 4):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).resize(
            size[::-1], Image.Resampling.BICUBIC
        )
        (coarse if number % 2 else coarse.convert("RGB")).save(tmp_path / f"in/label/{number}.png")
    said = build_dataset(tmp_path / "in", tmp_path / "out", size=None, processes=0)
    dataset = open_dataset(tmp_path / "out")
    assert said.left_out == ()
    assert len({item.kind for item in dataset.items}) == 9
    for item in dataset.items:
        flipped = dataset.original(item)[:, ::-1][:, ::-1]
        np.testing.assert_array_equal(dataset.forge(item, flipped), dataset.tampered(item))


def test_names_that_are_no_utf8_are_written_in_escapes(images, tmp_path):
    folder = os.fsencode(tmp_path / "in") + b"/caf\xe9"
    Path(os.fsdecode(folder)).mkdir(parents=True)
    for number in range(2):
        shutil.copy(
            os.fsencode(images / f"thing/coffee {number}.png"),
            folder + f"/{number}\udcff.png".encode(errors="surrogateescape"),
        )
    Path(os.fsdecode(folder + b"/bad\xff.jpg")).write_bytes(b"nothing")
    said = build_dataset(tmp_path / "in", tmp_path / "out", size=64, kinds=[Kind.SPLICE], processes=0)
    dataset = open_dataset(tmp_path / "out")
    assert [item.label for item in dataset.items] == [r"caf\udce9"] * 2
    assert {item.source for item in dataset.items} == {rf"caf\udce9/{number}\udcff.png" for number in range(2)}
    assert [one.source for one in said.left_out] == [r"caf\udce9/bad\udcff.jpg"]
    assert build_dataset(tmp_path / "in", tmp_path / "out", size=64, kinds=[Kind.SPLICE], processes=0) == said


def test_a_picture_that_is_too_small_is_left_out(images, tmp_path):
    (tmp_path / "label").mkdir()
    for number in range(3):
        (tmp_path / f"label/{number}.png").write_bytes((images / f"thing/coffee {number}.png").read_bytes())
    Image.new("RGB", (63, 500)).save(tmp_path / "label/thin.png")
    said = build_dataset(tmp_path, tmp_path.parent / f"{tmp_path.name}-out", size=64, kinds=[Kind.TEXT], processes=0)
    assert said.items == 3
    assert "63x500 px is too small" in said.left_out[0].reason


def test_the_manifest_can_be_read_by_anybody(built, dataset):
    folder = built[0]
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["name"] for row in rows] == [item.name for item in dataset.items]
    with Image.open(folder / rows[0]["mask"]) as image:
        assert image.mode == "L"
        assert set(np.unique(np.asarray(image))) <= {0, 255}
    parquet = pytest.importorskip("pyarrow.parquet").read_table(folder / "manifest.parquet").to_pylist()
    assert [row["fraction"] for row in parquet] == [item.fraction for item in dataset.items]
    assert [row["seed"] for row in parquet] == [item.seed for item in dataset.items]


def test_the_datasheet_counts_what_is_there(built, dataset):
    text = (built[0] / "DATASHEET.md").read_text(encoding="utf-8")
    assert dataset.fingerprint in text
    assert "14 triples" in text
    assert "thing/letter.jpg" in text
    assert not re.search(r"\$\w", text)
    for kind in {item.kind for item in dataset.items}:
        count = sum(item.kind == kind for item in dataset.items)
        assert f"| `{kind}` | {count} |" in text


def test_rejects_a_dataset_that_was_changed(images, tmp_path):
    folder = tmp_path / "x"
    build_dataset(images, folder, size=64, limit=3, kinds=[Kind.TEXT], processes=0)
    dataset = open_dataset(folder)
    item = dataset.items[0]
    Image.fromarray(dataset.original(item) ^ np.uint8(1)).save(folder / item.original)
    with pytest.raises(ImageFormatError, match="other pixels"):
        dataset.original(item)
    (folder / item.tampered).write_bytes(b"\x89PNG")
    with pytest.raises(ImageFormatError, match="cannot read"):
        dataset.tampered(item)
    with pytest.raises(UsageError, match="no item 'x'"):
        dataset.named("x")
    with pytest.raises(UsageError, match="got a protected copy of shape"):
        dataset.forge(item, np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(UsageError, match="float64"):
        dataset.forge(item, np.zeros((64, 64, 3)))
    description = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(description | {"version": 2}))
    with pytest.raises(UsageError, match="version 2"):
        open_dataset(folder)
    (folder / "dataset.json").write_text(json.dumps(description))
    (folder / "manifest.csv").write_text((folder / "manifest.csv").read_text().replace("text", "splice", 1))
    with pytest.raises(UsageError, match="was changed"):
        open_dataset(folder)
    (folder / "dataset.json").write_text("{")
    with pytest.raises(UsageError, match="cannot read"):
        open_dataset(folder)
