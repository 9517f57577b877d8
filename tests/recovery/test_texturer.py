"""The imaginer with the shipped weights: it makes up detail as photographs have it, and keeps what is known."""

import json

import numpy as np
import pytest
import skimage.data

from underdrawing.bench.metrics.likeness import ms_ssim
from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, shipped_weights
from underdrawing.recovery.imagining import IMAGINER_FILE, Imaginer
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas

NOWHERE = np.zeros((32, 32), bool)


@pytest.fixture(scope="module")
def imaginer():
    return Imaginer.load()


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module", params=["astronaut", "coffee", "chelsea"])
def canvas(request):
    return to_canvas(getattr(skimage.data, request.param)())


def told(tokenizer, code):
    """What the scales to 16 say, and their latents."""
    return tokenizer.linear_picture(code), tokenizer.latents(code.prefix(5)).coarse


def drawn(imaginer, tokenizer, code, known, **options):
    entries = tokenizer.linear.fine_vocabulary.entries
    return imaginer.drawn(*told(tokenizer, code), code.scales[5], known, entries=entries, **options)


def scores(imaginer, tokenizer, code, known):
    fine = np.where(known[..., None], tokenizer.linear.fine_vocabulary.entries[code.scales[5]], 0)
    return imaginer.scores(*told(tokenizer, code), fine, known)


def nats(scores, tokens, where):
    """Mean cross entropy of tokens in places."""
    scores = scores.astype(float)[where]
    highest = scores.max(axis=1)
    own = np.take_along_axis(scores, tokens[where][:, None].astype(int), axis=1)[:, 0]
    return float((highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1)) - own).mean())


def slope(picture):
    levels = picture.astype(int)
    return np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean()


def test_reference_tokens_are_guessed_better_than_by_their_number(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    assert nats(scores(imaginer, tokenizer, code, NOWHERE), code.scales[5], ~NOWHERE) < np.log(4096) - 0.5


def test_reference_neighbours_help(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    half = np.indices((32, 32)).sum(axis=0) % 2 == 0
    alone, helped = (nats(scores(imaginer, tokenizer, code, known), code.scales[5], ~half) for known in (NOWHERE, half))
    assert helped < alone - 0.05


def test_known_tokens_stay(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    known = np.ones((32, 32), bool)
    known[8:20, 4:25] = False
    tokens = drawn(imaginer, tokenizer, code, known)
    assert (tokens.shape, tokens.dtype) == ((32, 32), np.uint16)
    np.testing.assert_array_equal(tokens[known], code.scales[5][known])
    assert np.mean(tokens[~known] != code.scales[5][~known]) > 0.5
    np.testing.assert_array_equal(drawn(imaginer, tokenizer, code, ~NOWHERE), code.scales[5])


def test_what_is_not_known_has_no_say(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    known = np.ones((32, 32), bool)
    known[8:20, 4:25] = False
    other = HiddenCode((*code.scales[:5], np.where(known, code.scales[5], 77).astype(np.uint16)))
    np.testing.assert_array_equal(drawn(imaginer, tokenizer, code, known), drawn(imaginer, tokenizer, other, known))


def test_reference_pictures_get_the_slopes_of_photographs_and_stay_the_same_scene(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    smooth = tokenizer.decode(code.prefix(5))
    made_up = tokenizer.decode(HiddenCode((*code.scales[:5], drawn(imaginer, tokenizer, code, NOWHERE))))
    steep = [slope(picture) / slope(canvas) for picture in (smooth, made_up)]
    assert steep[0] + 0.05 < steep[1] < 1
    assert ms_ssim(made_up, canvas, data_range=255) > ms_ssim(smooth, canvas, data_range=255) - 0.06
    again = tokenizer.encode(made_up)
    assert np.mean(again.scales[3] == code.scales[3]) > 0.7


def test_the_seed_decides(imaginer, tokenizer, canvas):
    code = tokenizer.encode(canvas)
    known = np.ones((32, 32), bool)
    known[:, 16:] = False
    one, same, other = (drawn(imaginer, tokenizer, code, known, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.mean(one[~known] != other[~known]) > 0.5


def test_only_the_named_file_is_run(tmp_path):
    (tmp_path / IMAGINER_FILE).write_bytes(b"another")
    manifest = (shipped_weights("recovery.imagining") / MANIFEST_FILE).read_text(encoding="utf-8")
    (tmp_path / MANIFEST_FILE).write_text(manifest, encoding="utf-8")
    with pytest.raises(WeightsError, match=IMAGINER_FILE):
        Imaginer.load(weights=tmp_path)


def test_the_manifest_tells_where_it_comes_from_and_what_it_brings():
    manifest = json.loads((shipped_weights("recovery.imagining") / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert {"files", "licence", "training", "training_data", "config", "scores"} <= set(manifest)
    for split in ("val", "test"):
        row = manifest["scores"][split]["looks_by_bits"]["4092"]
        assert row["fidelity"]["slope"] < row["look"]["slope"] < 1
