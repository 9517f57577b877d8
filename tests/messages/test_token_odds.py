"""Candidates of tokens, and what follows for their bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from token_tables import SEEDS, few_candidates, slow_hints

from underdrawing.messages.token_odds import TokenOdds, bits_of, log_chance, log_sum
from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY


@given(SEEDS, st.integers(1, 3), st.integers(1, 6))
def test_reference_hints_are_a_sum_over_all_tokens(seed, tokens, candidates):
    odds, table, believed = few_candidates(seed, tokens, candidates)
    assert np.allclose(odds.hints(believed), np.clip(slow_hints(table, believed), -12, 12), atol=5e-3)
    assert np.allclose(odds.hints(), np.clip(slow_hints(table, 0 * believed), -12, 12), atol=5e-3)


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


@given(SEEDS)
def test_reference_a_chance_is_that_of_both_bits(seed):
    believed = np.random.default_rng(seed).normal(0, 5, 20).astype(np.float32)
    both = np.exp(log_chance(np.full(20, True), believed)) + np.exp(log_chance(np.full(20, False), believed))
    assert np.allclose(both, 1, atol=1e-5)
    assert (log_chance(np.full(20, False), believed) > log_chance(np.full(20, True), believed)).tolist() == (
        believed > 0
    ).tolist()


def test_reference_bits_are_written_most_significant_first():
    assert bits_of(np.array([2049])).tolist() == [[True, *[False] * 10, True]]


def test_limits_a_sum_of_nothing_is_no_error():
    assert log_sum(np.full((1, 3), -np.inf, np.float32))[0] < -60
