import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from underdrawing.channel import Profile
from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, DESIGNS, GRIDS, GROUPS, LEVELS, TIERS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import layout_of
from underdrawing.channel.lattice.modulation import PHASE_BINS, chip_steps, lattice_moves, phase_bins, phase_densities

SEEDS = st.integers(0, 2**32 - 1)
PROFILES_AND_GRIDS = sorted(DESIGNS)


def scene(seed, profile, side_px):
    """Random coefficients, steps and bits on a square grid; coefficients that share a chip have its bit."""
    rng = np.random.default_rng(seed)
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, side), (True,) * TIERS)
    shape = (len(COEFFICIENTS), side, side)
    coefficients = rng.normal(0, 60, shape).astype(np.float32)
    steps = chip_steps(DESIGNS[profile, side_px], rng.integers(0, LEVELS, (side, side)))
    bits = rng.integers(0, 2, shape).astype(np.uint8)
    for lane in GROUPS[:2]:
        bits[lane] = np.where(layout.shared[lane], bits[lane.start], bits[lane])
    return layout, coefficients, steps, bits


@pytest.mark.parametrize("profile, side_px", PROFILES_AND_GRIDS[:4])
@given(seed=SEEDS)
def test_round_trip_whole_moves_put_every_chip_on_its_bit(profile, side_px, seed):
    layout, coefficients, steps, bits = scene(seed, profile, side_px)
    moved = coefficients + lattice_moves(coefficients, steps, bits, layout, pull=1.0)
    used = steps > 0
    assert np.array_equal(phase_bins(moved, steps, layout)[used], (bits * (PHASE_BINS // 2))[used])


@given(seed=SEEDS, pull=st.floats(0.5, 1.0))
def test_limits_moves_are_at_most_half_a_step(seed, pull):
    layout, coefficients, steps, bits = scene(seed, Profile.STANDARD, 256)
    moves = lattice_moves(coefficients, steps, bits, layout, pull)
    assert (np.abs(moves) <= pull * steps / 2 + 1e-3).all()
    assert not moves[steps == 0].any()


@given(seed=SEEDS)
def test_reference_a_partial_move_is_that_part_of_a_whole_one(seed):
    layout, coefficients, steps, bits = scene(seed, Profile.STANDARD, 256)
    whole, part = (lattice_moves(coefficients, steps, bits, layout, pull) for pull in (1.0, 0.75))
    assert np.allclose(part, 0.75 * whole, atol=1e-4)


@given(seed=SEEDS)
def test_round_trip_coefficients_that_share_a_chip_move_alike(seed):
    layout, coefficients, steps, bits = scene(seed, Profile.STANDARD, 512)
    moves = lattice_moves(coefficients, steps, bits, layout, 1.0) * layout.signs
    bins = phase_bins(coefficients, steps, layout)
    for lane in GROUPS[:2]:
        together = layout.shared[lane.start]
        assert np.allclose(moves[lane][:, together], moves[lane.start][together], atol=1e-4)
        assert (bins[lane][:, together] == bins[lane.start][together]).all()


@given(seed=SEEDS)
def test_reference_a_chip_of_its_own_goes_to_the_nearest_lattice_point(seed):
    layout, coefficients, steps, bits = scene(seed, Profile.STANDARD, 256)
    moves = lattice_moves(coefficients, steps, bits, layout, 1.0)
    own = np.argwhere(~layout.shared & (steps > 0))
    for k, row, column in own[np.random.default_rng(seed).integers(0, len(own), 20)]:
        value, step = float(coefficients[k, row, column]), float(steps[k, row, column])
        shift = float(layout.dither[k, row, column]) + bits[k, row, column] / 2
        points = step * (np.arange(-200, 200) + shift)
        assert abs(moves[k, row, column]) == pytest.approx(np.abs(points - value).min(), abs=2e-3)


@pytest.mark.parametrize("profile, side_px", PROFILES_AND_GRIDS)
def test_shapes_steps_follow_the_level_and_the_group(profile, side_px):
    design = DESIGNS[profile, side_px]
    levels = np.array([[0, 3], [5, 1]])
    steps = chip_steps(design, levels)
    assert (steps.shape, steps.dtype) == ((len(COEFFICIENTS), 2, 2), np.float32)
    for group, lane in enumerate(GROUPS):
        assert np.array_equal(steps[lane], np.broadcast_to(design.steps[levels, group], steps[lane].shape))


@pytest.mark.parametrize("profile, side_px", PROFILES_AND_GRIDS)
def test_limits_designs_are_sound(profile, side_px):
    """Busy places never get smaller steps than smooth ones, stronger groups never fewer places than weaker ones."""
    design = DESIGNS[profile, side_px]
    assert design.steps.shape == (LEVELS, len(GROUPS))
    assert 0 < design.pull <= 1
    assert (np.diff(design.steps, axis=0) >= 0).all()
    used = (design.steps > 0).sum(axis=0)
    assert (np.diff(used) <= 0).all()
    assert (design.steps[:, 0] > 0).all()


@pytest.mark.parametrize("side_px", GRIDS)
def test_limits_the_discreet_profile_is_weaker_everywhere(side_px):
    discreet, standard = (DESIGNS[profile, side_px].steps for profile in (Profile.DISCREET, Profile.STANDARD))
    assert (discreet <= standard).all()


def test_reference_the_groups_hold_every_coefficient_once():
    assert sorted(COEFFICIENTS) == sorted(set(COEFFICIENTS))
    assert [k for lane in GROUPS for k in range(lane.start, lane.stop)] == list(range(len(COEFFICIENTS)))


@given(st.floats(0.02, 2.0))
def test_reference_densities_are_wrapped_gaussians_with_mean_one(deviation):
    density = phase_densities(np.array([deviation], dtype=np.float32))[0]
    assert density.shape == (PHASE_BINS,)
    assert density.mean() == pytest.approx(1, abs=1e-4)
    phase = np.arange(PHASE_BINS) / PHASE_BINS
    wrapped = sum(norm.pdf(phase + turn, scale=deviation) for turn in range(-12, 13))
    assert np.allclose(density, wrapped / wrapped.mean(), atol=0.01)


def test_limits_loud_noise_says_nothing_and_quiet_noise_tells_the_bit():
    loud, quiet = phase_densities(np.array([5.0, 0.05], dtype=np.float32))
    assert np.allclose(loud, 1, atol=0.01)
    assert quiet[0] > 7
    assert quiet[PHASE_BINS // 2] < 1e-6
    assert np.allclose(quiet[1:], quiet[:0:-1], atol=1e-4)
