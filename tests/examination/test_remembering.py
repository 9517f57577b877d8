"""From what is left of a picture to the picture it was, with the shipped networks."""

import cv2
import numpy as np
import pytest
import skimage.data

from scenes import jpeg
from underdrawing.examination.remembering import (
    predict,
    remember,
    surroundings_of,
    tells_enough,
    token_probabilities,
)
from underdrawing.recovery import Restorer
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import LADDER, Surroundings, Tokenizer, to_canvas


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def restorer():
    return Restorer.load()


@pytest.fixture(scope="module")
def texturer():
    return Texturer.load()


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea"])
def canvas(request):
    return to_canvas(getattr(skimage.data, request.param)())


@pytest.fixture(scope="module")
def mask():
    mask = np.zeros((256, 256), bool)
    mask[60:188, 50:178] = True
    return mask


def masked_psnr_db(picture, truth, mask):
    return 10 * np.log10(255**2 / np.square(picture.astype(float) - truth)[mask].mean())


def remembered(code, canvas, mask, tokenizer, restorer, **options):
    around = surroundings_of(jpeg(canvas, 75), mask)
    return remember(code, around, tokenizer=tokenizer, restorer=restorer, **options)


def test_more_scales_are_remembered_better(canvas, mask, tokenizer, restorer):
    code = tokenizer.encode(canvas)
    scores = [
        masked_psnr_db(remembered(code.prefix(n), canvas, mask, tokenizer, restorer), canvas, mask)
        for n in (2, 4, 5, 6)
    ]
    assert scores == sorted(scores)


def test_the_surroundings_help(canvas, mask, tokenizer, restorer):
    code = tokenizer.encode(canvas).prefix(4)
    helped = remembered(code, canvas, mask, tokenizer, restorer)
    assert masked_psnr_db(helped, canvas, mask) > masked_psnr_db(tokenizer.decode(code), canvas, mask)


def test_without_a_code_it_continues_the_surroundings(canvas, mask, tokenizer, restorer):
    picture = remembered(None, canvas, mask, tokenizer, restorer)
    assert picture.shape == (256, 256, 3)
    grey = np.full_like(canvas, 128)
    assert masked_psnr_db(picture, canvas, mask) > masked_psnr_db(grey, canvas, mask)


@pytest.mark.parametrize("n_scales", [1, 2, 3])
def test_next_to_the_seam_a_continuation_counts_more_than_far_inside(canvas, mask, tokenizer, restorer, n_scales):
    code, around = tokenizer.encode(canvas).prefix(n_scales), surroundings_of(canvas, mask)
    plain = predict(code, around, tokenizer=tokenizer, restorer=restorer).astype(float)
    tempered = remember(code, around, tokenizer=tokenizer, restorer=restorer)
    hidden = cv2.erode(around.hidden.astype(np.uint8), np.ones((3, 3), np.uint8))
    continued = np.mean([cv2.inpaint(around.pixels, hidden, 3, way) for way in (cv2.INPAINT_TELEA, cv2.INPAINT_NS)], 0)
    depth = cv2.distanceTransform(hidden, cv2.DIST_L2, 5)
    rings = [(depth > low) & (depth <= high) for low, high in ((0, 6), (16, 24), (40, 64))]
    shares = [
        ((tempered - plain) * (continued - plain))[r].sum() / np.square(continued - plain)[r].sum() for r in rings
    ]
    assert 0.9 > shares[0] > shares[1] + 0.1 > shares[2] + 0.1 >= 0.1
    np.testing.assert_array_equal(tempered[~around.hidden], around.pixels[~around.hidden])


def test_without_surroundings_it_is_a_decoder(canvas, tokenizer, restorer):
    code = tokenizer.encode(canvas)
    everything = np.ones((256, 256), bool)
    nothing = Surroundings(np.zeros((256, 256, 3), np.uint8), everything)
    picture = predict(code, nothing, tokenizer=tokenizer, restorer=restorer)
    assert masked_psnr_db(picture, canvas, everything) > masked_psnr_db(tokenizer.decode(code), canvas, everything) - 1


