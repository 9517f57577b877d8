import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats
from sklearn.metrics import f1_score, jaccard_score, roc_auc_score

from underdrawing.bench.metrics import decisions

masks = npst.arrays(np.bool_, (6, 7))


@given(found=masks, truth=masks)
def test_score_map_reference(found, truth):
    pixels = list(zip(found.ravel(), truth.ravel(), strict=True))
    true_positive = sum(f and t for f, t in pixels)
    false_positive = sum(f and not t for f, t in pixels)
    false_negative = sum(t and not f for f, t in pixels)
    measured = decisions.score_map(found, truth)
    if true_positive + false_positive + false_negative == 0:
        assert (measured.f1, measured.iou) == (1, 1)
    else:
        assert measured.f1 == pytest.approx(2 * true_positive / (2 * true_positive + false_positive + false_negative))
        assert measured.iou == pytest.approx(true_positive / (true_positive + false_positive + false_negative))
    assert measured.false_alarm == pytest.approx(false_positive / max(1, sum(not t for _, t in pixels)))


@given(values=npst.arrays(np.float32, 24, elements=st.sampled_from([0, 0.1, 0.25, 0.5, 1])), truth=masks)
def test_area_under_curve_reference(values, truth):
    truth = truth.ravel()[:24]
    pairs = [(a > b) + 0.5 * (a == b) for a in values[truth] for b in values[~truth]]
    measured = decisions.area_under_curve(values.reshape(4, 6), truth.reshape(4, 6))
    if pairs:
        assert measured == pytest.approx(np.mean(pairs))
    else:
        assert math.isnan(measured)


@given(trials=st.integers(1, 3000), data=st.data())
def test_wilson_interval_reference(trials, data):
    successes = data.draw(st.integers(0, trials))
    expected = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    measured = decisions.wilson_interval(successes, trials)
    assert measured.share == successes / trials
    assert (measured.low, measured.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_limits_wilson_interval_ends_at_none_and_all_exactly():
    for trials in range(1, 500):
        assert decisions.wilson_interval(0, trials).low == 0, trials
        assert decisions.wilson_interval(trials, trials).high == 1, trials


def test_wilson_interval_of_nothing_is_everything():
    interval = decisions.wilson_interval(0, 0)
    assert (interval.low, interval.high) == (0, 1)
    assert math.isnan(interval.share)


@given(found=masks, truth=masks)
def test_score_map_reference_of_scikit_learn(found, truth):
    measured = decisions.score_map(found, truth)
    assert measured.f1 == pytest.approx(f1_score(truth.ravel(), found.ravel(), zero_division=1))
    assert measured.iou == pytest.approx(jaccard_score(truth.ravel(), found.ravel(), zero_division=1))


@given(values=npst.arrays(np.float32, (6, 7), elements=st.floats(0, 1, width=32)), truth=masks)
def test_area_under_curve_reference_of_scikit_learn(values, truth):
    measured = decisions.area_under_curve(values, truth)
    if truth.any() and not truth.all():
        assert measured == pytest.approx(roc_auc_score(truth.ravel(), values.ravel()))
    else:
        assert math.isnan(measured)


def test_payload_success_counts_payloads():
    interval = decisions.payload_success([True, True, False, True])
    assert interval == decisions.wilson_interval(3, 4)
    assert math.isnan(decisions.payload_success([]).share)


@given(seed=st.integers(0, 1000), count=st.integers(1, 6))
def test_bit_success_reference(seed, count):
    rng = np.random.default_rng(seed)
    pairs = [tuple(rng.integers(0, 2, (2, rng.integers(1, 50)), dtype=np.uint8)) for _ in range(count)]
    right = sum(int(a == b) for sent, received in pairs for a, b in zip(sent, received, strict=True))
    bits = sum(sent.size for sent, _ in pairs)
    assert decisions.bit_success(pairs) == decisions.wilson_interval(right, bits)


def test_bits_that_did_not_arrive_are_as_good_as_guessed():
    sent = np.ones(100, np.uint8)
    assert decisions.bit_success([(sent, sent), (sent, None)]).share == 0.75


def test_false_alarm_rate_counts_pixels_not_pictures():
    small, large = np.ones((10, 10), bool), np.zeros((30, 30), bool)
    assert decisions.false_alarm_rate([small, large]) == 0.1
    assert math.isnan(decisions.false_alarm_rate([]))
