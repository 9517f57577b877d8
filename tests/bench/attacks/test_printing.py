import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.attacks.printing import halftoned, unevenly_lit


@pytest.mark.parametrize("level", [10, 64, 128, 200, 245])
@pytest.mark.parametrize("cell_px", [3.0, 4.0, 7.5])
def test_a_halftone_is_ink_or_paper_and_keeps_the_mean(level, cell_px):
    flat = np.full((240, 320, 3), level, np.uint8)
    printed = halftoned(flat, cell_px)
    assert set(np.unique(printed)) <= {0, 255}
    np.testing.assert_allclose(printed.mean(axis=(0, 1)), level, atol=4)


@pytest.mark.parametrize("cell_px", [4.0, 8.0])
def test_dots_are_as_far_apart_as_said(cell_px):
    printed = halftoned(np.full((256, 256, 3), 96, np.uint8), cell_px)
    for channel in range(3):
        plane = printed[..., channel] - printed[..., channel].mean()
        spectrum = np.abs(np.fft.rfft2(plane))
        down, across = np.unravel_index(spectrum.argmax(), spectrum.shape)
        frequency = np.hypot(min(down, 256 - down), across) / 256
        assert frequency == pytest.approx(1 / cell_px, rel=0.05)


def test_seen_from_afar_a_print_shows_the_picture():
    picture = data.coffee()[:200, :300]
    printed = cv2.GaussianBlur(halftoned(picture, 3).astype(np.float32), (0, 0), 4)
    seen = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 4)
    assert np.abs(printed - seen).mean() < 4


@pytest.mark.parametrize("share", [0.0, 0.15, 0.6])
def test_light_falls_off_by_the_share_and_never_brightens(share):
    white = np.full((120, 180, 3), 200, np.uint8)
    lit = unevenly_lit(white, share, np.random.default_rng(4))
    assert lit.max() == 200
    assert lit.min() == pytest.approx(200 * (1 - share), abs=1)
    np.testing.assert_array_equal(lit[..., 0], lit[..., 2])


def test_another_generator_lights_from_another_side():
    white = np.full((64, 64, 3), 200, np.uint8)
    one, other = (pixelwise.get("light0.3").apply(white, np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.array_equal(one, other)
