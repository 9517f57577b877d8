"""A suspect and its frame: masks and pictures go from one to the other, and the finding says how they lie."""

import cv2
import numpy as np
import pytest

from scenes import mosaic, quarter_replaced
from underdrawing import Picture, RecoverySetting, Verdict, protect, verify
from underdrawing.bench.attacks import geometry
from underdrawing.channel.lattice import Placement, WorkingGrid
from underdrawing.errors import ImageLimitError
from underdrawing.examination.framing import Framing

GRID = WorkingGrid.for_embedding(512, 768)
LEFT, TOP = 60, 40
PART, BOX = np.s_[110:1000, 60:900], np.s_[300:560, 280:620]


def framing(matrix=((1, 0, -LEFT), (0, 1, -TOP), (0, 0, 1)), size=(400, 500)):
    placement = Placement(GRID, np.array(matrix, dtype=np.float64), size, 9.0)
    suspect = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    return Framing(suspect, placement.onto_frame(suspect), placement)


def test_round_trip_masks_go_to_the_suspect_and_hide_what_it_does_not_show():
    there = framing()
    mask = np.zeros((512, 768), dtype=bool)
    mask[100:200, 100:300] = True
    on_suspect = there.mask_on_suspect(mask)
    assert on_suspect.shape == (400, 500)
    assert np.array_equal(on_suspect, mask[TOP : TOP + 400, LEFT : LEFT + 500])
    hidden = there.hidden(mask)
    assert hidden[100:200, 100:300].all()
    assert hidden[:TOP].all()
    assert hidden.sum() == 512 * 768 - 400 * 500 + mask.sum()
    plane = np.random.default_rng(2).random((512, 768)).astype(np.float32)
    assert np.array_equal(there.plane_on_suspect(plane), plane[TOP : TOP + 400, LEFT : LEFT + 500])


@pytest.mark.parametrize("deep", [False, True])
def test_round_trip_painting_touches_no_pixel_outside_the_mask(deep):
    there = framing()
    kind = np.uint16 if deep else np.uint8
    there = Framing(there.suspect.astype(kind), there.frame.astype(kind), there.placement)
    whole = np.full((512, 768, 3), 9, dtype=kind)
    mask = np.zeros((400, 500), dtype=bool)
    mask[20:80, 30:70] = True
    painted = there.painted(whole, mask)
    assert painted.dtype == kind
    assert (painted[mask] == 9).all()
    assert np.array_equal(painted[~mask], there.suspect[~mask])


def test_reference_a_suspect_that_is_its_own_frame_is_left_alone():
    pixels = np.zeros((300, 400, 3), dtype=np.uint8)
    alone = Framing(pixels, pixels, None)
    mask = np.ones((300, 400), dtype=bool)
    assert alone.mask_on_suspect(mask) is mask
    assert alone.hidden(mask) is mask
    assert (alone.missing, alone.foreign) == (None, None)
    finding = alone.geometry("read")
    assert (finding.frame_px, finding.shown_fraction, finding.note) == ((300, 400), 1.0, "read")


@pytest.mark.parametrize(
    ("matrix", "size", "words", "turn", "mirrored"),
    [
        (((1, 0, -LEFT), (0, 1, -TOP), (0, 0, 1)), (400, 500), "shows 51%", 0, False),
        (((-1, 0, 768), (0, 1, 0), (0, 0, 1)), (512, 768), "mirrored", 0, True),
        (((0, -1, 512), (1, 0, 0), (0, 0, 1)), (768, 512), "turned by 90.0°", 90, False),
        (((1.05, 0, 0), (0, 1, 0), (0, 0, 1)), (512, 806), "stretched by about +5%", 0, False),
        (((1, 0, 100), (0, 1, 100), (0, 0, 1)), (712, 968), "something else around it", 0, False),
    ],
)
def test_reference_the_finding_says_how_it_lies(matrix, size, words, turn, mirrored):
    finding = framing(matrix, size).geometry("read")
    assert words in finding.note
    assert finding.rotation_degrees == pytest.approx(turn, abs=0.1)
    assert finding.mirrored is mirrored
    assert len(finding.matrix) == 9
    assert finding.to_dict()["frame_px"] == list(finding.frame_px)


