"""Texture at the suspect's own size: as strong as around the region, and nothing where nothing is."""

import cv2
import numpy as np
import pytest

from underdrawing.recovery.texturing import refined


@pytest.fixture(scope="module")
def mask():
    mask = np.zeros((640, 960), bool)
    mask[200:450, 300:650] = True
    return mask


def rough(strength, seed=0):
    """A grey picture of noise in all octaves."""
    rng = np.random.default_rng(seed)
    plane = sum(
        cv2.resize(rng.normal(0, strength, (640 // step, 960 // step)), (960, 640), interpolation=cv2.INTER_CUBIC)
        for step in (1, 2, 4, 8, 16)
    )
    return np.clip(np.rint(128 + plane), 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def softened(picture, mask):
    """The picture with a region as it is painted: with nothing finer than a 256th of it."""
    small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(mask[..., None], soft, picture)


def finest(picture, where):
    """Mean size of what only neighbouring pixels show."""
    plane = picture[..., 0].astype(np.float32)
    return float(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 1))[where].mean())


@pytest.mark.parametrize("strength", [4, 9])
def test_reference_detail_is_nearly_as_strong_as_around(mask, strength):
    picture = rough(strength)
    painted = softened(picture, mask)
    result = refined(painted, mask)
    inside = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert finest(painted, inside) < 0.35 * finest(picture, inside)
    assert 0.5 * finest(picture, inside) < finest(result, inside) < 1.1 * finest(picture, inside)


def test_every_other_pixel_stays(mask):
    picture = rough(6)
    painted = softened(picture, mask)
    before = painted.copy()
    result = refined(painted, mask)
    np.testing.assert_array_equal(result[~mask], picture[~mask])
    np.testing.assert_array_equal(painted, before)
    np.testing.assert_array_equal(result, refined(painted, mask))


def test_nothing_is_added_where_the_surroundings_are_smooth(mask):
    across = np.linspace(40, 200, 960, dtype=np.float32)
    smooth = np.rint(np.broadcast_to(across[None, :, None], (640, 960, 3))).astype(np.uint8)
    result = refined(smooth, mask)
    assert np.abs(result.astype(int) - smooth).max() <= 1


def test_sixteen_bits_are_treated_alike(mask):
    picture = rough(6)
    painted = softened(picture, mask)
    deep = refined(painted.astype(np.uint16) * 257, mask)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - refined(painted, mask)).max() < 1


@pytest.mark.parametrize("shape", [(256, 256), (200, 300), (64, 64)])
def test_limits_a_picture_no_larger_than_what_was_painted_has_no_finer_octave(shape):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    mask = np.zeros(shape, bool)
    mask[10:40, 10:40] = True
    np.testing.assert_array_equal(refined(picture, mask), picture)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_limits_without_a_region_or_surroundings_nothing_is_done(share):
    picture = rough(6)
    mask = np.full((640, 960), share > 0)
    np.testing.assert_array_equal(refined(picture, mask), picture)


def test_limits_a_single_pixel_and_all_but_one():
    picture = rough(6)
    for alone in (True, False):
        mask = np.full((640, 960), not alone)
        mask[0, 0] = alone
        result = refined(picture, mask)
        np.testing.assert_array_equal(result[~mask], picture[~mask])
