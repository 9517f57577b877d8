"""Aligning: a suspect that was laid a pixel or two beside its frame is laid right by the chips of its message."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from search_truth import errors_px, movement, true_matrix

from scenes import quarter_replaced
from underdrawing.channel.lattice import BLOCK, Placement, aligned, may_lie_beside, receive
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.looks import Suspect
from underdrawing.channel.lattice.reception import Reception
from underdrawing.channel.lattice.sync import hypotheses


def told(pixels, matrix, whole_px, tiers):
    """What is received of a suspect that is laid like this, knowing the message."""
    placement = Placement(WorkingGrid.for_embedding(*whole_px), matrix, pixels.shape[:2], 9.0, whole_pixels=False)
    suspect = Suspect.placed(pixels, placement)
    candidate, look = next(hypotheses(suspect))
    return knowing(Reception.opened(candidate, look, suspect, None), tiers)


def knowing(reception, tiers):
    """A reception that was told the message."""
    reception = reception.with_tiers(tuple(tier is not None for tier in tiers))
    for number, tier in enumerate(tiers):
        if tier is not None:
            reception = reception.learn(number, tier)
    return reception.settled()


def beside(grid, corners_px):
    """The homography of a grid that moves its corners, clockwise from the top left one, by these (x, y)."""
    height, width = grid.size_px
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    return cv2.getPerspectiveTransform(frame, frame + np.array(corners_px, dtype=np.float32))


@pytest.mark.parametrize(
    "corners_px",
    [((0.6, -0.5),) * 4, ((0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)), ((0, 0), (0, 0), (3, 2), (0, 0))],
    ids=["shifted", "enlarged", "one corner pulled"],
)
@pytest.mark.parametrize("name", ["perspective0..0.02", "rotate-10..10+jpeg75"])
def test_reference_it_ends_within_a_fraction_of_a_pixel(marked, tiers, name, corners_px):
    copy = movement(name, marked.pixels)
    grid = WorkingGrid.for_embedding(*copy.original_size)
    reception = told(copy.pixels, true_matrix(copy) @ beside(grid, corners_px), copy.original_size, tiers)
    better = aligned(reception, copy.pixels)
    before, after = (errors_px(each.suspect.placement.matrix, copy) for each in (reception, better))
    assert before.max() > 0.5
    assert np.median(after) < 0.1
    assert np.quantile(after, 0.95) < 0.3
    assert better.evidence.sum() > reception.evidence.sum() + 100


def test_reference_what_was_replaced_pulls_nothing_aside_and_is_still_told(marked, tiers):
    doctored, mask = quarter_replaced(marked.pixels)
    copy = movement("perspective0..0.02", doctored)
    grid = WorkingGrid.for_embedding(*copy.original_size)
    corners_px = ((0, 0), (1.5, 0), (0, 0), (0, -1.5))
    reception = told(copy.pixels, true_matrix(copy) @ beside(grid, corners_px), copy.original_size, tiers)
    better = aligned(reception, copy.pixels)
    assert np.quantile(errors_px(better.suspect.placement.matrix, copy), 0.95) < 0.3
    share = cv2.resize(mask.astype(np.float32), better.evidence.shape[::-1], interpolation=cv2.INTER_AREA)
    inner = better.look.visible
    assert np.median(better.evidence[(share == 1) & inner]) < -5
    assert np.median(better.evidence[(share == 0) & inner]) > 5


def test_limits_a_suspect_that_lies_right_is_left_alone(marked, tiers):
    left, top = 5 * BLOCK, 3 * BLOCK
    pixels = np.ascontiguousarray(marked.pixels[top:, left:])
    whole_px = marked.pixels.shape[:2]
    matrix = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    reception = told(pixels, matrix, whole_px, tiers)
    assert aligned(reception, pixels) is reception


def test_reference_a_picture_that_is_hardly_turned_is_read_as_the_whole_and_then_laid_right(marked, tiers):
    turn = cv2.getRotationMatrix2D((256, 256), 0.3, 1.0)
    pixels = cv2.warpAffine(marked.pixels, turn, (512, 512), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    reception = knowing(receive(pixels), tiers)
    assert may_lie_beside(reception)
    better = aligned(reception, pixels)
    assert (reception.intact < 0.5).mean() > 0.2
    assert (better.intact[better.look.visible] > 0.5).mean() > 0.97
    linear = better.suspect.placement.matrix[:2, :2]
    assert np.rad2deg(np.arctan2(linear[0, 1], linear[0, 0])) == pytest.approx(0.3, abs=0.02)


def test_limits_what_is_the_whole_picture_stays_it(marked, tiers):
    whole = knowing(receive(marked.pixels), tiers)
    assert not may_lie_beside(whole)
    assert aligned(whole, marked.pixels) is whole
    doctored, _ = quarter_replaced(marked.pixels)
    reception = knowing(receive(doctored), tiers)
    assert may_lie_beside(reception)
    assert aligned(reception, doctored) is reception


def test_limits_few_chips_align_nothing(marked, tiers):
    copy = movement("rotate-10..10", marked.pixels)
    reception = told(copy.pixels, true_matrix(copy), copy.original_size, tiers)
    few = replace(reception, known=np.full_like(reception.known, -1))
    assert aligned(few, copy.pixels) is few
