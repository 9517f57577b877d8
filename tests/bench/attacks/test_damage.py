import numpy as np
import pytest
from scipy import signal
from skimage import data

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.attacks.damage import KINDS, denoised
from underdrawing.errors import UsageError


@pytest.fixture(scope="module")
def coffee():
    return data.coffee()[:200, :240]


@pytest.mark.parametrize("window_px", [3, 5, 9])
def test_denoising_reference(window_px, coffee):
    """Against SciPy's Wiener filter, away from the edges, where the two continue pictures differently."""
    inside = np.s_[window_px:-window_px, window_px:-window_px]
    measured = denoised(coffee, window_px)
    for channel in range(3):
        plane = coffee[..., channel].astype(float)
        # The strength of the noise is taken over all windows; SciPy's at the edges see zeros outside, ours a mirror.
        padded = np.pad(plane, window_px, mode="reflect")
        mean = signal.correlate(padded, np.ones((window_px,) * 2), "same")[window_px:-window_px, window_px:-window_px]
        square = signal.correlate(padded**2, np.ones((window_px,) * 2), "same")[
            window_px:-window_px, window_px:-window_px
        ]
        noise = (square / window_px**2 - (mean / window_px**2) ** 2).mean()
        with np.errstate(divide="ignore", invalid="ignore"):  # SciPy divides by the variance of flat places
            expected = np.clip(np.rint(signal.wiener(plane, window_px, noise)), 0, 255)
        assert np.abs(measured[..., channel][inside] - expected[inside]).max() <= 1


def test_denoising_takes_noise_away():
    rng = np.random.default_rng(0)
    clean = np.full((128, 128, 3), 120.0) + 60 * (np.arange(128) > 64)[None, :, None]
    noisy = np.clip(np.rint(clean + rng.normal(0, 6, clean.shape)), 0, 255).astype(np.uint8)
    assert np.square(denoised(noisy, 5) - clean).mean() < 0.25 * np.square(noisy - clean).mean()


def test_every_kind_names_a_family_and_a_range():
    for word, kind in KINDS.items():
        assert word.isalpha()
        assert word.islower()
        assert kind.low <= kind.high
        assert set(kind.choices) <= {choice for choice in kind.choices if kind.low <= choice <= kind.high}


@pytest.mark.parametrize(
    "name", ["wiener4", "median4", "wiener", "tokens100", "tokens", "autoencoder2", "halftone1", "light2"]
)
def test_rejects_numbers_a_kind_does_not_take(name):
    with pytest.raises(UsageError, match=r"expected|leave it away"):
        pixelwise.get(name)
