"""Odds over tiny lists of tokens, and what follows from them worked out token by token."""

import numpy as np
from hypothesis import strategies as st

from underdrawing.messages.token_odds import TokenOdds, bits_of
from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY

SEEDS = st.integers(0, 2**32 - 1)


def few_candidates(seed, tokens, candidates):
    """Odds over a tiny vocabulary, the same odds as a table of all 4096 tokens, and beliefs from elsewhere."""
    rng = np.random.default_rng(seed)
    chosen = np.array([rng.choice(VOCABULARY, candidates, replace=False) for _ in range(tokens)])
    share = rng.uniform(0.05, 0.95, (tokens, 1))
    weight = rng.dirichlet(np.ones(candidates), tokens) * share
    other = (1 - share[:, 0]) / VOCABULARY
    odds = TokenOdds(bits_of(chosen), np.log(weight).astype(np.float32), np.log(other).astype(np.float32))
    table = np.repeat(other[:, None], VOCABULARY, axis=1)
    np.put_along_axis(table, chosen, np.take_along_axis(table, chosen, 1) + weight, axis=1)
    return odds, table, rng.normal(0, 2, tokens * TOKEN_BITS).astype(np.float32)


def token_chances(believed):
    """Probability that the beliefs of twelve bits give each of all tokens."""
    zero = 1 / (1 + np.exp(-believed.astype(np.float64)))
    return np.where(bits_of(np.arange(VOCABULARY)), 1 - zero, zero)


def slow_hints(table, believed):
    """Every token, one after another: each bit's ratio from the odds of tokens and the beliefs of the other bits."""
    every = bits_of(np.arange(VOCABULARY))
    found = []
    for probabilities, told in zip(table, believed.reshape(-1, TOKEN_BITS), strict=True):
        chance = token_chances(told)
        for bit in range(TOKEN_BITS):
            of_others = np.delete(chance, bit, axis=1).prod(axis=1) * probabilities
            found.append(np.log(of_others[~every[:, bit]].sum() / of_others[every[:, bit]].sum()))
    return np.array(found)
