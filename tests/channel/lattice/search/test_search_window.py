"""Windows: what is heard at every other pixel is what the blocks there truly say."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import BLOCK, LEVELS
from underdrawing.channel.lattice.grid import luminance
from underdrawing.channel.lattice.masking import masking_levels
from underdrawing.channel.lattice.search import Luma
from underdrawing.channel.lattice.search.window import APART, LANES, STRIDE_PX, Window
from underdrawing.channel.lattice.transform import block_coefficients

BLOCKS = slice(4, 28)
SIDE = 32 * BLOCK


@pytest.fixture(scope="module")
def plane(astronaut):
    return luminance(astronaut)


def heard(plane, planes):
    """Some planes of a window at the centres of the blocks of the picture itself."""
    window = Window.of(Luma(plane), np.eye(2), np.full(2, SIDE / 2 + 1.0), (SIDE, SIDE), apart=True)
    first, apart = (BLOCK // 2 - 1) // STRIDE_PX, BLOCK // STRIDE_PX
    return getattr(window, planes)[..., first::apart, first::apart][..., BLOCKS, BLOCKS]


def test_reference_coefficients_are_those_of_the_blocks(plane):
    _, coefficients = block_coefficients(plane)
    truth = coefficients[:APART, BLOCKS, BLOCKS]
    error = heard(plane, "chips")[LANES:] - truth
    assert np.sqrt(np.square(error).mean()) < 0.05 * np.sqrt(np.square(truth).mean())
    slopes = (truth * (truth + error)).sum(axis=(1, 2)) / np.square(truth).sum(axis=(1, 2))
    assert np.abs(slopes - 1).max() < 0.06, "strong coefficients, many steps long, must not shrink"


def test_reference_levels_are_nearly_those_of_the_blocks(plane):
    """They are taken at every other sample, a pixel beside."""
    means, _ = block_coefficients(plane)
    off = heard(plane, "levels").astype(int) - masking_levels(means)[BLOCKS, BLOCKS]
    assert (off == 0).mean() > 0.75
    assert (np.abs(off) <= 1).mean() > 0.99


def test_reference_a_finer_window_hears_what_lies_between(plane):
    """An ordinary window that lies half a pixel beside has every other of its samples where a finer one has them."""
    size, middle = (320, 352), np.array([250.0, 260.0])
    finer = Window.of(Luma(plane), np.eye(2), middle, size, finer=2)
    beside = Window.of(Luma(plane), np.eye(2), middle - 0.5, size)
    assert finer.stride_px == STRIDE_PX / 2
    assert finer.shape == size
    assert np.array_equal(finer.matrix, Window.of(Luma(plane), np.eye(2), middle, size).matrix)
    inner = np.s_[..., 8:-8, 8:-8]
    error = (finer.chips[:, ::2, ::2] - beside.chips)[inner]
    assert np.sqrt(np.square(error).mean()) < 0.03 * np.sqrt(np.square(beside.chips[inner]).mean())
    assert (finer.levels[::2, ::2] == beside.levels)[inner].mean() > 0.85


def test_limits_what_lies_outside_is_outside_of_a_finer_window_too(plane):
    window, finer = (Window.of(Luma(plane), np.eye(2), np.full(2, 40.0), (256, 256), finer=n) for n in (1, 2))
    inside = window.heard_levels < LEVELS
    assert 0.1 < inside.mean() < 0.9
    assert np.array_equal(finer.heard_levels < LEVELS, np.kron(inside, np.ones((2, 2))) > 0)


@pytest.mark.parametrize("shape", [(512, 512), (190, 254)])
def test_shapes_a_window_holds_the_lanes_that_were_asked_for(plane, shape):
    one, two, all_of_it = (
        Window.of(Luma(plane), np.eye(2), np.full(2, 256.0), shape, **asked)
        for asked in ({"lanes": 1}, {}, {"apart": True, "lanes": 1})
    )
    assert [window.chips.shape[0] for window in (one, two, all_of_it)] == [1, LANES, LANES + APART]
    assert np.array_equal(one.chips[0], two.chips[0])
    assert one.levels.shape == (shape[0] // 2, shape[1] // 2) == one.chips.shape[1:]


@pytest.mark.parametrize("middle", [(301.3, 222.8), (150.0, 420.0)])
def test_reference_a_window_that_may_lie_beside_hears_what_is_where_it_lies(plane, middle):
    """Inside the picture, and where it reaches over the edge."""
    linear, size = np.diag([1.13, 1.07]), (256, 288)
    beside = Window.of(Luma(plane), linear, np.array(middle), size, beside=True)
    where = beside.matrix[:2, 2] + linear @ np.array(size[::-1]) / 2
    assert 0 < np.abs(where - middle).max() <= 1.0
    exact = Window.of(Luma(plane), linear, where, size)
    assert np.allclose(exact.matrix, beside.matrix)
    inner = np.s_[..., 8:-8, 8:-8]
    error = (beside.chips - exact.chips)[inner]
    assert np.sqrt(np.square(error).mean()) < 0.03 * np.sqrt(np.square(exact.chips[inner]).mean())
    assert (beside.levels == exact.levels)[inner].mean() > 0.95
