import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import geometry, pixelwise
from underdrawing.bench.main_job import targets
from underdrawing.errors import UsageError


@pytest.fixture(scope="module")
def coffee():
    return np.ascontiguousarray(data.coffee()[:300, :400])


def run(name, pixels, seed=0):
    return geometry.get(name).apply(pixels, np.random.default_rng(seed))


def aligned_difference(moved, original):
    """Mean difference in grey levels, after moving the original by the truth, well inside where it shows."""
    rows, columns = moved.size
    carried = cv2.warpPerspective(original, moved.homography, (columns, rows), flags=cv2.INTER_AREA).astype(int)
    inside = cv2.erode(moved.shows_original().astype(np.uint8), np.ones((7, 7)), borderValue=0) > 0
    blurred = [cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.5) for picture in (carried, moved.pixels)]
    return np.abs(blurred[0] - blurred[1])[inside].mean()


MOVING = [
    "crop0.5",
    "resize0.6..1.6",
    "aspect0.9..1.1",
    "fit200",
    "page1.2..1.8",
    "mirror",
    "flip",
    "turn90",
    "turn180",
    "turn270",
    "rotate-10..10",
    "straighten-10..10",
    "perspective0..0.02",
    "crop0.7+resize0.6..1.6+jpeg75",
    "turn90+rotate5+crop0.8+page1.3+mirror",
]


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_homography_says_where_every_point_went(name, seed, coffee):
    smooth = cv2.GaussianBlur(coffee, (0, 0), 3)
    moved = run(name, smooth, seed)
    assert moved.homography.shape == (3, 3)
    assert moved.homography[2, 2] == 1
    assert moved.shows_original().sum() > 1000
    assert aligned_difference(moved, smooth) < 1.5


@pytest.mark.parametrize("name", sorted(targets.geometry_attack_names()))
def test_every_attack_of_the_table_runs_and_is_deterministic(name, coffee):
    before = coffee.copy()
    first, second = run(name, coffee, 3), run(name, coffee, 3)
    assert first.pixels.dtype == np.uint8
    assert first.pixels.shape == (*first.size, 3)
    assert first.pixels.flags.c_contiguous
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.homography, second.homography)
    np.testing.assert_array_equal(coffee, before)
    assert geometry.is_geometric(name) or "+" in name or name.startswith("resize")


def test_another_seed_is_another_place(coffee):
    one, other = run("crop0.5", coffee, 1), run("crop0.5", coffee, 2)
    assert not np.array_equal(one.homography, other.homography)


@pytest.mark.parametrize("share", [0.7, 0.5, 0.35, 0.2])
@pytest.mark.parametrize("seed", range(4))
def test_a_crop_keeps_its_share_of_the_area_and_only_copies_pixels(share, seed, coffee):
    moved = run(f"crop{share}", coffee, seed)
    rows, columns = moved.size
    assert rows * columns == pytest.approx(share * coffee.shape[0] * coffee.shape[1], rel=0.02)
    left, top = (-moved.homography[:2, 2]).astype(int)
    np.testing.assert_array_equal(moved.pixels, coffee[top : top + rows, left : left + columns])
    assert moved.visible_fraction() == pytest.approx(share, rel=0.05)
    assert moved.shows_original().all()


def test_a_page_says_what_of_it_is_the_picture(coffee):
    moved = run("page1.5", coffee)
    shown = moved.shows_original()
    assert shown.sum() == coffee.shape[0] * coffee.shape[1]
    np.testing.assert_array_equal(moved.pixels[shown], coffee.reshape(-1, 3))
    assert moved.visible_fraction() == 1
    assert moved.pixels[~shown].std() > 5, "a page has writing on it"


def test_masks_move_with_the_picture(coffee):
    mask = np.zeros(coffee.shape[:2], bool)
    mask[100:200, 150:250] = True
    painted = np.where(mask[..., None], np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    for name in ("crop0.7", "page1.5", "mirror", "flip", "turn90", "turn270", "rotate7", "resize0.5", "aspect1.1"):
        moved = run(name, painted)
        found = moved.pixels[..., 0] > 127
        carried = moved.carry(mask) if "page" not in name else moved.carry(mask) & moved.shows_original()
        found &= moved.shows_original()
        assert (found ^ carried).sum() <= 0.02 * mask.sum() + 4, name


def test_turns_are_what_numpy_calls_them(coffee):
    np.testing.assert_array_equal(run("turn90", coffee).pixels, np.rot90(coffee))
    np.testing.assert_array_equal(run("turn270", coffee).pixels, np.rot90(coffee, 3))
    np.testing.assert_array_equal(run("mirror+mirror", coffee).pixels, coffee)
    np.testing.assert_allclose(run("turn90+turn270", coffee).homography, np.eye(3), atol=1e-9)


def test_straightening_leaves_no_corner_without_picture(coffee):
    for degrees in (-10, -3, 4, 10):
        assert run(f"straighten{degrees}", coffee).shows_original().all()
        assert not run(f"rotate{degrees}", coffee).shows_original().all()


def test_fitting_never_enlarges(coffee):
    assert run("fit1600", coffee).size == coffee.shape[:2]
    assert run("fit200", coffee).size == (150, 200)


def test_steps_that_move_nothing_are_those_of_the_other_module(coffee):
    moved = run("jpeg75", coffee)
    np.testing.assert_array_equal(moved.pixels, pixelwise.get("jpeg75").apply(coffee, np.random.default_rng(0)))
    np.testing.assert_array_equal(moved.homography, np.eye(3))
    resized = run("resize0.5", coffee)
    np.testing.assert_array_equal(resized.pixels, pixelwise.get("resize0.5").apply(coffee, np.random.default_rng(0)))


def test_parameters_are_data():
    movement = geometry.get("crop0.7+resize0.6..1.6+jpeg75")
    assert movement.parameters == (("crop", 0.7, 0.7), ("resize", 0.6, 1.6), ("jpeg", 75.0, 75.0))
    assert set(geometry.kinds()).isdisjoint(set(pixelwise.kinds()) - {"resize"})


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("jpeg75", False),
        ("resize0.5+jpeg75", False),
        ("resize0.5..0.7", True),
        ("jpeg75+crop0.9", True),
        ("turn90", True),
    ],
)
def test_knows_which_names_need_it(name, moves):
    assert geometry.is_geometric(name) is moves


@pytest.mark.parametrize(
    "name",
    [
        "",
        "crop",
        "crop0",
        "crop1.1",
        "crop0.7..0.5",
        "mirror1",
        "turn45",
        "turn90..270",
        "page0.5",
        "jpeg10..20",
        "crop.5",
        "CROP0.5",
        "crop0.7+",
    ],
)
def test_rejects_names_it_does_not_know(name):
    with pytest.raises(UsageError, match=r"expected|leave it away"):
        geometry.get(name)
