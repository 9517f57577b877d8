from itertools import pairwise

import numpy as np
import pytest
from skimage import data

from scenes import mosaic, resized
from underdrawing.channel import Profile
from underdrawing.channel.lattice import Filling, capacity_bits, offer
from underdrawing.errors import ImageTooSmallError


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("make", [data.coffee, data.astronaut, mosaic], ids=["256", "512", "1024"])
def test_shapes_three_tiers_of_whole_bits(profile, make):
    offered = capacity_bits(make(), profile=profile)
    assert len(offered) == 3
    assert all(isinstance(bits, int) and bits >= 0 for bits in offered)


def test_limits_a_larger_picture_offers_no_less():
    sizes = [capacity_bits(resized(mosaic(), factor)) for factor in (0.25, 0.5, 1)]
    for small, large in pairwise(sizes):
        assert sum(small) <= sum(large)


def test_limits_a_picture_of_1024_takes_the_detail_and_all_of_the_fine_tier():
    core, detail, fine = capacity_bits(mosaic())
    assert core >= 1600
    assert detail >= 3072
    assert fine >= 12 * 1024


def test_limits_a_smooth_picture_of_1024_takes_as_much_as_lasts_and_a_caption_at_least():
    smooth = data.rocket()[:, :427]
    short = capacity_bits(resized(smooth, 1024 / 427))
    flat = capacity_bits(np.full((1024, 1024, 3), 99, dtype=np.uint8))
    assert short[:2] == flat[:2] == capacity_bits(mosaic())[:2], "the tiers before it stay as they are"
    assert 5600 <= short[2] < 0.5 * capacity_bits(mosaic())[2]
    assert flat[2] in (0, 5600)


def test_limits_a_flat_picture_is_promised_what_every_picture_is():
    flat = np.full((512, 512, 3), 99, dtype=np.uint8)
    core, detail, fine = capacity_bits(flat)
    assert core >= 1600
    assert detail >= 3072
    assert fine == 0


def test_reference_only_pictures_that_are_smooth_for_the_most_part_are_marked_densely():
    assert offer(resized(data.rocket(), 1.25)).filling is Filling.DENSE
    assert offer(resized(data.rocket()[:, :427], 1024 / 427)).filling is Filling.DENSE
    assert offer(data.astronaut()).filling is Filling.USUAL
    assert offer(mosaic()).filling is Filling.USUAL
    discreet = offer(resized(data.rocket(), 1.25), profile=Profile.DISCREET)
    assert discreet.filling is Filling.USUAL, "it promises to stay quiet"


def test_limits_depth_does_not_matter():
    pixels = data.astronaut()
    assert capacity_bits(pixels.astype(np.uint16) * 257) == capacity_bits(pixels)


def test_rejects_a_picture_that_can_carry_nothing():
    with pytest.raises(ImageTooSmallError, match="at least 256 px"):
        capacity_bits(data.astronaut()[:255])


def test_deterministic():
    assert capacity_bits(data.coffee()) == capacity_bits(data.coffee())
