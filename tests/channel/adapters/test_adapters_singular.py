"""How sure a bit is, from where a singular value lies in its step."""

import numpy as np
import pytest

from underdrawing.channel.adapters.pieces import as_pixels, folded, smoothed
from underdrawing.channel.adapters.singular import phase_agreement, phase_ratios

STEP = 36.0


def received(sigma_steps, count=40_000, seed=0):
    """Bits, and values placed for them with normal noise of this deviation in steps."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, count)
    places = rng.integers(5, 50, count) + 0.25 + 0.5 * bits
    return bits, STEP * (places + rng.normal(0, sigma_steps, count))


@pytest.mark.parametrize("sigma_steps", [0.05, 0.1, 0.15, 0.2])
def test_ratios_are_honest(sigma_steps):
    """Of the bits that are given a probability, as many are right as it says."""
    bits, values = received(sigma_steps)
    ratios = phase_ratios(values, STEP)
    said = 1 / (1 + np.exp(-np.abs(ratios)))
    right = (ratios < 0) == bits
    for low in (0.5, 0.6, 0.7, 0.8, 0.9):
        chosen = (said >= low) & (said < low + 0.1)
        if chosen.sum() > 500:
            assert right[chosen].mean() == pytest.approx(said[chosen].mean(), abs=0.08)


def test_positive_is_zero():
    assert phase_ratios(STEP * np.array([3.25]), STEP)[0] > 5
    assert phase_ratios(STEP * np.array([3.75]), STEP)[0] < -5
    assert abs(phase_ratios(STEP * np.array([3.5, 3.25, 3.75]), STEP)[0]) < 1e-3


def test_without_a_mark_little_is_believed():
    values = np.random.default_rng(1).uniform(0, 2000, 40_000)
    assert np.abs(phase_ratios(values, STEP)).mean() < 0.8
    assert abs(phase_agreement(values, STEP).mean()) < 0.02


def test_agreement_is_one_where_values_lie_right_and_less_with_noise():
    clean, noisy, worse = (phase_agreement(received(sigma)[1], STEP).mean() for sigma in (0.0, 0.05, 0.1))
    assert clean == pytest.approx(1)
    assert clean > noisy > worse > 0.3


def test_repeated_bits_are_added_up():
    np.testing.assert_allclose(folded(np.arange(7, dtype=np.float32), 3), [0 + 3 + 6, 1 + 4, 2 + 5])


def test_pieces_stay_in_their_ranges():
    np.testing.assert_array_equal(as_pixels(np.array([-3.0, 0.4, 254.6, 300.0])), [0, 0, 255, 255])
    spread = smoothed(np.random.default_rng(2).normal(0, 2, (20, 30)).astype(np.float32))
    assert spread.dtype == np.float32
    assert 0 <= spread.min() <= spread.max() <= 1
