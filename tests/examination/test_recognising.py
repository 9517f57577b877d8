"""Suspects whose mark is gone, or was never ours, with a vault that knows what they were."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import jpeg
from underdrawing import pipeline
from underdrawing.channel import CARRIERS, load_carrier
from underdrawing.errors import UsageError
from underdrawing.examination.recognising import code_kept, framing_of, outside_testimony, placement_of
from underdrawing.findings import Verdict
from underdrawing.fingerprint.preview import preview_of
from underdrawing.images import Picture, save
from underdrawing.payload import SharedKey
from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.tokenizer import HiddenCode
from underdrawing.vault import open_vault

FACTS = {"creator": "Ada Lens", "headline": "A cup"}
OTHERS = [entry.name for entry in CARRIERS if entry.name != "lattice" and not entry.missing(None)]


@pytest.fixture(scope="module")
def coffee():
    return np.asarray(cv2.resize(data.coffee(), (768, 512), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def protection(coffee):
    return pipeline.protect(Picture(coffee), facts=FACTS)


@pytest.fixture(scope="module")
def archive(tmp_path_factory, coffee):
    folder = tmp_path_factory.mktemp("archive")
    save(Picture(coffee), folder / "coffee.png")
    return folder


@pytest.fixture(scope="module")
def record(protection, archive):
    return catalogue(protection.picture, protection=protection, original=str(archive / "coffee.png"))


@pytest.fixture(scope="module")
def vault(record, tmp_path_factory):
    with open_vault(tmp_path_factory.mktemp("vaults") / "v", create=True) as opened:
        opened.add(record)
        opened.add(catalogue(Picture(data.chelsea()), facts={"creator": "Another"}))
        yield opened


def doctored(pixels):
    """A part replaced by a face, and where."""
    mask = np.zeros(pixels.shape[:2], bool)
    mask[150:390, 300:600] = True
    other = cv2.resize(data.astronaut(), pixels.shape[1::-1])
    return np.where(mask[..., None], other, pixels), mask


def erased(pixels):
    """The pixels without any mark that could be read."""
    return jpeg(cv2.GaussianBlur(pixels, (0, 0), 2.5), 12)


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def test_a_copy_without_its_mark_is_known_and_restored_exactly(vault, protection, archive, coffee):
    pixels, mask = doctored(protection.picture.pixels)
    suspect = erased(pixels)
    found = pipeline.verify(Picture(suspect), vault=vault, originals=[archive])
    assert found.verdict is Verdict.UNPROTECTED
    assert found.known.id == protection.id
    assert found.known.source == "fingerprint"
    assert (found.facts, found.facts_source) == (FACTS, "vault")
    assert set(found.known.added) == set(FACTS)
    assert overlap(found.mask, mask) > 0.7
    assert found.known.exact
    assert found.recovery_source == "vault"
    np.testing.assert_array_equal(found.recovered.pixels[found.mask], coffee[found.mask])
    np.testing.assert_array_equal(found.recovered.pixels[~found.mask], suspect[~found.mask])


def test_without_the_original_it_is_painted_from_what_the_vault_keeps(vault, protection, coffee):
    pixels, mask = doctored(protection.picture.pixels)
    suspect = erased(pixels)
    found = pipeline.verify(Picture(suspect), vault=vault)
    assert found.recovery_source == "vault"
    assert not found.known.exact
    before, after = (np.square(some.astype(float) - coffee)[mask].mean() for some in (suspect, found.recovered.pixels))
    assert after < before / 4


def test_an_untouched_copy_without_its_mark_has_an_empty_map(vault, protection):
    found = pipeline.verify(Picture(erased(protection.picture.pixels)), vault=vault)
    assert (found.verdict, found.known.id, found.tampered_fraction) == (Verdict.UNPROTECTED, protection.id, 0.0)
    assert found.recovered is None


def test_a_stranger_is_not_in_the_vault(vault):
    found = pipeline.verify(Picture(data.rocket()), vault=vault)
    assert (found.verdict, found.known.id, found.mask) == (Verdict.UNPROTECTED, None, None)
    assert found.facts == {}


def test_a_mark_that_is_read_is_found_by_its_id(vault, protection, archive, coffee):
    pixels, mask = doctored(protection.picture.pixels)
    found = pipeline.verify(Picture(pixels), vault=vault, originals=[archive])
    assert (found.verdict, found.known.source, found.known.id) == (Verdict.TAMPERED, "id", protection.id)
    assert (found.facts_source, found.known.added) == ("pixels", ())
    assert overlap(found.mask, mask) > 0.8
    np.testing.assert_array_equal(found.recovered.pixels[found.mask], coffee[found.mask])


def test_the_vault_has_the_rest_of_a_code_of_which_little_arrived(vault, protection, coffee):
    pixels, mask = doctored(protection.picture.pixels)
    suspect = Picture(jpeg(pixels, 15))
    alone, helped = pipeline.verify(suspect), pipeline.verify(suspect, vault=vault)
    assert (helped.id, helped.known.source) == (protection.id, "id")
    assert (alone.verdict, alone.recovered) == (Verdict.UNDECIDED, None)
    assert (helped.verdict, helped.recovery_source) == (Verdict.TAMPERED, "vault")
    assert overlap(helped.mask, mask) > 0.6
    assert not helped.known.exact


def psnr_inside(found, truth, mask):
    return 10 * np.log10(255**2 / np.square(found.recovered.pixels.astype(float) - truth)[mask].mean())


def test_the_small_picture_in_the_vault_tells_more_than_any_code(record, protection, coffee, tmp_path):
    pixels, mask = doctored(protection.picture.pixels)
    suspect = Picture(jpeg(pixels, 85))
    likeness = {}
    for name, kept in (("small picture", record), ("code", replace(record, preview=b""))):
        with open_vault(tmp_path / name, create=True) as vault:
            vault.add(kept)
            found = pipeline.verify(suspect, vault=vault)
        assert (found.verdict, found.recovery_source, found.known.exact) == (Verdict.TAMPERED, "vault", False)
        np.testing.assert_array_equal(found.recovered.pixels[~found.mask], suspect.pixels[~found.mask])
        likeness[name] = psnr_inside(found, coffee, mask)
    assert likeness["small picture"] > likeness["code"] + 1


def test_a_small_picture_of_something_else_is_not_painted_from(record, protection, coffee, tmp_path):
    pixels, mask = doctored(protection.picture.pixels)
    with open_vault(tmp_path / "v", create=True) as vault:
        vault.add(replace(record, preview=preview_of(data.chelsea())))
        found = pipeline.verify(Picture(jpeg(pixels, 85)), vault=vault)
    assert found.verdict is Verdict.TAMPERED
    assert psnr_inside(found, coffee, mask) > 18


def test_a_code_that_arrived_whole_is_read_from_the_pixels_with_a_vault_too(tmp_path):
    large = Picture(np.asarray(cv2.resize(data.coffee(), (1536, 1024), interpolation=cv2.INTER_CUBIC)))
    protection = pipeline.protect(large)
    pixels, _ = doctored(protection.picture.pixels)
    with open_vault(tmp_path / "v", create=True) as vault:
        vault.add(catalogue(protection.picture, protection=protection))
        found = pipeline.verify(Picture(pixels), vault=vault)
    assert protection.left_out == ()
    assert (found.code_scales, found.known.source, found.recovery_source) == (6, "id", "vault")


def test_a_mark_of_another_picture_is_not_taken_for_the_pictures_own(vault, protection, coffee):
    other = Picture(np.asarray(cv2.resize(data.astronaut(), (768, 512), interpolation=cv2.INTER_AREA)))
    mark = protection.picture.pixels.astype(int) - coffee
    transplanted = Picture(np.clip(other.pixels + mark, 0, 255).astype(np.uint8))
    found = pipeline.verify(transplanted, vault=vault)
    assert found.verdict in (Verdict.TRANSPLANTED, Verdict.UNPROTECTED)
    assert found.known.id is None
    assert found.known.added == ()


def test_a_crop_without_its_mark_is_laid_onto_the_picture(vault, record, protection):
    suspect = np.ascontiguousarray(protection.picture.pixels[60:, :640])
    placement = placement_of(suspect, record)
    height, width = placement.frame_px
    assert abs(width / height - 768 / 512) < 0.02
    shown = 452 * 640 / (512 * 768)
    assert abs(placement.visible.mean() - shown) < 0.03
    framing = framing_of(Picture(suspect), record)
    assert framing.frame.shape[:2] == placement.frame_px
    found = pipeline.verify(Picture(erased(suspect)), vault=vault)
    assert found.verdict is Verdict.UNPROTECTED
    assert abs(found.geometry.shown_fraction - shown) < 0.05
    assert found.whole is not None


def test_a_placement_is_exact_to_a_pixel_of_the_preview(record, protection):
    suspect = jpeg(np.ascontiguousarray(protection.picture.pixels[60:, :640]), 60)
    placement = placement_of(suspect, record)
    corner = np.linalg.inv(placement.from_frame) @ [0, 0, 1]
    scale = 512 / placement.frame_px[0]
    x, y = corner[:2] / corner[2] * scale
    assert abs(x) < 3
    assert abs(y - 60) < 3
    mirrored = placement_of(np.ascontiguousarray(suspect[:, ::-1]), record)
    assert np.linalg.det(mirrored.matrix[:2, :2]) < 0
    assert abs(mirrored.visible.mean() - placement.visible.mean()) < 0.02


def test_what_shows_all_of_it_is_its_own_frame(record, protection):
    assert placement_of(protection.picture.pixels, record) is None
    framing = framing_of(protection.picture, record)
    assert framing.frame is protection.picture.pixels
    silent = outside_testimony(framing)
    assert not silent.evidence.any()
    assert silent.intact.all()


def test_a_record_without_preview_places_nothing(record, protection):
    assert placement_of(protection.picture.pixels[60:, :640], replace(record, preview=b"")) is None


def test_the_whole_code_comes_from_a_record_that_begins_alike(record, protection):
    code = protection.code
    assert code_kept(record, code.prefix(2)) == code
    assert code_kept(record, None) == code
    assert code_kept(None, code) is None
    assert code_kept(replace(record, code=None), code) is None
    other = HiddenCode((code.scales[0] ^ 1, *code.scales[1:2]))
    assert code_kept(record, other) is None


@pytest.mark.parametrize("name", OTHERS)
def test_other_carriers_find_the_whole_code_in_the_vault(name, tmp_path, coffee, archive):
    carrier = load_carrier(name)
    protection = pipeline.protect(Picture(coffee), facts=FACTS, carrier=carrier)
    assert protection.carrier == name
    assert protection.psnr_db > 30
    pixels, mask = doctored(protection.picture.pixels)
    with open_vault(tmp_path / "v", create=True) as vault:
        vault.add(catalogue(protection.picture, protection=protection, original=str(archive / "coffee.png")))
        vault.add(catalogue(Picture(data.chelsea())))
        found = pipeline.verify(Picture(pixels), carrier=carrier, vault=vault, originals=[archive])
        clean = pipeline.verify(protection.picture, carrier=carrier, vault=vault)
    assert (found.verdict, found.id, found.carrier) == (Verdict.TAMPERED, protection.id, name)
    assert overlap(found.mask, mask) > 0.7
    assert found.facts == FACTS
    np.testing.assert_array_equal(found.recovered.pixels[found.mask], coffee[found.mask])
    assert (clean.verdict, clean.tampered_fraction) == (Verdict.AUTHENTIC, 0.0)


@pytest.mark.parametrize("name", OTHERS)
def test_other_carriers_without_a_vault_tell_what_they_hold(name, coffee):
    carrier = load_carrier(name)
    protection = pipeline.protect(Picture(coffee), carrier=carrier)
    found = pipeline.verify(protection.picture, carrier=carrier)
    assert found.verdict in (Verdict.AUTHENTIC, Verdict.UNDECIDED)
    assert (found.id or protection.id) == protection.id
    assert found.blocks == protection.blocks
    assert found.known is None


@pytest.mark.parametrize("name", OTHERS)
def test_a_deep_picture_keeps_its_depth_through_another_carrier(name, coffee):
    deep = Picture(coffee.astype(np.uint16) * 257 + 3)
    protected = pipeline.protect(deep, carrier=load_carrier(name)).picture.pixels
    assert protected.dtype == np.uint16
    assert pipeline.verify(Picture(protected), carrier=load_carrier(name)).carrier == name


@pytest.mark.parametrize("name", OTHERS[:1])
@pytest.mark.parametrize(
    "options", [{"confidential": SharedKey(bytes(32))}, {"channel_key": bytes(32)}, {"with_code": False}]
)
def test_what_only_our_carrier_can_do_is_refused_through_others(name, options, coffee):
    with pytest.raises(UsageError, match=name):
        pipeline.protect(Picture(coffee), carrier=load_carrier(name), **options)
    if "channel_key" in options:
        with pytest.raises(UsageError, match=name):
            pipeline.verify(Picture(coffee), carrier=load_carrier(name), **options)
