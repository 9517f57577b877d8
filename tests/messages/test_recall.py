"""Side information: what the untouched part of a suspect tells about its own tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from scenes import bent, gained, jpeg
from underdrawing.messages.recall import Demapper, Recollection, TokenOdds
from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY, Tokenizer

SEEDS = st.integers(0, 2**32 - 1)
INTACT = np.ones((32, 32), dtype=np.float32)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def code(tokenizer):
    return tokenizer.encode(data.astronaut())


def recollection(tokenizer, code, pixels, *, intact=INTACT, n_scales=2, **tone):
    return Recollection.of(pixels, intact, known=code.prefix(n_scales), tokenizer=tokenizer, **tone)


def bits_of(tokens):
    return (np.asarray(tokens, dtype=np.int64).reshape(-1, 1) >> np.arange(TOKEN_BITS - 1, -1, -1)) & 1


def few_candidates(seed, tokens, candidates):
    """Odds over a tiny vocabulary, the same odds as a table of all 4096 tokens, and beliefs from elsewhere."""
    rng = np.random.default_rng(seed)
    chosen = np.array([rng.choice(VOCABULARY, candidates, replace=False) for _ in range(tokens)])
    share = rng.uniform(0.05, 0.95, (tokens, 1))
    weight = rng.dirichlet(np.ones(candidates), tokens) * share
    other = (1 - share[:, 0]) / VOCABULARY
    odds = TokenOdds(
        bits=bits_of(chosen).reshape(tokens, candidates, TOKEN_BITS) == 1,
        log_weight=np.log(weight).astype(np.float32),
        log_other=np.log(other).astype(np.float32),
    )
    table = np.repeat(other[:, None], VOCABULARY, axis=1)
    np.put_along_axis(table, chosen, np.take_along_axis(table, chosen, 1) + weight, axis=1)
    return odds, table, rng.normal(0, 2, tokens * TOKEN_BITS).astype(np.float32)


def slow_hints(table, believed):
    """Every token, one after another: each bit's ratio from the odds of tokens and the beliefs of the other bits."""
    every = bits_of(np.arange(VOCABULARY))
    zero = 1 / (1 + np.exp(-believed.astype(np.float64)))
    found = []
    for probabilities, token_zero in zip(table, zero.reshape(-1, TOKEN_BITS), strict=True):
        chance = np.where(every == 0, token_zero, 1 - token_zero)
        for bit in range(TOKEN_BITS):
            of_others = np.delete(chance, bit, axis=1).prod(axis=1) * probabilities
            found.append(np.log(of_others[every[:, bit] == 0].sum() / of_others[every[:, bit] == 1].sum()))
    return np.array(found)


@given(SEEDS, st.integers(1, 3), st.integers(1, 6))
def test_reference_hints_are_a_sum_over_all_tokens(seed, tokens, candidates):
    odds, table, believed = few_candidates(seed, tokens, candidates)
    assert np.allclose(odds.hints(believed), np.clip(slow_hints(table, believed), -12, 12), atol=5e-3)
    assert np.allclose(odds.hints(), np.clip(slow_hints(table, 0 * believed), -12, 12), atol=5e-3)


@given(SEEDS)
def test_reference_the_likeliest_token_is_that_of_all_tokens(seed):
    odds, table, believed = few_candidates(seed, 3, 5)
    every = bits_of(np.arange(VOCABULARY))
    zero = 1 / (1 + np.exp(-believed.astype(np.float64).reshape(3, 1, TOKEN_BITS)))
    chance = np.where(every, 1 - zero, zero).prod(axis=2) * table
    chosen = chance[np.arange(3), odds.likeliest(believed)]
    assert (chosen > 0.8 * chance.max(axis=1)).all()  # a candidate counts without its share of the rest


def test_reference_a_certain_token_is_expected_and_an_unknown_one_may_be_anything(tokenizer, code):
    vocabulary = tokenizer.linear.scales[4].vocabulary
    bits = bits_of([[7], [9]]).reshape(2, 1, TOKEN_BITS) == 1
    log_other = np.array([-40, -np.log(VOCABULARY)], np.float32)
    odds = TokenOdds(bits, np.array([[0], [-40]], np.float32), log_other)
    tokens, error = odds.expected(vocabulary)
    assert tokens[0] == 7
    assert error[0] < 1e-3
    entries = vocabulary.entries.astype(np.float64)
    assert error[1] == pytest.approx(np.square(entries - entries[tokens[1]]).mean(), rel=1e-3)
    told = np.where(bits_of([9]).ravel() == 1, -30, 30).astype(np.float32)
    assert odds.expected(vocabulary, np.concatenate([told, told]))[0][1] == 9


