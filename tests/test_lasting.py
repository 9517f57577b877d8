"""Lasting marks: told by an undertone as well, so that a picture which was painted anew still tells its id."""

import cv2
import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from scenes import jpeg, mosaic, quarter_replaced, resized
from underdrawing import Picture, Profile, SignatureStatus, SigningKey, TrustStore, Verdict, protect, verify
from underdrawing.payload import Publisher, SharedKey
from underdrawing.retrieval import catalogue
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import to_canvas
from underdrawing.vault import open_vault

FACTS = {"creator": "Ann Example", "city": "Ghent"}
KEY = SigningKey.from_seed(b"the key of an honest publisher..")
TRUST = TrustStore().add(Publisher("The Desk", KEY.public()))


def painted_anew(pixels):
    """What 16,380 bits say of a picture, at its own size."""
    painted = tokenizer().decode(tokenizer().encode(to_canvas(pixels)))
    return cv2.resize(painted, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def original():
    return Picture(cv2.resize(data.coffee()[:, :400], (512, 512), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def protection(original):
    return protect(original, facts=FACTS, key=KEY, profile=Profile.LASTING)


@pytest.fixture(scope="module")
def vault(tmp_path_factory, protection):
    with open_vault(tmp_path_factory.mktemp("vault") / "vault", create=True) as opened:
        opened.add(catalogue(protection.picture, protection=protection))
        yield opened


def test_round_trip_of_a_copy_of_the_usual_quality(protection):
    pixels, mask = quarter_replaced(protection.picture.pixels)
    found = verify(Picture(jpeg(pixels, 80)), trust=TRUST)
    assert (found.id, found.verdict, found.signature) == (protection.id, Verdict.TAMPERED, SignatureStatus.VALID)
    assert found.facts == FACTS
    assert (found.mask & mask).sum() / (found.mask | mask).sum() > 0.9


def test_round_trip_through_a_copy_that_leaves_no_chip(protection, original):
    detailed = protect(original, facts=FACTS, key=KEY, profile=Profile.DETAILED)
    assert verify(Picture(jpeg(protection.picture.pixels, 8))).id == protection.id
    assert verify(Picture(jpeg(detailed.picture.pixels, 8))).id is None


def test_reference_a_mark_that_only_its_vault_can_read_is_said_to_be_there(protection, original):
    for picture, marked in ((protection.picture, True), (original, False)):
        found = verify(Picture(painted_anew(picture.pixels)))
        assert (found.verdict, found.id, found.marked) == (Verdict.UNPROTECTED, None, marked)


def test_reference_with_the_vault_a_picture_that_was_painted_anew_is_proved_to_be_marked(protection, original, vault):
    pixels, _ = quarter_replaced(protection.picture.pixels)
    for suspect in (protection.picture.pixels, pixels):
        found = verify(Picture(painted_anew(suspect)), vault=vault)
        assert (found.id, found.blocks) == (protection.id, ("anchor",))
    unmarked = verify(Picture(painted_anew(original.pixels)), vault=vault)
    assert (unmarked.id, unmarked.blocks, unmarked.verdict) == (None, (), Verdict.UNPROTECTED)
    assert unmarked.known.id == protection.id


def test_reference_the_code_is_that_of_the_picture_as_it_will_be_seen(protection, original):
    shown, before = (tokenizer().encode(to_canvas(each.pixels)) for each in (protection.picture, original))
    told, seen, was = (
        np.concatenate([tokens.ravel() for tokens in code.scales[:5]]) for code in (protection.code, shown, before)
    )
    assert (told == seen).mean() > 0.85 > (told == was).mean()
    psnr_db = peak_signal_noise_ratio(original.pixels, protection.picture.pixels)
    assert protection.psnr_db == pytest.approx(psnr_db, abs=1e-3)
    assert psnr_db > 36


@pytest.mark.parametrize("pixels", [resized(data.coffee(), 0.7), mosaic()], ids=["small", "large"])
def test_round_trip_on_the_other_grids(pixels):
    made = protect(Picture(pixels), key=KEY, profile=Profile.LASTING)
    for copy in (made.picture.pixels, jpeg(made.picture.pixels, 15), cv2.blur(made.picture.pixels, (5, 5))):
        assert verify(Picture(copy)).id == made.id


@pytest.mark.parametrize("kind", [{"confidential": SharedKey(bytes(range(32)))}, {"with_code": False}])
def test_round_trip_of_marks_that_hide_their_code_or_have_none(original, kind):
    made = protect(original, facts=FACTS, profile=Profile.LASTING, **kind)
    assert verify(Picture(jpeg(made.picture.pixels, 10))).id == made.id
    keys = [kind["confidential"]] if "confidential" in kind else []
    assert verify(made.picture, keys=keys).facts == FACTS


def test_deterministic(protection, original):
    again = protect(original, facts=FACTS, key=KEY, profile=Profile.LASTING)
    assert again.id == protection.id
    assert np.array_equal(again.picture.pixels, protection.picture.pixels)
    assert set(again.timings_s) == {"encode", "compose", "undertone", "embed"}


def test_a_channel_key_hides_the_undertone_too(original):
    key = bytes(range(32))
    made = protect(original, key=KEY, profile=Profile.LASTING, channel_key=key)
    copy = Picture(jpeg(made.picture.pixels, 10))
    assert verify(copy, channel_key=key).id == made.id
    assert verify(copy).verdict is Verdict.UNPROTECTED
