"""How noisy the chips of an image are, told from their phases."""

import numpy as np
import pytest

from chips import DESIGN, KINDS, LAYOUT, SHAPE, SHARED_NOISE, UNKNOWN, levels, phases, weights
from underdrawing.channel.lattice.design import GROUPS, LEVELS
from underdrawing.channel.lattice.modulation import PHASE_BINS
from underdrawing.channel.lattice.noise import NoiseModel, chip_cells, estimate_noise, phase_places, told_bits


@pytest.mark.parametrize("deviation", [0.06, 0.1, 0.15, 0.2])
def test_reference_the_noise_of_phases_is_told_without_knowing_a_bit(deviation):
    bins, _ = phases(deviation)
    chosen = levels(LEVELS - 1)
    noise = estimate_noise(phase_places(bins, chip_cells(LAYOUT, chosen), UNKNOWN), weights(chosen), DESIGN)
    heard = (DESIGN.steps[LEVELS - 1] > 0).nonzero()[0]
    assert noise.deviation.shape == (KINDS, LEVELS)
    for group in heard:
        if np.count_nonzero(weights(chosen)[GROUPS[group]] == 1) > 500:
            assert noise.deviation[group, LEVELS - 1] == pytest.approx(deviation, rel=0.15)


def test_reference_known_bits_tell_noise_that_doubled_phases_cannot():
    """From a third of a step on, a doubled phase is anywhere; a single one still clusters around its bit."""
    chosen = levels(LEVELS - 1)
    of_groups = np.hypot(11 / DESIGN.steps[LEVELS - 1], 0.11)
    bins, bits = phases(np.repeat(of_groups, [lane.stop - lane.start for lane in GROUPS])[:, None, None])
    told = estimate_noise(phase_places(bins, chip_cells(LAYOUT, chosen), bits), weights(chosen), DESIGN)
    assert of_groups.max() > 0.3
    assert np.allclose(told.deviation[: len(GROUPS), LEVELS - 1], of_groups, rtol=0.15)


@pytest.mark.parametrize(("blocks", "deviation"), [(5, 0.11), (6, 0.12), (7, 0.12), (7, 0.13)])
def test_limits_a_small_crop_tells_its_noise_by_all_kinds_together(blocks, deviation):
    """A handful of blocks at every level: no kind has enough chips by itself."""
    bins, _ = phases(deviation)
    chosen = np.random.default_rng(1).integers(0, LEVELS, SHAPE[1:])
    seen = np.zeros(SHAPE[1:], dtype=np.float32)
    seen[:blocks, :blocks] = 1
    noise = estimate_noise(phase_places(bins, chip_cells(LAYOUT, chosen), UNKNOWN), weights(chosen) * seen, DESIGN)
    used = weights(chosen) * seen > 0
    true = np.where(LAYOUT.shared, SHARED_NOISE, 1) * deviation
    assert np.allclose(noise.deviation.ravel()[chip_cells(LAYOUT, chosen)[used]], true[used], rtol=0.25)


def test_limits_a_small_crop_without_a_mark_is_told_to_be_loud():
    chosen = np.random.default_rng(1).integers(0, LEVELS, SHAPE[1:])
    seen = np.zeros(SHAPE[1:], dtype=np.float32)
    seen[:8, :8] = 1
    for seed in range(20):
        bins = np.random.default_rng(seed).integers(0, PHASE_BINS, SHAPE).astype(np.uint8)
        noise = estimate_noise(phase_places(bins, chip_cells(LAYOUT, chosen), UNKNOWN), weights(chosen) * seen, DESIGN)
        assert np.median(noise.deviation[DESIGN.steps.T[[0, 1, 2, 3, 0, 1]] > 0]) > 0.2


def test_limits_a_picture_without_a_mark_is_told_to_be_loud():
    bins = np.random.default_rng(0).integers(0, PHASE_BINS, SHAPE).astype(np.uint8)
    chosen = levels(LEVELS - 1)
    noise = estimate_noise(phase_places(bins, chip_cells(LAYOUT, chosen), UNKNOWN), weights(chosen), DESIGN)
    assert noise.deviation.min() > 0.25


def test_limits_nothing_received_still_gives_a_usable_model():
    chosen = levels()
    silent = np.zeros(SHAPE, dtype=np.float32)
    noise = estimate_noise(phase_places(np.zeros(SHAPE, np.uint8), chip_cells(LAYOUT, chosen), UNKNOWN), silent, DESIGN)
    assert np.isfinite(noise.deviation).all()
    assert np.isfinite(noise.densities).all()


