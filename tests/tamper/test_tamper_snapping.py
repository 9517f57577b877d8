"""The edge of a map moved to where the picture has it."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.tamper.snapping import snapped


def scene(shade=(250, 250, 250)):
    """A photograph with a box and a disc of one colour on it, and the mask of these."""
    mask = np.zeros((512, 512), np.uint8)
    cv2.rectangle(mask, (101, 83), (243, 330), 1, -1)
    cv2.circle(mask, (380, 300), 57, 1, -1)
    picture = np.where(mask[..., None] > 0, np.array(shade, np.uint8), cv2.GaussianBlur(data.astronaut(), (0, 0), 3))
    return picture.astype(np.uint8), mask > 0


def drawn_beside(mask):
    """A probability as it comes from the canvas: half as fine, and the outline one pixel and a half too far down."""
    beside = np.array([[1, 0, 0.7], [0, 1, 1.5]])
    moved = cv2.warpAffine(mask.astype(np.float32), beside, mask.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(moved, (256, 256), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)


def wrong(probability, mask):
    return int(np.count_nonzero((probability >= 0.5) != mask))


def test_reference_hard_edges_are_found():
    picture, mask = scene()
    drawn = drawn_beside(mask)
    assert wrong(snapped(drawn, picture), mask) < 0.3 * wrong(drawn, mask)


def test_reference_hard_edges_are_found_after_compression():
    picture, mask = scene()
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])
    drawn = drawn_beside(mask)
    assert wrong(snapped(drawn, cv2.imdecode(packed, cv2.IMREAD_COLOR)), mask) < 0.5 * wrong(drawn, mask)


def test_limits_what_has_no_edge_stays_as_it_was_drawn():
    _, mask = scene()
    drawn = drawn_beside(mask)
    assert np.array_equal(snapped(drawn, cv2.GaussianBlur(data.astronaut(), (0, 0), 25)), drawn)


@pytest.mark.parametrize("belief", [0.1, 0.9])
def test_limits_nothing_and_everything(belief):
    picture, mask = scene()
    drawn = np.full(mask.shape, belief, np.float32)
    assert np.array_equal(snapped(drawn, picture), drawn)


def test_limits_only_pixels_next_to_the_outline_change():
    picture, mask = scene()
    drawn = drawn_beside(mask)
    changed = snapped(drawn, picture) != drawn
    area = (drawn >= 0.5).astype(np.uint8)
    near = cv2.dilate(area, np.ones((9, 9), np.uint8)) > cv2.erode(area, np.ones((9, 9), np.uint8))
    assert changed.any()
    assert not changed[~near].any()


def test_shapes_sixteen_bits_and_an_outline_at_the_edge_of_the_picture():
    picture, mask = scene()
    picture, mask = picture[90:, 110:], mask[90:, 110:]
    drawn = drawn_beside(mask)
    in_eight = snapped(drawn, picture)
    assert np.array_equal(snapped(drawn, picture.astype(np.uint16) * 257), in_eight)
    assert wrong(in_eight, mask) < 0.4 * wrong(drawn, mask)
