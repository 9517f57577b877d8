"""Residual quantization in integers, against brute force and other libraries."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.errors import WeightsError
from underdrawing.tokenizer import VOCABULARY
from underdrawing.tokenizer.quantizer import (
    LATENT_LIMIT,
    Vocabulary,
    area_means,
    encode_scales,
    enlarge,
    errors_passed_on,
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


def test_area_means_round_half_up():
    cells = np.array([[1, 2], [2, 1]])[..., None]
    assert area_means(cells, 1).tolist() == [[[2]]]
    assert area_means(-cells, 1).tolist() == [[[-1]]]
    assert area_means(np.arange(16).reshape(4, 4, 1), 2)[..., 0].tolist() == [[3, 5], [11, 13]]


@pytest.mark.parametrize("side", [1, 2, 4, 8])
def test_enlarging_agrees_with_opencv(side):
    latents = np.random.default_rng(side).integers(-800, 801, (side, side, 4))
    oracle = cv2.resize(latents.astype(np.float64), (16, 16), interpolation=cv2.INTER_CUBIC)
    assert np.abs(enlarge(latents, 16) - oracle).max() <= 0.501


def test_enlarging_is_exact():
    row = [5, -3]
    ramp = np.array([row, row])[..., None]

    def cubic(x: Fraction) -> Fraction:
        a, x = Fraction(-3, 4), abs(x)
        return ((a + 2) * x - (a + 3)) * x * x + 1 if x <= 1 else ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    for column in range(16):
        position = Fraction(2 * column + 1, 16) - Fraction(1, 2)
        first = position.__floor__()
        value = sum(row[min(max(tap, 0), 1)] * cubic(position - tap) for tap in range(first - 1, first + 3))
        assert enlarge(ramp, 16)[3, column, 0] == (value + Fraction(1, 2)).__floor__()


def test_batches_are_quantized_like_single_pictures():
    vocabulary = make_vocabulary(5)
    batch = np.random.default_rng(6).integers(-300, 301, (3, 16, 16, 4))
    together = encode_scales(batch, vocabulary, (1, 2, 4, 8, 16))
    for i in range(3):
        for joint, alone in zip(together, encode_scales(batch[i], vocabulary, (1, 2, 4, 8, 16)), strict=True):
            np.testing.assert_array_equal(joint[i], alone)


def test_each_scale_codes_what_the_coarser_ones_left():
    vocabulary = make_vocabulary(7)
    latents = np.random.default_rng(8).integers(-300, 301, (16, 16, 4))
    maps = encode_scales(latents, vocabulary, (1, 2, 4, 8, 16))
    left = latents - latents_of_scales(maps[:4], vocabulary, 16)
    np.testing.assert_array_equal(maps[4], vocabulary.nearest(left))


def test_more_scales_leave_less():
    vocabulary = make_vocabulary(9)
    latents = np.random.default_rng(10).integers(-200, 201, (16, 16, 4))
    maps = encode_scales(latents, vocabulary, (1, 2, 4, 8, 16))
    left = latents - latents_of_scales(maps, vocabulary, 16)
    assert np.square(left).mean() < 0.1 * np.square(latents).mean()


def test_unknown_tokens_add_nothing():
    vocabulary = make_vocabulary(11)
    maps = encode_scales(np.random.default_rng(12).integers(-200, 201, (2, 2, 4)), vocabulary, (1, 2))
    known = np.array([[True, False], [False, False]])
    difference = latents_of_scales(maps, vocabulary, 2, known) - latents_of_scales(maps[:1], vocabulary, 2)
    np.testing.assert_array_equal(difference[0, 0], vocabulary.entries[maps[1][0, 0]])
    assert not difference[~known].any()


def test_reference_the_largest_are_those_of_a_sort():
    values = np.random.default_rng(4).normal(size=(50, 4096)).astype(np.float32)
    assert np.array_equal(largest(values, 24), np.argsort(-values, axis=1)[:, :24])


def test_reference_errors_passed_on_are_those_of_trying():
    rng = np.random.default_rng(3)
    variances = rng.uniform(0, 400, (4, 4))
    wrong = rng.normal(0, 1, (400, 4, 4, 1)) * np.sqrt(variances)[..., None]
    vectors = area_means(enlarge(np.rint(wrong * 16).astype(np.int32), 16), 8)[..., 0] / 16
    assert np.allclose(vectors.var(axis=0), errors_passed_on(variances, 8, 16), rtol=0.35, atol=2)


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
