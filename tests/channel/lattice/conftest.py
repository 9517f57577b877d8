"""Photographs, and one of them marked, made once."""

import cv2
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, message, mosaic
from underdrawing.channel.lattice import capacity_bits, embed


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """OpenCV on one thread: quicker for pictures this small, and steadier."""
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def astronaut():
    return data.astronaut()


@pytest.fixture(scope="session")
def tiers(astronaut):
    """A message as large as the photograph takes."""
    return message(FIRST_TIER_BITS, *capacity_bits(astronaut))


@pytest.fixture(scope="session")
def marked(astronaut, tiers):
    return embed(astronaut, tiers)


@pytest.fixture(scope="session")
def large_tiers():
    return message(FIRST_TIER_BITS, *capacity_bits(mosaic()))


@pytest.fixture(scope="session")
def large(large_tiers):
    """A marked photograph of 1024×1024 pixels, with room for every tier."""
    return embed(mosaic(), large_tiers)
