"""The texturer with the shipped weights: as much detail as photographs have, none of it coarse."""

import json

import cv2
import numpy as np
import pytest
import skimage.data

from underdrawing.bench.metrics.likeness import gmsd, ms_ssim
from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, shipped_weights
from underdrawing.recovery.texturing import BANDS, GRID, TEXTURER_FILE, Texturer
from underdrawing.recovery.texturing.bands import OCTAVES, differences, filters, rgb_of, sizes
from underdrawing.recovery.texturing.calibration import calibrated
from underdrawing.tokenizer import Tokenizer, to_canvas

EVERYTHING = np.ones((256, 256), bool)
NOTHING = np.zeros((256, 256, 3), np.uint8)


@pytest.fixture(scope="module")
def texturer():
    return Texturer.load()


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea", "rocket"])
def canvas(request):
    return to_canvas(getattr(skimage.data, request.param)())


def painted(canvas, n_scales, tokenizer):
    """What the decoder paints from so many scales, and which of them are known where."""
    code = tokenizer.encode(canvas).prefix(n_scales)
    return tokenizer.decode(code), tokenizer.latents(code).known


def slope(picture):
    levels = picture.astype(int)
    return np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean()


# --- bands ---


def test_bands_of_detail_add_up_to_what_they_were_taken_from():
    rng = np.random.default_rng(0)
    plane = np.fft.rfft2(rng.standard_normal((256, 256)))
    radius = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    for number in range(3):
        kept = filters()[np.array(BANDS) == number]
        together = (plane * np.square(kept)).sum(axis=0)
        fine, coarse = radius > 0.095, radius < 0.045
        np.testing.assert_allclose(together[fine], plane[fine], rtol=1e-5)
        assert not together[coarse].any()


def test_each_direction_has_a_band_of_its_own():
    waves = [np.sin(2 * np.pi * 0.2 * along) for along in np.indices((256, 256))]
    for wave in waves:
        energies = np.square(np.fft.irfft2(np.fft.rfft2(wave) * filters()[:12])).mean(axis=(1, 2))
        assert energies.max() > 5 * np.median(energies)
    strongest = [
        int(np.square(np.fft.irfft2(np.fft.rfft2(wave) * filters()[:12])).mean(axis=(1, 2)).argmax()) for wave in waves
    ]
    assert strongest[0] != strongest[1]


def test_planes_and_pictures_are_the_same_thing(canvas):
    np.testing.assert_allclose(rgb_of(differences(canvas)), canvas, atol=1e-3)
    grey = np.full((4, 4, 3), 90, np.uint8)
    np.testing.assert_allclose(differences(grey)[0], 90, atol=1e-3)
    np.testing.assert_allclose(differences(grey)[1:], 0, atol=1e-3)


def test_bands_of_one_octave_are_of_one_plane_and_the_finest_come_first():
    planes = [{BANDS[band] for band in np.flatnonzero(octave == OCTAVES)} for octave in np.unique(OCTAVES)]
    assert planes == [{0}] * 3 + [{1}] * 3 + [{2}] * 3
    rows, radius = np.indices((256, 256))[0], np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    means = [np.average(radius, weights=filters()[octave == OCTAVES].sum(axis=0)) for octave in range(3)]
    assert means == sorted(means, reverse=True)
    strongest = [
        sizes(np.repeat(np.sin(2 * np.pi * frequency * rows)[..., None], 3, axis=2)).mean(axis=(1, 2)).argmax()
        for frequency in (0.375, 0.1875, 0.09375)
    ]
    assert [OCTAVES[band] for band in strongest] == [0, 1, 2]


# --- the network ---


def test_reference_the_strength_of_what_is_missing_is_told(texturer, tokenizer, canvas):
    picture, known = painted(canvas, 5, tokenizer)
    said = texturer.missing(picture, known, NOTHING, EVERYTHING)
    assert said.shape == (len(BANDS), GRID, GRID)
    true = sizes(canvas.astype(np.float32) - picture).reshape(-1, 16, 4, 16, 4).mean(axis=(2, 4))
    told = said.reshape(-1, 16, 4, 16, 4).mean(axis=(2, 4))
    for band in (0, 4, 8):
        assert np.corrcoef(np.log(told[band]).ravel(), np.log(true[band]).ravel())[0, 1] > 0.5
    assert 0.5 < told.mean() / true.mean() < 2


def test_reference_more_is_missing_where_less_was_told(texturer, tokenizer, canvas):
    missing = [texturer.missing(*painted(canvas, n, tokenizer), NOTHING, EVERYTHING).mean() for n in (4, 5, 6)]
    assert missing == sorted(missing, reverse=True)


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_reference_slopes_come_near_those_of_photographs(texturer, tokenizer, canvas, n_scales):
    picture, known = painted(canvas, n_scales, tokenizer)
    textured = texturer.textured(picture, known, NOTHING, EVERYTHING)
    assert (textured.shape, textured.dtype) == (canvas.shape, np.uint8)
    off = [abs(np.log(slope(one) / slope(canvas))) for one in (picture, textured)]
    assert off[1] < 0.6 * off[0]


def test_reference_it_stays_the_same_scene(texturer, tokenizer, canvas):
    picture, known = painted(canvas, 5, tokenizer)
    textured = texturer.textured(picture, known, NOTHING, EVERYTHING)
    squares = [one.reshape(16, 16, 16, 16, 3).mean(axis=(1, 3)) for one in (picture, textured)]
    assert np.abs(squares[1] - squares[0]).max() < 8
    assert ms_ssim(textured, canvas, data_range=255) > ms_ssim(picture, canvas, data_range=255) - 0.06
    assert gmsd(textured, canvas, data_range=255) < gmsd(picture, canvas, data_range=255) + 0.01
    assert np.mean(tokenizer.encode(textured).scales[3] == tokenizer.encode(picture).scales[3]) > 0.6


