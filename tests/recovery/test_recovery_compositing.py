"""Painting back."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.recovery import paint_back


def scene():
    """A photograph, the same with a black box on it, the photograph at 256×256, and the mask of the box."""
    original = data.astronaut()
    mask = np.zeros(original.shape[:2], dtype=bool)
    mask[150:330, 200:420] = True
    remembered = cv2.resize(original, (256, 256), interpolation=cv2.INTER_AREA)
    return original, np.where(mask[..., None], 0, original).astype(np.uint8), remembered, mask


def test_reference_outside_the_mask_nothing_changes():
    _, suspect, remembered, mask = scene()
    assert np.array_equal(paint_back(suspect, remembered, mask)[~mask], suspect[~mask])


def test_reference_inside_comes_back_what_was_remembered():
    original, suspect, remembered, mask = scene()
    assert masked_psnr_db(original, paint_back(suspect, remembered, mask), mask, data_range=255) > 35


def test_reference_a_small_error_of_colour_is_corrected_at_the_seam():
    original, suspect, remembered, mask = scene()
    tinted = np.clip(remembered.astype(int) + np.array([10, -6, 4]), 0, 255).astype(np.uint8)
    painted = paint_back(suspect, tinted, mask)
    assert masked_psnr_db(original, painted, mask, data_range=255) > 32


def test_reference_a_wrong_neighbourhood_cannot_spoil_the_region():
    """Something beside the region was changed too and missed: the correction stays small."""
    original, suspect, remembered, mask = scene()
    suspect = np.where(mask[..., None], suspect, 255 - suspect)
    change = paint_back(suspect, remembered, mask)[mask].astype(int) - original[mask]
    assert abs(np.median(change)) <= 17


def test_shapes_sixteen_bits():
    original, suspect, remembered, mask = scene()
    painted = paint_back(suspect.astype(np.uint16) * 257, remembered, mask)
    assert painted.dtype == np.uint16
    assert masked_psnr_db(original, painted / 257, mask, data_range=255) > 35


@pytest.mark.parametrize("everything", [False, True])
def test_limits_nothing_and_everything(everything):
    original, suspect, remembered, mask = scene()
    painted = paint_back(suspect, remembered, np.full_like(mask, everything))
    if not everything:
        assert np.array_equal(painted, suspect)
    else:
        assert masked_psnr_db(original, painted, np.full_like(mask, True), data_range=255) > 35


def test_deterministic():
    _, suspect, remembered, mask = scene()
    assert np.array_equal(paint_back(suspect, remembered, mask), paint_back(suspect, remembered, mask))


def test_reference_a_canvas_at_hand_paints_the_same():
    _, suspect, remembered, mask = scene()
    canvas = cv2.resize(suspect, (256, 256), interpolation=cv2.INTER_AREA)
    with_it = paint_back(suspect, remembered, mask, canvas=canvas)
    assert np.abs(with_it.astype(int) - paint_back(suspect, remembered, mask)).max() <= 1
