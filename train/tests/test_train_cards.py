"""The model card says what weights.json says."""

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from train.cards import CARDS
from train.tokenizer.robustness import kept_given_coarser, kept_tokens, robustness, steadied

from underdrawing.tokenizer import Tokenizer, to_canvas

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", CARDS)
def test_the_card_is_the_one_that_would_be_written(path):
    manifest, write = CARDS[path]
    contents = json.loads((ROOT / manifest).read_text(encoding="utf-8"))
    assert (ROOT / path).read_text(encoding="utf-8") == write(contents)


def test_an_unchanged_picture_keeps_all_tokens():
    tokenizer, picture = Tokenizer.load(), to_canvas(skimage.data.chelsea())
    code = tokenizer.encode(picture)
    assert kept_tokens(code, tokenizer.encode(picture)) == [1.0] * 6
    assert kept_given_coarser(tokenizer, code, picture) == [1.0] * 6


def test_the_coarser_tokens_help_to_find_the_finer_ones():
    tokenizer, picture = Tokenizer.load(), to_canvas(skimage.data.chelsea())
    code = tokenizer.encode(picture)
    noisy = np.clip(picture + np.random.default_rng(0).normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
    free, given = kept_tokens(code, tokenizer.encode(noisy)), kept_given_coarser(tokenizer, code, noisy)
    assert given[0] == free[0]
    assert np.mean(given) >= np.mean(free)
    assert given[4] > 0.7


def test_a_steadied_picture_keeps_more_tokens():
    tokenizer = Tokenizer.load()
    pictures = np.stack([to_canvas(getattr(skimage.data, name)()) for name in ("chelsea", "coffee")])
    shares = robustness(tokenizer, pictures)
    assert all(len(row) == 6 for kinds in shares.values() for row in kinds.values())
    plain, nudged = (np.array(shares[name]["coarser_given"]) for name in ("JPEG 70", "steadied, JPEG 70"))
    assert nudged[2:].mean() > plain[2:].mean() + 0.01
    assert min(shares["steadied"]["coarser_given"]) > 0.95
    assert shares["steadied, brightness −5 %, undone"]["coarser_given"][4] > 0.9
    change = steadied(tokenizer, tokenizer.encode(pictures[0]), pictures[0]).astype(int) - pictures[0]
    assert 0 < np.abs(change).max() <= 3
