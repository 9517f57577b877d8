"""The search as a whole: moved copies are placed where they truly lie, and nothing is found where nothing is."""

from itertools import islice

import cv2
import numpy as np
import pytest
from search_truth import errors_px, grid_of, movement, true_matrix
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message, resized
from underdrawing.channel.lattice import capacity_bits, embed
from underdrawing.channel.lattice.grid import luminance
from underdrawing.channel.lattice.search import Luma, Voice, placement_near, placements
from underdrawing.channel.lattice.search.framing import framed
from underdrawing.channel.profiles import Profile

STANDARD = Voice(1024, Profile.STANDARD)


def found(pixels, key=None):
    """The likeliest placement, or None."""
    return next(placements(Luma(luminance(pixels)), key=key), None)


@pytest.mark.parametrize(
    "name",
    [
        "crop0.5",
        "crop0.35",
        "crop0.5+resize0.8",
        "mirror",
        "turn90+jpeg75",
        "rotate4",
        "straighten-7",
        "aspect0.93",
        "resize0.9+page1.5+jpeg90",
        "perspective0.004",
        "perspective0.02",
    ],
)
def test_reference_a_moved_copy_is_placed_where_it_lies(large, name):
    copy = movement(name, large.pixels)
    placement = found(copy.pixels)
    assert placement is not None
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75
    assert placement.suspect_px == copy.size


@pytest.mark.parametrize("seed", [6, 8])
def test_reference_text_on_a_large_page_does_not_drown_the_picture(seed):
    """Its edges do not show either, for lines of text run into them."""
    picture = np.ascontiguousarray(np.hstack([data.astronaut(), resized(data.coffee(), 1.28)[:512, :400]]))
    marked = embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels
    page = movement("page1.9..2+jpeg80", marked, seed=seed)
    luma = Luma(luminance(page.pixels))
    assert not list(framed(luma))
    placement = next(placements(luma))
    assert np.quantile(errors_px(placement.matrix, page), 0.95) < 0.75


@pytest.mark.parametrize("name", ["crop0.5", "crop0.6+jpeg80", "mirror", "resize1.3+page1.4"])
def test_reference_the_size_of_the_frame_is_told(wide, name):
    copy = movement(name, wide)
    placement = found(copy.pixels)
    assert placement.grid == grid_of(copy)
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75
    scale = np.sqrt(abs(np.linalg.det(copy.homography[:2, :2])))
    assert np.allclose(placement.frame_px, np.array(wide.shape[:2]) * scale, rtol=0.01)


@pytest.mark.parametrize("turn", ["mirror", "flip", "turn90", "turn180"])
def test_reference_a_mirrored_or_turned_crop_is_placed_where_it_lies(marked, turn):
    copy = movement(f"crop0.45+{turn}+jpeg80", marked.pixels)
    placement = found(copy.pixels)
    assert placement.grid == grid_of(copy)
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.5


@pytest.mark.parametrize("name", ["crop0.42", "crop0.6+resize0.9+jpeg85"])
@pytest.mark.parametrize("shape", [(300, 451), (500, 741), (360, 480)])
def test_reference_a_crop_of_a_small_picture_is_placed_where_it_lies(shape, name):
    """On the smallest grid, whose blocks are up to 1.6 % wider or narrower than high."""
    picture = cv2.resize(data.coffee(), shape[::-1], interpolation=cv2.INTER_AREA)
    copy = movement(name, embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels)
    placement = found(copy.pixels)
    assert placement.grid.side_px == 256
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75


def test_reference_a_crop_of_a_small_picture_that_was_much_enlarged_is_placed_where_it_lies():
    picture = cv2.resize(data.coffee(), (741, 500), interpolation=cv2.INTER_AREA)
    marked_picture = embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels
    copy = movement("crop0.7+resize1.6+jpeg75", marked_picture)
    assert min(copy.size) > 512
    placement = found(copy.pixels)
    assert placement.grid.side_px == 256
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75


def test_reference_a_busy_picture_turned_and_cut_full_is_placed_where_it_lies():
    """Its blocks are heard at their very places only."""
    busy = cv2.resize(data.brick(), (768, 512), interpolation=cv2.INTER_AREA)
    picture = np.repeat(busy[..., None], 3, axis=2)
    copy = movement("straighten5.1", embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels)
    placement = found(copy.pixels)
    assert placement.grid.side_px == 512
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75


