"""What was there, painted or with its colours undone."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.examination.repainting import repainted
from underdrawing.recovery import paint_back
from underdrawing.tokenizer import Tokenizer, to_canvas


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def original():
    return data.astronaut()


@pytest.fixture(scope="module")
def code(tokenizer, original):
    return tokenizer.encode(original).prefix(5)


@pytest.fixture(scope="module")
def remembered(tokenizer, code):
    return tokenizer.decode(code)


def region(original):
    mask = np.zeros(original.shape[:2], dtype=bool)
    mask[200:420, 120:330] = True
    return mask


def both(suspect, mask, code, tokenizer, remembered):
    canvas = to_canvas(suspect)
    ours = repainted(suspect, remembered, mask, canvas=canvas, code=code, tokenizer=tokenizer)
    return ours, paint_back(suspect, remembered, mask, canvas=canvas)


def test_reference_a_recoloured_region_comes_back_with_its_detail(tokenizer, original, code, remembered):
    mask = region(original)
    suspect = np.where(mask[..., None], original[..., [2, 0, 1]], original)
    ours, painted = both(suspect, mask, code, tokenizer, remembered)
    scores = [masked_psnr_db(original, one, mask, data_range=255) for one in (ours.pixels, painted, suspect)]
    assert scores[0] > max(scores[1:]) + 3
    assert np.array_equal(ours.pixels[~mask], suspect[~mask])
    assert (ours.recoloured & mask).sum() > 0.95 * mask.sum()
    assert not (ours.recoloured & ~mask).any()


def test_reference_what_shows_something_else_is_painted(tokenizer, original, code, remembered):
    mask = region(original)
    suspect = np.where(mask[..., None], original[::-1, ::-1], original)
    ours, painted = both(suspect, mask, code, tokenizer, remembered)
    assert np.array_equal(ours.pixels, painted)
    assert ours.recoloured is None


@pytest.mark.parametrize(("scales", "proved"), [(3, False), (4, True)])
def test_limits_how_short_a_code_proves_a_recolouring(tokenizer, original, code, scales, proved):
    mask = np.zeros(original.shape[:2], dtype=bool)
    mask[100:420, 100:420] = True
    suspect = np.where(mask[..., None], original[..., [2, 0, 1]], original)
    short = code.prefix(scales)
    ours, painted = both(suspect, mask, short, tokenizer, tokenizer.decode(short))
    assert (ours.recoloured is not None) == proved
    assert np.array_equal(ours.pixels, painted) != proved


def test_limits_the_large_cells_of_a_short_code_prove_nothing_of_a_small_region(tokenizer, original, code):
    mask = np.zeros(original.shape[:2], dtype=bool)
    mask[200:360, 120:280] = True
    suspect = np.where(mask[..., None], original[..., [2, 0, 1]], original)
    short = code.prefix(4)
    assert both(suspect, mask, short, tokenizer, tokenizer.decode(short))[0].recoloured is None


def redrawn(original, mask):
    """A region saved anew at a low quality: no pixel is left as it was, and all shows what it showed."""
    _, written = cv2.imencode(".jpg", original, [cv2.IMWRITE_JPEG_QUALITY, 25])
    return np.where(mask[..., None], cv2.imdecode(written, cv2.IMREAD_COLOR), original)


def test_reference_what_was_only_redrawn_is_left_for_it_tells_more_than_the_code(tokenizer, original, code, remembered):
    mask = region(original)
    suspect = redrawn(original, mask)
    ours, painted = both(suspect, mask, code, tokenizer, remembered)
    assert (ours.redrawn & mask).sum() > 0.8 * mask.sum()
    assert not (ours.redrawn & ~mask).any()
    scores = [masked_psnr_db(original, one, mask, data_range=255) for one in (ours.pixels, painted)]
    assert scores[0] > scores[1] + 3
    assert np.array_equal(ours.pixels[~mask], suspect[~mask])


def test_reference_a_part_of_it_that_shows_something_else_is_painted_all_the_same(
    tokenizer, original, code, remembered
):
    mask, other = region(original), np.zeros(original.shape[:2], dtype=bool)
    other[260:340, 180:260] = True
    suspect = np.where(other[..., None], original[::-1, ::-1], redrawn(original, mask))
    ours, painted = both(suspect, mask, code, tokenizer, remembered)
    middle = np.zeros_like(other)
    middle[284:316, 204:236] = True
    assert not (ours.redrawn & middle).any()
    assert np.array_equal(ours.pixels[middle], painted[middle])
    assert ours.redrawn.sum() > 0.5 * mask.sum()


def test_limits_a_short_code_cannot_tell_what_was_only_redrawn(tokenizer, original, code):
    mask, short = region(original), code.prefix(4)
    assert both(redrawn(original, mask), mask, short, tokenizer, tokenizer.decode(short))[0].redrawn is None


def test_reference_what_the_map_took_in_by_mistake_stays_as_it_is(tokenizer, original, code, remembered):
    """A map two pixels too wide: the ring was never recoloured, so its colours must not be turned."""
    mask = region(original)
    suspect = np.where(mask[..., None], original[..., [2, 0, 1]], original)
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ours, _ = both(suspect, wide, code, tokenizer, remembered)
    ring = wide & ~mask
    off = np.abs(ours.pixels[ring].astype(int) - original[ring]).mean()
    turned = np.abs(original[ring].astype(int) - original[ring][..., [2, 0, 1]]).mean()
    assert off < 0.3 * turned
