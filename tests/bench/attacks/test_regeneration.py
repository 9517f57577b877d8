import json
import shutil
from importlib import resources

import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.attacks.regeneration import (
    AUTOENCODER_FILE,
    MARGIN_PX,
    TILE_PX,
    TOKEN_BITS_CHOICES,
    Autoencoder,
    autoencoder,
    repainted,
)
from underdrawing.bench.metrics.likeness import ms_ssim, psnr_db
from underdrawing.errors import WeightsError
from underdrawing.tokenizer import Tokenizer, to_canvas

FOLDER = resources.files("underdrawing.bench.attacks") / "weights"


class Offset:
    """A network that adds 1 to every value: where tiles are laid out wrongly, pictures come out in pieces."""

    def run(self, inputs):
        assert inputs["pixels"].shape == (3, TILE_PX, TILE_PX)
        return [inputs["pixels"].astype(np.float32) + 1]


@pytest.mark.parametrize("size", [(1, 1), (40, 500), (320, 320), (321, 319), (700, 900)])
def test_tiles_of_any_picture_fit_together(size):
    pixels = np.random.default_rng(0).integers(0, 250, (*size, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Autoencoder(Offset()).regenerate(pixels), pixels + 1)


def test_seams_of_tiles_do_not_show():
    """The same place seen from two tilings: the margin is wider than the network looks."""
    picture = np.ascontiguousarray(np.tile(data.coffee(), (2, 2, 1))[: 2 * TILE_PX, : 2 * TILE_PX])
    own = TILE_PX - 2 * MARGIN_PX
    whole = autoencoder().regenerate(picture)
    shifted = autoencoder().regenerate(np.ascontiguousarray(picture[64:, 64:]))
    across = np.s_[own - 8 : own + 8, own - 8 : own + 8]
    difference = whole[64:, 64:][across].astype(int) - shifted[across]
    assert np.abs(difference).max() <= 2


def test_it_looks_the_same_and_is_other_pixels():
    picture = data.astronaut()
    anew = autoencoder().regenerate(picture)
    assert anew.shape == picture.shape
    assert 22 < psnr_db(picture, anew, data_range=255) < 40
    assert ms_ssim(picture, anew, data_range=255) > 0.9
    assert np.mean(np.abs(anew.astype(int) - picture) > 1) > 0.5
    assert abs(anew.mean() - picture.mean()) < 2


def test_it_does_at_least_as_well_as_its_card_says_of_strangers():
    scores = json.loads((FOLDER / "weights.json").read_text())["scores"]["test"]
    canvas = to_canvas(data.coffee())
    assert psnr_db(canvas, autoencoder().regenerate(canvas), data_range=255) > scores["psnr_db_rgb_mean"] - 6


def test_the_weights_are_small_and_proved(tmp_path):
    assert (FOLDER / AUTOENCODER_FILE).stat().st_size < 2**20
    shutil.copytree(str(FOLDER), tmp_path / "weights")
    (tmp_path / "weights" / AUTOENCODER_FILE).write_bytes(b"something else")
    with pytest.raises(WeightsError, match="install the package again"):
        Autoencoder.load(weights=tmp_path / "weights")


@pytest.mark.parametrize("bits", TOKEN_BITS_CHOICES)
def test_repainting_is_what_the_tokenizer_paints(bits):
    tokenizer = Tokenizer.load()
    canvas = to_canvas(data.coffee())
    scales = TOKEN_BITS_CHOICES.index(bits) + 1
    np.testing.assert_array_equal(repainted(canvas, bits), tokenizer.decode(tokenizer.encode(canvas).prefix(scales)))


def test_repainting_keeps_size_and_gains_with_bits():
    picture = data.coffee()
    likeness = [psnr_db(picture, repainted(picture, bits), data_range=255) for bits in TOKEN_BITS_CHOICES]
    assert likeness == sorted(likeness)
    assert TOKEN_BITS_CHOICES == (12, 60, 252, 1020, 4092, 16380)
    assert repainted(picture, 16380).shape == picture.shape


def test_both_are_steps_of_attack_names():
    rng = np.random.default_rng(0)
    picture = data.coffee()[:200, :200]
    np.testing.assert_array_equal(pixelwise.get("autoencoder").apply(picture, rng), autoencoder().regenerate(picture))
    np.testing.assert_array_equal(pixelwise.get("tokens252").apply(picture, rng), repainted(picture, 252))
