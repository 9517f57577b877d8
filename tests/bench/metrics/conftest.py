"""What the measures of likeness are tried on."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import data


@pytest.fixture(scope="module")
def pair():
    """A photograph and a damaged copy, 256×300 uint8."""
    original = data.astronaut()[:256, :300]
    noise = np.random.default_rng(0).normal(0, 12, original.shape)
    damaged = ndimage.gaussian_filter(original.astype(float), (0.8, 0.8, 0)) + noise
    return original, np.clip(damaged, 0, 255).astype(np.uint8)
