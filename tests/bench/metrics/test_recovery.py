import math

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.bench.metrics.recovery import pasted, score_recovery


@pytest.fixture(scope="module")
def case():
    """Original, doctored copy, what is painted for all of it, and the true mask."""
    original = data.coffee()[:256, :256]
    mask = np.zeros((256, 256), bool)
    mask[64:160, 80:208] = True
    doctored = np.where(mask[..., None], data.astronaut()[:256, :256], original)
    painted = np.clip(original.astype(int) + np.random.default_rng(0).integers(-9, 10, original.shape), 0, 255)
    return original, doctored, painted.astype(np.uint8), mask


def test_pasting_touches_the_mask_alone(case):
    original, doctored, painted, mask = case
    whole = pasted(doctored, painted, mask)
    np.testing.assert_array_equal(whole[mask], painted[mask])
    np.testing.assert_array_equal(whole[~mask], original[~mask])
    np.testing.assert_array_equal(pasted(doctored[..., 0], painted[..., 0], mask), whole[..., 0])


def test_recovery_reference_where_the_map_is_the_true_mask(case):
    original, doctored, painted, mask = case
    recovered = pasted(doctored, painted, mask)
    score = score_recovery(original, recovered, mask, data_range=255, same_mask=recovered)
    rows, columns = np.s_[64:160], np.s_[80:208]
    inside = peak_signal_noise_ratio(original[rows, columns], painted[rows, columns], data_range=255)
    assert score.inside_full_db == pytest.approx(inside)
    assert score.inside_db == pytest.approx(inside), "256×256 pixels are the canvas itself"
    assert score.whole_db == pytest.approx(peak_signal_noise_ratio(original, recovered, data_range=255))
    assert score.lost_to_the_map_db == 0


def test_a_map_that_misses_half_costs_end_to_end_and_not_with_the_same_mask(case):
    original, doctored, painted, mask = case
    found = mask.copy()
    found[:, 144:] = False
    same = pasted(doctored, painted, mask)
    score = score_recovery(original, pasted(doctored, painted, found), mask, data_range=255, same_mask=same)
    assert score.same_mask_db == masked_psnr_db(original, same, mask, data_range=255)
    assert score.lost_to_the_map_db > 10
    assert score.inside_db < score.same_mask_db


def test_what_was_not_tried_is_not_a_number(case):
    original, doctored, _, mask = case
    score = score_recovery(original, doctored, mask, data_range=255)
    assert math.isnan(score.same_mask_db)
    assert math.isnan(score.lost_to_the_map_db)
    perfect = score_recovery(original, original, mask, data_range=255, same_mask=original)
    assert (perfect.inside_db, perfect.whole_db, perfect.lost_to_the_map_db) == (math.inf, math.inf, 0)
