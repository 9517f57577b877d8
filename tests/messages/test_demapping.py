"""Hints of the tokens of a block, sharpened by beliefs about their bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from token_tables import SEEDS, few_candidates, slow_hints, token_chances

from scenes import jpeg
from underdrawing.messages.demapping import Demapper, family_hints
from underdrawing.messages.recall import Recollection
from underdrawing.messages.token_odds import bits_of
from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY

INTACT = np.ones((32, 32), dtype=np.float32)


def recollection(tokenizer, code, pixels, *, n_scales=2):
    return Recollection.of(pixels, INTACT, known=code.prefix(n_scales), tokenizer=tokenizer)


@given(SEEDS, st.integers(1, 3))
def test_reference_a_family_is_a_sum_over_all_its_members(seed, candidates):
    """One parent and four children, every token of each, under every candidate of the parent and under none."""
    parents, _, above = few_candidates(seed, 1, candidates)
    lists, tables, _ = few_candidates(seed + 1, 4 * candidates, 2)
    children = lists.take(np.arange(4 * candidates).reshape(1, 4, candidates))
    tables = tables.reshape(4, candidates, VOCABULARY)
    below = np.random.default_rng(seed).normal(0, 2, 4 * TOKEN_BITS).astype(np.float32)
    told = np.array([token_chances(bits).prod(axis=1) for bits in below.reshape(4, TOKEN_BITS)])
    fits = (tables * told[:, None]).sum(axis=2)
    weight, other = np.exp(parents.log_weight[0].astype(float)), float(np.exp(parents.log_other[0]))
    tokens = parents.bits[0] @ (1 << np.arange(TOKEN_BITS - 1, -1, -1))
    of_parent = np.full(VOCABULARY, other * VOCABULARY**-4.0)
    of_parent[tokens] += weight * fits.prod(axis=0)
    share = weight * token_chances(above)[tokens].prod(axis=1)
    of_children = [
        np.tensordot(share * np.delete(fits, child, axis=0).prod(axis=0), tables[child], 1) + other * VOCABULARY**-4.0
        for child in range(4)
    ]
    expected = np.concatenate([slow_hints(of_parent[None], above), slow_hints(np.array(of_children), below)])
    assert np.allclose(family_hints(parents, children, above, below), np.clip(expected, -12, 12), atol=0.02)


def test_reference_children_tell_their_parent(tokenizer, code):
    """A parent that the suspect does not tell is told by children that the decoder knows."""
    seen = recollection(tokenizer, code, jpeg(data.astronaut(), 40))
    demapper = Demapper(seen, code.prefix(2), 2)
    truth = bits_of(np.concatenate([code.scales[k].ravel() for k in (2, 3)])).ravel()
    believed = np.where(truth, -8, 8).astype(np.float32)
    believed[: 16 * TOKEN_BITS] = 0
    right = np.where(truth, -1, 1)[: 16 * TOKEN_BITS]
    blind, told = (demapper.hints(known)[: 16 * TOKEN_BITS] * right for known in (None, believed))
    assert np.log2(1 + np.exp(-told)).sum() < 0.5 * np.log2(1 + np.exp(-blind)).sum()


def test_shapes_the_anchor_has_two_scales_and_nothing_before_them(tokenizer, code):
    seen = Recollection.of(data.astronaut(), INTACT, known=None, tokenizer=tokenizer)
    hints = Demapper(seen, None, 2).hints()
    truth = bits_of(np.concatenate([code.scales[k].ravel() for k in (0, 1)])).ravel()
    assert hints.shape == (5 * TOKEN_BITS,)
    clear = np.abs(hints) > 0.5
    assert clear.mean() > 0.3
    assert ((hints < 0) == truth)[clear].mean() > 0.9


def test_shapes_a_block_of_several_scales(tokenizer, code):
    seen = recollection(tokenizer, code, data.astronaut())
    demapper = Demapper(seen, code.prefix(2), 2)
    hints = demapper.hints()
    assert hints.shape == ((16 + 64) * TOKEN_BITS,)
    assert hints.dtype == np.float32
    short = demapper.hints(np.zeros(100, dtype=np.float32))
    assert np.allclose(short, hints, atol=1e-5)


def test_reference_beliefs_sharpen_the_hints(tokenizer, code):
    """What is known of some bits of a token tells the others."""
    truth = np.concatenate([bits_of(code.scales[k].ravel()).ravel() for k in (2, 3)])
    seen = recollection(tokenizer, code, jpeg(data.astronaut(), 60))
    demapper = Demapper(seen, code.prefix(2), 2)
    believed = np.where(truth == 0, 6, -6).astype(np.float32)
    believed.reshape(-1, TOKEN_BITS)[:, 6:] = 0
    blind, told = demapper.hints(), demapper.hints(believed)
    right = np.where(truth == 0, 1, -1)
    assert np.minimum(told * right, 4).mean() > np.minimum(blind * right, 4).mean()
    assert ((told < 0) == truth).mean() > 0.9


def test_round_trip_the_hints_of_a_block_follow_its_order(tokenizer, code):
    seen = recollection(tokenizer, code, data.astronaut(), n_scales=5)
    order = tokenizer.detail_order(code)[:50]
    whole = Demapper(seen, code.prefix(5), 1).hints().reshape(-1, TOKEN_BITS)
    part = Demapper(seen, code.prefix(5), 1, order).hints().reshape(-1, TOKEN_BITS)
    assert np.allclose(part, whole[order])
