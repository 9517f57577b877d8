"""Windows: what is heard at every other pixel is what the blocks there truly say."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import BLOCK
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


@pytest.mark.parametrize("shape", [(512, 512), (190, 254)])
def test_shapes_a_window_holds_the_lanes_that_were_asked_for(plane, shape):
    one, two, all_of_it = (
        Window.of(Luma(plane), np.eye(2), np.full(2, 256.0), shape, **asked)
        for asked in ({"lanes": 1}, {}, {"apart": True, "lanes": 1})
    )
    assert [window.chips.shape[0] for window in (one, two, all_of_it)] == [1, LANES, LANES + APART]
    assert np.array_equal(one.chips[0], two.chips[0])
    assert one.levels.shape == (shape[0] // 2, shape[1] // 2) == one.chips.shape[1:]
