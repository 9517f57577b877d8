"""After the network changed: the vault says that its fingerprints are others, and they are made anew."""

from dataclasses import replace

import pytest
import skimage.data

from scenes import jpeg
from underdrawing.errors import OtherFingerprintsError, VaultError
from underdrawing.images import Picture
from underdrawing.retrieval import catalogue, find, recatalogue
from underdrawing.shipped import fingerprinter
from underdrawing.vault import open_vault

KEPT = ("astronaut", "coffee", "chelsea")


def photograph(name):
    return getattr(skimage.data, name)()


@pytest.fixture(scope="module")
def records():
    return {name: catalogue(Picture(photograph(name)), facts={"title": name}) for name in KEPT}


def altered(record, **changes):
    """A record as a network of another kind would have made it."""
    return replace(record, **{"fingerprint": record.fingerprint[::-1], "fingerprint_by": "another", **changes})


def unnamed(record):
    return replace(record, fingerprint_by="")


@pytest.fixture
def outdated(records, tmp_path):
    """A vault whose fingerprints were made with other weights, and are good for nothing now."""
    with open_vault(tmp_path / "v", create=True) as vault:
        vault.add_many(altered(record) for record in records.values())
        yield vault


def test_a_record_says_with_which_weights_it_was_made(records):
    assert {record.fingerprint_by for record in records.values()} == {fingerprinter().name}
    assert len(fingerprinter().name) == 16


def test_a_search_says_so_instead_of_finding_nothing(outdated, records):
    found = find(outdated, pixels=photograph("coffee"))
    assert found.record is None
    assert found.confidence == 0
    assert "made with the weights another" in found.note
    assert "underdrawing vault recatalogue" in found.note
    assert find(outdated, id=records["coffee"].id).record is not None, "the id needs no fingerprint"


def test_new_records_do_not_mix_with_them(outdated, records):
    with pytest.raises(OtherFingerprintsError, match="recatalogue"):
        outdated.add(replace(records["coffee"], id="00000000000000aa"))


def test_made_anew_they_find_again(outdated, records):
    seen = []
    done = recatalogue(outdated, on_record=lambda: seen.append(1))
    assert (done.before, done.now, done.made, done.left) == ("another", fingerprinter().name, 3, 0)
    assert len(seen) == len(outdated) == 3
    for name in KEPT:
        found = find(outdated, pixels=jpeg(photograph(name), 60))
        assert found.record.id == records[name].id
        assert found.record.facts == {"title": name}
        assert found.candidates[0].distance_bits < 100
        assert found.note == ""
    assert outdated.check().sound
    assert recatalogue(outdated).made == 0


def test_records_without_a_preview_are_counted_and_stay(outdated, records):
    bare = altered(records["coffee"], id="00000000000000bb", preview=b"", code=None)
    outdated.add(bare)
    assert recatalogue(outdated).left == 1
    assert outdated.get(bare.id) == bare


@pytest.mark.parametrize(
    ("change", "made"), [(unnamed, 0), (lambda record: unnamed(altered(record)), 3)], ids=["fit", "others"]
)
def test_where_nothing_was_noted_the_first_ones_tell(records, tmp_path, change, made):
    with open_vault(tmp_path / "v", create=True) as vault:
        vault.add_many(change(record) for record in records.values())
        assert vault.fingerprints_by == ""
        assert "does not say with which weights" in find(vault, pixels=skimage.data.retina()).note
        assert recatalogue(vault).made == made
        assert vault.fingerprints_by == fingerprinter().name
        assert made or list(vault.records()) == list(records.values())
        assert find(vault, pixels=skimage.data.retina()).note == ""


def test_an_interrupted_run_is_done_again(outdated):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recatalogue(outdated, on_record=stop)
    assert outdated.fingerprints_by == "another"
    assert recatalogue(outdated).made == 3


def test_a_vault_that_is_only_read_says_so(outdated, tmp_path):
    with open_vault(tmp_path / "v", read_only=True) as vault, pytest.raises(VaultError, match="reading only"):
        recatalogue(vault)
