"""Marks that somebody without a key moved onto another picture, with ``attacks/moved_marks.py``: none is believed."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing import Picture, SignatureStatus, SigningKey, TrustStore, Verdict, protect, verify
from underdrawing.bench.attacks import forgery
from underdrawing.bench.attacks.forgery import Scene, window
from underdrawing.errors import UsageError
from underdrawing.payload import Block, Publisher, parse_anchor
from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.vault import open_vault

KEYS = [SigningKey.from_seed(bytes([number]) * 32) for number in range(1, 6)]
FACTS = {"creator": "Somebody 0"}
TRUST = TrustStore((Publisher("the publisher", KEYS[0].public()),))


@pytest.fixture(scope="module")
def moved_marks():
    path = Path(__file__).parent.parent / "attacks" / "moved_marks.py"
    spec = importlib.util.spec_from_file_location("attacks_moved_marks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mark(pixels, by):
    return protect(Picture(pixels), facts={"creator": f"Somebody {by}"}, key=KEYS[by]).picture.pixels


@pytest.fixture(scope="module")
def scene(moved_marks):
    original, target = (
        np.asarray(cv2.resize(picture, (768, 512), interpolation=cv2.INTER_AREA))
        for picture in (data.coffee(), data.astronaut())
    )
    return Scene(original, mark(original, 0), target, mark, moved_marks.rewritten)


def answer(name, scene):
    return verify(Picture(forgery.get(name).apply(scene, np.random.default_rng(0))), trust=TRUST)


def test_the_genuine_picture_is_believed(scene):
    found = verify(Picture(scene.marked), trust=TRUST)
    assert (found.verdict, found.signature) == (Verdict.AUTHENTIC, SignatureStatus.VALID)


def test_all_bits_of_a_mark_are_read_in_the_picture_it_was_copied_to(scene, moved_marks):
    genuine = moved_marks.read_bits(scene.marked)
    moved = moved_marks.read_bits(moved_marks.rewritten(scene.marked, scene.target))
    assert set(moved) == set(genuine) >= {Block.ANCHOR, Block.CORE}
    for block, bits in genuine.items():
        np.testing.assert_array_equal(moved[block], bits)
    assert parse_anchor(moved[Block.ANCHOR]).id == parse_anchor(genuine[Block.ANCHOR]).id


def test_the_bits_of_a_dense_mark_are_written_as_densely(scene, moved_marks):
    smooth = np.asarray(cv2.resize(data.rocket(), (768, 512), interpolation=cv2.INTER_AREA))
    marked = mark(smooth, 0)
    genuine = moved_marks.read_bits(marked)
    assert parse_anchor(genuine[Block.ANCHOR]).filling == 1
    moved = moved_marks.read_bits(moved_marks.rewritten(marked, scene.target))
    assert {block: bits.tolist() for block, bits in moved.items()} == {b: bits.tolist() for b, bits in genuine.items()}


@pytest.mark.parametrize("name", ["transplant", "transplant+jpeg75"])
def test_a_copied_mark_is_called_transplanted_though_its_signature_holds(name, scene):
    found = answer(name, scene)
    assert found.verdict is Verdict.TRANSPLANTED
    assert found.signature is SignatureStatus.VALID
    assert found.id == verify(Picture(scene.marked)).id


@pytest.mark.parametrize("name", ["copyreal", "copyestimate5"])
def test_the_difference_that_a_mark_makes_says_nothing_in_another_picture(name, scene):
    assert answer(name, scene).verdict in (Verdict.UNPROTECTED, Verdict.TRANSPLANTED)


@pytest.mark.parametrize("name", ["launder0.25", "collage0.25"])
def test_a_replaced_quarter_is_found_even_where_its_chips_were_made_to_agree(name, scene):
    found = answer(name, scene)
    truth = np.zeros(scene.marked.shape[:2], bool)
    truth[window(*truth.shape, 0.25)] = True
    assert found.verdict is Verdict.TAMPERED
    assert found.mask[truth].mean() > 0.5
    assert found.mask[~truth].mean() < 0.1


@pytest.mark.parametrize("name", ["launder0.05", "launder0.1+jpeg75"])
def test_a_small_region_is_found_though_the_mark_was_written_over_it_again(name, scene):
    found = answer(name, scene)
    truth = forgery.get(name).truth(*scene.marked.shape[:2])
    assert found.verdict is Verdict.TAMPERED
    assert found.mask[truth].mean() > 0.4
    assert found.mask[~truth].mean() < 0.05


@pytest.mark.parametrize("name", ["average3", "remark1"])
def test_nobody_speaks_for_the_publisher_after_a_collusion_or_a_second_mark(name, scene):
    found = answer(name, scene)
    believed = found.verdict is Verdict.AUTHENTIC and found.signature is SignatureStatus.VALID
    assert not believed or found.facts == FACTS


def test_facts_taken_over_without_the_key_are_not_signed_by_their_author(scene):
    facts = verify(Picture(scene.marked), trust=TRUST).facts
    for key, status in ((None, SignatureStatus.ABSENT), (KEYS[1], SignatureStatus.UNKNOWN_KEY)):
        claimed = protect(Picture(scene.target), facts=facts, key=key).picture
        found = verify(claimed, trust=TRUST)
        assert found.facts == facts == FACTS
        assert found.signature is status
        assert found.signer != "the publisher"


def test_a_vault_names_what_a_second_mark_says_differently(scene, tmp_path):
    first = Picture(scene.marked)
    with open_vault(tmp_path / "vault", create=True) as vault:
        vault.add(catalogue(first, protection=protect(Picture(scene.original), facts=FACTS, key=KEYS[0])))
        found = verify(Picture(forgery.remark(scene.marked, mark)), trust=TRUST, vault=vault)
    assert found.signature is SignatureStatus.UNKNOWN_KEY
    assert (found.known.id, found.known.source) == (verify(first).id, "code")
    assert found.known.contradictions == {"creator": ("Somebody 1", "Somebody 0")}


def test_rejects_a_picture_without_a_mark(scene, moved_marks):
    with pytest.raises(UsageError, match="none is read"):
        moved_marks.rewritten(scene.target, scene.original)
