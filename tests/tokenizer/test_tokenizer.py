"""Pictures ⇄ codes with the shipped weights."""

import itertools

import numpy as np
import pytest
import skimage.data

from underdrawing.errors import UsageError
from underdrawing.networks import read_verified, shipped_weights
from underdrawing.tokenizer import LADDER, HiddenCode, Tokenizer, to_canvas
from underdrawing.tokenizer.quantizer import LAYOUT_BITS
from underdrawing.tokenizer.weights import LINEAR_FILE, LinearWeights


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def coffee_code(tokenizer):
    return tokenizer.encode(skimage.data.coffee())


def psnr_db(picture, reference):
    return 10 * np.log10(255**2 / np.square(picture.astype(float) - reference).mean())


def test_shapes(coffee_code, tokenizer):
    assert [tokens.shape for tokens in coffee_code.scales] == [(s, s) for s in LADDER]
    assert coffee_code.known is None
    picture = tokenizer.decode(coffee_code)
    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_longer_prefixes_paint_better_pictures(tokenizer, name):
    pixels = getattr(skimage.data, name)()
    code = tokenizer.encode(pixels)
    scores = [psnr_db(tokenizer.decode(code.prefix(n)), to_canvas(pixels)) for n in range(1, 7)]
    assert all(better > worse for worse, better in itertools.pairwise(scores))
    assert scores[4] > 18.5
    assert scores[5] > 21


def test_encoding_is_deterministic(coffee_code):
    assert Tokenizer.load().encode(skimage.data.coffee()) == coffee_code


def test_tokens_agree_with_arithmetic_without_floats(coffee_code):
    """The first two levels again, in Python's own integers."""
    linear = LinearWeights.from_bytes(read_verified(shipped_weights("tokenizer"), LINEAR_FILE))
    canvas = to_canvas(skimage.data.coffee()).astype(object)
    factors = linear.coarse_analysis.factors.astype(object)
    patches = canvas.reshape(16, 16, 16, 16, 3).transpose(0, 2, 1, 3, 4).reshape(256, 768)
    sums = (patches - linear.coarse_analysis.mean.astype(object)) @ factors.T
    latents = (2 * sums + (1 << 16)) // (1 << 17)
    scale = linear.scales[0]
    sums = (scale.layouts.astype(object).reshape(-1, 256 * 32) * latents.reshape(-1)).sum(axis=1)
    seen = (2 * sums + (16 << LAYOUT_BITS)) // (32 << LAYOUT_BITS)
    entries = scale.vocabulary.entries.astype(np.int64)
    assert coffee_code.scales[0][0, 0] == np.square(entries - seen.astype(np.int64)).sum(axis=1).argmin()


def test_scale_32_codes_what_the_linear_picture_left(tokenizer, coffee_code):
    linear = LinearWeights.from_bytes(read_verified(shipped_weights("tokenizer"), LINEAR_FILE))
    left = to_canvas(skimage.data.coffee()).astype(np.int16) - tokenizer.linear_picture(coffee_code)
    tokens = linear.fine_vocabulary.nearest(linear.fine_analysis(left))
    np.testing.assert_array_equal(tokens, coffee_code.scales[5])


def test_a_linear_picture_asked_for_again_is_the_same_and_nobody_can_change_it(tokenizer, coffee_code):
    first = tokenizer.linear_picture(coffee_code)
    latents = tokenizer.latents(coffee_code).coarse.astype(np.int32)
    assert np.array_equal(first, tokenizer.linear.coarse_synthesis(latents))
    assert np.array_equal(first, tokenizer.linear_picture(coffee_code))
    assert not np.array_equal(first, tokenizer.linear_picture(coffee_code.prefix(3)))
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0


def test_a_small_change_of_the_picture_keeps_most_tokens(tokenizer, coffee_code):
    noise = np.random.default_rng(0).normal(0, 3, (400, 600, 3))
    noisy = np.clip(skimage.data.coffee() + noise, 0, 255).astype(np.uint8)
    kept = [np.mean(a == b) for a, b in zip(tokenizer.encode(noisy).scales, coffee_code.scales, strict=True)]
    assert min(kept[:5]) > 0.5


def test_a_partial_scale_32_lies_between_its_neighbours(tokenizer, coffee_code):
    canvas = to_canvas(skimage.data.coffee())
    known = np.zeros(1024, bool)
    known[tokenizer.detail_order(coffee_code)[:512]] = True
    partial = HiddenCode(coffee_code.scales, known.reshape(32, 32))
    without, half, whole = (
        psnr_db(tokenizer.decode(code), canvas) for code in (coffee_code.prefix(5), partial, coffee_code)
    )
    assert without < half < whole
    assert half > (without + whole) / 2  # most detailed first


def test_an_unknown_token_has_no_say(tokenizer, coffee_code):
    known = np.ones((32, 32), bool)
    known[3, 4] = False
    scrambled = coffee_code.scales[5].copy()
    scrambled[3, 4] ^= 1234
    one = tokenizer.decode(HiddenCode(coffee_code.scales, known))
    other = tokenizer.decode(HiddenCode((*coffee_code.scales[:5], scrambled), known))
    np.testing.assert_array_equal(one, other)


def test_any_scale_may_be_known_in_part(tokenizer, coffee_code):
    nothing = HiddenCode(coffee_code.scales[:5], np.zeros((16, 16), bool))
    latents, shorter = tokenizer.latents(nothing), tokenizer.latents(coffee_code.prefix(4))
    np.testing.assert_array_equal(latents.coarse, shorter.coarse)
    np.testing.assert_array_equal(latents.known, shorter.known)


def test_detail_order_is_a_permutation_that_scale_16_decides(tokenizer, coffee_code):
    order = tokenizer.detail_order(coffee_code)
    assert np.issubdtype(order.dtype, np.integer)
    assert sorted(order.tolist()) == list(range(1024))
    np.testing.assert_array_equal(order, tokenizer.detail_order(coffee_code.prefix(5)))


def test_detail_order_goes_cell_by_cell_from_detailed_to_flat(tokenizer, coffee_code):
    linear = LinearWeights.from_bytes(read_verified(shipped_weights("tokenizer"), LINEAR_FILE))
    order = tokenizer.detail_order(coffee_code).reshape(256, 4)
    rows, columns = order[:, 0] // 32, order[:, 0] % 32
    expected = np.stack([order[:, 0], order[:, 0] + 1, order[:, 0] + 32, order[:, 0] + 33], axis=1)
    np.testing.assert_array_equal(order, expected)
    detail = linear.detail[coffee_code.scales[4][rows // 2, columns // 2]].astype(np.int64)
    cells = rows // 2 * 16 + columns // 2
    assert sorted(zip((-detail).tolist(), cells.tolist(), strict=True)) == list(
        zip((-detail).tolist(), cells.tolist(), strict=True)
    )


def test_detail_order_rejects_a_code_without_scale_16(tokenizer, coffee_code):
    partial = HiddenCode(coffee_code.scales[:5], np.ones((16, 16), bool))
    for code in (coffee_code.prefix(4), partial):
        with pytest.raises(UsageError, match="scale 16"):
            tokenizer.detail_order(code)


def test_extremes_are_encoded(tokenizer):
    checks = np.indices((256, 256)).sum(axis=0) % 2 * 255
    for pixels in (np.zeros((9, 9)), np.full((9, 9), 255), checks):
        picture = np.repeat(pixels[..., None], 3, axis=2).astype(np.uint8)
        decoded = tokenizer.decode(tokenizer.encode(picture))
        assert abs(float(decoded.mean()) - float(picture.mean())) < 8