def test_a_code_that_tells_enough_is_painted_alone(canvas, mask, tokenizer, restorer):
    code = tokenizer.encode(canvas)
    assert [tells_enough(code.prefix(n)) for n in range(1, 7)] == [False] * 4 + [True] * 2
    np.testing.assert_array_equal(
        remembered(code.prefix(5), canvas, mask, tokenizer, restorer), tokenizer.decode(code.prefix(5))
    )


def test_what_is_hidden_has_no_say(canvas, mask, tokenizer, restorer):
    code = tokenizer.encode(canvas).prefix(3)
    doctored = canvas.copy()
    doctored[mask] = 255 - doctored[mask]
    around = surroundings_of(canvas, mask)
    other = Surroundings(np.where(around.hidden[..., None], doctored, canvas), around.hidden)
    one, two = (remember(code, a, tokenizer=tokenizer, restorer=restorer) for a in (around, other))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("n_scales", [3, 5, 6])
def test_with_a_texturer_detail_is_made_up_where_the_suspect_was_changed(
    canvas, mask, tokenizer, restorer, texturer, n_scales
):
    code = tokenizer.encode(canvas).prefix(n_scales)
    look = remembered(code, canvas, mask, tokenizer, restorer, texturer=texturer)
    fidelity = remembered(code, canvas, mask, tokenizer, restorer)
    around = surroundings_of(jpeg(canvas, 75), mask)
    off = [abs(np.log(slope(one, around.hidden) / slope(canvas, around.hidden))) for one in (look, fidelity)]
    assert off[0] < max(off[1], 0.2)
    outside = around.pixels if n_scales < 5 else tokenizer.decode(code)
    np.testing.assert_array_equal(look[~around.hidden], outside[~around.hidden])


def slope(picture, where):
    """Mean difference of neighbouring pixels in a region, in grey levels."""
    down, across = (np.abs(np.diff(picture.astype(float), axis=axis)) for axis in (0, 1))
    return down[where[1:]].mean() + across[where[:, 1:]].mean()


@pytest.mark.parametrize("n_scales", [0, 1, 3, 4])
def test_probabilities_are_probabilities(canvas, mask, tokenizer, restorer, n_scales):
    code = tokenizer.encode(canvas).prefix(n_scales) if n_scales else None
    likely = token_probabilities(code, surroundings_of(canvas, mask), tokenizer=tokenizer, restorer=restorer)
    side = LADDER[n_scales]
    assert likely.shape == (side, side, 4096)
    assert (likely >= 0).all()
    np.testing.assert_allclose(likely.sum(axis=-1), 1, rtol=1e-4)


def test_the_tokens_of_untouched_places_are_likely(canvas, tokenizer, restorer):
    mask = np.zeros((256, 256), bool)
    mask[:32, :32] = True
    code = tokenizer.encode(canvas)
    around = surroundings_of(canvas, mask)
    likely = token_probabilities(code.prefix(4), around, tokenizer=tokenizer, restorer=restorer)
    own = np.take_along_axis(likely, code.scales[4][..., None].astype(int), axis=-1)[..., 0]
    assert np.median(own[4:, 4:]) > 20 / 4096


def test_a_pixel_is_hidden_if_the_mask_touches_it_or_a_neighbour():
    mask = np.zeros((1080, 1920), bool)
    mask[500, 900] = True
    around = surroundings_of(np.full((1080, 1920, 3), 77, np.uint8), mask)
    assert around.pixels.shape == (256, 256, 3)
    rows, columns = np.nonzero(around.hidden)
    assert rows.min() <= 500 * 256 // 1080 <= rows.max()
    assert columns.min() <= 900 * 256 // 1920 <= columns.max()
    touched = cv2.resize(mask.astype(np.float32), (256, 256), interpolation=cv2.INTER_AREA) > 0
    np.testing.assert_array_equal(around.hidden, cv2.dilate(touched.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
