"""Outlines: blocks say roughly, colours exactly."""

import cv2
import numpy as np
import pytest

from underdrawing.tamper.outline import OUTLINE_PX, outlined

ROWS, COLUMNS = 32, 48


def blocks(top, bottom, left, right):
    region = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    region[top:bottom, left:right] = True
    return region


def places(region):
    return cv2.resize(region.astype(np.uint8), (OUTLINE_PX, OUTLINE_PX), interpolation=cv2.INTER_NEAREST) > 0


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def drawn(region, colours=None, recoloured=None):
    belief = np.where(region, np.float32(0.99), np.float32(0.01))
    return outlined(belief, region, colours, recoloured) > 0.5


def test_shapes_and_range():
    answer = outlined(np.zeros((ROWS, COLUMNS), np.float32), blocks(0, 0, 0, 0), None)
    assert answer.shape == (OUTLINE_PX, OUTLINE_PX)
    assert answer.dtype == np.float32
    assert (answer < 0.5).all()


def test_reference_without_colours_the_blocks_are_the_outline():
    region = blocks(8, 20, 12, 30)
    assert overlap(drawn(region), places(region)) > 0.85


@pytest.mark.parametrize("shift", [-1, 1])
def test_reference_colours_move_the_edge_of_a_recoloured_region(shift):
    """Content speaks in cells of several blocks, so its region is a block off; the colours know better."""
    truth, found = blocks(8, 20, 12, 30), blocks(8 - shift, 20 + shift, 12 - shift, 30 + shift)
    colours = np.where(places(truth), np.float32(-6), np.float32(0.2))
    with_colours = overlap(drawn(found, colours, found), places(truth))
    assert with_colours > 0.95
    assert with_colours > overlap(drawn(found, colours), places(truth))


def test_limits_regions_whose_chips_are_wrong_are_drawn_as_before():
    region, nowhere = blocks(8, 20, 12, 30), blocks(0, 0, 0, 0)
    colours = np.where(places(region), np.float32(-6), np.float32(0.2))
    assert np.array_equal(drawn(region, colours, nowhere), drawn(region, colours))
