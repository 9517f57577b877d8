import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage import data
from skimage.metrics import structural_similarity
from skimage.transform import downscale_local_mean

from underdrawing.bench.metrics import likeness, structural


def scale(pictures, factor):
    return tuple(picture.astype(float) * factor for picture in pictures)


@pytest.mark.parametrize("factor", [1, 1 / 255])
def test_ssim_reference(pair, factor):
    expected = structural_similarity(
        *pair, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert structural.ssim(*scale(pair, factor), data_range=255 * factor) == pytest.approx(expected, abs=1e-6)
    assert structural.ssim(pair[0], pair[0], data_range=255) == pytest.approx(1)


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
    assert structural.ms_ssim(*pair, data_range=255) == pytest.approx(expected, abs=1e-6)
    assert structural.ms_ssim(pair[0], pair[0], data_range=255) == pytest.approx(1)


def test_ms_ssim_rejects_small_pictures():
    small = np.zeros((175, 400, 3), np.uint8)
    with pytest.raises(ValueError, match="176"):
        structural.ms_ssim(small, small, data_range=255)


RECORDED = {0.5: 0.998919, 2.0: 0.960775}
"""MS-SSIM of a blurred photograph by piq 0.8.0, see ``record_piq.py``."""


@pytest.mark.parametrize("sigma", RECORDED)
def test_ms_ssim_reference_of_piq(sigma):
    original = data.astronaut()[:256, :256]
    damaged = np.rint(ndimage.gaussian_filter(original.astype(float), (sigma, sigma, 0))).astype(np.uint8)
    assert structural.ms_ssim(original, damaged, data_range=255) == pytest.approx(RECORDED[sigma], abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    low=st.integers(0, 250),
    spread=st.integers(0, 5),
    shift=st.integers(-4, 4),
    size=st.tuples(st.integers(11, 40), st.integers(11, 40)),
)
def test_float32_is_as_good_as_float64_where_squares_nearly_cancel(low, spread, shift, size):
    """Flat and bright places are the hard case: there the variance is a small difference of large numbers."""
    first = np.random.default_rng(low).integers(low, low + spread + 1, size).astype(np.uint8)
    second = np.clip(first.astype(int) + shift, 0, 255).astype(np.uint8)
    expected = structural_similarity(
        first, second, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert structural.ssim(first, second, data_range=255) == pytest.approx(expected, abs=1e-4)


def test_single_planes_and_colours_agree(pair):
    planes = [structural.ms_ssim(pair[0][..., c], pair[1][..., c], data_range=255) for c in range(3)]
    assert structural.ms_ssim(*pair, data_range=255) == pytest.approx(np.mean(planes))


def test_likeness_has_them_too():
    assert likeness.ssim is structural.ssim
    assert likeness.ms_ssim is structural.ms_ssim


def test_halved_leaves_an_odd_row_and_column_out():
    plane = np.arange(35, dtype=np.float32).reshape(5, 7)
    np.testing.assert_array_equal(structural.halved(plane), plane[:4, :6].reshape(2, 2, 3, 2).mean(axis=(1, 3)))
