"""What the network for outlines looks at."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from underdrawing.tamper.planes import CANVAS_PX, PLANES, Places, outline_planes

ROWS, COLUMNS = 32, 64
SHOWN = slice(0, 3)
COMPARED = slice(3, 8)


def picture(seed=0, height_px=320, width_px=640):
    """Smooth colours, H×W×3 uint8."""
    rough = np.random.default_rng(seed).uniform(50, 205, (6, 8, 3)).astype(np.float32)
    return cv2.resize(rough, (width_px, height_px), interpolation=cv2.INTER_CUBIC).clip(5, 250).astype(np.uint8)


def places(seed=0):
    rng = np.random.default_rng(seed)
    regions = np.zeros((ROWS, COLUMNS), np.bool_)
    regions[8:20, 10:30] = True
    evidence = np.where(regions, -20, 20).astype(np.float32)
    belief = np.where(regions, 0.9, 0.1).astype(np.float32)
    chips = rng.uniform(2, 9, (ROWS, COLUMNS)).astype(np.float32)
    return Places(evidence, chips, rng.normal(0, 3, (ROWS, COLUMNS)).astype(np.float32), belief, regions)


def plane(planes, name):
    return planes[PLANES.index(name)]


def squares(blocks):
    """Blocks laid onto the canvas by copying."""
    return np.kron(blocks, np.ones((CANVAS_PX // ROWS, CANVAS_PX // COLUMNS), np.float32))


def canvas(pixels):
    return cv2.resize(pixels, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)


def test_shapes_and_ranges():
    planes = outline_planes(places(), picture(), canvas(picture(1)))
    assert planes.shape == (len(PLANES), CANVAS_PX, CANVAS_PX)
    assert planes.dtype == np.float32
    assert np.abs(planes).max() <= 2


def test_reference_blocks_are_squares():
    known = places()
    planes = outline_planes(known, picture(), None)
    assert np.array_equal(plane(planes, "region"), squares(known.regions))
    assert np.allclose(plane(planes, "evidence"), squares(np.tanh(known.evidence / 8)))
    assert np.allclose(plane(planes, "strong evidence"), squares(known.evidence / 40))
    usual = np.median(known.chips)
    assert np.allclose(plane(planes, "chips"), squares(np.clip(known.chips / usual, 0, 2)))
    assert (plane(planes, "rows") == ROWS / 64).all()


def test_reference_brightness_and_colours_are_those_of_the_canvas():
    pixels = picture()
    planes = outline_planes(places(), pixels, None)
    red, green, blue = canvas(pixels).astype(np.float32).transpose(2, 0, 1)
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    assert np.abs(plane(planes, "brightness") - (brightness / 255 - 0.5)).max() < 0.01
    assert np.abs(plane(planes, "blue") - 0.564 * (blue - brightness) / 64).max() < 0.03
    assert np.abs(plane(planes, "red") - 0.713 * (red - brightness) / 64).max() < 0.03


def test_reference_what_is_as_remembered_is_no_surprise_in_other_tones_either():
    original = picture()
    for suspect in (original, np.rint(original * 0.8 + 20).astype(np.uint8)):
        planes = outline_planes(places(), suspect, canvas(original))
        assert np.abs(planes[3:6]).max() < 0.15
        assert np.abs(plane(planes, "expected brightness") - plane(planes, "brightness")).max() < 0.02
        assert (plane(planes, "remembered") == 1).all()


def test_reference_what_was_changed_is_a_surprise():
    original, suspect = picture(), picture()
    suspect[80:200, 100:300] = 255 - suspect[80:200, 100:300]
    planes = outline_planes(places(), suspect, canvas(original))
    changed = canvas((suspect != original).any(axis=2).astype(np.uint8) * 255) == 255
    assert np.abs(planes[3:6, changed]).max(axis=0).mean() > 4 * np.abs(planes[3:6, ~changed]).max(axis=0).mean()


@pytest.mark.parametrize("trusted", [True, False])
def test_limits_without_anything_to_compare_with_those_planes_are_zero(trusted):
    known = places()
    if not trusted:
        known = Places(-np.abs(known.evidence), known.chips, known.content, known.belief, known.regions)
    planes = outline_planes(known, picture(), None if trusted else canvas(picture()))
    assert not planes[COMPARED].any()
    assert planes[SHOWN].any()


def test_shapes_sixteen_bits_say_the_same():
    eight = outline_planes(places(), picture(), canvas(picture(1)))
    sixteen = outline_planes(places(), picture().astype(np.uint16) * 257, canvas(picture(1)))
    assert np.allclose(eight, sixteen, atol=0.05)


@pytest.mark.parametrize("height_px", [320, 1280])
def test_reference_grain_is_the_logarithm_of_the_mean_bend_along_rows(height_px):
    """Against second differences by NumPy; large pictures are not looked at in every row."""
    rng = np.random.default_rng(3)
    noisy = np.arange(640) < 320
    pixels = picture(height_px=height_px).astype(np.int16)
    pixels[:, noisy] += rng.integers(-12, 13, (height_px, 320, 1))
    pixels = pixels.clip(0, 255).astype(np.uint8)
    green = pixels[..., 1].astype(int)
    bends = np.abs(green[:, :-2] - 2 * green[:, 1:-1] + green[:, 2:])
    grain = plane(outline_planes(places(), pixels, None), "grain")
    for side, expected in ((slice(4, 124), bends[:, 10:310]), (slice(132, 252), bends[:, 330:630])):
        assert grain[:, side].mean() == pytest.approx((np.log(expected.mean() + 0.25) - 1) / 2, abs=0.08)


def test_strays_lie_on_the_canvas_as_the_cells_they_are():
    nats = np.full((16, 16), 0.6, np.float32)
    nats[4:6, 8:12] = -9
    shown = plane(outline_planes(replace(places(), strays=nats), picture(), None), "strays")
    assert np.allclose(shown, np.kron(np.clip(nats / 6, -1.5, 1.5), np.ones((16, 16))))
    assert not plane(outline_planes(places(), picture(), None), "strays").any()


def test_what_is_missing_does_not_stand_out():
    suspect, original = picture(), canvas(picture())
    missing = np.zeros(suspect.shape[:2], np.bool_)
    missing[:, 500:] = True
    suspect[missing] = 255 - suspect[missing]
    there = np.s_[:, 500 * CANVAS_PX // 640 :]
    loud, calm = (outline_planes(replace(places(), missing=part), suspect, original) for part in (None, missing))
    assert np.abs(plane(loud, "brightness surprise")[there]).mean() > 0.5
    for name in ("brightness surprise", "blue surprise", "red surprise"):
        assert not plane(calm, name)[there].any()
    assert np.array_equal(plane(calm, "brightness")[there], plane(calm, "expected brightness")[there])
    assert np.ptp(plane(calm, "grain")[there]) == 0
    here = np.s_[:, : 498 * CANVAS_PX // 640]
    assert np.array_equal(calm[:, *here], loud[:, *here])
