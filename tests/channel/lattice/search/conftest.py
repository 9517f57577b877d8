"""A marked photograph that is wider than high, made once."""

import cv2
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, message
from underdrawing.channel.lattice import capacity_bits, embed


@pytest.fixture(scope="session")
def wide():
    """A marked photograph of 840×620 pixels, on the grid of 512."""
    photograph = cv2.resize(data.coffee(), (840, 620), interpolation=cv2.INTER_AREA)
    return embed(photograph, message(FIRST_TIER_BITS, *capacity_bits(photograph))).pixels
