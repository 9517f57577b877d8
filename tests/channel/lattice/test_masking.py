import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.channel.lattice.design import LEVEL_THRESHOLDS, LEVELS
from underdrawing.channel.lattice.grid import WorkingGrid, luminance
from underdrawing.channel.lattice.masking import activity, levels_of, masking_levels
from underdrawing.channel.lattice.transform import block_coefficients

SEEDS = st.integers(0, 2**32 - 1)


def slow_activity(means):
    """The definition, block by block: the mean of the four smallest differences to the eight neighbours."""
    rows, columns = means.shape
    found = np.zeros(means.shape)
    for r in range(rows):
        for c in range(columns):
            around = [
                abs(float(means[min(max(r + i, 0), rows - 1), min(max(c + j, 0), columns - 1)]) - float(means[r, c]))
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                if (i, j) != (0, 0)
            ]
            found[r, c] = np.mean(sorted(around)[:4])
    return found


@given(SEEDS, st.integers(1, 7), st.integers(1, 7))
def test_reference_activity_is_what_its_definition_says(seed, rows, columns):
    means = np.random.default_rng(seed).uniform(0, 255, (rows, columns)).astype(np.float32)
    assert np.allclose(activity(means), slow_activity(means), atol=1e-3)


@given(SEEDS, st.floats(-100, 100))
def test_deterministic_brightness_does_not_matter(seed, offset):
    means = np.random.default_rng(seed).uniform(0, 255, (6, 5)).astype(np.float32)
    assert np.allclose(activity(means + np.float32(offset)), activity(means), atol=1e-3)


def test_shapes_and_range():
    levels = masking_levels(np.random.default_rng(0).uniform(0, 255, (9, 13)).astype(np.float32))
    assert levels.shape == (9, 13)
    assert set(np.unique(levels)) <= set(range(LEVELS))


def test_limits_a_threshold_belongs_to_the_level_above():
    just_below = np.nextafter(np.array(LEVEL_THRESHOLDS, np.float32), np.float32(0))
    assert levels_of(np.array(LEVEL_THRESHOLDS, np.float32)).tolist() == list(range(1, LEVELS))
    assert levels_of(just_below).tolist() == list(range(LEVELS - 1))


def test_reference_beside_a_straight_edge_is_smooth_inside_texture_is_not():
    edge = np.zeros((8, 8), dtype=np.float32)
    edge[:, 4:] = 200
    texture = np.random.default_rng(1).uniform(0, 255, (8, 8)).astype(np.float32)
    assert (masking_levels(edge) == 0).all()
    assert (masking_levels(texture) >= LEVELS - 2).mean() > 0.8


def test_round_trip_the_reader_finds_the_level_the_embedder_used(astronaut, marked):
    grid = WorkingGrid.for_embedding(*astronaut.shape[:2])
    before, after = (
        masking_levels(block_coefficients(grid.sample(luminance(pixels)))[0]) for pixels in (astronaut, marked.pixels)
    )
    assert (before == after).mean() > 0.97
    assert np.abs(before - after).max() <= 1


@pytest.mark.parametrize("grey", [0.0, 77.0, 255.0])
def test_limits_a_constant_picture_is_smooth_everywhere(grey):
    assert (masking_levels(np.full((4, 4), grey, dtype=np.float32)) == 0).all()
