"""Galleries: made once, asked through a shelf on which the owner's record stands in place of the gallery's own."""

import json

import numpy as np
import pytest
from skimage import data

from underdrawing import Picture
from underdrawing.bench.baselines.hashes import HASHES
from underdrawing.bench.contest.gallery import Gallery, Shelf, build_gallery, ranks
from underdrawing.errors import UsageError
from underdrawing.retrieval import catalogue, find


@pytest.fixture(scope="module")
def gallery(gallery_folder):
    return Gallery.open(gallery_folder)


@pytest.fixture(scope="module")
def shelf(gallery):
    return Shelf(gallery, catalogue(Picture(data.chelsea())), "cat", gallery.showing("cat/chelsea.png"))


def test_reference_every_photograph_has_its_record_its_label_and_its_hashes(gallery):
    assert set(gallery.labels.values()) == {"cat", "person", "rocket", "motorcycle"}
    assert len(gallery.files) == len(gallery.vault) == 6
    for place, (id, file) in enumerate(gallery.files.items()):
        record = gallery.vault.get(id)
        assert record.original == file
        if file == "cat/chelsea.png":
            for one in HASHES:
                assert gallery.hashes[one.name][place].tobytes() == one.describe(data.chelsea())


def test_deterministic_and_an_interrupted_gallery_is_finished(photographs, gallery, tmp_path):
    build_gallery(photographs, tmp_path, processes=0)
    lines = (tmp_path / "photographs.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "photographs.jsonl").write_bytes(b"".join(lines[:2]) + lines[2][:20])
    again = build_gallery(photographs, tmp_path, processes=0)
    assert again.fingerprint == gallery.fingerprint
    assert len(again.vault) == 6


def test_reference_a_table_gives_labels_and_none_is_none(photographs, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("file,label\ncat/chelsea.png,tabby\nrocket/rocket.png,none\n")
    labelled = build_gallery(photographs, tmp_path / "gallery", labels=table, processes=0)
    assert {labelled.files[id]: label for id, label in labelled.labels.items()} == {
        "cat/chelsea.png": "tabby",
        "rocket/rocket.png": "",
    }


def test_reference_the_owners_record_stands_for_the_gallerys_own(gallery, shelf):
    (hidden,) = shelf.hidden
    assert shelf.get(hidden) is None
    assert shelf.get(shelf.own.id) is shelf.own
    others = [id for id in gallery.files if id != hidden]
    assert all(shelf.get(id) == gallery.vault.get(id) for id in others)
    found = shelf.nearest_fingerprints(shelf.own.fingerprint, 3)
    assert [match.distance for match in found] == sorted(match.distance for match in found)
    assert found[0].id == shelf.own.id
    assert found[0].distance == 0
    assert len(found) == 3
    assert hidden not in {match.id for match in shelf.nearest_sketches(shelf.own.sketch, 6)}


def test_reference_masked_bits_do_not_count(gallery, shelf):
    mask = bytes(32) + b"\xff" * 32
    by_hand = int(np.unpackbits(np.frombuffer(shelf.own.fingerprint, np.uint8))[256:].sum())
    (own,) = [m for m in shelf.nearest_fingerprints(bytes(64), 6, mask=mask) if m.id == shelf.own.id]
    assert own.distance == by_hand


def test_round_trip_a_copy_is_found_on_the_shelf(shelf):
    found = find(shelf, pixels=data.chelsea()[20:, 30:])
    assert shelf.ranks([candidate.id for candidate in found.candidates]) == (1, 1)


def test_reference_hashes_rank_the_nearest_first_and_others_before_equals(gallery, shelf):
    describe = HASHES[0].describe
    own = describe(data.chelsea())
    assert shelf.ranks_by_hash("PDQ", own, own) == (1, 1)
    rocket = describe(data.rocket())
    assert shelf.ranks_by_hash("PDQ", rocket, own)[0] > 1
    assert shelf.ranks_by_hash("PDQ", rocket, rocket) == (2, 2), "the real rocket is as near, and stands first"


def test_reference_ranks_count_from_one_and_end_after_five():
    answers = [(False, "dog"), (False, "cat"), (True, "cat")]
    assert ranks(answers, "cat") == (3, 2)
    assert ranks(answers, "") == (3, None)
    assert ranks([(False, "dog")] * 5 + [(True, "cat")], "cat") == (None, None)


def test_rejects_a_folder_without_gallery(tmp_path):
    with pytest.raises(UsageError, match="no gallery"):
        Gallery.open(tmp_path)


def test_the_fingerprint_tells_galleries_apart(gallery, photographs, tmp_path):
    fewer = build_gallery(photographs, tmp_path, limit=3, processes=0)
    assert fewer.fingerprint != gallery.fingerprint
    assert len((tmp_path / "photographs.jsonl").read_text().splitlines()) == 3
    assert all(json.loads(line)["hashes"] for line in (tmp_path / "photographs.jsonl").read_text().splitlines())
