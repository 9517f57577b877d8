import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind, inpaint_telea, tamper
from underdrawing.errors import UsageError

EVERYWHERE = [kind for kind in Kind if kind not in (Kind.FACE_SWAP, Kind.WHOLE, Kind.GENERATIVE_REMOVAL)]
"""The kinds that work on any region of any picture."""


@pytest.fixture(scope="module")
def picture():
    return data.astronaut()[:240, :320]


@pytest.fixture(scope="module")
def donor():
    return data.coffee()


def forge(picture, donor, kind, seed=3, **options):
    return tamper(picture, kind=kind, rng=np.random.default_rng(seed), donor=donor, **options)


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_deterministic_and_bit_exact_outside_the_mask(kind, picture, donor):
    before = picture.copy()
    first, second = forge(picture, donor, kind), forge(picture, donor, kind)
    np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.mask, second.mask)
    assert first.kind is kind
    assert first.pixels.dtype == np.uint8
    np.testing.assert_array_equal(first.pixels[~first.mask], picture[~first.mask])


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_most_pixels_inside_the_mask_change(kind, picture, donor):
    forged = forge(picture, donor, kind)
    changed = (forged.pixels != picture).any(axis=2)[forged.mask]
    assert changed.mean() > (0.75 if kind in (Kind.BLENDED_SPLICE, Kind.AUTOENCODER) else 0.85)
    assert abs(forged.mask.mean() - 0.25) < 1e-4


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_limits_small_and_narrow_pictures_work(kind, donor):
    for height, width in ((17, 16), (16, 200)):
        tiny = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        assert forge(tiny, donor, kind, fraction=0.1).pixels.shape == tiny.shape


def test_splice_shows_the_donor_at_its_own_or_half_size(picture):
    flat = np.full((900, 1200, 3), (10, 200, 30), np.uint8)
    forged = forge(picture, flat, Kind.SPLICE)
    assert (forged.pixels[forged.mask] == (10, 200, 30)).all()


def test_blended_splice_takes_the_colours_of_the_surroundings(picture, donor):
    hard, soft = (forge(picture, donor, kind) for kind in (Kind.SPLICE, Kind.BLENDED_SPLICE))
    around = picture[~hard.mask].mean(axis=0)
    distance = [np.abs(forged.pixels[forged.mask].mean(axis=0) - around).sum() for forged in (hard, soft)]
    assert distance[1] < distance[0] / 2


def test_copy_move_takes_every_pixel_from_the_same_picture(picture, donor):
    forged = forge(picture, donor, Kind.COPY_MOVE)
    known = {bytes(pixel) for pixel in picture.reshape(-1, 3)}
    assert {bytes(pixel) for pixel in forged.pixels[forged.mask]} <= known


def test_a_given_mask_is_used_as_it_is(picture, donor):
    mask = np.zeros(picture.shape[:2], bool)
    mask[50:90, 60:100] = True
    np.testing.assert_array_equal(forge(picture, donor, Kind.TEXT, mask=mask).mask, mask)


def test_rejects_a_mask_of_another_shape(picture, donor):
    with pytest.raises(UsageError, match="mask of shape"):
        forge(picture, donor, Kind.TEXT, mask=np.zeros((3, 3), bool))


def test_telea_at_full_size_is_opencv_and_reduced_is_close(picture):
    mask = np.zeros(picture.shape[:2], bool)
    mask[100:130, 150:190] = True
    full = inpaint_telea(picture, mask, side_px=0)
    reference = cv2.inpaint(picture, mask.astype(np.uint8), 3.0, cv2.INPAINT_TELEA)
    np.testing.assert_array_equal(full[mask], reference[mask])
    reduced = inpaint_telea(picture, mask, side_px=128)
    np.testing.assert_array_equal(reduced[~mask], picture[~mask])
    assert np.abs(reduced[mask].astype(int) - full[mask]).mean() < 12


def test_the_guide_decides_nothing_that_the_region_does_not(picture, donor):
    """With the original as guide, a picture that hardly differs gets the same edit, at the same place."""
    nearly = picture ^ np.uint8(1)
    for kind in EVERYWHERE:
        one, other = forge(picture, donor, kind), forge(nearly, donor, kind, guide=picture)
        np.testing.assert_array_equal(one.mask, other.mask)
        assert np.abs(one.pixels[one.mask].astype(int) - other.pixels[one.mask]).mean() < 6


def test_whole_regeneration_is_the_whole_picture(picture, donor):
    forged = forge(picture, donor, Kind.WHOLE)
    assert forged.mask.all()
    assert 1 < np.abs(forged.pixels.astype(int) - picture).mean() < 20


def test_face_swap_needs_a_face(picture, donor):
    with pytest.raises(UsageError, match="found none"):
        forge(donor, picture, Kind.FACE_SWAP)


def test_rejects_a_generative_removal_without_a_network(picture, donor):
    with pytest.raises(UsageError, match="needs an inpainting network"):
        forge(picture, donor, Kind.GENERATIVE_REMOVAL)


def test_generative_removal_shows_what_the_network_made_inside_the_mask_only(picture, donor):
    class Green:
        def fill(self, pixels, mask, *, seed):
            return np.full_like(pixels, (0, 255, 0))

    forged = forge(picture, donor, Kind.GENERATIVE_REMOVAL, inpainter=Green())
    assert (forged.pixels[forged.mask] == (0, 255, 0)).all()
    np.testing.assert_array_equal(forged.pixels[~forged.mask], picture[~forged.mask])


def test_small_regions_of_every_outline(picture, donor):
    for shape in Shape:
        forged = forge(picture, donor, Kind.SPLICE, shape=shape, fraction=0.02)
        assert abs(forged.mask.mean() - 0.02) < 1e-4
