"""Which blocks can be believed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chips import GRID, KINDS, LAYOUT, SHAPE, levels, phases, weights
from underdrawing.channel.lattice.design import LEVELS
from underdrawing.channel.lattice.evidence import guessed_reliabilities, log_intact, reliability, wide_reliability
from underdrawing.channel.lattice.layout import PILOT
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_densities
from underdrawing.channel.lattice.noise import NoiseModel, chip_cells, phase_places


def plain_evidence(bins, known, weight, deviation, row, column):
    """The definition: what every chip of a block says, by the density of its phase against any phase at all."""
    curve = phase_densities(np.array([deviation], np.float32))[0]
    total = 0.0
    for k in range(SHAPE[0]):
        here = int(bins[k, row, column])
        zero, one = curve[here], curve[(here - PHASE_BINS // 2) % PHASE_BINS]
        fit = {0: zero, 1: one, -1: (zero + one) / 2}[int(known[k, row, column])]
        total += weight[k, row, column] * np.log(max(fit, 1e-3))
    return total


@given(st.integers(0, 2**16), st.sampled_from([0.08, 0.15, 0.25]))
def test_reference_evidence_goes_with_the_sum_of_log_densities(seed, deviation):
    rng = np.random.default_rng(seed)
    bins, bits = phases(rng.choice([0.1, 0.4], SHAPE[1:]), seed)
    known = np.where(rng.random(SHAPE) < 0.3, np.int8(-1), bits)
    chosen = levels()
    weight = weights(chosen)
    noise = NoiseModel.of(np.full((KINDS, LEVELS), deviation, np.float32))
    evidence = log_intact(phase_places(bins, chip_cells(LAYOUT, chosen), known), weight, noise)
    places = [(rng.integers(GRID.rows), rng.integers(GRID.columns)) for _ in range(40)]
    expected = [plain_evidence(bins, known, weight, deviation, *place) for place in places]
    assert np.corrcoef(expected, [evidence[place] for place in places])[0, 1] > 0.8


def test_limits_a_block_without_chips_says_nothing():
    bins, bits = phases(0.1)
    chosen = levels()
    noise = NoiseModel.of(np.full((KINDS, LEVELS), 0.1, np.float32))
    evidence = log_intact(phase_places(bins, chip_cells(LAYOUT, chosen), bits), np.zeros(SHAPE, np.float32), noise)
    assert not evidence.any()


@pytest.mark.parametrize("all_known", [False, True])
def test_reference_evidence_is_for_what_carries_the_mark_and_against_what_does_not(all_known):
    bins, bits = phases(0.1)
    replaced = np.zeros(SHAPE[1:], dtype=bool)
    replaced[8:20, 10:30] = True
    bins = np.where(replaced, np.random.default_rng(5).integers(0, PHASE_BINS, SHAPE), bins).astype(np.uint8)
    chosen = levels(LEVELS - 1)
    cells, weight = chip_cells(LAYOUT, chosen), weights(chosen)
    known = bits if all_known else np.where(LAYOUT.roles == PILOT, bits, np.int8(-1))
    noise = NoiseModel.of(np.full((KINDS, LEVELS), 0.1, np.float32))
    evidence = log_intact(phase_places(bins, cells, known), weight, noise)
    assert evidence[~replaced].mean() > 1
    assert evidence[replaced].mean() < -1
    trusted = reliability(evidence)
    assert ((trusted > 0.5) == ~replaced).mean() > 0.9
    if all_known:
        assert ((evidence > 0) == ~replaced).mean() > 0.95


def test_reference_a_doubtful_block_is_what_its_neighbourhood_is():
    evidence = np.full((12, 16), 2, dtype=np.float32)
    evidence[:, 8:] = -2
    evidence[5, 3] = evidence[5, 12] = 0
    trusted = reliability(evidence)
    assert trusted[5, 3] > 0.9
    assert trusted[5, 12] < 0.1


def test_limits_reliability_is_a_probability_and_never_certain():
    extreme = reliability(np.array([[-1e4, 1e4]], dtype=np.float32).repeat(9, axis=0).repeat(9, axis=1))
    assert 0 < extreme.min() < 0.01
    assert 0.98 < extreme.max() < 1
    nothing = reliability(np.zeros((5, 5), np.float32))
    assert np.allclose(nothing, nothing[0, 0])
    assert nothing[0, 0] > 0.5


def test_reference_a_region_is_told_from_blocks_that_say_next_to_nothing():
    replaced = np.zeros((32, 48), dtype=bool)
    replaced[6:22, 8:30] = True
    noise = np.random.default_rng(7).normal(0, 0.35, replaced.shape)
    evidence = (np.where(replaced, -0.06, 0.06) + noise).astype(np.float32)
    trusted, alone = wide_reliability(evidence, 32), reliability(evidence, regions=False)
    apart = [each[~replaced].mean() - each[replaced].mean() for each in (trusted, alone)]
    assert apart[0] > 0.6 > 0.2 > apart[1]
    assert 0 < trusted.min() < trusted.max() < 1


def test_limits_wide_reliability_is_high_where_nothing_is_known():
    nothing = wide_reliability(np.zeros((16, 24), np.float32), 16)
    assert np.allclose(nothing, nothing[0, 0])
    assert nothing[0, 0] > 0.5


def test_reference_one_of_many_guesses_is_better_than_the_likeliest():
    """And they are the same every time."""
    replaced = np.zeros((32, 48), dtype=bool)
    replaced[4:26, 20:44] = True
    noise = np.random.default_rng(9).normal(0, 0.5, replaced.shape)
    evidence = (np.where(replaced, -0.03, 0.03) + noise).astype(np.float32)
    guesses = guessed_reliabilities(evidence, 32, 32)
    right = np.where(replaced, 1 - guesses, guesses).mean(axis=(1, 2))
    likeliest = wide_reliability(evidence, 32)
    assert np.allclose(guesses[2], likeliest)
    assert right.max() > right[2] + 0.02
    assert np.array_equal(guesses, guessed_reliabilities(evidence, 32, 32))
