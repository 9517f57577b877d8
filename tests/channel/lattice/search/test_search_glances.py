"""What is tried covers what is promised."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.search.glances import any_scale, bent, cut_out, rotated, stretched, turned

SIZE = (700, 1000)


def scale(linear):
    return float(np.sqrt(abs(np.linalg.det(linear))))


def test_reference_every_scale_is_tried_to_within_half_a_percent():
    tried = [scale(glance.linear @ finer) * BLOCK for glance in any_scale(SIZE) for finer in glance.stretches]
    for block in np.geomspace(8.5, 70, 200):
        assert np.abs(np.array(tried) / block - 1).min() < 0.005


def test_reference_seven_orientations_of_each_grid_are_tried():
    matrices = [matrix for matrix, _ in turned(SIZE)]
    assert len(matrices) == 3 * 7
    upright = [matrix for matrix in matrices if matrix[0, 0] > 0 and matrix[1, 1] > 0]
    assert upright == []


def test_limits_blocks_too_small_to_be_heard_are_not_listened_for():
    small = (260, 300)
    assert {voice.side_px for glance in stretched(small) for voice in glance.voices} == {256}
    assert len(list(turned(small))) == 7
    assert min(scale(glance.linear) for glance in rotated((512, 768))) * BLOCK > 8.4


@pytest.mark.parametrize("stage", [stretched, rotated])
def test_limits_the_smallest_grid_is_listened_for_in_small_suspects_alone(stage):
    sides = {
        size: {voice.side_px for glance in stage(size) for voice in glance.voices}
        for size in ((340, 510), (512, 768), (1080, 1920))
    }
    assert 256 in sides[340, 510]
    assert 256 not in sides[512, 768] | sides[1080, 1920]


@pytest.mark.parametrize("degrees", [-10, -3.3, 5.9, 10])
def test_reference_turns_are_tried_to_within_a_quarter_of_a_degree(degrees):
    tried = [np.rad2deg(np.arctan2(*(g.linear @ f)[::-1, 0])) for g in rotated(SIZE) for f in g.stretches]
    assert np.abs(np.array(tried) - degrees).min() < 0.25


@pytest.mark.parametrize("stage", [stretched, rotated, bent])
def test_reference_whole_pictures_are_expected_in_the_middle(stage):
    for glance in stage(SIZE):
        expected = glance.expected(np.array(SIZE[::-1]) / 2, SIZE)
        assert np.allclose(expected.place_px, np.array(glance.frame_px[::-1]) / 2)
        assert min(expected.slack_px) >= 8


def test_reference_a_cut_is_no_larger_than_what_it_was_cut_from():
    shorts = [linear[1, 1] * 512 for linear, _, _ in cut_out((610, 700))]
    assert shorts
    assert min(shorts) >= 610
    assert not list(cut_out((1100, 1500)))