@pytest.fixture(scope="module")
def cut():
    """A doctored copy that was cut out of a protected picture, where it was doctored, and what is found."""
    protection = protect(Picture(mosaic()))
    doctored = protection.picture.pixels.copy()
    doctored[BOX] = quarter_replaced(doctored)[0][BOX]
    mask = np.zeros(doctored.shape[:2], dtype=bool)
    mask[BOX] = True
    suspect = Picture(np.ascontiguousarray(doctored[PART]))
    return protection, suspect, mask[PART], verify(suspect)


def test_round_trip_a_doctored_crop_is_mapped_in_its_own_pixels(cut):
    protection, _, mask, found = cut
    assert found.verdict is Verdict.TAMPERED
    assert found.id == protection.id
    assert found.mask.shape == mask.shape
    assert (found.mask & mask).sum() / (found.mask | mask).sum() > 0.9
    assert found.tamper_probability.shape == mask.shape


def test_round_trip_a_doctored_crop_is_mended_inside_the_mask_alone(cut):
    protection, suspect, mask, found = cut
    recovered = found.recovered.pixels
    assert np.array_equal(recovered[~found.mask], suspect.pixels[~found.mask])
    original = protection.picture.pixels[PART].astype(float)
    before, after = (np.abs(pixels - original)[mask].mean() for pixels in (suspect.pixels, recovered))
    assert after < 0.6 * before


def test_round_trip_the_whole_picture_comes_back_from_a_crop(cut):
    protection, suspect, _, found = cut
    height, width = protection.picture.pixels.shape[:2]
    assert found.geometry.frame_px == pytest.approx((height, width), rel=0.01)
    assert found.whole.pixels.shape[:2] == found.geometry.frame_px
    assert found.geometry.shown_fraction == pytest.approx(
        suspect.pixels.size / protection.picture.pixels.size, abs=0.01
    )
    assert found.foreign is None
    outside = np.ones((height, width), dtype=bool)
    outside[PART] = False
    whole = cv2.resize(found.whole.pixels, (width, height))
    error = np.abs(whole.astype(float) - protection.picture.pixels)[outside].mean()
    assert error < 40


@pytest.mark.parametrize("name", ["crop0.5", "crop0.6+resize0.8+jpeg80", "rotate-10..10", "perspective0..0.02"])
def test_round_trip_what_was_only_moved_was_not_doctored(name):
    """Neither where the picture was cut, nor where its corners were pulled."""
    copy = geometry.get(name).apply(protect(Picture(mosaic())).picture.pixels, np.random.default_rng(5))
    found = verify(Picture(copy.pixels))
    assert "core" in found.blocks
    assert found.verdict is Verdict.AUTHENTIC
    assert not found.mask.any()
    assert found.recovered is None
    assert (found.whole is None) == (found.recovery_setting is None)


def test_round_trip_what_a_crop_does_not_show_gets_texture_too():
    protected = protect(Picture(mosaic())).picture.pixels
    crop = Picture(np.ascontiguousarray(protected[: protected.shape[0] * 2 // 3]))
    smooth, made_up = (verify(crop, setting=setting) for setting in RecoverySetting)
    assert (smooth.verdict, made_up.verdict) == (Verdict.AUTHENTIC, Verdict.AUTHENTIC)
    assert [found.recovery_setting for found in (smooth, made_up)] == list(RecoverySetting)
    missing = np.s_[crop.pixels.shape[0] + 8 :]
    steep = [np.abs(np.diff(found.whole.pixels[missing].astype(int), axis=1)).mean() for found in (smooth, made_up)]
    assert steep[1] > 1.2 * steep[0]


def test_round_trip_the_rim_of_a_doctored_crop_is_left_alone(cut):
    *_, mask, found = cut
    rim = np.ones_like(mask)
    rim[40:-40, 40:-40] = False
    assert not (found.mask & rim).any()


def test_limits_pictures_of_any_shape_are_answered():
    for shape in ((1, 400), (400, 1), (90, 700), (64, 64)):
        assert verify(Picture(np.full((*shape, 3), 90, dtype=np.uint8))).verdict is Verdict.UNPROTECTED


@pytest.mark.parametrize("shape", [(64, 2600), (4000, 100)])
def test_limits_long_strips_of_texture_are_answered(shape):
    rough = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert verify(Picture(cv2.GaussianBlur(rough, (0, 0), 2.0))).verdict is Verdict.UNPROTECTED


def test_limits_sides_that_nothing_can_move_are_refused():
    with pytest.raises(ImageLimitError, match="32766"):
        verify(Picture(np.zeros((2, 32_767, 3), dtype=np.uint8)))
