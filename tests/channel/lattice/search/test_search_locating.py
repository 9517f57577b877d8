"""Locating: the offset in the frame and the size of it, told by all chips."""

from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message
from underdrawing import Picture, protect
from underdrawing.channel.lattice import capacity_bits, embed
from underdrawing.channel.lattice.design import BLOCK, WEAVE
from underdrawing.channel.lattice.grid import WorkingGrid, luminance
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search import Luma, Voice
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.guessing import guessed
from underdrawing.channel.lattice.search.locating import found_from, located
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.tuning import AFFINE, STEPS_PX, Tuner, nudged, sharpened, tuned, woven
from underdrawing.channel.lattice.search.window import Window
from underdrawing.channel.profiles import Profile

VOICE = Voice(1024, Profile.STANDARD)
CELL = BLOCK * WEAVE
LEFT, TOP = 212, 391


def lead_at(across, down):
    """A lead in a cut of the large picture that takes this place of the frame for the beginning of a cell."""
    return Lead(VOICE, np.array([[1, 0, across - LEFT], [0, 1, down - TOP], [0, 0, 1]], dtype=float), 0.0)


@pytest.fixture(scope="module")
def luma(large):
    return Luma(luminance(np.ascontiguousarray(large.pixels[TOP : TOP + 520, LEFT : LEFT + 610])))


@pytest.mark.parametrize("cells", [(4, 6), (5, 7), (3, 9)])
def test_reference_whichever_cell_a_lead_begins_at_the_frame_is_told(luma, cells):
    placement = located(lead_at(cells[0] * CELL, cells[1] * CELL), luma)
    assert placement.grid == WorkingGrid(1024, 64, 64)
    assert np.allclose(placement.matrix[:2, 2], (-LEFT, -TOP))
    assert placement.score > 20


def test_rejects_a_lead_that_is_off_by_a_few_pixels(luma):
    assert located(lead_at(4 * CELL + 5, 6 * CELL + 3), luma) is None


def test_rejects_another_key(luma):
    assert located(lead_at(4 * CELL, 6 * CELL), luma, key=b"q" * 32) is None


def faint(photograph, quality, *, score):
    """A lead in a cut of a picture of 480×320 on the grid of 256, exactly where it lies, and the cut's luminance."""
    picture = cv2.resize(photograph, (480, 320), interpolation=cv2.INTER_AREA)
    marked = embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels
    cut = jpeg(np.ascontiguousarray(marked[40:290, 60:420]), quality)
    matrix = np.array([[1.25, 0, -60], [0, 1.25, -40], [0, 0, 1]])
    return Lead(Voice(256, Profile.STANDARD), matrix, score), Luma(luminance(cut))


def test_reference_a_lead_beyond_doubt_is_placed_by_less():
    placement = located(*faint(data.coffee(), 65, score=10.0))
    assert placement.grid == WorkingGrid(256, 16, 24)
    assert np.allclose(placement.matrix[:2, 2], (-60, -40))
    assert 4 < placement.score < 6
    assert located(*faint(data.coffee(), 65, score=8.0)) is None


def test_rejects_a_place_that_hardly_agrees_however_sure_a_lead_is():
    assert located(*faint(data.rocket(), 60, score=30.0)) is None


def test_reference_a_lead_that_could_not_be_surer_is_placed_by_hardly_anything():
    """An enlarged picture is smooth, and its mark no stronger than it takes; small parts of it are left.

    So little can be seen there that chance outdoes many a true place; which, differs with the versions of the
    libraries.
    """
    side_px = 400
    picture = cv2.resize(data.coffee(), (1500, 1000), interpolation=cv2.INTER_CUBIC)
    marked = jpeg(protect(Picture(picture)).picture.pixels, 85)
    middle = np.full((1, 2), side_px / 2)
    right, wrong = [], []
    for top, left in product(range(0, 601, 200), range(0, 1101, 220)):
        luma = Luma(luminance(np.ascontiguousarray(marked[top : top + side_px, left : left + side_px])))
        matrix = np.array([[1500 / 768, 0, -left], [0, 1000 / 512, -top], [0, 0, 1]])
        lead = Lead(Voice(512, Profile.STANDARD), matrix, 10.0)
        placement = located(lead, luma)
        if placement is None:
            continue
        assert placement.score >= 3.6
        if placement.score < 4.2:
            assert located(replace(lead, score=9.9), luma) is None
        there = moved(np.linalg.inv(placement.matrix), middle)
        is_right = np.allclose(there, moved(np.linalg.inv(matrix), middle), atol=0.5)
        (right if is_right else wrong).append(placement.score)
    assert len(right) >= 6
    assert min(right) < 4.2
    assert max(right) > max(wrong)


