"""Nudges that make a picture keep its own tokens."""

import itertools

import numpy as np
import pytest
from skimage import data

from scenes import jpeg
from underdrawing.tokenizer import CANVAS, LADDER, HiddenCode, Tokenizer, from_canvas, plane_to_canvas, to_canvas

MARGINS = (3.0, 3.0, 3.0, 3.0, 3.0, 1.0)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea"])
def picture(request):
    return to_canvas(getattr(data, request.param)())


def added(picture, nudge):
    """The sum in whole grey levels; as under a mark, rounding does not swallow what is less than half of one."""
    dither = np.random.default_rng(1).uniform(-0.5, 0.5, (*nudge.shape, 1))
    return np.clip(np.rint(picture + nudge[..., None] + dither), 0, 255).astype(np.uint8)


def kept(tokenizer, code, picture):
    """Share of tokens that a picture gives when it is told the coarser ones, scale by scale from 2."""
    shares = []
    for n in range(1, len(LADDER)):
        _, closeness, _ = tokenizer.closeness(picture.astype(np.int16), code.prefix(n))
        shares.append(float(np.mean(closeness.argmax(axis=1) == code.scales[n].ravel())))
    return np.array(shares)


def test_round_trip_a_steadied_picture_keeps_its_tokens(tokenizer, picture):
    code = tokenizer.encode(picture)
    steadied = added(picture, tokenizer.steadying(picture, code, MARGINS))
    assert kept(tokenizer, code, steadied).min() > 0.97


def test_reference_copies_keep_more_tokens_than_those_of_the_picture_as_it_was(tokenizer, picture):
    code = tokenizer.encode(picture)
    steadied = added(picture, tokenizer.steadying(picture, code, MARGINS))
    before, after = (kept(tokenizer, code, jpeg(pixels, 70)) for pixels in (picture, steadied))
    assert after[2:4].mean() > before[2:4].mean() + 0.01
    assert after[2:4].min() > 0.85


def test_reference_a_token_that_was_lost_is_brought_back(tokenizer, picture):
    """The tokens need not be those of the picture as it is: what the mark did to it is made up for."""
    code = tokenizer.encode(picture)
    noisy = np.clip(picture + np.random.default_rng(0).normal(0, 2, (CANVAS, CANVAS, 1)), 0, 255).astype(np.uint8)
    steadied = added(noisy, tokenizer.steadying(noisy, code, MARGINS))
    assert (kept(tokenizer, code, noisy)[1:] < 1).any()
    assert kept(tokenizer, code, steadied)[1:].mean() > kept(tokenizer, code, noisy)[1:].mean() + 0.03


def test_limits_no_pixel_changes_by_more_than_three_grey_levels(tokenizer, picture):
    nudge = tokenizer.steadying(picture, tokenizer.encode(picture), MARGINS)
    assert nudge.shape == (CANVAS, CANVAS)
    assert nudge.dtype == np.float32
    assert np.abs(nudge).max() <= 3
    assert 0 < np.sqrt(np.square(nudge).mean()) < 0.8


def test_limits_smooth_places_change_by_little(tokenizer, picture):
    sky = picture.copy()
    sky[:128] = np.linspace(90, 140, 128).astype(np.uint8)[:, None, None]
    nudge = tokenizer.steadying(sky, tokenizer.encode(sky), MARGINS)
    assert np.abs(nudge[:64]).max() <= 1.5


def test_limits_no_edges_between_patches(tokenizer, picture):
    """Steps across the borders of patches are not much larger than those inside."""
    nudge = tokenizer.steadying(picture, tokenizer.encode(picture), MARGINS)
    steps = np.abs(np.diff(nudge, axis=1)).mean(axis=0)
    border = np.arange(15, 255, 16)
    assert steps[border].mean() < 1.6 * np.delete(steps, border).mean()


def test_limits_without_margins_nothing_is_done(tokenizer, picture):
    assert not tokenizer.steadying(picture, tokenizer.encode(picture), (0,) * 6).any()


def test_shapes_a_shorter_code_asks_for_less(tokenizer, picture):
    code = tokenizer.encode(picture)
    power = [np.square(tokenizer.steadying(picture, code.prefix(n), MARGINS)).mean() for n in (2, 4, 5, 6)]
    assert all(more > 0.9 * less for less, more in itertools.pairwise(power))
    assert power[0] < 0.5 * power[-1]


def test_deterministic(tokenizer, picture):
    code = tokenizer.encode(picture)
    again = tokenizer.steadying(picture.copy(), HiddenCode(tuple(t.copy() for t in code.scales)), MARGINS)
    assert np.array_equal(again, tokenizer.steadying(picture, code, MARGINS))


@pytest.mark.parametrize("size_px", [(256, 256), (512, 768), (1080, 1920), (300, 700)])
def test_round_trip_a_smooth_plane_comes_back_from_the_size_of_a_picture(size_px):
    rows, columns = np.mgrid[:CANVAS, :CANVAS] / CANVAS
    plane = (np.sin(9 * rows) + np.cos(7 * columns)).astype(np.float32)
    enlarged = from_canvas(plane, *size_px)
    assert enlarged.shape == size_px
    assert np.abs(plane_to_canvas(enlarged) - plane)[2:-2, 2:-2].max() < 0.01