def test_hidden_pixels_have_no_say_and_others_have(texturer, tokenizer, canvas):
    picture, known = painted(canvas, 5, tokenizer)
    hidden = np.zeros((256, 256), bool)
    hidden[64:192, 64:192] = True
    one = texturer.textured(picture, known, canvas, hidden)
    other = np.where(hidden[..., None], 255 - canvas, canvas)
    np.testing.assert_array_equal(one, texturer.textured(picture, known, other, hidden))
    assert (one[hidden] != texturer.textured(picture, known, 255 - canvas, hidden)[hidden]).any()


def test_deterministic(texturer, tokenizer, canvas):
    picture, known = painted(canvas, 5, tokenizer)
    one, other = (t.textured(picture, known, NOTHING, EVERYTHING) for t in (texturer, Texturer.load()))
    np.testing.assert_array_equal(one, other)


# --- as strong as around the region ---


def hole():
    hidden = np.zeros((256, 256), bool)
    hidden[64:192, 80:200] = True
    return hidden


def slope_inside(picture, hidden):
    rows, columns = (slice(along.min(), along.max() + 1) for along in np.nonzero(hidden))
    return slope(picture[rows, columns])


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_reference_soft_pictures_stay_soft_and_sharp_ones_sharp(texturer, tokenizer, canvas, n_scales):
    hidden = hole()
    small = cv2.resize(canvas, (96, 96), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)
    found = []
    for truth in (canvas, soft):
        picture, known = painted(truth, n_scales, tokenizer)
        made_up = (texturer.textured(picture, known, truth, hidden, unseen=unseen) for unseen in (None, picture))
        found.append([slope_inside(one, hidden) / slope_inside(truth, hidden) for one in made_up])
    apart = [abs(np.log(sharp / soft)) for sharp, soft in zip(*found, strict=True)]
    assert apart[1] < apart[0]
    assert 0.4 < found[0][1] < 1.4
    assert 0.5 < found[1][1] < 1.4


def test_what_is_hidden_does_not_say_how_strong_texture_is(texturer, tokenizer, canvas):
    hidden = hole()
    picture, known = painted(canvas, 5, tokenizer)
    other = np.where(hidden[..., None], 255 - canvas, canvas)
    one, same = (texturer.textured(picture, known, seen, hidden, unseen=picture) for seen in (canvas, other))
    np.testing.assert_array_equal(one, same)


def test_calibration_goes_by_what_is_missing_around_the_region():
    hidden = hole()
    rng = np.random.default_rng(0)
    usual = np.ones((len(BANDS), GRID, GRID), np.float32)
    smooth = np.full((256, 256, 3), 128, np.uint8)
    noise = rng.normal(0, 1, (256, 256, 3))
    weak, strong = (np.rint(128 + amount * noise).astype(np.uint8) for amount in (4, 16))
    one, other = (calibrated(usual, usual, smooth, pixels, hidden) for pixels in (weak, strong))
    np.testing.assert_allclose(other / one, 4, rtol=0.15)
    nothing_seen = np.ones_like(hidden)
    np.testing.assert_array_equal(calibrated(usual, usual, smooth, strong, nothing_seen), usual)
    one_place = nothing_seen.copy()
    one_place[:24, :24] = False
    assert np.all(calibrated(usual, usual, smooth, strong, one_place) < other)


def test_calibration_tells_a_clear_sky_from_the_rocks_before_it():
    hidden = hole()
    rng = np.random.default_rng(0)
    expected = np.ones((len(BANDS), GRID, GRID), np.float32)
    expected[:, : GRID // 2] = 0.5
    smooth = np.full((256, 256, 3), 128, np.uint8)
    noise = rng.normal(0, 12, (256, 256, 3))
    noise[:128] = 0
    rocks = np.rint(128 + noise).astype(np.uint8)
    times = calibrated(expected, expected, smooth, rocks, hidden) / expected
    sky, stones = times[:, 20:28, 24:44], times[:, 36:44, 24:44]
    assert np.all(sky.max(axis=(1, 2)) < 0.3 * stones.min(axis=(1, 2)))
    np.testing.assert_allclose(times[:, 24], np.repeat(times[:, 24, :1], GRID, axis=1))


def test_only_the_named_file_is_run(tmp_path):
    (tmp_path / TEXTURER_FILE).write_bytes(b"another")
    manifest = (shipped_weights("recovery.texturing") / MANIFEST_FILE).read_text(encoding="utf-8")
    (tmp_path / MANIFEST_FILE).write_text(manifest, encoding="utf-8")
    with pytest.raises(WeightsError, match=TEXTURER_FILE):
        Texturer.load(weights=tmp_path)


def test_the_manifest_tells_where_it_comes_from_and_what_it_brings():
    manifest = json.loads((shipped_weights("recovery.texturing") / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert {"files", "licence", "training", "training_data", "config", "scores"} <= set(manifest)
    for split in ("val", "test"):
        for kind in ("looks_by_bits", "looks_inside_by_bits"):
            for row in manifest["scores"][split][kind].values():
                assert abs(np.log(row["look"]["slope"])) < abs(np.log(row["fidelity"]["slope"]))
