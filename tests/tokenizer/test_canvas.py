"""Pictures of any shape on the canvas."""

import cv2
import numpy as np
import pytest
import skimage.data
import skimage.transform

from underdrawing.errors import UsageError
from underdrawing.tokenizer import CANVAS, to_canvas


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (255, 257), (256, 256), (300, 451), (37, 29), (1080, 1920)])
def test_shapes(shape):
    canvas = to_canvas(np.full((*shape, 3), 77, np.uint8))
    assert canvas.shape == (CANVAS, CANVAS, 3)
    assert canvas.dtype == np.uint8
    assert (canvas == 77).all()


def test_a_canvas_is_copied_unchanged():
    pixels = np.random.default_rng(0).integers(0, 256, (CANVAS, CANVAS, 3)).astype(np.uint8)
    canvas = to_canvas(pixels)
    np.testing.assert_array_equal(canvas, pixels)
    assert not np.shares_memory(canvas, pixels)


def test_shrinking_by_a_whole_factor_is_the_mean_of_each_square():
    pixels = skimage.data.astronaut()
    means = pixels.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))
    assert np.abs(to_canvas(pixels) - means).max() <= 0.5


def test_shrinking_agrees_with_another_library():
    pixels = skimage.data.coffee()
    oracle = 255 * skimage.transform.resize_local_mean(pixels, (CANVAS, CANVAS))
    assert np.abs(to_canvas(pixels) - oracle).mean() < 0.6


def test_halving_first_hardly_matters():
    """A large picture of even sides is halved first; the mean over areas in one step is the oracle."""
    large = cv2.resize(skimage.data.coffee(), (1800, 1200), interpolation=cv2.INTER_CUBIC)
    oracle = 255 * skimage.transform.resize_local_mean(large, (CANVAS, CANVAS))
    assert np.abs(to_canvas(large) - oracle).mean() < 0.6


def test_enlarging_is_smooth():
    pixels = skimage.data.chelsea()[:100, :120]
    oracle = 255 * skimage.transform.resize(pixels, (CANVAS, CANVAS), order=3)
    assert np.abs(to_canvas(pixels) - oracle).mean() < 1.5


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)],
)
def test_rejects_what_is_no_picture(pixels):
    with pytest.raises(UsageError, match="pixels"):
        to_canvas(pixels)
