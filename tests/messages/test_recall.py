"""Side information: what the untouched part of a suspect tells about its own tokens."""

import numpy as np
import pytest
from skimage import data

from scenes import bent, gained, jpeg
from underdrawing.messages.recall import CANDIDATES, Recollection
from underdrawing.messages.token_odds import bits_of
from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY

INTACT = np.ones((32, 32), dtype=np.float32)


def recollection(tokenizer, code, pixels, *, intact=INTACT, n_scales=2, **tone):
    return Recollection.of(pixels, intact, known=code.prefix(n_scales), tokenizer=tokenizer, **tone)


@pytest.mark.parametrize("n_scales", [4, 5])
def test_reference_odds_add_up_to_one(tokenizer, code, n_scales):
    intact = np.random.default_rng(0).uniform(0, 1, (32, 48)).astype(np.float32)
    seen = recollection(tokenizer, code, data.astronaut(), intact=intact, n_scales=n_scales)
    odds = seen.odds(code.prefix(n_scales))
    total = np.exp(odds.log_weight).sum(axis=1) + VOCABULARY * np.exp(odds.log_other)
    assert odds.bits.shape[0] == (2**n_scales) ** 2
    assert np.allclose(total, 1, atol=1e-3)


@pytest.mark.parametrize("n_scales", [4, 5])
def test_reference_an_untouched_picture_tells_its_tokens(tokenizer, code, n_scales):
    seen = recollection(tokenizer, code, jpeg(data.astronaut(), 80), n_scales=n_scales)
    odds = seen.odds(code.prefix(n_scales))
    truth = bits_of(code.scales[n_scales].ravel()).ravel()
    hints = odds.hints()
    clear = np.abs(hints) > 2
    assert clear.mean() > 0.3
    assert ((hints < 0) == truth)[clear].mean() > 0.9


def test_limits_what_was_replaced_gives_no_hints(tokenizer, code):
    intact = INTACT.copy()
    intact[:, :16] = 0
    hints = recollection(tokenizer, code, data.astronaut(), intact=intact, n_scales=4).odds(code.prefix(4)).hints()
    by_column = np.abs(hints.reshape(16, 16, TOKEN_BITS)).mean(axis=(0, 2))
    assert by_column[:8].max() < 0.05
    assert by_column[8:].min() > 0.3


@pytest.mark.parametrize(
    "change, tone",
    [(lambda p: gained(p, 0.85), {"gain": 0.85}), (lambda p: bent(p, 1.2), {"gamma": 1.2})],
    ids=["gain", "gamma"],
)
def test_round_trip_tones_are_undone_first(tokenizer, code, change, tone):
    pixels = change(data.astronaut())
    plain = recollection(tokenizer, code, data.astronaut()).canvas
    undone = recollection(tokenizer, code, pixels, **tone).canvas
    ignored = recollection(tokenizer, code, pixels).canvas
    assert np.abs(undone - plain).mean() < 3
    assert np.abs(undone - plain).mean() < 0.5 * np.abs(ignored - plain).mean()


@pytest.mark.parametrize("n_scales", [0, 2])
def test_reference_parents_are_likely_and_believed_tokens(tokenizer, code, n_scales):
    known = code.prefix(n_scales) if n_scales else None
    side = 2**n_scales
    seen = Recollection.of(jpeg(data.astronaut(), 70), INTACT, known=known, tokenizer=tokenizer)
    nothing = np.zeros(side * side * TOKEN_BITS, dtype=np.float32)
    tokens, odds = seen.parents(known, nothing, count=64)
    right = code.scales[n_scales].reshape(-1, 1)
    assert (tokens == right).any(axis=1).mean() > 0.9
    total = np.exp(odds.log_weight).sum(axis=1) + VOCABULARY * np.exp(odds.log_other)
    assert np.allclose(total, 1, atol=1e-3)
    wanted = np.random.default_rng(0).integers(0, VOCABULARY, side * side)
    told = np.where(bits_of(wanted), -30, 30).astype(np.float32).ravel()
    chosen, _ = seen.parents(known, told, count=64)
    assert (chosen == wanted[:, None]).any(axis=1).all()


def test_reference_children_are_those_of_their_parent(tokenizer, code):
    """Under the right parent the right child comes first; the same list as when the parent is simply known."""
    seen = recollection(tokenizer, code, data.astronaut())
    parents = np.stack([code.scales[2].ravel(), np.roll(code.scales[2].ravel(), 1)], axis=1).astype(np.intp)
    odds = seen.children(code.prefix(2), parents)
    assert odds.bits.shape == (16, 4, 2, CANDIDATES, TOKEN_BITS)
    right = bits_of(code.scales[3].reshape(4, 2, 4, 2).swapaxes(1, 2).reshape(16, 4))
    first = (odds.bits[:, :, 0, 0] == right).all(axis=-1)
    assert first.mean() > 0.8
    assert (odds.bits[:, :, 1, 0] == right).all(axis=-1).mean() < 0.2


def test_limits_a_cell_that_is_gone_tells_nothing_of_its_token(tokenizer, code):
    intact = INTACT.copy()
    intact[:16, :16] = 0
    seen = recollection(tokenizer, code, data.astronaut(), intact=intact)
    assert seen.gone(2)[0] > 0.9
    assert seen.gone(2)[3] < 0.05
    _, odds = seen.parents(code.prefix(2), np.zeros(16 * TOKEN_BITS, np.float32), count=64)
    hints = np.abs(odds.hints()).reshape(4, 4, TOKEN_BITS).mean(axis=2)
    assert hints[:2, :2].max() < 0.5 * hints[2:, 2:].min()
