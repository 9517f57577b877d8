"""A photograph and bits for it."""

import cv2
import numpy as np
import pytest
from skimage import data


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """OpenCV on one thread: quicker for pictures this small, and steadier."""
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def photograph():
    return np.ascontiguousarray(data.astronaut()[:384, :320])


@pytest.fixture(scope="session")
def bits_for():
    """Random bits, as many as a carrier takes for a picture."""

    def make(carrier, pixels, seed=0):
        return np.random.default_rng(seed).integers(0, 2, carrier.capacity_bits(pixels), dtype=np.uint8)

    return make
