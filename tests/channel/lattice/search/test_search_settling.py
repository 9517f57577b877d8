"""Making a placement exact: the truth is among what is told for likely."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from search_truth import errors_px, movement, true_matrix
from skimage import data

from scenes import FIRST_TIER_BITS, message
from underdrawing.channel.lattice import capacity_bits, embed
from underdrawing.channel.lattice.grid import WorkingGrid, luminance
from underdrawing.channel.lattice.search import Luma, Voice
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.following import whole_window
from underdrawing.channel.lattice.search.placement import Placement
from underdrawing.channel.lattice.search.settling import likely_cuts, settled
from underdrawing.channel.profiles import Profile


@pytest.fixture(scope="module")
def cut():
    """Two thirds of a picture on the smallest grid, where it lies, and what is to be heard of it."""
    picture = cv2.resize(data.coffee(), (660, 440), interpolation=cv2.INTER_AREA)
    copy = movement("crop0.67+jpeg75", embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels)
    grid = WorkingGrid.for_embedding(*copy.original_size)
    placement = Placement(grid, true_matrix(copy), copy.size, 9.0)
    lead = Lead(Voice(grid.side_px, Profile.STANDARD), placement.matrix, 9.0)
    return copy, placement, lead, whole_window(lead, Luma(luminance(copy.pixels)), None)


def test_reference_the_true_place_is_one_of_the_likely_cuts(cut):
    copy, placement, lead, window = cut
    beside = np.array([[1.002, 0.001, 0.8], [0, 0.998, -0.7], [0, 0, 1]])
    cuts = likely_cuts(replace(placement, matrix=beside @ placement.matrix), lead, window)
    assert len(cuts) == 3
    assert (
        min(errors_px(each.matrix, copy).max() for each in cuts)
        < 0.6
        < errors_px(beside @ placement.matrix, copy).max()
    )
    for each in cuts:
        corners = each.matrix @ np.array([[0, 0, 1], [*placement.grid.size_px[::-1], 1]]).T
        sides = corners[:2, 1] - corners[:2, 0]
        assert np.allclose(sides, np.rint(sides), atol=1e-6)


def test_reference_settling_ends_nearer_to_the_truth(cut):
    copy, placement, lead, window = cut
    beside = np.array([[1.001, 0.0, 0.5], [0, 0.999, -0.5], [0, 0, 1]]) @ placement.matrix
    exact = settled(replace(placement, matrix=beside), lead, window)
    before, after = (np.median(errors_px(matrix, copy)) for matrix in (beside, exact.matrix))
    assert after < 0.5 * before


def test_limits_where_nothing_is_seen_nothing_is_likely(cut):
    _, placement, lead, window = cut
    away = np.array([[1, 0, 1e5], [0, 1, 1e5], [0, 0, 1.0]]) @ placement.matrix
    assert likely_cuts(replace(placement, matrix=away), lead, window) == []
