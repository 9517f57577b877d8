"""What is tried covers what is promised."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.search.folding import Voice
from underdrawing.channel.lattice.search.glances import any_scale, bent, cut_out, cut_small, rotated, stretched, turned
from underdrawing.channel.profiles import Profile

SIZE = (700, 1000)


def scale(linear):
    return float(np.sqrt(abs(np.linalg.det(linear))))


def test_reference_every_scale_is_tried_to_within_half_a_percent():
    tried = [scale(glance.linear @ finer) * BLOCK for glance in any_scale(SIZE) for finer in glance.stretches]
    for block in np.geomspace(8.5, 70, 200):
        assert np.abs(np.array(tried) / block - 1).min() < 0.005


def test_reference_crops_of_small_pictures_are_looked_for_at_every_scale_and_shape():
    tried = [np.diag(glance.linear @ finer) * BLOCK for glance in cut_small((270, 350)) for finer in glance.stretches]
    across, down = np.array(tried).T
    for short in range(280, 511, 7):
        block = short / 256 * BLOCK
        for aspect in (0.985, 1.0, 1.016):
            near = np.abs(down / block - 1) < 0.0035
            assert np.abs(across[near] / (block * aspect) - 1).min() < 0.01


def test_limits_no_crop_of_a_small_picture_is_larger_than_that():
    assert len(list(cut_small((500, 600)))) < 5
    assert not list(cut_small((512, 768)))
    assert not list(cut_small((90, 300)))


def test_reference_small_pictures_are_looked_for_once_at_every_scale():
    """Finely where one may have been cut out, else as coarsely as others."""
    for size in ((300, 400), (500, 700), (700, 900)):
        blocks = [
            scale(glance.linear) * BLOCK
            for glance in (*any_scale(size), *cut_small(size))
            if any(voice == Voice(256, Profile.STANDARD) for voice in glance.voices)
        ]
        largest = min(min(size) / 10, 48)
        assert np.diff([8.0, *sorted(blocks)]).max() / largest < 0.08
        assert max(blocks) > 0.96 * largest
    assert not any(voice.side_px == 256 for glance in any_scale((1080, 1920)) for voice in glance.voices)


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
