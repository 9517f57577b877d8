"""The texturer with the shipped weights: it adds detail that looks like that of photographs, and nothing coarse."""

import json

import numpy as np
import pytest
import skimage.data

from underdrawing.bench.metrics.likeness import gmsd
from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, shipped_weights
from underdrawing.recovery.texturing import TEXTURER_FILE, Texturer
from underdrawing.tokenizer import Tokenizer, to_canvas

EVERYTHING = np.ones((256, 256), bool)
NOTHING = np.zeros((256, 256, 3), np.uint8)


@pytest.fixture(scope="module")
def texturer():
    return Texturer.load()


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea", "rocket"])
def canvas(request):
    return to_canvas(getattr(skimage.data, request.param)())


def painted(canvas, n_scales):
    """What the decoder paints from so many scales, and which of them are known where."""
    tokenizer = Tokenizer.load()
    code = tokenizer.encode(canvas).prefix(n_scales)
    return tokenizer.decode(code), tokenizer.latents(code).known


def slope(picture):
    levels = picture.astype(int)
    return np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean()


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_slopes_come_nearer_to_those_of_photographs(texturer, canvas, n_scales):
    picture, known = painted(canvas, n_scales)
    textured = texturer.textured(picture, known, NOTHING, EVERYTHING)
    assert (textured.shape, textured.dtype) == (canvas.shape, np.uint8)
    away = [abs(np.log(slope(one) / slope(canvas))) for one in (picture, textured)]
    assert away[1] < 0.7 * away[0]


def test_what_a_code_tells_stays_as_it_is(texturer, canvas):
    picture, known = painted(canvas, 5)
    textured = texturer.textured(picture, known, NOTHING, EVERYTHING)
    squares = [one.reshape(32, 8, 32, 8, 3).mean(axis=(1, 3)) for one in (picture, textured)]
    assert np.abs(squares[1] - squares[0]).mean() < 4
    kept = [Tokenizer.load().encode(one).scales[2] == Tokenizer.load().encode(picture).scales[2] for one in (textured,)]
    assert np.mean(kept) > 0.5
    assert gmsd(textured, canvas, data_range=255) < gmsd(picture, canvas, data_range=255) + 0.02


def test_hidden_pixels_have_no_say_and_others_have(texturer, canvas):
    picture, known = painted(canvas, 5)
    hidden = np.zeros((256, 256), bool)
    hidden[64:192, 64:192] = True
    one = texturer.textured(picture, known, canvas, hidden)
    other = np.where(hidden[..., None], 255 - canvas, canvas)
    np.testing.assert_array_equal(one, texturer.textured(picture, known, other, hidden))
    assert (one[hidden] != texturer.textured(picture, known, 255 - canvas, hidden)[hidden]).any()


def test_deterministic(texturer, canvas):
    picture, known = painted(canvas, 5)
    one, other = (t.textured(picture, known, NOTHING, EVERYTHING) for t in (texturer, Texturer.load()))
    np.testing.assert_array_equal(one, other)


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
        for row in manifest["scores"][split]["looks_by_bits"].values():
            assert abs(np.log(row["textured"]["slope"])) < abs(np.log(row["painted"]["slope"]))
