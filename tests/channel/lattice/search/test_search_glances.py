"""What is tried covers what is promised."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.search.folding import Voice
from underdrawing.channel.lattice.search.glances import (
    any_scale,
    bent,
    boxed,
    boxed_in_part,
    cut_and_turned,
    cut_finely,
    cut_out,
    rotated,
    stretched,
    tilted,
    turned,
)
from underdrawing.channel.profiles import Profile

SIZE = (700, 1000)


def scale(linear):
    return float(np.sqrt(abs(np.linalg.det(linear))))


def test_reference_every_scale_is_tried_to_within_half_a_percent():
    tried = [scale(glance.linear @ finer) * BLOCK for glance in any_scale(SIZE) for finer in glance.stretches]
    for block in np.geomspace(8.5, 70, 200):
        assert np.abs(np.array(tried) / block - 1).min() < 0.005


def test_reference_crops_of_small_pictures_are_looked_for_at_every_scale_and_shape():
    tried = [
        np.diag(glance.linear @ finer) * BLOCK for glance in cut_finely((270, 350), 256) for finer in glance.stretches
    ]
    across, down = np.array(tried).T
    for block in np.geomspace(17, 44, 40):
        for aspect in (0.985, 1.0, 1.016):
            near = np.abs(down / block - 1) < 0.0035
            assert np.abs(across[near] / (block * aspect) - 1).min() < 0.01


@pytest.mark.parametrize("size", [(300, 400), (552, 780), (900, 1100)])
def test_reference_crops_and_pages_are_looked_for_to_a_quarter_of_a_percent(size):
    tried = [scale(glance.linear @ finer) * BLOCK for glance in cut_finely(size, 512) for finer in glance.stretches]
    for block in np.geomspace(8.5, min(min(size) / 12, 52) / 1.02, 200):
        assert np.abs(np.array(tried) / block - 1).min() < 0.0035


def test_limits_large_suspects_are_looked_at_finely_for_the_largest_grid_alone():
    assert not [glance for side in (256, 512) for glance in cut_finely((1080, 1920), side)]
    assert not list(cut_finely((900, 1100), 1024))
    tried = [scale(g.linear @ finer) * BLOCK for g in cut_finely((1080, 1920), 1024) for finer in g.stretches]
    for block in np.geomspace(1080 / 64, 1080 / 21, 100):
        assert np.abs(np.array(tried) / block - 1).min() < 0.0055
    assert not list(cut_finely((50, 300), 256))


@pytest.mark.parametrize("side", [256, 512])
def test_reference_smaller_grids_are_looked_for_once_at_every_scale(side):
    """Finely where one may have been cut out, else as coarsely as others."""
    for size in ((300, 400), (500, 700), (700, 900), (1080, 1600)):
        if side == 256 and size[0] > 900:
            continue
        blocks = [
            scale(glance.linear) * BLOCK
            for glance in (*any_scale(size), *cut_finely(size, side))
            if any(voice == Voice(side, Profile.STANDARD) for voice in glance.voices)
        ]
        largest = min(min(size) / 10, 48)
        assert np.diff([8.0, *sorted(blocks)]).max() / largest < 0.08
        assert max(blocks) > 0.96 * largest
        fine = len(list(cut_finely(size, side)))
        assert not fine or len(blocks) < len(list(any_scale(size))) + fine
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


def test_reference_a_box_with_wrong_ends_is_looked_at_for_the_scale_its_width_tells():
    scales = [scale(glance.linear) for glance in boxed_in_part((956, 717))]
    for short, sides in ((717, (512, 1024)), (956, (512, 1024))):
        for side in sides:
            assert np.abs(np.array(scales) / (short / side) - 1).min() < 1e-9
    assert all(glance.frame_px is None for glance in boxed_in_part((956, 717)))


def test_reference_a_cut_is_no_larger_than_what_it_was_cut_from():
    cuts = list(cut_out((610, 700)))
    assert {cut.voice.side_px for cut in cuts} == {512, 1024}
    assert min(cut.linear[1, 1] * cut.voice.side_px for cut in cuts) >= 610
    assert {cut.voice.side_px for cut in cut_out((1100, 1500))} == {1024}


@pytest.mark.parametrize(("size", "ways"), [((200, 300), 0), ((400, 512), 7), ((512, 700), 7), ((1080, 1920), 0)])
def test_reference_turned_cuts_are_looked_for_in_suspects_of_their_size(size, ways):
    turns = [matrix for matrix, _ in cut_and_turned(size)]
    assert len(turns) == ways
    assert not any(np.allclose(matrix, np.eye(2)) for matrix in turns)


def test_limits_enlarged_pictures_are_not_looked_for_turned():
    for size in ((1080, 1920), (2000, 3000)):
        assert {voice.side_px for glance in rotated(size) for voice in glance.voices} == {1024}


def test_limits_small_suspects_are_not_looked_for_in_large_pictures():
    assert {cut.voice.side_px for cut in cut_out((320, 480))} == {512}
    shorts = [cut.linear.max() * cut.voice.side_px for cut in cut_out((700, 900)) if cut.voice.side_px == 1024]
    assert 1080 < max(shorts) < 2160, "a fifth of 1500×2000 pixels, not a thirteenth of 2160×3840"


@pytest.mark.parametrize("size", [(1969, 1931), (500, 741), (1242, 1928)])
def test_reference_a_stretched_picture_is_looked_for_whichever_side_was_the_long_one(size):
    """Of 2048×1969, 741×535 and 2048×1242 pixels, with one side squeezed by 6 or 7 %."""
    original = {(1969, 1931): (1969, 2048), (500, 741): (535, 741), (1242, 1928): (1242, 2048)}[size]
    side = max(side for side in (256, 512, 1024) if side <= min(size))
    rows, columns = WorkingGrid.for_image(*original, side_px=side).size_px
    true = np.array([size[1] / columns, size[0] / rows])
    centre = np.array(size[::-1]) * [0.55, 0.7]
    fits = [
        glance
        for glance in stretched(size)
        for finer in glance.stretches
        if np.abs(np.diag(glance.linear @ finer) / true - 1).max() < 0.008
        and (
            np.abs(glance.expected(centre, size).place_px - centre / true) <= glance.expected(centre, size).slack_px
        ).all()
    ]
    assert any(voice.side_px == side for glance in fits for voice in glance.voices)


@pytest.mark.parametrize("degrees", [-7.3, 2.2])
def test_reference_a_turn_that_is_known_is_tried_as_it_is(degrees):
    angle = np.deg2rad(degrees)
    glances = list(tilted(SIZE, angle))
    assert all(np.arctan2(*glance.linear[::-1, 0]) == pytest.approx(angle) for glance in glances)
    assert {glance.voices[0].side_px for glance in glances} == {256, 512, 1024}
    for glance in glances:
        assert np.allclose(
            glance.expected(np.array(SIZE[::-1]) / 2, SIZE).place_px, np.array(glance.frame_px[::-1]) / 2
        )


def test_reference_the_edges_of_a_box_may_be_a_few_pixels_off():
    for glance in boxed(SIZE):
        steps = [np.diag(glance.linear @ finer) for finer in glance.stretches]
        grid = WorkingGrid.for_image(*SIZE, side_px=glance.voices[0].side_px)
        for off in (-2, 0, 2):
            wanted = (np.array(SIZE[::-1]) + off) / grid.size_px[::-1]
            assert min(np.abs(step / wanted - 1).max() for step in steps) < 0.0025
