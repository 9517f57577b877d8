"""Where pictures end that are shown on something plain, that were turned or that were pulled about."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_truth import TO_CORNERS, movement
from skimage import data

from underdrawing.channel.lattice.grid import luminance
from underdrawing.channel.lattice.search.framing import framed, pulled, tilt
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.window import Luma

PHOTOGRAPHS = {"coffee": data.coffee, "astronaut": data.astronaut, "chelsea": data.chelsea}


def luma_of(pixels):
    return Luma(luminance(np.ascontiguousarray(pixels)))


def corners_of(copy):
    """Where the corners of the original lie in a copy, 4×2 (x, y), counted from the corner of its first pixel."""
    height, width = copy.original_size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    return moved(TO_CORNERS @ copy.homography @ np.linalg.inv(TO_CORNERS), corners)


@pytest.mark.parametrize("name", ["page1.4", "page1.5+jpeg80", "resize0.7+page1.9+jpeg75", "resize1.3+page1.3"])
@pytest.mark.parametrize("photograph", ["coffee", "chelsea"])
def test_reference_a_picture_on_a_page_is_found_to_a_few_pixels(photograph, name):
    copy = movement(name, PHOTOGRAPHS[photograph]())
    true = corners_of(copy)
    boxes = framed(luma_of(copy.pixels))
    assert boxes
    assert min(np.abs(np.array(box) - np.concatenate([true[0], true[2]])).max() for box in boxes) <= 4


@pytest.mark.parametrize("paper", [0, 255])
def test_reference_bars_around_a_picture_are_left_out(paper):
    picture = data.chelsea()
    barred = cv2.copyMakeBorder(picture, 60, 60, 20, 20, cv2.BORDER_CONSTANT, value=(paper,) * 3)
    assert (20, 60, 20 + picture.shape[1], 60 + picture.shape[0]) in framed(luma_of(barred))


@pytest.mark.parametrize("photograph", ["astronaut", "chelsea"])
def test_rejects_a_picture_that_fills_its_canvas(photograph):
    luma = luma_of(PHOTOGRAPHS[photograph]())
    assert framed(luma) == []
    assert tilt(luma) is pulled(luma) is None


@pytest.mark.parametrize("degrees", [-9.3, -2.2, 1.4, 6.7])
@pytest.mark.parametrize("photograph", ["coffee", "chelsea"])
def test_reference_the_angle_of_a_turned_picture_is_told_to_a_fifth_of_a_degree(photograph, degrees):
    copy = movement(f"rotate{degrees}", PHOTOGRAPHS[photograph]())
    angle = tilt(luma_of(copy.pixels))
    across = copy.homography[:2, 0]
    assert np.rad2deg(angle) == pytest.approx(np.rad2deg(np.arctan2(across[1], across[0])), abs=0.2)


def test_reference_a_larger_canvas_tells_the_angle_as_well():
    picture = data.chelsea()
    canvas = cv2.copyMakeBorder(picture, 80, 80, 80, 80, cv2.BORDER_CONSTANT, value=(255,) * 3)
    height, width = canvas.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -5.0, 1.0)
    angle = tilt(luma_of(cv2.warpAffine(canvas, turn, (width, height), borderValue=(255,) * 3)))
    assert np.rad2deg(angle) == pytest.approx(5.0, abs=0.1)


def test_rejects_a_turned_picture_without_its_corners():
    assert tilt(luma_of(movement("straighten6", data.coffee()).pixels)) is None


@pytest.mark.parametrize("seed", range(6))
def test_reference_corners_are_told_where_their_sides_show(seed):
    """A side shows where one of its ends was pulled inwards; where little of it shows, its other end is told worse."""
    picture, rng = data.coffee(), np.random.default_rng(seed)
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    true = corners + inwards * rng.uniform(0.005, 0.02, (4, 2)).astype(np.float32) * (width, height)
    true[seed % 4] -= 1.5 * (true[seed % 4] - corners[seed % 4])
    to_centres = np.linalg.inv(TO_CORNERS)
    homography = to_centres @ cv2.getPerspectiveTransform(corners, true.astype(np.float32)) @ TO_CORNERS
    bent = cv2.warpPerspective(picture, homography, (width, height), flags=cv2.INTER_CUBIC)
    off = np.abs(pulled(luma_of(bent)) - true)
    assert np.median(off) < 0.7
    assert off.max() < 5


def test_limits_nothing_is_told_where_nothing_is_drawn():
    luma = luma_of(np.full((200, 300, 3), 128, np.uint8))
    assert framed(luma) == []
    assert tilt(luma) is pulled(luma) is None


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 90), width=st.integers(1, 90), levels=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_limits_boxes_lie_in_the_suspect_whatever_it_shows(height, width, levels, seed):
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, levels, (height, width, 3), dtype=np.uint8) * np.uint8(60)
    luma = luma_of(cv2.resize(drawn, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST))
    for left, top, right, bottom in framed(luma):
        assert 0 <= left < right <= 3 * width
        assert 0 <= top < bottom <= 3 * height
    assert abs(tilt(luma) or 0) <= np.pi / 4
    corners = pulled(luma)
    assert corners is None or corners.shape == (4, 2)
