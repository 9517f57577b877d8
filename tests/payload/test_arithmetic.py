"""The arithmetic coder against exact fractions, and back again."""

import math
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from underdrawing.payload.arithmetic import MAX_TOTAL, Decoder, Encoder

tables = st.lists(st.integers(1, 300), min_size=1, max_size=12)


def encode(message: list[int], frequencies: list[int]) -> list[int]:
    encoder = Encoder()
    for symbol in message:
        start = sum(frequencies[:symbol])
        encoder.write(start, start + frequencies[symbol], sum(frequencies))
    return encoder.finish()


def decode(bits: list[int], frequencies: list[int], length: int) -> list[int]:
    decoder, message = Decoder(bits), []
    for _ in range(length):
        position, symbol = decoder.peek(sum(frequencies)), 0
        while sum(frequencies[: symbol + 1]) <= position:
            symbol += 1
        start = sum(frequencies[:symbol])
        decoder.take(start, start + frequencies[symbol], sum(frequencies))
        message.append(symbol)
    return message


def interval(message: list[int], frequencies: list[int]) -> tuple[Fraction, Fraction]:
    """Where an exact arithmetic coder puts the message: the oracle."""
    low, width, total = Fraction(0), Fraction(1), sum(frequencies)
    for symbol in message:
        low += width * Fraction(sum(frequencies[:symbol]), total)
        width *= Fraction(frequencies[symbol], total)
    return low, width


@settings(deadline=None)
@given(tables, st.data())
def test_round_trip_with_any_number_of_zeros_behind(frequencies: list[int], data: st.DataObject) -> None:
    message = data.draw(st.lists(st.integers(0, len(frequencies) - 1), max_size=60))
    bits = encode(message, frequencies)
    assert decode(bits, frequencies, len(message)) == message
    assert decode(bits + [0] * data.draw(st.integers(1, 90)), frequencies, len(message)) == message
    assert not bits or bits[-1] == 1


@settings(deadline=None)
@given(tables, st.data())
def test_reference_exact_interval(frequencies: list[int], data: st.DataObject) -> None:
    message = data.draw(st.lists(st.integers(0, len(frequencies) - 1), max_size=30))
    bits = encode(message, frequencies)
    number = sum((Fraction(bit, 2**place) for place, bit in enumerate(bits, start=1)), Fraction(0))
    low, width = interval(message, frequencies)
    slack = Fraction(len(message) * 2, 2**28)
    assert low - slack <= number <= low + width + slack
    assert len(bits) <= -math.log2(width) + 2


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 1]), max_size=200))
@example([0] * 200)
@example([1] * 200)
def test_limits_the_most_unequal_frequencies(message: list[int]) -> None:
    frequencies = [MAX_TOTAL - 1, 1]
    assert decode(encode(message, frequencies), frequencies, len(message)) == message


def test_an_even_split_writes_the_symbols_themselves() -> None:
    assert encode([1, 0, 1, 1, 0, 0, 1, 0], [1, 1]) == [1, 0, 1, 1, 0, 0, 1]


def test_a_copy_goes_its_own_way() -> None:
    encoder = Encoder()
    encoder.write(1, 2, 2)
    twin = encoder.copy()
    twin.write(1, 2, 2)
    assert (encoder.finish(), twin.finish()) == ([1], [1, 1])


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), max_size=80))
def test_any_bits_decode_to_something(bits: list[int]) -> None:
    assert len(decode(bits, [5, 1, 9], 50)) == 50
