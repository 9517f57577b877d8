"""The short code against brute force and against polynomial arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.channel.tail_biting import LEAST_BITS, TailBiting
from underdrawing.errors import UsageError


def every_message(length):
    return (np.arange(1 << length)[:, None] >> np.arange(length - 1, -1, -1) & 1).astype(np.uint8)


@pytest.mark.parametrize(("information", "coded"), [(8, 24), (24, 32), (48, 96), (140, 256), (40, 500)])
def test_round_trip(information, coded):
    code = TailBiting(information, coded)
    bits = np.random.default_rng(information).integers(0, 2, information, dtype=np.uint8)
    sent = code.encode(bits)
    assert sent.shape == (coded,)
    assert sent.dtype == np.uint8
    np.testing.assert_array_equal(code.decode(4.0 - 8.0 * sent)[0], bits)


@given(st.integers(LEAST_BITS, 80), st.floats(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_every_length_and_rate_comes_back(information, expansion, seed):
    code = TailBiting(information, max(int(information * expansion), information + 8))
    bits = np.random.default_rng(seed).integers(0, 2, information, dtype=np.uint8)
    sent = code.encode(bits)
    every = code.decode(1.0 - 2.0 * sent, candidates=64)
    assert any(np.array_equal(code.encode(message), sent) for message in every[:1])


def test_streams_are_products_of_polynomials():
    """Reference: a circular convolution over GF(2), written out with the octal generators of the standard."""
    bits = np.random.default_rng(1).integers(0, 2, 40, dtype=np.uint8)
    code = TailBiting(40, 120)
    mother = np.empty(120, np.uint8)
    mother[code._sent] = code.encode(bits)
    for stream, generator in enumerate(("1011011", "1111001", "1110101")):
        product = np.convolve(bits, [int(digit) for digit in generator])
        wrapped = product[:40].copy()
        wrapped[: product.size - 40] += product[40:]
        np.testing.assert_array_equal(mother[40 * stream : 40 * stream + 40], wrapped % 2)


def test_the_interleaver_sends_every_bit_once_before_any_twice():
    for information in (8, 31, 32, 33, 100):
        once = TailBiting(information, 3 * information)
        assert sorted(once._sent) == list(range(3 * information))
        twice = TailBiting(information, 6 * information)
        np.testing.assert_array_equal(twice._sent[: 3 * information], twice._sent[3 * information :])


def test_the_interleaver_begins_as_the_standard_says():
    """32 bits fill one row, which is read in the order of the columns."""
    assert list(TailBiting(32, 96)._sent[:6]) == [1, 17, 9, 25, 5, 21]


@pytest.mark.parametrize("coded", [16, 24, 40])
def test_reference_brute_force_finds_no_likelier_codeword(coded):
    code = TailBiting(10, coded)
    messages = every_message(10)
    words = np.stack([code.encode(message) for message in messages])
    rng = np.random.default_rng(coded)
    for _ in range(60):
        ratios = rng.normal(0, 2, coded).astype(np.float32)
        score = (1.0 - 2.0 * words) @ ratios
        found = code.encode(code.decode(ratios)[0])
        assert (1.0 - 2.0 * found) @ ratios == pytest.approx(score.max(), abs=1e-3)


def test_candidates_are_ordered_and_the_first_is_the_best():
    code = TailBiting(24, 48)
    ratios = np.random.default_rng(3).normal(0, 1, 48).astype(np.float32)
    found = code.decode(ratios, candidates=8)
    scores = [(1.0 - 2.0 * code.encode(message)) @ ratios for message in found]
    assert len(found) == 8
    assert len({message.tobytes() for message in found}) == 8
    assert scores == sorted(scores, reverse=True)


def test_limits_of_noise_are_where_a_code_of_this_kind_has_them():
    """140 bits in 420 at 3 dB of E_b/N_0, where two uncoded bits in a hundred would be wrong: hardly a message is."""
    code = TailBiting(140, 420)
    rng = np.random.default_rng(4)
    sigma = np.sqrt(1 / (2 * code.rate * 10**0.3))
    wrong = 0
    for _ in range(60):
        bits = rng.integers(0, 2, 140, dtype=np.uint8)
        received = 1.0 - 2.0 * code.encode(bits) + rng.normal(0, sigma, 420)
        wrong += not np.array_equal(code.decode((2 * received / sigma**2).astype(np.float32))[0], bits)
    assert wrong <= 2


def test_erasures_are_filled_in():
    code = TailBiting(48, 144)
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 2, 48, dtype=np.uint8)
    ratios = 4.0 - 8.0 * code.encode(bits)
    ratios[rng.permutation(144)[:60]] = 0
    np.testing.assert_array_equal(code.decode(ratios.astype(np.float32))[0], bits)


def test_rejects_what_is_not_a_code_or_a_message():
    for information, coded in ((7, 30), (20, 19)):
        with pytest.raises(UsageError, match="expected at least"):
            TailBiting(information, coded)
    code = TailBiting(10, 20)
    for wrong in (np.zeros(9, np.uint8), np.full(10, 2, np.uint8)):
        with pytest.raises(UsageError, match="information"):
            code.encode(wrong)
    for ratios in (np.zeros(19, np.float32), np.full(20, np.nan, np.float32)):
        with pytest.raises(UsageError, match="log-likelihood"):
            code.decode(ratios)
