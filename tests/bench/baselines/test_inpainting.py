"""Filling in without a mark."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.baselines.inpainting import Filling, fill


@pytest.fixture
def mask():
    mask = np.zeros((512, 512), bool)
    mask[100:220, 60:200] = True
    return mask


@pytest.mark.parametrize("filling", list(Filling))
def test_reference_it_is_what_opencv_fills_in_on_the_canvas(filling, mask):
    """At the size of the canvas nothing is scaled, so the filling is OpenCV's own."""
    pixels = cv2.resize(data.astronaut(), (256, 256), interpolation=cv2.INTER_AREA)
    small = np.ascontiguousarray(mask[::2, ::2])
    flag = {Filling.TELEA: cv2.INPAINT_TELEA, Filling.NAVIER_STOKES: cv2.INPAINT_NS}[filling]
    assert np.array_equal(fill(pixels, small, filling), cv2.inpaint(pixels, small.astype(np.uint8), 3, flag))


@pytest.mark.parametrize("filling", list(Filling))
def test_limits_nothing_of_the_region_shows_and_nothing_else_is_touched(filling, mask):
    pixels = data.astronaut()
    other = np.where(mask[..., None], 255 - pixels, pixels)
    filled = fill(pixels, mask, filling)
    assert np.array_equal(filled[~mask], pixels[~mask])
    assert np.array_equal(filled, fill(other, mask, filling))


def test_the_methods_differ(mask):
    pixels = data.astronaut()
    assert not np.array_equal(fill(pixels, mask, Filling.TELEA), fill(pixels, mask, Filling.NAVIER_STOKES))


@pytest.mark.parametrize("everything", [False, True])
def test_limits_with_nothing_or_everything_to_fill_in_it_is_the_picture(everything):
    pixels = data.chelsea()
    assert np.array_equal(fill(pixels, np.full(pixels.shape[:2], everything), Filling.TELEA), pixels)
