import math

import numpy as np
import pytest
from scipy import ndimage
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.transform import downscale_local_mean

from underdrawing.bench.metrics import likeness


@pytest.fixture(scope="module")
def pair():
    """A photograph and a damaged copy, 256×300 uint8."""
    original = data.astronaut()[:256, :300]
    noise = np.random.default_rng(0).normal(0, 12, original.shape)
    damaged = ndimage.gaussian_filter(original.astype(float), (0.8, 0.8, 0)) + noise
    return original, np.clip(damaged, 0, 255).astype(np.uint8)


def scale(pictures, factor):
    return tuple(picture.astype(float) * factor for picture in pictures)


def test_psnr_reference(pair):
    expected = peak_signal_noise_ratio(*pair, data_range=255)
    assert likeness.psnr_db(*pair, data_range=255) == pytest.approx(expected)
    assert likeness.psnr_db(*scale(pair, 1 / 255), data_range=1) == pytest.approx(expected)
    assert likeness.psnr_db(pair[0], pair[0], data_range=255) == math.inf


@pytest.mark.parametrize("factor", [1, 1 / 255])
def test_ssim_reference(pair, factor):
    expected = structural_similarity(
        *pair, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert likeness.ssim(*scale(pair, factor), data_range=255 * factor) == pytest.approx(expected, abs=1e-9)
    assert likeness.ssim(pair[0], pair[0], data_range=255) == pytest.approx(1)


def brute_force_ms_ssim(first, second):
    """Straight from the formulas, with SciPy's filters, on one plane."""
    weights = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    axis = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(axis, axis) / axis.sum() ** 2
    result = 1.0
    for index, weight in enumerate(weights):

        def mean(plane):
            return ndimage.convolve(plane, window)[5:-5, 5:-5]

        mean_a, mean_b = mean(first), mean(second)
        var_a, var_b = mean(first**2) - mean_a**2, mean(second**2) - mean_b**2
        cov = mean(first * second) - mean_a * mean_b
        term = (2 * cov + 58.5225) / (var_a + var_b + 58.5225)
        if index == 4:
            term = term * (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
        result *= term.mean() ** weight
        first, second = (
            downscale_local_mean(p[: p.shape[0] // 2 * 2, : p.shape[1] // 2 * 2], (2, 2)) for p in (first, second)
        )
    return result


def test_ms_ssim_reference(pair):
    planes = [[picture[..., c].astype(float) for picture in pair] for c in range(3)]
    expected = np.mean([brute_force_ms_ssim(*plane) for plane in planes])
    assert likeness.ms_ssim(*pair, data_range=255) == pytest.approx(expected, abs=1e-9)
    assert likeness.ms_ssim(pair[0], pair[0], data_range=255) == pytest.approx(1)


def test_ms_ssim_rejects_small_pictures():
    small = np.zeros((175, 400, 3), np.uint8)
    with pytest.raises(ValueError, match="176"):
        likeness.ms_ssim(small, small, data_range=255)


def test_gmsd_reference(pair):
    def gradient(picture):
        plane = downscale_local_mean(picture @ np.array([0.299, 0.587, 0.114]), (2, 2))
        return np.hypot(*(ndimage.prewitt(plane, axis, mode="nearest") / 3 for axis in (0, 1)))

    first, second = (gradient(picture) for picture in pair)
    expected = ((2 * first * second + 170) / (first**2 + second**2 + 170)).std()
    assert likeness.gmsd(*pair, data_range=255) == pytest.approx(expected, abs=1e-9)
    assert likeness.gmsd(*scale(pair, 1 / 255), data_range=1) == pytest.approx(expected, abs=1e-9)
    assert likeness.gmsd(pair[0], pair[0], data_range=255) == 0


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
