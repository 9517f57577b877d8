"""The shipped Transformer, as a network: shapes, determinism, and what it may not see."""

import json
from pathlib import Path

import numpy as np
import pytest

from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, shipped_weights
from underdrawing.recovery import Restorer
from underdrawing.recovery.restorer import RESTORER_FILE


@pytest.fixture(scope="module")
def restorer():
    return Restorer.load()


def inputs(seed, hidden_share=0.3):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-200, 201, (16, 16, 32))
    fine = rng.integers(-60, 61, (32, 32, 16))
    known = np.ones((6, 32, 32), bool)
    pixels = rng.integers(0, 256, (256, 256, 3)).astype(np.uint8)
    hidden = np.zeros((256, 256), bool)
    hidden[: int(256 * hidden_share)] = True
    return coarse, fine, known, pixels, hidden


def test_shapes(restorer):
    restored = restorer.restore(*inputs(0))
    assert restored.coarse.shape == (16, 16, 32)
    assert restored.hints.shape == (64, 16, 16)
    assert restored.guess.shape == (16, 16, 32)
    assert restored.sharpness.shape == (16, 16)
    for part in (restored.coarse, restored.hints, restored.guess, restored.sharpness):
        assert part.dtype == np.float32
        assert np.isfinite(part).all()


def test_deterministic(restorer):
    one, other = restorer.restore(*inputs(1)), Restorer.load().restore(*inputs(1))
    np.testing.assert_array_equal(one.coarse, other.coarse)
    np.testing.assert_array_equal(one.hints, other.hints)


def test_hidden_pixels_have_no_say(restorer):
    coarse, fine, known, pixels, hidden = inputs(2)
    one = restorer.restore(coarse, fine, known, pixels, hidden)
    other = restorer.restore(coarse, fine, known, np.where(hidden[..., None], 255 - pixels, pixels), hidden)
    np.testing.assert_array_equal(one.coarse, other.coarse)


def test_seen_pixels_and_known_tokens_have(restorer):
    coarse, fine, known, pixels, hidden = inputs(3)
    one = restorer.restore(coarse, fine, known, pixels, hidden)
    assert (restorer.restore(coarse, fine, known, 255 - pixels, hidden).coarse != one.coarse).any()
    changed = restorer.restore(-coarse, fine, known, pixels, hidden)
    assert np.corrcoef(changed.coarse.ravel(), -coarse.ravel())[0, 1] > 0.5


def test_only_the_named_file_is_run(tmp_path):
    Path(tmp_path / RESTORER_FILE).write_bytes(b"another")
    (tmp_path / MANIFEST_FILE).write_text((shipped_weights("recovery") / MANIFEST_FILE).read_text(encoding="utf-8"))
    with pytest.raises(WeightsError, match=RESTORER_FILE):
        Restorer.load(weights=tmp_path)


def test_the_manifest_tells_where_it_comes_from_and_what_it_brings():
    manifest = json.loads((shipped_weights("recovery") / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert {"files", "licence", "training", "training_data", "config", "scores"} <= set(manifest)
    table = manifest["scores"]["val"]["masked_psnr_db_by_bits"]
    helped, alone = table["code and Transformer"], table["code only"]
    assert table["as shipped (fidelity)"]["0"] > max(table["Telea"]["0"], table["Navier–Stokes"]["0"])
    assert all(helped[bits] > alone[bits] for bits in ("60", "252", "1020"))
    assert helped["1020"] > table["Telea"]["0"] + 3


def test_all_weights_stay_small():
    package = Path(str(shipped_weights("recovery"))).parents[1]
    assert sum(path.stat().st_size for path in package.rglob("weights/*")) <= 40 << 20
