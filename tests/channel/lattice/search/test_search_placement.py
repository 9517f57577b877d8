"""What lies where: the suspect laid onto the frame and back."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.search import Placement
from underdrawing.channel.lattice.search.placement import moved

GRID = WorkingGrid.for_embedding(512, 768)
FRAME = cv2.resize(data.coffee(), (768, 512), interpolation=cv2.INTER_AREA)


def placed(matrix, size):
    """A suspect of this size that lies so on a frame of 512×768 pixels, a grid pixel each."""
    return Placement(GRID, np.asarray(matrix, dtype=np.float64), size, 9.0)


def shifted(left, top, size):
    return placed([[1, 0, -left], [0, 1, -top], [0, 0, 1]], size)


TURNED = placed([[0.9, -0.1, 40], [0.1, 0.9, -30], [1e-5, 0, 1]], (420, 600))


@given(st.integers(-60, 700), st.integers(-60, 450), st.integers(70, 400), st.integers(70, 400))
def test_round_trip_a_pure_shift_is_exact_to_the_bit(left, top, height, width):
    page = np.full((512 + 600, 768 + 600, 3), 77, dtype=np.uint8)
    page[100:612, 100:868] = FRAME
    suspect = page[100 + top : 100 + top + height, 100 + left : 100 + left + width]
    placement = shifted(left + 0.2, top - 0.1, suspect.shape[:2])
    assert placement.frame_px == (512, 768)
    frame = placement.onto_frame(suspect)
    assert np.array_equal(frame[placement.visible], FRAME[placement.visible])
    back = placement.onto_suspect(frame)
    assert np.array_equal(back[~placement.foreign], suspect[~placement.foreign])
    assert not back[placement.foreign].any()


def test_round_trip_a_turned_suspect_comes_back_but_for_resampling():
    smooth = cv2.resize(cv2.GaussianBlur(FRAME, (0, 0), 3), TURNED.frame_px[::-1], interpolation=cv2.INTER_AREA)
    suspect = TURNED.onto_suspect(smooth)
    frame = TURNED.onto_frame(suspect)
    inner = cv2.erode(TURNED.visible.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=0) > 0
    error = np.abs(frame.astype(float) - smooth)[inner]
    assert inner.mean() > 0.4
    assert error.mean() < 1.5


def test_reference_places_agree_with_a_homography_done_by_hand():
    there = moved(TURNED.matrix, np.array([[10.0, 20.0], [300.0, 200.0]]))
    by_hand = [
        [(0.9 * x - 0.1 * y + 40) / (1 + 1e-5 * x), (0.1 * x + 0.9 * y - 30) / (1 + 1e-5 * x)]
        for x, y in ((10, 20), (300, 200))
    ]
    assert np.allclose(there, by_hand)
    assert np.allclose(cv2.perspectiveTransform(np.array([[[10.0, 20.0]]]), TURNED.matrix)[0], there[:1])


def test_reference_visible_and_foreign_are_counted_right():
    placement = shifted(-50, 100, (300, 400))
    assert placement.visible.sum() == 300 * 350
    assert placement.visible[100:400, :350].all()
    assert placement.foreign.sum() == 300 * 50
    assert placement.foreign[:, :50].all()


def test_reference_blocks_are_visible_with_a_few_pixels_around_them():
    blocks = shifted(BLOCK, 2 * BLOCK, (8 * BLOCK, 10 * BLOCK)).visible_blocks
    assert blocks.shape == (GRID.rows, GRID.columns)
    rows, columns = np.nonzero(blocks)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 8, 2, 9)


def test_reference_sixteen_bits_and_planes_are_laid_alike():
    deep = FRAME[:300, :400].astype(np.uint16) * 257
    placement = shifted(0, 0, (300, 400))
    assert placement.onto_frame(deep).dtype == np.uint16
    assert np.array_equal(placement.onto_frame(deep) // 257, placement.onto_frame(FRAME[:300, :400]))
    assert placement.onto_frame(deep[..., 0].astype(np.float32)).shape == (512, 768)


def test_reference_only_a_whole_upright_suspect_is_whole():
    assert shifted(0, 0, (512, 768)).is_whole
    assert not shifted(3, 0, (512, 768)).is_whole
    assert not placed([[-1, 0, 768], [0, 1, 0], [0, 0, 1]], (512, 768)).is_whole


def test_reference_placements_are_alike_to_a_hundredth_of_a_pixel():
    one, other = shifted(3, 0, (200, 300)), shifted(3.005, 0, (200, 300))
    assert one.is_like(one)
    assert one.is_like(other)
    assert not one.is_like(shifted(3.02, 0, (200, 300)))
    assert not one.is_like(placed([[1.0001, 0, -3], [0, 1, 0], [0, 0, 1]], (200, 300)))
    assert not one.is_like(replace(one, grid=WorkingGrid.for_embedding(512, 800)))


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.3])
def test_shapes_the_frame_has_the_scale_of_the_suspect(scale):
    placement = placed(np.diag([scale, scale, 1]), (200, 300))
    assert placement.frame_px == (round(512 * scale), round(768 * scale))
    assert placement.visible.shape == placement.frame_px
    assert placement.foreign.shape == (200, 300)


def test_limits_a_frame_never_grows_beyond_what_can_be_worked_on():
    assert np.prod(placed(np.diag([40, 40, 1]), (200, 300)).frame_px) <= 48_100_000
