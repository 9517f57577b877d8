import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from underdrawing.channel import Profile
from underdrawing.channel.lattice.design import COEFFICIENTS, DESIGNS, GROUPS, LEVELS, TIERS
from underdrawing.channel.lattice.evidence import (
    NoiseModel,
    _known_median,
    chip_cells,
    estimate_noise,
    log_intact,
    reliability,
)
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, layout_of
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_densities

GRID = WorkingGrid(512, 32, 48)
LAYOUT = layout_of(GRID, (True,) * TIERS)
DESIGN = DESIGNS[Profile.STANDARD, 512]
SHAPE = (len(COEFFICIENTS), GRID.rows, GRID.columns)
KINDS = len(GROUPS) + 2


def phases(deviation, seed=0):
    """Phases of random bits under Gaussian noise, and the bits; chips that are shared have one phase."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, SHAPE)
    noise = rng.normal(0, deviation, SHAPE)
    for lane in GROUPS[:2]:
        bits[lane] = np.where(LAYOUT.shared[lane], bits[lane.start], bits[lane])
        noise[lane] = np.where(LAYOUT.shared[lane], noise[lane.start], noise[lane])
    bits = np.where(LAYOUT.roles == PILOT, LAYOUT.pilots, bits)
    bins = np.rint((bits / 2 + noise) * PHASE_BINS).astype(np.int64) % PHASE_BINS
    return bins.astype(np.uint8), bits.astype(np.int8)


UNKNOWN = np.where(LAYOUT.roles == PILOT, LAYOUT.pilots.astype(np.int8), np.int8(-1))


def levels(level=None):
    if level is not None:
        return np.full(SHAPE[1:], level)
    return np.random.default_rng(7).integers(0, LEVELS, SHAPE[1:])


def weights(chosen):
    used = (LAYOUT.roles >= 0) | (LAYOUT.roles == PILOT)
    steps = np.repeat(DESIGN.steps.T[:, chosen], [lane.stop - lane.start for lane in GROUPS], axis=0)
    return (np.where(LAYOUT.shared, 0.25, 1.0) * used * (steps > 0)).astype(np.float32)


@pytest.mark.parametrize("deviation", [0.06, 0.1, 0.15, 0.2])
def test_reference_the_noise_of_phases_is_told_without_knowing_a_bit(deviation):
    bins, _ = phases(deviation)
    chosen = levels(LEVELS - 1)
    noise = estimate_noise(bins, chip_cells(LAYOUT, chosen), weights(chosen), UNKNOWN, LAYOUT, DESIGN)
    heard = (DESIGN.steps[LEVELS - 1] > 0).nonzero()[0]
    assert noise.deviation.shape == (KINDS, LEVELS)
    for group in heard:
        if np.count_nonzero(weights(chosen)[GROUPS[group]] == 1) > 500:
            assert noise.deviation[group, LEVELS - 1] == pytest.approx(deviation, rel=0.15)


def test_reference_known_bits_tell_noise_that_doubled_phases_cannot():
    """From a third of a step on, a doubled phase is anywhere; a single one still clusters around its bit."""
    bins, bits = phases(0.28)
    chosen = levels(LEVELS - 1)
    told = estimate_noise(bins, chip_cells(LAYOUT, chosen), weights(chosen), bits, LAYOUT, DESIGN)
    for group in (DESIGN.steps[LEVELS - 1] > 0).nonzero()[0]:
        if np.count_nonzero(weights(chosen)[GROUPS[group]] == 1) > 500:
            assert told.deviation[group, LEVELS - 1] == pytest.approx(0.28, rel=0.1)


@pytest.mark.parametrize(("blocks", "deviation"), [(5, 0.11), (6, 0.12), (7, 0.12), (7, 0.13)])
def test_limits_a_small_crop_tells_its_noise_by_all_kinds_together(blocks, deviation):
    """A handful of blocks at every level: no kind has enough chips by itself."""
    bins, _ = phases(deviation)
    chosen = np.random.default_rng(1).integers(0, LEVELS, SHAPE[1:])
    seen = np.zeros(SHAPE[1:], dtype=np.float32)
    seen[:blocks, :blocks] = 1
    noise = estimate_noise(bins, chip_cells(LAYOUT, chosen), weights(chosen) * seen, UNKNOWN, LAYOUT, DESIGN)
    told = noise.deviation.ravel()[chip_cells(LAYOUT, chosen)[weights(chosen) * seen > 0]]
    assert np.allclose(told, deviation, rtol=0.25)


def test_limits_a_small_crop_without_a_mark_is_told_to_be_loud():
    chosen = np.random.default_rng(1).integers(0, LEVELS, SHAPE[1:])
    seen = np.zeros(SHAPE[1:], dtype=np.float32)
    seen[:8, :8] = 1
    for seed in range(20):
        bins = np.random.default_rng(seed).integers(0, PHASE_BINS, SHAPE).astype(np.uint8)
        noise = estimate_noise(bins, chip_cells(LAYOUT, chosen), weights(chosen) * seen, UNKNOWN, LAYOUT, DESIGN)
        assert noise.deviation.min() > 0.25


def test_limits_a_picture_without_a_mark_is_told_to_be_loud():
    bins = np.random.default_rng(0).integers(0, PHASE_BINS, SHAPE).astype(np.uint8)
    chosen = levels(LEVELS - 1)
    noise = estimate_noise(bins, chip_cells(LAYOUT, chosen), weights(chosen), UNKNOWN, LAYOUT, DESIGN)
    assert noise.deviation.min() > 0.25


def test_limits_nothing_received_still_gives_a_usable_model():
    chosen = levels()
    silent = np.zeros(SHAPE, dtype=np.float32)
    noise = estimate_noise(np.zeros(SHAPE, np.uint8), chip_cells(LAYOUT, chosen), silent, UNKNOWN, LAYOUT, DESIGN)
    assert np.isfinite(noise.deviation).all()
    assert np.isfinite(noise.densities).all()


@given(arrays(np.float64, (6, 4), elements=st.one_of(st.just(np.nan), st.floats(-9, 9))))
def test_reference_the_median_of_what_is_known_goes_column_by_column(values):
    for column, median in zip(values.T, _known_median(values), strict=True):
        known = column[~np.isnan(column)]
        assert np.isnan(median) if known.size == 0 else median == np.median(known)


def test_shapes_every_chip_has_its_own_cell():
    chosen = levels()
    cells = chip_cells(LAYOUT, chosen)
    assert cells.shape == SHAPE
    for group, lane in enumerate(GROUPS):
        kinds = np.where(LAYOUT.shared[lane], len(GROUPS) + group, group)
        assert np.array_equal(cells[lane] // LEVELS, kinds)
        assert np.array_equal(cells[lane] % LEVELS, np.broadcast_to(chosen, cells[lane].shape))


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
    evidence = log_intact(bins, chip_cells(LAYOUT, chosen), weight, noise, known)
    places = [(rng.integers(GRID.rows), rng.integers(GRID.columns)) for _ in range(40)]
    expected = [plain_evidence(bins, known, weight, deviation, *place) for place in places]
    assert np.corrcoef(expected, [evidence[place] for place in places])[0, 1] > 0.8


def test_limits_a_block_without_chips_says_nothing():
    bins, bits = phases(0.1)
    chosen = levels()
    noise = NoiseModel.of(np.full((KINDS, LEVELS), 0.1, np.float32))
    evidence = log_intact(bins, chip_cells(LAYOUT, chosen), np.zeros(SHAPE, np.float32), noise, bits)
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
    evidence = log_intact(bins, cells, weight, noise, known)
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
