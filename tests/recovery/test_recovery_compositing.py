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


def test_reference_the_seam_hardly_shows():
    """What was remembered has lost its detail; next to the seam it is led over to what it meets there."""
    _original, suspect, remembered, mask = scene()
    blurred = cv2.GaussianBlur(remembered, (0, 0), 6)
    pasted = np.where(mask[..., None], cv2.resize(blurred, mask.shape[::-1], interpolation=cv2.INTER_CUBIC), suspect)
    assert step_at_seam(paint_back(suspect, blurred, mask), mask) < 0.6 * step_at_seam(pasted, mask)


def step_at_seam(picture, mask):
    """Mean difference of the pixels on both sides of a seam, in grey levels."""
    steps = [
        np.abs(np.diff(picture.astype(float), axis=axis))[np.diff(mask.astype(int), axis=axis) != 0].mean()
        for axis in (0, 1)
    ]
    return float(np.mean(steps))


def test_reference_each_pixel_at_the_seam_is_the_mean_of_its_neighbours():
    """Round by round over whole planes; a region at the edge of the picture, one in its middle, and a speck.

    All is even but the pixels that meet the regions, which alone differ from what was remembered.
    """
    mask = np.zeros((256, 256), dtype=bool)
    mask[:40, 200:] = mask[100:140, 60:90] = mask[200, 100] = True
    rim = (cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0) & ~mask
    suspect = np.where(rim[..., None], np.uint8(158), np.uint8(128)).repeat(3, axis=2)
    off = np.where(rim, 30.0, 0.0)
    seam = mask & (cv2.erode(mask.astype(np.uint8), np.ones((13, 13)), borderType=cv2.BORDER_REPLICATE) == 0)
    for _ in range(6):
        wide = np.pad(off, 1, mode="edge")
        off = np.where(seam, (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / 4, off)
    painted = paint_back(suspect, np.full((256, 256, 3), 128, np.uint8), mask)
    expected = np.where(mask, np.rint(128 + off), suspect[..., 0])
    assert np.abs(painted - expected[..., None]).max() <= 1
    assert np.ptp(painted[mask].astype(int)) > 20


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
