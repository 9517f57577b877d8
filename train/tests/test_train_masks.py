"""Random masks and damaged copies."""

import numpy as np
import pytest
from train.copies import compressed, random_copy
from train.masks import quarter_mask, random_mask


def test_masks_have_the_share_they_promise():
    rng = np.random.default_rng(0)
    shares = [random_mask(rng).mean() for _ in range(300)]
    assert min(shares) > 0
    assert max(shares) < 0.8
    assert np.quantile(shares, 0.1) < 0.03
    assert np.quantile(shares, 0.9) > 0.3


@pytest.mark.parametrize("seed", range(12))
def test_a_quarter_is_about_a_quarter(seed):
    mask = quarter_mask(np.random.default_rng(seed))
    assert mask.shape == (256, 256)
    assert 0.15 < mask.mean() < 0.36


def test_masks_depend_on_the_generator_only():
    one, other = (random_mask(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_copies_are_alike_but_not_the_same(examples):
    picture = examples.pictures[0]
    errors = []
    for seed in range(20):
        copy = random_copy(picture, np.random.default_rng(seed))
        assert copy.shape == picture.shape
        assert copy.dtype == np.uint8
        errors.append(np.square(copy.astype(float) - picture).mean())
    assert min(errors) > 0.5
    assert max(errors) < 255**2 / 10**2.4


def test_compression_gets_worse_with_quality(examples):
    errors = [
        np.square(compressed(examples.pictures[1], q).astype(float) - examples.pictures[1]).mean() for q in (90, 60, 30)
    ]
    assert errors == sorted(errors)
