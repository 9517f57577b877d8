"""Whether and where a suspect shows what a preview shows."""

import cv2
import numpy as np
import pytest
import skimage.data

from underdrawing.retrieval.registration import AGREEING, Landmarks, likeness_aligned, likeness_in_place, register


@pytest.fixture(scope="module")
def chelsea():
    return skimage.data.chelsea()


@pytest.fixture(scope="module")
def preview(chelsea):
    return Landmarks.of(cv2.resize(chelsea, (256, 170), interpolation=cv2.INTER_AREA))


def both(pixels, hidden=None):
    mirror = None if hidden is None else hidden[:, ::-1]
    return [Landmarks.of(pixels, hidden), Landmarks.of(pixels[:, ::-1], mirror)]


def jpeg(pixels, quality):
    data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]


def test_a_copy_lies_where_the_original_does(chelsea, preview):
    found = register(both(jpeg(chelsea, 60)), preview)
    assert found.certain
    assert found.clear
    assert not found.mirrored
    np.testing.assert_allclose(found.corners(), [[0, 0], [1, 0], [1, 1], [0, 1]], atol=0.01)
    assert found.share_shown() == pytest.approx(1, abs=0.02)


def test_a_crop_is_found_in_its_place(chelsea, preview):
    height, width = chelsea.shape[:2]
    top, left, bottom, right = 40, 60, 280, 420
    found = register(both(jpeg(chelsea[top:bottom, left:right], 60)), preview)
    box = [[left, top], [right, top], [right, bottom], [left, bottom]] / np.array([width, height])
    np.testing.assert_allclose(found.corners(), box, atol=0.01)
    assert found.share_shown() == pytest.approx(240 * 360 / (height * width), abs=0.02)


def test_a_mirrored_copy_is_told_as_such(chelsea, preview):
    found = register(both(chelsea[:, ::-1]), preview)
    assert found.certain
    assert found.mirrored
    np.testing.assert_allclose(found.corners(), [[1, 0], [0, 0], [0, 1], [1, 1]], atol=0.01)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_are_found(chelsea, preview, turns):
    found = register(both(np.rot90(chelsea, turns)), preview)
    assert found.certain
    assert not found.mirrored
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    np.testing.assert_allclose(found.corners(), np.roll(square, -turns, axis=0), atol=0.02)


def test_what_is_hidden_does_not_count(chelsea, preview):
    stranger = cv2.resize(skimage.data.coffee(), chelsea.shape[1::-1])
    hidden = np.zeros(chelsea.shape[:2], bool)
    hidden[:, : chelsea.shape[1] // 2] = True
    half = np.where(hidden[..., None], chelsea, stranger)
    assert register(both(half), preview).certain
    found = register(both(half, hidden), preview)
    assert found is None or not found.certain


def test_strangers_do_not_agree(preview):
    for name in ("astronaut", "coffee", "rocket", "retina", "hubble_deep_field"):
        found = register(both(getattr(skimage.data, name)()[..., :3]), preview)
        assert found is None or found.points < AGREEING


@pytest.mark.parametrize("shape", [(1, 1), (8, 300), (64, 64)])
def test_pictures_without_points_agree_with_nothing(preview, shape):
    blank = np.full((*shape, 3), 128, np.uint8)
    assert register(both(blank), preview) is None
    assert register([Landmarks.of(blank)], Landmarks.of(blank)) is None


def test_the_same_pictures_give_the_same_answer(chelsea, preview):
    one, other = (register(both(jpeg(chelsea[30:, 50:], 40)), preview) for _ in range(2))
    assert one.points == other.points
    np.testing.assert_array_equal(one.matrix, other.matrix)


def test_copies_are_alike_in_place(chelsea, preview):
    stranger = cv2.resize(skimage.data.coffee(), chelsea.shape[1::-1])
    half = np.where(np.arange(chelsea.shape[1])[None, :, None] < 130, stranger, chelsea)
    for copy in (jpeg(chelsea, 30), chelsea[:, ::-1], cv2.GaussianBlur(chelsea, (0, 0), 2), half):
        assert likeness_in_place(both(copy), preview) > 0.75
    for name in ("astronaut", "coffee", "rocket", "retina"):
        assert likeness_in_place(both(getattr(skimage.data, name)()), preview) < 0.5
    assert likeness_in_place(both(np.full((64, 64, 3), 128, np.uint8)), preview) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_is_alike_once_it_is_aligned(chelsea, preview, mirrored):
    crop = jpeg(chelsea[40:280, 60:420], 60)[:, :: -1 if mirrored else 1]
    suspects = both(crop)
    found = register(suspects, preview)
    assert found.mirrored is mirrored
    assert likeness_in_place(suspects, preview) < 0.6
    assert likeness_aligned(suspects, preview, found) > 0.8


def test_the_same_thing_elsewhere_is_not_a_copy(chelsea):
    """A poster that hangs in two rooms agrees in many points, and in nothing around it."""
    rooms = [cv2.resize(getattr(skimage.data, name)(), (900, 600)) for name in ("coffee", "rocket")]
    for room, (top, left) in zip(rooms, ((180, 220), (240, 320)), strict=True):
        room[top : top + 300, left : left + 451] = chelsea
    suspects, other = both(rooms[0]), Landmarks.of(rooms[1])
    found = register(suspects, other)
    assert found.certain
    assert likeness_aligned(suspects, other, found) < 0.7


def test_writing_around_a_picture_does_not_take_all_points(chelsea, preview):
    page = np.full((600, 900, 3), 245, np.uint8)
    for row in range(20, 600, 14):
        cv2.putText(page, "the quick brown fox jumps over " * 4, (5, row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (20,) * 3, 1)
    page[150:450, 220:671] = chelsea
    assert register(both(jpeg(page, 80)), preview).certain


@pytest.mark.parametrize("shape", [(3, 1300), (1, 600), (30, 12_000), (2000, 5)])
def test_limits_thin_pictures_have_no_points(shape, preview):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    seen = both(pixels)
    assert [landmarks.places.shape for landmarks in seen] == [(0, 2), (0, 2)]
    found = register(seen, preview)
    assert found is None or not found.certain
