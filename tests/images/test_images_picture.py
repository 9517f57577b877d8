import numpy as np
import pytest

from underdrawing.errors import ImageFormatError, ImageLimitError, UsageError
from underdrawing.images import Limits, Picture


def test_what_is_not_wholly_opaque_is_counted():
    pixels = np.zeros((2, 4, 3), np.uint16)
    alpha = np.full((2, 4), 65535, np.uint16)
    assert Picture(pixels).transparent_fraction == Picture(pixels, alpha).transparent_fraction == 0
    alpha[0, :2] = (65534, 0)
    assert Picture(pixels, alpha).transparent_fraction == 0.25


def test_shapes():
    picture = Picture(np.zeros((2, 5, 3), np.uint16))
    assert (picture.height, picture.width) == (2, 5)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 5), np.uint8), np.zeros((2, 5, 4), np.uint8), np.zeros((2, 0, 3), np.uint8), np.zeros((2, 5, 3))],
)
def test_rejects_pixels(pixels):
    with pytest.raises(UsageError, match="expected uint8 or uint16"):
        Picture(pixels)


@pytest.mark.parametrize("alpha", [np.zeros((2, 4), np.uint8), np.zeros((2, 5), np.uint16)])
def test_rejects_alpha(alpha):
    with pytest.raises(UsageError, match="alpha"):
        Picture(np.zeros((2, 5, 3), np.uint8), alpha)


def test_limits():
    limits = Limits(max_bytes=10, max_pixels=20, max_metadata_bytes=30)
    limits.check_bytes(10)
    limits.check_pixels(4, 5)
    limits.check_metadata(30)
    for check in (lambda: limits.check_bytes(11), lambda: limits.check_pixels(3, 7), lambda: limits.check_metadata(31)):
        with pytest.raises(ImageLimitError, match="raise Limits"):
            check()
    with pytest.raises(ImageFormatError, match="0×3"):
        limits.check_pixels(0, 3)
    with pytest.raises(ImageLimitError, match="no side longer than 32766"):
        Limits().check_pixels(32_767, 2)