def test_shapes_every_chip_has_its_own_cell():
    chosen = levels()
    cells = chip_cells(LAYOUT, chosen)
    assert cells.shape == SHAPE
    for group, lane in enumerate(GROUPS):
        kinds = np.where(LAYOUT.shared[lane], len(GROUPS) + group, group)
        assert np.array_equal(cells[lane] // LEVELS, kinds)
        assert np.array_equal(cells[lane] % LEVELS, np.broadcast_to(chosen, cells[lane].shape))


@pytest.mark.parametrize(("grey", "by_level"), [(2.0, 0.05), (4.0, 0.1), (7.0, 0.1), (9.0, 0.12)])
def test_reference_loud_noise_is_told_by_few_pilots_and_many_chips_that_say_next_to_nothing(grey, by_level):
    """As a copy does it: about as loud in grey levels wherever it is, so in steps it depends on the chip."""
    chosen = levels()
    cells = chip_cells(LAYOUT, chosen)
    steps = np.concatenate([DESIGN.steps.T, DESIGN.steps.T[:2]])
    loud = np.hypot(grey * np.exp(by_level * (np.arange(LEVELS) - 2.5)) / np.maximum(steps, 1), 0.11)
    bins, _ = phases(loud.ravel()[cells])
    true = loud * np.where(np.arange(KINDS) < len(GROUPS), 1, SHARED_NOISE)[:, None]
    noise = estimate_noise(phase_places(bins, cells, UNKNOWN), weights(chosen), DESIGN)
    heard = (steps > 0) & (true < 0.28)
    assert heard.sum() > 10
    assert np.allclose(noise.deviation[heard], true[heard], rtol=0.25)


def test_reference_a_third_of_the_picture_replaced_is_not_taken_for_noise():
    chosen = levels()
    cells = chip_cells(LAYOUT, chosen)
    bins, _ = phases(0.12)
    replaced = np.random.default_rng(3).integers(0, PHASE_BINS, SHAPE).astype(np.uint8)
    bins[:, :11] = replaced[:, :11]
    noise = estimate_noise(phase_places(bins, cells, UNKNOWN), weights(chosen), DESIGN)
    heard = np.bincount(cells.ravel(), weights(chosen).ravel(), KINDS * LEVELS).reshape(KINDS, LEVELS) > 200
    true = np.where(np.arange(KINDS) < len(GROUPS), 0.12, 0.12 * SHARED_NOISE)[:, None] + np.zeros(LEVELS)
    assert np.allclose(noise.deviation[heard], true[heard], rtol=0.25)


def test_reference_bits_told_are_what_the_noise_of_each_kind_leaves():
    """Half of the chips noisy beyond use: their bits are lost, the others' are not."""
    rng = np.random.default_rng(0)
    bits, cells = rng.integers(0, 2, 4000).astype(np.uint8), np.repeat([3, 20], 2000)
    noise = rng.normal(0, np.where(cells == 3, 0.05, 2.0))
    bins = (np.rint((bits / 2 + noise) * PHASE_BINS).astype(int) % PHASE_BINS).astype(np.uint8)
    assert told_bits(bins, cells, bits, np.ones(4000, np.float32)) == pytest.approx(2000, rel=0.03)


@pytest.mark.parametrize("doubt", [0.0, 0.1])
def test_reference_chips_that_were_left_out_are_told_by_those_whose_bits_a_decoder_believes(doubt):
    """A third of one kind lies anywhere, and pilots do not know; a believed bit need not be right."""
    rng = np.random.default_rng(0)
    bits, cells = rng.integers(0, 2, 6000).astype(np.uint8), np.repeat([3, 20], 3000)
    left_out = (cells == 3) & (rng.random(6000) < 0.34)
    turns = np.where(left_out, rng.random(6000), bits / 2 + rng.normal(0, 0.11, 6000))
    bins = (np.rint(turns * PHASE_BINS).astype(int) % PHASE_BINS).astype(np.uint8)
    before = NoiseModel.of(np.full((KINDS, LEVELS), 0.12, np.float32))
    believed = np.where(rng.random(6000) < doubt, 0.5, bits).astype(np.float32)
    after = before.refitted(bins, cells, believed, np.ones(6000, np.float32))

    def told(model, chosen):
        densities = (model.density(bins[chosen], cells[chosen], bit=bit) for bit in (0, 1))
        zero, one = (np.float64(density) for density in densities)
        return float(np.log2(2 * np.where(bits[chosen], one, zero) / (zero + one)).sum())

    assert told(after, cells == 3) > 1.1 * told(before, cells == 3)
    assert told(after, cells == 20) > (0.97 - doubt) * told(before, cells == 20)
    assert after.densities[..., PHASE_BINS // 2].min() > before.densities[..., PHASE_BINS // 2].min()


def test_limits_nothing_believed_changes_no_noise():
    before = NoiseModel.of(np.full((KINDS, LEVELS), 0.12, np.float32))
    bins = np.random.default_rng(0).integers(0, PHASE_BINS, 100).astype(np.uint8)
    nothing = np.zeros(100, np.float32)
    after = before.refitted(bins, np.zeros(100, np.intp), nothing, nothing)
    assert np.allclose(after.deviation, before.deviation, rtol=0.05)


def test_shapes_models_side_by_side_keep_their_cells():
    quiet, loud = (NoiseModel.of(np.full((KINDS, LEVELS), deviation, np.float32)) for deviation in (0.1, 0.3))
    both = NoiseModel.together([quiet, loud])
    bins, cells = np.zeros(2, np.uint8), np.array([5, KINDS * LEVELS + 5])
    right = both.density(bins, cells, bit=0)
    assert right[0] == quiet.density(bins[:1], cells[:1], bit=0)[0]
    assert right[1] == loud.density(bins[:1], cells[:1], bit=0)[0]
