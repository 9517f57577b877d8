"""What a vault adds to a verification."""

from dataclasses import replace

import numpy as np
import pytest
import skimage.data

from scenes import jpeg, quarter_replaced
from underdrawing import images
from underdrawing.examination.consulting import consult
from underdrawing.findings import Geometry, RecoverySetting, Verdict, Verification
from underdrawing.images import Picture
from underdrawing.payload import SignatureStatus
from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.vault import open_vault

FACTS = {"creator": "Ada Lens", "caption": "Lyon 2019"}


def verified(**changes):
    plain = Verification(
        verdict=Verdict.TAMPERED,
        confidence=0.99,
        id=None,
        blocks=(),
        code_scales=0,
        facts={},
        facts_source=None,
        signature=SignatureStatus.ABSENT,
        signer=None,
        tampered_fraction=0.25,
        geometry=Geometry(),
        tamper_probability=None,
        mask=None,
        recovered=None,
        recovery_source=None,
        timings_s={},
    )
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    images.save(Picture(skimage.data.astronaut()), folder / "astronaut.png")
    return folder


@pytest.fixture(scope="module")
def record(archive):
    picture = Picture(skimage.data.astronaut())
    return catalogue(picture, facts=FACTS, original=str(archive / "astronaut.png"))


@pytest.fixture(scope="module")
def vault(record, tmp_path_factory):
    with open_vault(tmp_path_factory.mktemp("vaults") / "v", create=True) as opened:
        opened.add(record)
        yield opened


@pytest.fixture
def doctored():
    return quarter_replaced(skimage.data.astronaut())


def test_facts_come_from_the_vault(vault, record, doctored):
    said = consult(vault, Picture(doctored[0]), verified(id=record.id, mask=doctored[1]))
    assert said.known.source == "id"
    assert said.facts == FACTS
    assert said.facts_source == "vault"
    assert not said.known.exact


def test_facts_of_the_pixels_stay_as_they_are_and_contradictions_are_named(vault, record, doctored):
    given = verified(id=record.id, facts={"caption": "Paris 2026"}, facts_source="pixels", mask=doctored[1])
    said = consult(vault, Picture(doctored[0]), given)
    assert said.facts == {"creator": "Ada Lens", "caption": "Paris 2026"}
    assert said.known.contradictions == {"caption": ("Paris 2026", "Lyon 2019")}


def test_facts_that_the_pixels_tell_in_full_stay_theirs(vault, record, doctored):
    given = verified(id=record.id, facts=dict(FACTS), facts_source="pixels", mask=doctored[1])
    said = consult(vault, Picture(doctored[0]), given)
    assert said.facts_source == "pixels"
    assert said.known.contradictions == {}


def test_the_exact_original_fills_the_mask(vault, record, archive, doctored):
    pixels, mask = doctored
    painted = verified(id=record.id, mask=mask, recovery_setting=RecoverySetting.LOOK)
    said = consult(vault, Picture(pixels), painted, originals=[archive])
    assert said.known.exact
    assert (said.recovery_source, said.recovery_setting) == ("vault", None)
    np.testing.assert_array_equal(said.recovered.pixels, skimage.data.astronaut())


def test_a_copy_without_a_mark_is_restored_too(vault, archive, doctored):
    pixels, mask = jpeg(doctored[0], 70), doctored[1]
    said = consult(vault, Picture(pixels), verified(mask=mask), originals=[archive])
    assert said.known.source == "fingerprint"
    assert said.known.exact
    original, recovered = skimage.data.astronaut(), said.recovered.pixels
    np.testing.assert_array_equal(recovered[mask], original[mask])
    np.testing.assert_array_equal(recovered[~mask], pixels[~mask])


def test_a_crop_is_restored_in_its_place(vault, archive, doctored):
    pixels, mask = doctored[0][40:500, 20:470], doctored[1][40:500, 20:470]
    said = consult(vault, Picture(pixels), verified(mask=mask), originals=[archive])
    assert said.known.exact
    expected = skimage.data.astronaut()[40:500, 20:470].astype(int)
    errors = np.abs(said.recovered.pixels.astype(int) - expected)[mask]
    assert errors.mean() < 5


def test_a_crop_that_nobody_changed_gets_the_whole_original(vault, archive):
    original = skimage.data.astronaut()
    crop = Picture(np.ascontiguousarray(original[40:500, 20:470]))
    painted = Picture(np.full_like(original, 99))
    untouched = {"verdict": Verdict.AUTHENTIC, "mask": np.zeros((460, 450), bool), "whole": painted}
    said = consult(vault, crop, verified(**untouched), originals=[archive])
    assert said.known.exact
    assert (said.recovered, said.recovery_source, said.recovery_setting) == (None, None, None)
    np.testing.assert_array_equal(said.whole.pixels, original)


def test_an_original_of_sixteen_bits_is_restored_to_the_last_of_them(tmp_path, doctored):
    rng = np.random.default_rng(0)
    original = skimage.data.astronaut().astype(np.uint16) * 257
    original += rng.integers(0, 100, original.shape, dtype=np.uint16) * (original < 65_000)
    images.save(Picture(original), tmp_path / "deep.png")
    pixels = np.where(doctored[1][..., None], doctored[0].astype(np.uint16) * 257, original)
    with open_vault(tmp_path / "v", create=True) as opened:
        record = catalogue(Picture(original), facts=FACTS, original=str(tmp_path / "deep.png"))
        opened.add(record)
        said = consult(opened, Picture(pixels), verified(id=record.id, mask=doctored[1]), originals=[tmp_path])
    assert said.known.exact
    np.testing.assert_array_equal(said.recovered.pixels, original)


def test_an_original_outside_of_what_is_allowed_is_not_fetched(vault, record, tmp_path, doctored):
    said = consult(vault, Picture(doctored[0]), verified(id=record.id, mask=doctored[1]), originals=[tmp_path])
    assert not said.known.exact
    assert said.known.note
    assert said.recovered is None


def test_an_original_of_another_picture_is_not_used(record, archive, tmp_path, doctored):
    images.save(Picture(skimage.data.coffee()), tmp_path / "wrong.png")
    with open_vault(tmp_path / "v", create=True) as opened:
        opened.add(replace(record, original=str(tmp_path / "wrong.png")))
        said = consult(opened, Picture(doctored[0]), verified(id=record.id, mask=doctored[1]), originals=[tmp_path])
    assert not said.known.exact
    assert "could not be laid over" in said.known.note


def test_what_is_not_in_the_vault_stays_as_it_was(vault):
    given = verified(mask=np.zeros((411, 411), bool))
    said = consult(vault, Picture(np.ascontiguousarray(skimage.data.retina()[::3, ::3])[:411, :411]), given)
    assert said.known.id is None
    assert said.facts == given.facts
    assert said.verdict is given.verdict
