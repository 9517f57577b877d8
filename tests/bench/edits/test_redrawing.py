"""Redrawing by the autoencoder: every size, the same place, nothing outside the region."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.edits.redrawing import redrawn, redrawn_inside
from underdrawing.shipped import tokenizer


def test_a_tile_is_what_the_tokenizer_says():
    tile = np.ascontiguousarray(data.astronaut()[100:356, 100:356])
    np.testing.assert_array_equal(redrawn(tile), tokenizer().decode(tokenizer().encode(tile)))


@pytest.mark.parametrize("size", [(40, 30), (256, 300), (400, 512)])
def test_every_size_keeps_its_shape_and_its_coarse_content(size):
    picture = np.ascontiguousarray(data.astronaut()[: size[0], : size[1]])
    drawn = redrawn(picture)
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8
    coarse = [cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA).astype(int) for image in (picture, drawn)]
    assert np.abs(coarse[0] - coarse[1]).mean() < 4
    assert (drawn != picture).any(axis=2).mean() > 0.7


def test_tiles_leave_no_seam():
    """Where tiles meet, neighbouring pixels differ no more than elsewhere."""
    picture = np.ascontiguousarray(cv2.resize(data.astronaut(), (480, 256), interpolation=cv2.INTER_AREA))
    steps = np.abs(np.diff(redrawn(picture).astype(int), axis=1)).mean(axis=(0, 2))
    own = np.abs(np.diff(picture.astype(int), axis=1)).mean(axis=(0, 2))
    assert (steps[222:258] < 2 * own[222:258] + 3).all()


def test_a_region_is_redrawn_and_the_rest_stays():
    picture = data.astronaut()
    mask = np.zeros(picture.shape[:2], bool)
    mask[60:180, 150:300] = True
    drawn = redrawn_inside(picture, mask)
    np.testing.assert_array_equal(drawn[~mask], picture[~mask])
    assert (drawn[mask] != picture[mask]).any(axis=1).mean() > 0.75
    mask[...] = False
    mask[0, 0] = mask[511, 511] = True
    np.testing.assert_array_equal(redrawn_inside(picture, mask)[~mask], picture[~mask])
