"""The model of texts against its formula in exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.errors import PayloadError
from underdrawing.payload.text_model import TextDecoder, TextEncoder, prime

TEXT = b"the picture shows the bridge over the river; the bridge was there before the flood"


def encode(text: bytes, primer: bytes = b"", limit_bits: int = 100_000) -> np.ndarray:
    encoder = TextEncoder(prime(primer), limit_bits=limit_bits)
    assert encoder.write(text)
    return encoder.finish()


def exact_cost_bits(text: bytes) -> float:
    """What the formula of the module says the text costs, unprimed, in exact fractions: the oracle."""
    seen: dict[bytes, dict[int, int]] = {}
    cost = Fraction(1)
    for place, byte in enumerate(text):
        guess = Fraction(1, 256)
        contexts = [text[place - k : place] for k in range(min(4, place) + 1)]
        for context in contexts:
            counts = seen.get(context)
            if counts is None:
                break
            n, t, c = sum(counts.values()), len(counts), counts.get(byte, 0)
            guess = (max(4 * c - 3, 0) + (3 * t + 4) * guess) / (4 * n + 4)
        cost *= guess
        for context in reversed(contexts):
            counts = seen.setdefault(context, {})
            expected = byte in counts
            counts[byte] = counts.get(byte, 0) + 2
            if expected:
                break
    return math.log2(cost.denominator) - math.log2(cost.numerator)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120), st.binary(max_size=60))
def test_round_trip(text: bytes, primer: bytes) -> None:
    bits = encode(text + b"\xff", primer)
    decoder = TextDecoder(np.concatenate([bits, np.zeros(40, np.uint8)]), prime(primer), limit_bytes=1000)
    assert bytes(decoder.read_byte() for _ in range(len(text) + 1)) == text + b"\xff"


def test_strings_end_at_zero_bytes() -> None:
    decoder = TextDecoder(encode(b"one\0two\0\0"), {}, limit_bytes=9)
    assert [decoder.read_string() for _ in range(3)] == [b"one", b"two", b""]


@pytest.mark.parametrize("text", [TEXT, TEXT[:20], b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", bytes(range(40))])
def test_reference_cost_is_that_of_the_formula(text: bytes) -> None:
    assert encode(text).size == pytest.approx(exact_cost_bits(text), abs=3)


def test_what_was_read_beforehand_makes_texts_cheap() -> None:
    text = b"the bridge before the flood"
    assert encode(text, TEXT * 2).size < encode(text).size / 3


def test_limits_noise_costs_little_more_than_itself() -> None:
    noise = np.random.default_rng(5).integers(0, 256, 400).astype(np.uint8).tobytes()
    assert encode(noise, TEXT).size < 1.3 * 8 * len(noise)


def test_gives_up_beyond_the_limit() -> None:
    encoder = TextEncoder({}, limit_bits=64)
    assert not encoder.write(bytes(range(200)))


def test_a_fork_goes_its_own_way() -> None:
    encoder = TextEncoder(prime(TEXT), limit_bits=10_000)
    encoder.write(b"the ")
    fork = encoder.fork()
    fork.write(b"river")
    encoder.write(b"flood")
    assert np.array_equal(encoder.finish(), encode(b"the flood", TEXT))
    assert np.array_equal(fork.finish(), encode(b"the river", TEXT))


def test_priming_is_not_changed_by_use() -> None:
    primed = prime(TEXT)
    before = {context: dict(counts) for context, counts in primed.items()}
    TextEncoder(primed, limit_bits=10_000).write(TEXT + b" and more")
    assert primed == before


def test_rejects_a_stream_that_claims_too_much() -> None:
    bomb = encode(b"a" * 5000 + b"\0")
    assert bomb.size < 1000
    with pytest.raises(PayloadError, match="longer than any text"):
        TextDecoder(bomb, {}, limit_bytes=4000).read_string()


def test_deterministic() -> None:
    assert np.packbits(encode(TEXT)).tobytes().hex()[:40] == "743ccf61e955fae10f9dd37861f9eb1b81d25d97"
