"""Does a picture show what its mark remembers?"""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.examination.likeness import shows_another_picture

PHOTOGRAPHS = {"astronaut": data.astronaut, "coffee": data.coffee, "chelsea": data.chelsea, "rocket": data.rocket}


def remembered(pixels):
    """About what a short code tells: the picture at 16×16."""
    return cv2.resize(cv2.resize(pixels, (16, 16), interpolation=cv2.INTER_AREA), (256, 256))


def nowhere(pixels):
    return np.zeros(pixels.shape[:2], dtype=bool)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_reference_a_picture_shows_itself(name):
    pixels = PHOTOGRAPHS[name]()
    assert not shows_another_picture(pixels, remembered(pixels), nowhere(pixels))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("change", [lambda x: x * 0.7, lambda x: x * 0.6 + 80, lambda x: 255 * (x / 255) ** 1.4])
def test_reference_a_change_of_tone_is_no_other_picture(name, change):
    pixels = PHOTOGRAPHS[name]()
    toned = np.clip(change(pixels.astype(float)), 0, 255).astype(np.uint8)
    assert not shows_another_picture(toned, remembered(pixels), nowhere(pixels))


def test_reference_a_grey_copy_of_a_colourful_picture_is_no_other_picture():
    """Many colours of the same brightness: in grey there is little of them, but that little is right."""
    rng = np.random.default_rng(0)
    colours = rng.uniform(0, 255, (16, 16, 3))
    brightness = colours @ (0.299, 0.587, 0.114)
    colours = np.clip(colours + (rng.uniform(100, 156, (16, 16)) - brightness)[..., None], 0, 255)
    pixels = cv2.resize(colours.astype(np.uint8), (256, 256), interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert not shows_another_picture(grey, remembered(pixels), nowhere(pixels))
    assert shows_another_picture(np.rot90(grey).copy(), remembered(pixels), nowhere(pixels))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("other", PHOTOGRAPHS)
def test_reference_another_picture_is_told_apart(name, other):
    pixels = PHOTOGRAPHS[name]()
    expected = name != other
    assert shows_another_picture(pixels, remembered(PHOTOGRAPHS[other]()), nowhere(pixels)) == expected


def test_reference_what_is_masked_does_not_count():
    pixels = data.astronaut()
    mask = nowhere(pixels)
    mask[:, :300] = True
    replaced = np.where(mask[..., None], np.flip(pixels, axis=0), pixels)
    assert not shows_another_picture(replaced, remembered(pixels), mask)


def test_limits_nearly_everything_masked_is_no_verdict():
    pixels = data.astronaut()
    assert not shows_another_picture(255 - pixels, remembered(pixels), ~nowhere(pixels))


def test_shapes_sixteen_bits():
    pixels = data.coffee()
    assert not shows_another_picture(pixels.astype(np.uint16) * 257, remembered(pixels), nowhere(pixels))