@pytest.mark.parametrize(("photograph", "quality"), [(data.coffee, 65), (data.coffee, 50)])
def test_reference_what_is_not_sure_is_guessed(photograph, quality):
    lead, luma = faint(photograph(), quality, score=7.0)
    assert located(lead, luma) is None
    guesses = guessed(lead, luma)
    assert [guess.is_exact for guess in guesses] == [True] + [False] * (len(guesses) - 1)
    right = [guess for guess in guesses[:3] if guess.grid == WorkingGrid(256, 16, 24)]
    assert any(np.abs(guess.matrix[:2, 2] - (-60, -40)).max() < 1.5 for guess in right)


def test_reference_the_likeliest_guess_is_made_exact():
    lead, luma = faint(data.coffee(), 75, score=7.0)
    beside = replace(lead, matrix=lead.matrix @ np.array([[1.001, 0, 0.3], [0, 0.999, -0.4], [0, 0, 1]]))
    exact, raw, *_ = guessed(beside, luma)
    places = np.array([[80.0, 60.0], [300.0, 200.0]])
    off = [np.abs(moved(guess.matrix @ np.linalg.inv(lead.matrix), places) - places).max() for guess in (exact, raw)]
    assert off[0] < 0.7 * off[1]


def test_limits_guesses_are_few_and_hold_what_is_seen():
    lead, luma = faint(data.rocket(), 60, score=7.0)
    guesses = guessed(lead, luma)
    assert 0 < len(guesses) <= 5
    for guess in guesses:
        assert max(guess.grid.rows, guess.grid.columns) <= 32
        assert guess.visible_blocks.sum() >= 100


def test_limits_nothing_is_guessed_where_nothing_is_seen():
    lead, luma = faint(data.rocket(), 60, score=7.0)
    assert guessed(lead, Luma(luma.plane[:20, :20])) == []


@pytest.mark.parametrize("off_px", [(0.8, -0.7), (-0.7, 0.7)])
def test_reference_a_nudge_brings_a_lead_nearer(luma, off_px):
    right = lead_at(4 * CELL, 6 * CELL)
    off = Lead(VOICE, right.matrix + np.array([[0, 0, off_px[0]], [0, 0, off_px[1]], [0, 0, 0]]), 0.0)
    centre = np.array([305.0, 260.0])
    window = Window.of(luma, np.eye(2), centre, (512, 512))
    around = {"centre_px": centre, "reach_px": 256.0, "size_px": luma.size_px}
    near = nudged(off, window, **around)
    assert near.score > tuned(off, window, **around, steps_px=()).score
    middle = np.array([4 * CELL + 256.0, 6 * CELL + 256.0, 1.0])
    before, after = (np.abs(((lead.matrix - right.matrix) @ middle)[:2]).max() for lead in (off, near))
    assert after < before


def test_reference_tuning_brings_a_lead_to_its_place(luma):
    off = lead_at(4 * CELL, 6 * CELL)
    off = Lead(VOICE, off.matrix @ np.array([[1.004, 0, 1.2], [0, 0.997, -1.1], [0, 0, 1]]), 0.0)
    centre = np.array([305.0, 260.0])
    window = Window.of(luma, np.eye(2), centre, (512, 512))
    near = tuned(off, window, centre_px=centre, reach_px=256, size_px=luma.size_px)
    middle = np.array([305 + LEFT - 4 * CELL, 260 + TOP - 6 * CELL, 1.0])
    before, after = (np.abs((lead.matrix @ middle)[:2] - centre).max() for lead in (off, near))
    assert near.score > 7
    assert after < min(1.5, 0.7 * before)


