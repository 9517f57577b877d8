import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.channel.lattice.design import BLOCK, GRIDS
from underdrawing.channel.lattice.grid import MINIMUM_SIDE_PX, WorkingGrid, luminance
from underdrawing.errors import ImageTooSmallError

SIDES_PX = st.integers(256, 4000)


@given(SIDES_PX, SIDES_PX)
def test_shapes_short_side_is_one_of_the_grids_and_long_side_keeps_the_aspect(height_px, width_px):
    short, long = sorted((height_px, width_px))
    if long > 8 * short:
        return
    grid = WorkingGrid.for_embedding(height_px, width_px)
    height, width = grid.size_px
    assert min(height, width) == grid.side_px == max(side for side in GRIDS if side <= short)
    assert (height % BLOCK, width % BLOCK) == (0, 0)
    assert abs(max(height, width) - long * grid.side_px / short) <= BLOCK / 2


@given(SIDES_PX, SIDES_PX, st.sampled_from(GRIDS))
def test_shapes_portrait_is_landscape_turned(height_px, width_px, side_px):
    lying = WorkingGrid.for_image(height_px, width_px, side_px=side_px)
    standing = WorkingGrid.for_image(width_px, height_px, side_px=side_px)
    assert (lying.rows, lying.columns) == (standing.columns, standing.rows)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(20, 200), st.integers(20, 200))
def test_deterministic_whole_multiples_of_a_size_share_a_grid(a, b, height_px, width_px):
    grids = {WorkingGrid.for_image(height_px * n, width_px * n, side_px=512) for n in (1, a, b)}
    assert len(grids) == 1


@pytest.mark.parametrize(
    "short_px, side_px", [(256, 256), (511, 256), (512, 512), (1023, 512), (1024, 1024), (4000, 1024)]
)
def test_limits_the_grid_is_the_largest_that_is_not_larger(short_px, side_px):
    assert WorkingGrid.for_embedding(short_px, short_px + 9).side_px == side_px


@pytest.mark.parametrize("height_px, width_px", [(255, 3000), (3000, 255), (1, 1)])
def test_rejects_images_too_small_naming_the_smallest_size(height_px, width_px):
    with pytest.raises(ImageTooSmallError, match=f"{width_px}×{height_px} px.*at least {MINIMUM_SIDE_PX} px"):
        WorkingGrid.for_embedding(height_px, width_px)


def test_rejects_images_too_long():
    assert WorkingGrid.for_embedding(256, 8 * 256).columns == 8 * 16
    with pytest.raises(ImageTooSmallError, match="at most 8 times"):
        WorkingGrid.for_embedding(256, 8 * 256 + 1)


def test_limits_a_reader_bounds_the_grid_of_any_image():
    """A suspect may be 1 pixel high: the reader must neither refuse it nor ask for endless memory."""
    assert WorkingGrid.for_image(1, 60_000, side_px=1024).columns == 8 * 64


def test_reference_luminance_is_bt_601(astronaut):
    expected = astronaut @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luminance(astronaut) - expected).max() < 1e-3
    assert np.abs(luminance(astronaut.astype(np.uint16) * 257) - expected).max() < 1e-3


def test_round_trip_on_its_own_size_changes_nothing(astronaut):
    grid = WorkingGrid.for_embedding(512, 512)
    luma = luminance(astronaut)
    assert np.array_equal(grid.sample(luma), luma)
