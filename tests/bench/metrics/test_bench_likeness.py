import math

import numpy as np
import pytest
from scipy import ndimage
from skimage import data
from skimage.metrics import peak_signal_noise_ratio
from skimage.transform import downscale_local_mean

from underdrawing.bench.metrics import likeness


def scale(pictures, factor):
    return tuple(picture.astype(float) * factor for picture in pictures)


def test_psnr_reference(pair):
    expected = peak_signal_noise_ratio(*pair, data_range=255)
    assert likeness.psnr_db(*pair, data_range=255) == pytest.approx(expected)
    assert likeness.psnr_db(*scale(pair, 1 / 255), data_range=1) == pytest.approx(expected)
    assert likeness.psnr_db(pair[0], pair[0], data_range=255) == math.inf


def test_gmsd_reference(pair):
    def gradient(picture):
        plane = downscale_local_mean(picture @ np.array([0.299, 0.587, 0.114]), (2, 2))
        return np.hypot(*(ndimage.prewitt(plane, axis, mode="nearest") / 3 for axis in (0, 1)))

    first, second = (gradient(picture) for picture in pair)
    expected = ((2 * first * second + 170) / (first**2 + second**2 + 170)).std()
    assert likeness.gmsd(*pair, data_range=255) == pytest.approx(expected, abs=1e-9)
    assert likeness.gmsd(*scale(pair, 1 / 255), data_range=1) == pytest.approx(expected, abs=1e-9)
    assert likeness.gmsd(pair[0], pair[0], data_range=255) == 0


PIQ = {0.5: 0.003686, 2.0: 0.098781}
"""GMSD of a blurred photograph by piq 0.8.0, see ``record_piq.py``; it pads with zeros, which we do not."""


@pytest.mark.parametrize("sigma", PIQ)
def test_gmsd_reference_of_piq(sigma):
    original = data.astronaut()[:256, :256]
    damaged = np.rint(ndimage.gaussian_filter(original.astype(float), (sigma, sigma, 0))).astype(np.uint8)
    assert likeness.gmsd(original, damaged, data_range=255) == pytest.approx(PIQ[sigma], rel=0.03)


def test_psnr_inside_a_mask_reference(pair):
    mask = np.zeros(pair[0].shape[:2], bool)
    mask[40:100, 50:200] = True
    one, other = (picture[40:100, 50:200] for picture in pair)
    expected = peak_signal_noise_ratio(one, other, data_range=255)
    assert likeness.inside_psnr_db(*pair, mask, data_range=255) == pytest.approx(expected)
    assert likeness.inside_psnr_db(pair[0], pair[0], mask, data_range=255) == math.inf
    assert math.isnan(likeness.inside_psnr_db(*pair, np.zeros_like(mask), data_range=255))


def test_masked_psnr_reference_at_an_exact_fraction():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 256, (2, 512, 768, 3), dtype=np.uint8)
    mask = np.zeros((512, 768), bool)
    mask[100:300, 60:300] = True
    small_a, small_b = (downscale_local_mean(p, (2, 3, 1))[50:150, 20:100] for p in (first, second))
    expected = 10 * np.log10(255**2 / np.mean((small_a - small_b) ** 2))
    assert likeness.masked_psnr_db(first, second, mask, data_range=255) == pytest.approx(expected, abs=1e-3)


def test_masked_psnr_ignores_the_outside_and_other_sizes(pair):
    original, _ = pair
    mask = np.zeros(original.shape[:2], bool)
    mask[40:100, 50:200] = True
    outside = original.copy()
    outside[150:] = 0
    assert likeness.masked_psnr_db(original, outside, mask, data_range=255) == math.inf
    assert math.isnan(likeness.masked_psnr_db(original, outside, np.zeros_like(mask), data_range=255))
    doubled = np.repeat(np.repeat(original, 2, axis=0), 2, axis=1)
    assert likeness.masked_psnr_db(original, doubled, mask, data_range=255) > 60


def test_smooth_area_residual_reference(pair):
    original, damaged = pair
    squares, windows = [], 0
    luma = original @ np.array([0.299, 0.587, 0.114])
    for top in range(0, 256 - 15, 16):
        for left in range(0, 300 - 15, 16):
            window = np.s_[top : top + 16, left : left + 16]
            if luma[window].std() < 6:
                squares.append((damaged[window].astype(float) - original[window]) ** 2)
                windows += 1
    measured = likeness.smooth_area_residual(original, damaged, deviation=6)
    assert measured.windows == windows > 0
    assert measured.rms == pytest.approx(np.sqrt(np.mean(squares)))


def test_smooth_area_residual_without_smooth_windows():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert likeness.smooth_area_residual(noise, noise) == likeness.SmoothResidual(0.0, 0)
