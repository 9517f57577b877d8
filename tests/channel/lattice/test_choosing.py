"""The likeliest of very many messages."""

from itertools import product

import numpy as np
import pytest

from underdrawing.channel.lattice.choosing import likeliest
from underdrawing.channel.ldpc import Segmented

CODE = Segmented.for_information(192)


def scene(seed, *, ways=6, chips=500, told=0.4):
    """A base, ways from it, the message that was sent, and soft bits that tell so much of each chip (mean ratio)."""
    rng = np.random.default_rng(seed)
    base, rows = rng.integers(0, 2, 192).astype(np.uint8), rng.integers(0, 2, (ways, 192)).astype(np.uint8)
    sent = base ^ (rng.integers(0, 2, ways) @ rows & 1).astype(np.uint8)
    positions = rng.integers(0, CODE.buffer_bits, chips).astype(np.int32)
    signs = 1 - 2.0 * CODE.encode(sent)[positions]
    soft = signs * told + rng.normal(0, np.sqrt(2 * told), chips)
    return base, rows, sent, positions, soft.astype(np.float32)


def evidence_for(bits, positions, soft):
    """Of a message, chip by chip."""
    signs = 1 - 2.0 * CODE.encode(bits)[positions]
    return float(np.log2(2 / (1 + np.exp(-signs * soft))).sum())


@pytest.mark.parametrize("seed", range(5))
def test_reference_it_is_the_best_of_all_tried_one_by_one(seed):
    base, rows, sent, positions, soft = scene(seed)
    [(found, evidence)] = likeliest(base, rows, positions, soft[None])
    every = [base ^ (np.array(mix) @ rows & 1).astype(np.uint8) for mix in product((0, 1), repeat=len(rows))]
    told = [evidence_for(bits, positions, soft) for bits in every]
    assert np.array_equal(found, every[int(np.argmax(told))])
    assert evidence == pytest.approx(max(told), abs=1e-3)
    assert np.array_equal(found, sent)


def test_limits_without_a_way_there_is_one_message():
    base, _, _, positions, soft = scene(0)
    [(found, evidence)] = likeliest(base, np.zeros((0, 192), np.uint8), positions, soft[None])
    assert np.array_equal(found, base)
    assert evidence == pytest.approx(evidence_for(base, positions, soft), abs=1e-3)


def test_reference_chance_gives_no_evidence_however_loud_it_is():
    rng = np.random.default_rng(0)
    base, rows, _, positions, _ = scene(1, ways=10)
    for loudness in (0.3, 1, 3, 30):
        draws = rng.normal(0, loudness, (30, positions.size)).astype(np.float32)
        assert max(evidence for _, evidence in likeliest(base, rows, positions, draws)) - len(rows) < 5