@pytest.mark.parametrize("name", ["resize1.2+page1.6+jpeg80", "rotate6.3", "rotate-3.1+jpeg85", "perspective0.01"])
@pytest.mark.parametrize("photograph", [data.coffee, data.chelsea])
def test_reference_the_edges_of_a_small_picture_tell_where_it_lies(photograph, name):
    """Too small and too busy to be heard without knowing where to listen."""
    picture = cv2.resize(photograph(), (450, 300), interpolation=cv2.INTER_AREA)
    copy = movement(name, embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture))).pixels)
    first = list(islice(placements(Luma(luminance(copy.pixels))), 5))
    right = [placement for placement in first if placement.grid == grid_of(copy)]
    assert all(placement.suspect_px == copy.size for placement in first)
    assert min(np.quantile(errors_px(placement.matrix, copy), 0.95) for placement in right) < 0.75


def test_reference_a_picture_whose_side_is_as_plain_as_the_page_is_placed_where_it_lies(wide):
    """The box that is left ends where the plain part of the picture begins."""
    shown = cv2.resize(wide, None, fx=1.4, fy=1.4, interpolation=cv2.INTER_CUBIC)
    height, width = shown.shape[:2]
    shown[:, : width // 4] = 230
    page = np.full((1400, 1900, 3), 230, dtype=np.uint8)
    page[200 : 200 + height, 400 : 400 + width] = shown
    placement = found(page)
    assert placement is not None
    rows, columns = placement.grid.size_px
    corners = placement.matrix @ np.array([[0, columns, 0, columns], [0, 0, rows, rows], [1, 1, 1, 1]])
    there = np.array([[400, 400 + width, 400, 400 + width], [200, 200, 200 + height, 200 + height]])
    assert np.abs(corners[:2] / corners[2] - there).max() < 1.5


def test_reference_sixteen_bits_are_searched_like_eight(wide):
    deep = wide.astype(np.uint16) * 257
    cut = np.s_[90:560, 130:800]
    one, other = found(wide[cut]), found(deep[cut])
    assert one.grid == other.grid
    assert np.abs(one.from_frame - other.from_frame).max() < 0.01


def test_reference_a_whole_picture_a_little_off_is_placed_exactly(large):
    copy = movement("straighten0.3", large.pixels)
    placement = placement_near(Luma(luminance(copy.pixels)), grid_of(copy), STANDARD)
    assert np.quantile(errors_px(placement.matrix, copy), 0.95) < 0.75
    assert not placement.is_whole


def test_reference_a_whole_picture_stays_where_it_is(large):
    placement = placement_near(
        Luma(luminance(jpeg(large.pixels, 80))), grid_of(movement("crop1", large.pixels)), STANDARD
    )
    assert placement.is_whole
    assert placement.frame_px == large.pixels.shape[:2]


def test_rejects_an_unmarked_picture():
    assert found(resized(data.chelsea(), 1.9)) is None


def test_rejects_a_secret_mark_without_its_key():
    key = b"k" * 32
    picture = resized(data.chelsea(), 1.9)
    secret = embed(picture, message(FIRST_TIER_BITS, *capacity_bits(picture)), key=key).pixels[:, ::-1]
    assert found(secret, key=key).grid.side_px == 512
    assert found(secret, key=b"q" * 32) is None


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 300), (300, 1), (7, 9), (40, 40), (30, 2000)],
)
def test_limits_any_size_is_looked_at_without_failing(shape):
    pixels = np.random.default_rng(5).integers(0, 256, (*shape, 3)).astype(np.uint8)
    assert found(pixels) is None
    assert found(np.full_like(pixels, 200)) is None


def test_limits_a_flat_picture_has_nothing_to_say():
    assert found(np.full((400, 600, 3), 128, dtype=np.uint8)) is None


def test_deterministic(wide):
    pixels = wide[60:500, 100:700]
    one, other = found(pixels), found(pixels.copy())
    assert np.array_equal(one.matrix, other.matrix)
    assert one.score == other.score


def test_reference_the_truth_itself_is_exact(large):
    """What the other tests measure against: a copy that was not moved lies where its grid lies."""
    copy = movement("crop1", large.pixels)
    assert np.allclose(true_matrix(copy), np.eye(3))
