"""Colours undone."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.recovery import fitted_recolouring

TURNED = np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])


def scene(mixing=TURNED):
    """A photograph at 256×256, a blurred memory of it, the same with a region in other colours, and the region."""
    original = cv2.resize(data.coffee(), (256, 256), interpolation=cv2.INTER_AREA)
    remembered = cv2.GaussianBlur(original, (0, 0), 4)
    mask = np.zeros((256, 256), dtype=bool)
    mask[60:190, 70:200] = True
    suspect = original.copy()
    suspect[mask] = np.rint(np.clip(original[mask] @ mixing.T, 0, 255)).astype(np.uint8)
    return original, remembered, suspect, mask


def test_reference_other_colours_are_undone_with_all_detail():
    original, remembered, suspect, mask = scene()
    recolouring = fitted_recolouring(suspect, remembered, mask)
    assert recolouring is not None
    undone = recolouring.undone(suspect, mask)
    scores = [masked_psnr_db(original, one, mask, data_range=255) for one in (suspect, remembered, undone)]
    assert scores[2] > scores[0] + 8
    assert scores[2] > scores[1] + 3
    assert np.array_equal(undone[~mask], suspect[~mask])


def test_sixteen_bits_are_treated_alike():
    _, remembered, suspect, mask = scene()
    recolouring = fitted_recolouring(suspect, remembered, mask)
    wide = recolouring.undone(suspect.astype(np.uint16) * 257, mask)
    assert wide.dtype == np.uint16
    assert np.abs(wide / 257 - recolouring.undone(suspect, mask)).max() < 1


def test_limits_something_else_is_not_another_colour():
    _, remembered, suspect, mask = scene()
    suspect[mask] = suspect[::-1, ::-1][mask]
    assert fitted_recolouring(suspect, remembered, mask) is None


def test_limits_the_same_colours_are_nothing_to_undo():
    _, remembered, suspect, mask = scene(np.eye(3))
    assert fitted_recolouring(suspect, remembered, mask) is None


@pytest.mark.parametrize("side", [0, 3])
def test_limits_too_small_a_region_tells_nothing(side):
    _, remembered, suspect, _ = scene()
    speck = np.zeros((256, 256), dtype=bool)
    speck[100 : 100 + side, 100 : 100 + side] = True
    assert fitted_recolouring(suspect, remembered, speck) is None