def test_reference_doubt_about_coarser_tokens_softens_the_odds(tokenizer, code):
    seen = recollection(tokenizer, code, data.astronaut(), n_scales=3)
    sure = seen.odds(tokenizer, code.prefix(3))
    doubtful = seen.odds(tokenizer, code.prefix(3), np.full((8, 8), 9, np.float32))
    assert np.abs(doubtful.hints()).mean() < 0.7 * np.abs(sure.hints()).mean()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_reference_errors_of_tokens_cause_the_variance_that_is_passed_on(tokenizer, code, number):
    """Random tokens instead of the right ones, on the scales of 2, 4 and 8: told and seen at the next scale."""
    scale, following = tokenizer.linear.scales[number], tokenizer.linear.scales[number + 1]
    right = code.scales[number]
    told, seen = [], []
    for seed in range(20):
        wrong = np.random.default_rng(seed).integers(0, VOCABULARY, right.shape)
        entries = scale.vocabulary.entries.astype(np.float64)
        told.append(scale.errors_passed_on(np.square(entries[wrong] - entries[right]).mean(axis=2)))
        latents = scale.said(wrong) - scale.said(right)
        seen.append(np.square(following.change_of_vectors(latents)).mean(axis=2))
    assert np.mean(told) == pytest.approx(np.mean(seen), rel=0.02)
    whole = (right.shape[0], 2, right.shape[0], 2)
    by_cell = [np.mean(values, axis=0).reshape(whole).mean(axis=(1, 3)).ravel() for values in (told, seen)]
    assert np.allclose(*by_cell, rtol=0.05)


@given(SEEDS)
def test_limits_nothing_known_gives_no_hints(seed):
    odds, _, _ = few_candidates(seed, 2, 4)
    nowhere = TokenOdds(odds.bits, np.full_like(odds.log_weight, -60), np.full(2, -np.log(VOCABULARY), np.float32))
    assert np.abs(nowhere.hints()).max() < 1e-3


def test_round_trip_taking_an_order_takes_its_hints():
    odds, _, believed = few_candidates(5, 4, 5)
    order = np.array([2, 0, 3])
    expected = odds.hints(believed).reshape(4, TOKEN_BITS)[order].ravel()
    taken = odds.take(order).hints(believed.reshape(4, TOKEN_BITS)[order].ravel())
    assert np.allclose(taken, expected)


@pytest.mark.parametrize("n_scales", [2, 3, 4, 5])
def test_reference_odds_add_up_to_one(tokenizer, code, n_scales):
    intact = np.random.default_rng(0).uniform(0, 1, (32, 48)).astype(np.float32)
    seen = recollection(tokenizer, code, data.astronaut(), intact=intact, n_scales=n_scales)
    odds = seen.odds(tokenizer, code.prefix(n_scales))
    total = np.exp(odds.log_weight).sum(axis=1) + VOCABULARY * np.exp(odds.log_other)
    assert odds.bits.shape[0] == (2**n_scales) ** 2
    assert np.allclose(total, 1, atol=1e-3)


@pytest.mark.parametrize("n_scales", [2, 3, 4, 5])
def test_reference_an_untouched_picture_tells_its_tokens(tokenizer, code, n_scales):
    seen = recollection(tokenizer, code, jpeg(data.astronaut(), 80), n_scales=n_scales)
    odds = seen.odds(tokenizer, code.prefix(n_scales))
    truth = bits_of(code.scales[n_scales]).ravel()
    hints = odds.hints()
    clear = np.abs(hints) > 2
    assert clear.mean() > 0.3
    assert ((hints < 0) == truth)[clear].mean() > 0.9
    assert (odds.likeliest() == code.scales[n_scales].ravel()).mean() > 0.5


def test_limits_what_was_replaced_gives_no_hints(tokenizer, code):
    intact = INTACT.copy()
    intact[:, :16] = 0
    hints = (
        recollection(tokenizer, code, data.astronaut(), intact=intact, n_scales=3)
        .odds(tokenizer, code.prefix(3))
        .hints()
    )
    by_column = np.abs(hints.reshape(8, 8, TOKEN_BITS)).mean(axis=(0, 2))
    assert by_column[:4].max() < 0.05
    assert by_column[4:].min() > 0.3


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


def test_shapes_a_block_of_several_scales(tokenizer, code):
    seen = recollection(tokenizer, code, data.astronaut())
    demapper = Demapper(seen, tokenizer, code.prefix(2), sides=(4, 8))
    hints = demapper.hints()
    assert hints.shape == ((16 + 64) * TOKEN_BITS,)
    assert hints.dtype == np.float32
    short = demapper.hints(np.zeros(100, dtype=np.float32))
    assert np.allclose(short, hints, atol=1e-5)


def test_reference_beliefs_sharpen_the_hints(tokenizer, code):
    """What is known of some bits of a token tells the others."""
    truth = np.concatenate([bits_of(code.scales[k]).ravel() for k in (2, 3)])
    seen = recollection(tokenizer, code, jpeg(data.astronaut(), 60))
    demapper = Demapper(seen, tokenizer, code.prefix(2), sides=(4, 8))
    believed = np.where(truth == 0, 6, -6).astype(np.float32)
    believed.reshape(-1, TOKEN_BITS)[:, 6:] = 0
    blind, told = demapper.hints(), demapper.hints(believed)
    right = np.where(truth == 0, 1, -1)
    assert np.minimum(told * right, 4).mean() > np.minimum(blind * right, 4).mean()
    assert ((told < 0) == truth).mean() > 0.9


def test_round_trip_the_hints_of_a_block_follow_its_order(tokenizer, code):
    seen = recollection(tokenizer, code, data.astronaut(), n_scales=5)
    order = tokenizer.detail_order(code)[:50]
    whole = Demapper(seen, tokenizer, code.prefix(5), sides=(32,)).hints().reshape(-1, TOKEN_BITS)
    part = Demapper(seen, tokenizer, code.prefix(5), sides=(32,), order=order).hints().reshape(-1, TOKEN_BITS)
    assert np.allclose(part, whole[order])
