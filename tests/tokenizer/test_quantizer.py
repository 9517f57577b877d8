"""Residual quantization in integers, against brute force and other libraries."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.errors import WeightsError
from underdrawing.tokenizer import VOCABULARY
from underdrawing.tokenizer.quantizer import (
    LATENT_LIMIT,
    LAYOUT_BITS,
    Scale,
    Vocabulary,
    encode_scales,
    largest,
    latents_of_scales,
)


def make_vocabulary(seed: int, dims: int = 4, spread: int = 200) -> Vocabulary:
    rng = np.random.default_rng(seed)
    return Vocabulary(rng.integers(-spread, spread + 1, (VOCABULARY, dims)).astype(np.int16))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_nearest_agrees_with_brute_force(seed):
    vocabulary = make_vocabulary(seed, dims=3, spread=12)  # crowded, so that there are ties
    vectors = np.random.default_rng(seed + 1).integers(-15, 16, (20, 3))
    entries = vocabulary.entries.astype(np.int64)
    expected = [int(np.argmin(((entries - v) ** 2).sum(axis=1))) for v in vectors]
    assert vocabulary.nearest(vectors).tolist() == expected


def test_nearest_does_not_depend_on_the_batch():
    vocabulary = make_vocabulary(1, dims=32)
    vectors = np.random.default_rng(2).integers(-LATENT_LIMIT, LATENT_LIMIT + 1, (300, 32))
    one_by_one = [int(vocabulary.nearest(v[None])[0]) for v in vectors]
    assert vocabulary.nearest(vectors).tolist() == one_by_one


def test_ties_go_to_the_lowest_token():
    entries = np.full((VOCABULARY, 2), 100, np.int16)
    entries[[7, 9]] = [[1, 0], [-1, 0]]
    assert Vocabulary(entries).nearest(np.zeros((1, 2), int)).tolist() == [7]


def test_rejects_entries_too_long_to_be_searched_exactly():
    with pytest.raises(WeightsError, match="vocabulary"):
        Vocabulary(np.full((VOCABULARY, 32), 400, np.int16))


def test_rejects_a_vocabulary_of_another_size():
    with pytest.raises(WeightsError, match="vocabulary"):
        Vocabulary(np.zeros((10, 4), np.int16))


def make_scale(seed: int, step: int, layouts: int = 4, dims: int = 4, spread: int = 200) -> Scale:
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(step * step * dims, layouts)))[0].T
    whole = np.rint(basis * (1 << LAYOUT_BITS)).astype(np.int16).reshape(layouts, step, step, dims)
    return Scale(whole, make_vocabulary(seed + 100, dims=layouts, spread=spread))


def make_ladder(seed: int) -> tuple[Scale, ...]:
    return tuple(make_scale(seed + step, step) for step in (16, 8, 4, 2, 1))


@pytest.mark.parametrize("step", [1, 2, 8, 16])
def test_vectors_agree_with_python_integers(step):
    scale = make_scale(1, step)
    latents = np.random.default_rng(2).integers(-1023, 1024, (16, 16, 4))
    cell = latents[-step:, :step].astype(object)  # the lower left cell
    unit = Fraction(step << LAYOUT_BITS)
    for layout, seen in zip(scale.layouts.astype(object), scale.vectors(latents)[-1, 0], strict=True):
        assert seen == (Fraction(int((layout * cell).sum())) / unit + Fraction(1, 2)).__floor__()


@pytest.mark.parametrize("step", [1, 2, 8, 16])
def test_latents_agree_with_python_integers(step):
    scale = make_scale(3, step)
    vectors = np.random.default_rng(4).integers(-500, 501, (16 // step, 16 // step, 4))
    laid_out = scale.latents(vectors)
    assert laid_out.shape == (16, 16, 4)
    exact = (scale.layouts.astype(object) * vectors[-1, 0].astype(object)[:, None, None, None]).sum(axis=0)
    for value, sum_ in zip(laid_out[-step:, :step].ravel(), exact.ravel(), strict=True):
        assert value == (Fraction(int(sum_) * step, 1 << LAYOUT_BITS) + Fraction(1, 2)).__floor__()


@given(st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_what_was_laid_out_is_seen_again(step, seed):
    scale = make_scale(5, step)
    vectors = np.random.default_rng(seed).integers(-300, 301, (16 // step, 16 // step, 4))
    assert np.abs(scale.vectors(scale.latents(vectors)) - vectors).max() <= 1


def test_a_flat_layout_is_the_mean():
    flat = np.full((1, 4, 4, 1), (1 << LAYOUT_BITS) // 4, np.int16)
    scale = Scale(flat, make_vocabulary(6, dims=1))
    latents = np.arange(16).reshape(4, 4, 1)
    assert scale.vectors(latents).tolist() == [[[8]]]  # 7.5, rounded half up
    assert (scale.latents(np.array([[[8]]])) == 8).all()


def test_batches_are_quantized_like_single_pictures():
    scales = make_ladder(5)
    batch = np.random.default_rng(6).integers(-300, 301, (3, 16, 16, 4))
    together = encode_scales(batch, scales)
    for i in range(3):
        for joint, alone in zip(together, encode_scales(batch[i], scales), strict=True):
            np.testing.assert_array_equal(joint[i], alone)
    np.testing.assert_array_equal(
        latents_of_scales(together, scales)[1], latents_of_scales(tuple(m[1] for m in together), scales)
    )


def test_each_scale_codes_what_the_coarser_ones_left():
    scales = make_ladder(7)
    latents = np.random.default_rng(8).integers(-300, 301, (16, 16, 4))
    maps = encode_scales(latents, scales)
    assert [tokens.shape for tokens in maps] == [(side, side) for side in (1, 2, 4, 8, 16)]
    left = latents - latents_of_scales(maps[:4], scales)
    np.testing.assert_array_equal(maps[4], scales[4].vocabulary.nearest(scales[4].vectors(left)))


def test_more_scales_leave_less():
    scales = make_ladder(9)
    latents = np.random.default_rng(10).integers(-200, 201, (16, 16, 4))
    left = [np.square(latents - latents_of_scales(encode_scales(latents, scales)[:n], scales)).mean() for n in (4, 5)]
    assert left[1] < 0.1 * np.square(latents).mean()
    assert left[1] < left[0]


def test_unknown_tokens_add_nothing():
    scales = make_ladder(11)
    maps = encode_scales(np.random.default_rng(12).integers(-200, 201, (16, 16, 4)), scales)
    known = np.array([[True, False], [False, False]])
    difference = latents_of_scales(maps[:2], scales, known) - latents_of_scales(maps[:1], scales)
    np.testing.assert_array_equal(difference[:8, :8], scales[1].said(maps[1])[:8, :8])
    assert not difference[8:].any()
    assert not difference[:, 8:].any()


def test_reference_the_largest_are_those_of_a_sort():
    values = np.random.default_rng(4).normal(size=(50, 4096)).astype(np.float32)
    assert np.array_equal(largest(values, 24), np.argsort(-values, axis=1)[:, :24])


def test_reference_distances_are_those_from_the_border():
    vocabulary = make_vocabulary(5, dims=8)
    vectors = np.random.default_rng(5).integers(-200, 200, (20, 8))
    closeness = vocabulary.closeness(vectors)
    rivals = largest(closeness, 4)
    entries = vocabulary.entries.astype(np.float64)
    own, other = entries[rivals[:, :1]], entries[rivals]
    normal = (own - other) / np.maximum(np.linalg.norm(own - other, axis=2, keepdims=True), 1e-3)
    expected = ((vectors[:, None] - (own + other) / 2) * normal).sum(axis=2)
    assert np.allclose(vocabulary.distances(closeness, rivals[:, 0], rivals), expected, atol=1e-2)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_closeness_by_weight_is_minus_half_the_squared_distance_of_what_is_seen(step):
    """Against the sum over all latents of a cell, for a few entries; with an axis for a batch."""
    scale, rng = make_scale(3, step, spread=40), np.random.default_rng(0)
    latents = rng.integers(-60, 61, (2, 8, 8, 4))
    weight = rng.uniform(0, 1, (8, 8))
    found = scale.closeness(latents, weight)
    assert found.shape == (2, (8 // step) ** 2, VOCABULARY)
    assert np.allclose(found[1], scale.closeness(latents[1], weight), atol=1e-2)
    chosen = rng.integers(0, VOCABULARY, 30)
    factors = scale.layouts.astype(np.float64) / (1 << LAYOUT_BITS)
    said = np.tensordot(scale.vocabulary.entries[chosen].astype(np.float64) * step, factors, 1)
    row, column = 8 // step - 1, 0
    cell = np.s_[row * step : (row + 1) * step, column * step : (column + 1) * step]
    distance = (weight[cell][..., None] * (latents[0][cell] - said) ** 2).sum(axis=(1, 2, 3)) / step**2
    expected = -distance / 2
    mine = found[0, row * (8 // step) + column, chosen]
    assert np.allclose(mine - mine[0], expected - expected[0], atol=0.05)


def test_closeness_of_whole_cells_orders_entries_as_their_layouts_do():
    scale, latents = make_scale(3, 2), np.random.default_rng(1).integers(-300, 301, (8, 8, 4))
    whole = scale.closeness(latents, np.ones((8, 8)))
    assert (whole.argmax(axis=1) == scale.vocabulary.nearest(scale.vectors(latents)).ravel()).mean() > 0.8
