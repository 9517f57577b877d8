"""Clipping and colours, place by place."""

import cv2
import numpy as np
import pytest

from underdrawing.tamper.colours import clipped_share, colour_evidence

SIZE = (16, 24)


def picture(height_px=320, width_px=480, seed=0):
    """Smooth colours, H×W×3 uint8, clipped nowhere."""
    rough = np.random.default_rng(seed).uniform(50, 205, (6, 8, 3)).astype(np.float32)
    return cv2.resize(rough, (width_px, height_px), interpolation=cv2.INTER_CUBIC).clip(5, 250).astype(np.uint8)


def direct_share(pixels, size):
    """Share of clipped pixels by counting them."""
    brightest = pixels.max(axis=2)
    clipped = (brightest < 4) | (brightest > 251) | (pixels.min(axis=2) == 0)
    height, width = clipped.shape[0] // size[0], clipped.shape[1] // size[1]
    return clipped.reshape(size[0], height, size[1], width).mean(axis=(1, 3))


@pytest.mark.parametrize("factor", [1, 257])
def test_reference_the_clipped_share_is_the_share_of_clipped_pixels(factor):
    pixels = np.random.default_rng(1).integers(0, 256, (320, 480, 3)).astype(np.uint8)
    pixels[:160, :240] //= 40
    share = clipped_share(pixels.astype(np.uint8 if factor == 1 else np.uint16) * factor, size=SIZE)
    assert np.allclose(share, direct_share(pixels, SIZE), atol=0.04)
    assert abs(share.mean() - direct_share(pixels, SIZE).mean()) < 0.002


def test_limits_a_little_less_than_white_is_not_clipped():
    pixels = np.full((64, 96, 3), 251, dtype=np.uint8)
    assert not clipped_share(pixels, size=SIZE).any()
    assert (clipped_share(pixels + np.uint8(1), size=SIZE) == 1).all()


def test_reference_one_black_channel_is_enough():
    pixels = np.full((64, 96, 3), 90, dtype=np.uint8)
    pixels[:32, :, 1] = 0
    share = clipped_share(pixels, size=SIZE)
    assert (share[:8] == 1).all()
    assert not share[8:].any()
    assert np.array_equal(share, clipped_share(pixels.astype(np.uint16) * 257, size=SIZE))


def test_reference_other_colours_speak_against_a_place_and_the_same_hardly_for_it():
    original = picture()
    suspect = original.copy()
    suspect[80:240, 120:360] = suspect[80:240, 120:360, ::-1] ^ 0x80
    changed = np.zeros(SIZE, dtype=bool)
    changed[4:12, 6:18] = True
    nats = colour_evidence(suspect, cv2.resize(original, (256, 256)), ~changed, size=SIZE)
    assert np.median(nats[changed]) < -3
    assert np.abs(nats[~changed]).mean() < 0.5


def test_reference_a_change_of_tone_is_no_evidence():
    original = picture()
    toned = np.rint(original * 0.8 + 20).astype(np.uint8)
    nats = colour_evidence(toned, cv2.resize(original, (256, 256)), np.ones(SIZE, dtype=bool), size=SIZE)
    assert np.abs(nats).max() < 0.5


def test_reference_a_large_picture_tells_what_its_small_copy_tells():
    small = picture(64, 96, seed=2)
    large = cv2.resize(small, (1920, 1280), interpolation=cv2.INTER_NEAREST)
    other = picture(256, 256, seed=3)
    everywhere = np.ones(SIZE, dtype=bool)
    first, second = (colour_evidence(pixels, other, everywhere, size=SIZE) for pixels in (small, large))
    assert np.allclose(first, second, atol=0.3)
    assert np.abs(first - second).mean() < 0.02


def test_limits_too_few_trusted_places_tell_nothing():
    assert not colour_evidence(picture(), picture(seed=4), np.zeros(SIZE, dtype=bool), size=SIZE).any()


def test_shapes_sixteen_bits_say_the_same():
    suspect, other = picture(), picture(256, 256, seed=5)
    everywhere = np.ones(SIZE, dtype=bool)
    eight = colour_evidence(suspect, other, everywhere, size=SIZE)
    sixteen = colour_evidence(suspect.astype(np.uint16) * 257, other, everywhere, size=SIZE)
    assert eight.shape == SIZE
    assert eight.dtype == np.float32
    assert np.allclose(eight, sixteen, atol=0.3)