def test_limits_blocks_without_chips_of_a_plane_say_nothing_of_it(luma):
    """The few blocks of a small crop may have no chip at all in a plane."""
    blocks = np.nonzero(np.tile(np.isnan(weave_of(VOICE.side_px).dither[0]), (2, 2)))
    silent = woven(Lead(VOICE, np.eye(3), 0.0), blocks, None)
    window = Window.of(luma, np.eye(2), np.array([305.0, 260.0]), (512, 512))
    assert silent == ()
    assert Tuner.of(lead_at(4 * CELL, 6 * CELL), window, blocks, silent).climbed(AFFINE, STEPS_PX).score == 0


def test_reference_a_lead_beyond_doubt_is_looked_for_a_fraction_of_a_pixel_beside():
    lead, luma = faint(data.chelsea(), 90, score=10.0)
    beside = replace(lead, matrix=lead.matrix @ np.array([[1, 0, 0.2], [0, 1, -0.2], [0, 0, 1]]))
    assert found_from(lead, luma, None).score > 10
    assert found_from(beside, luma, None).score < 5
    placement = located(beside, luma)
    assert placement.score > 7
    assert np.abs((placement.matrix - lead.matrix)[:2, 2]).max() < 0.25
    assert located(replace(beside, score=8.0), luma) is None


def test_reference_sharpening_leaves_a_lower_summit():
    """Where tuning goes one way at a time from a wrong scale, and ends beside the place."""
    rng = np.random.default_rng(0)
    lead, luma = faint(data.chelsea(), 90, score=0.0)
    middle, size_px = np.array([180.0, 125.0]), luma.size_px
    window = Window.of(luma, np.eye(2) * 1.25, middle, (200, 288), apart=True)
    around = {"centre_px": middle, "reach_px": 180.0, "size_px": size_px}
    there = tuned(lead, window, **around).score - 1
    ends = []
    for _ in range(16):
        scales, shift = 1 + rng.uniform(-0.02, 0.02, 2), rng.uniform(-1, 1, 2)
        x, y = shift + (1 - scales) * (np.linalg.inv(lead.matrix) @ [*middle, 1])[:2]
        off = np.array([[scales[0], 0, x], [0, scales[1], y], [0, 0, 1]])
        ends.append(tuned(replace(lead, matrix=lead.matrix @ off), window, **around))
    sharp = [sharpened(end, window, size_px).score for end in ends]
    assert all(after >= end.score - 1 for after, end in zip(sharp, ends, strict=True))
    assert sum(score > there for score in sharp) >= sum(end.score > there for end in ends) + 4


@pytest.mark.parametrize("turn", [np.eye(2), np.array([[0, -1], [1, 0]])])
def test_reference_sharpening_leaves_out_a_shear_that_explains_nothing(turn):
    lead, luma = faint(data.coffee(), 90, score=0.0)
    middle = np.array([180.0, 125.0])
    plane = luma.plane if turn[0, 0] else np.ascontiguousarray(np.rot90(luma.plane, -1))
    laid = np.eye(3)
    laid[:2, :2], laid[:2, 2] = turn, [0, 0] if turn[0, 0] else [luma.size_px[0], 0]
    sheared = replace(lead, matrix=laid @ lead.matrix @ np.array([[1, 0.0008, 0], [-0.0007, 1, 0], [0, 0, 1]]))
    there = (laid @ [*middle, 1])[:2]
    window = Window.of(Luma(plane), sheared.matrix[:2, :2], there, (200, 288), apart=True)
    sharp = sharpened(sheared, window, plane.shape)
    assert np.abs((sharp.matrix - laid @ lead.matrix) @ np.linalg.inv(lead.matrix) @ [*middle, 1]).max() < 0.3
    assert np.count_nonzero(sharp.matrix[:2, :2]) == 2
