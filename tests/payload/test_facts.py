"""Facts go in and come out as they were, and nothing harmful comes in or out."""

import hashlib
import zlib
from contextlib import suppress
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.errors import PayloadError
from underdrawing.payload.facts import (
    MAX_FACTS_BYTES,
    NAMES,
    OTHER,
    FactsWriter,
    by_priority,
    check_facts,
    clean_facts,
    read_facts,
)
from underdrawing.payload.fields import Bits
from underdrawing.payload.text_model import TextEncoder, prime

SEVERAL_LANGUAGES = {
    "headline": "Wildfire smoke blankets Vancouver",
    "creator": "Ulrike Hoffmann",
    "dateCreated": "2026-08-17T06:45:12-07:00",
    "credit": "Canadian Press",
    "copyrightNotice": "© 2026 The Canadian Press. All rights reserved.",
    "description": "A cyclist rides along the seawall as wildfire smoke obscures the skyline. "
    "Helfer stapeln Sandsäcke am Elbufer in Dresden. "
    "Le peintre travaille dans son atelier de Montmartre, entouré de ses toiles inachevées. "
    "Волонтёры раздают горячий чай жителям посёлка. "
    "当日天气晴朗，吸引了众多市民。",
    "city": "Vancouver",
    "country": "Canada",
}

harmless = st.characters(
    exclude_categories=("Cc", "Cs"), exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
names = st.one_of(st.sampled_from(NAMES), st.text(harmless, min_size=1, max_size=20))
facts_dicts = st.dictionaries(names, st.text(st.one_of(harmless, st.sampled_from("\n\t")), max_size=30), max_size=6)


def write(facts: dict[str, str], limit_bits: int = 40_000) -> Bits:
    writer = FactsWriter(limit_bits=limit_bits)
    for name, value in facts.items():
        assert writer.add(name, value)
    return writer.bits()


def coded(text: bytes) -> Bits:
    """A stream of bytes of our choice, coded as ``FactsWriter`` codes it."""
    encoder = TextEncoder(primed(), limit_bits=10**6)
    encoder.write(text)
    return encoder.finish()


def primed() -> dict[bytes, dict[int, int]]:
    """What the writer's model has read, built here from the description in ``docs/payload.md``."""
    text = b""
    for line in PRIMING.splitlines():
        name, value = line.decode().split(": ", 1)
        text += bytes([NAMES.index(name) + 1]) + value.encode() + b"\0"
    return prime(text)


PRIMING = resources.files("underdrawing.payload").joinpath("priming-1.txt").read_bytes()


@settings(max_examples=60, deadline=None)
@given(facts_dicts)
def test_round_trip(facts: dict[str, str]) -> None:
    read = read_facts(write(facts))
    assert read == facts
    assert list(read) == list(facts)


def test_round_trip_with_zeros_behind() -> None:
    bits = np.concatenate([write(SEVERAL_LANGUAGES), np.zeros(77, np.uint8)])
    assert read_facts(bits) == SEVERAL_LANGUAGES


def test_reference_stream_written_by_hand() -> None:
    stream = bytes([1]) + b"cat\0" + bytes([OTHER]) + b"my:note\0" + "hé\0".encode() + b"\0"
    assert np.array_equal(coded(stream), write({"label": "cat", "my:note": "hé"}))


def decode_by_the_page(bits: list[int]) -> bytes:
    """The stream in these bits, read as ``docs/payload.md`` describes it, in plain integers: the oracle."""
    seen: dict[bytes, dict[int, int]] = {}

    def count(before: bytes, byte: int, by: int) -> None:
        for length in range(min(4, len(before)), -1, -1):
            counts = seen.setdefault(before[len(before) - length :], {})
            counts[byte] = counts.get(byte, 0) + by
            if counts[byte] > by:
                return

    def frequencies(before: bytes) -> list[int]:
        guess = [2**24 // 256] * 256
        for length in range(min(4, len(before)) + 1):
            counts = seen.get(before[len(before) - length :], {})
            if not counts:
                break
            n, t = sum(counts.values()), len(counts)
            guess = [g * (3 * t + 4) for g in guess]
            for byte, c in counts.items():
                guess[byte] += (4 * c - 3) * 2**24
            guess = [g // (4 * n + 4) for g in guess]
        return [g // 64 + 1 for g in guess]

    primer = b"".join(
        bytes([NAMES.index(name) + 1]) + value.encode() + b"\0"
        for name, value in (line.decode().split(": ", 1) for line in PRIMING.splitlines())
    )
    for place, byte in enumerate(primer):
        count(primer[:place][-4:], byte, 1)
    low, high, ahead, text = 0, 2**32 - 1, iter(bits), b""
    value = int("".join(str(next(ahead, 0)) for _ in range(32)), 2)
    while not text.endswith(b"\0\0"):
        table = frequencies(text[-4:])
        span, total, below = high - low + 1, sum(table), 0
        byte = 0
        while low + span * (below + table[byte]) // total <= value:
            below, byte = below + table[byte], byte + 1
        high, low = low + span * (below + table[byte]) // total - 1, low + span * below // total
        while high < 2**31 or low >= 2**31 or (low >= 2**30 and high < 3 * 2**30):
            less = 0 if high < 2**31 else 2**31 if low >= 2**31 else 2**30
            low, high, value = 2 * (low - less), 2 * (high - less) + 1, 2 * (value - less) + next(ahead, 0)
        count(text[-4:], byte, 2)
        text += bytes([byte])
    return text


def test_reference_decoder_written_from_the_page() -> None:
    stream = decode_by_the_page(write(SEVERAL_LANGUAGES).tolist())
    expected = b"".join(bytes([NAMES.index(n) + 1]) + v.encode() + b"\0" for n, v in SEVERAL_LANGUAGES.items())
    assert stream == expected + b"\0"


def test_no_facts_take_no_bits() -> None:
    assert write({}).size == 0
    assert read_facts(np.zeros(0, np.uint8)) == {}
    assert read_facts(np.zeros(100, np.uint8)) == {}


def test_captions_are_short() -> None:
    short = {"label": "tabby cat", "headline": "Cat on a chair", "creator": "Jean Dupont"}
    assert write(short).size <= 190
    characters = sum(map(len, SEVERAL_LANGUAGES.values()))
    assert characters >= 400
    assert write(SEVERAL_LANGUAGES).size <= 5 * characters


def test_a_quarter_shorter_than_deflate_with_the_same_dictionary() -> None:
    records = b"".join(bytes([NAMES.index(n) + 1]) + v.encode() + b"\0" for n, v in SEVERAL_LANGUAGES.items())
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, PRIMING[-32_000:])
    assert write(SEVERAL_LANGUAGES).size < 0.75 * 8 * len(deflate.compress(records) + deflate.flush())


@pytest.mark.parametrize("limit_bits", [0, 1, 20, 100, 300, 1000])
def test_limits_the_writer_keeps_to_its_bits(limit_bits: int) -> None:
    writer = FactsWriter(limit_bits=limit_bits)
    taken = {name: value for name, value in SEVERAL_LANGUAGES.items() if writer.add(name, value)}
    assert writer.bits().size <= limit_bits
    assert read_facts(writer.bits()) == taken


def test_a_fact_too_large_for_any_stream_is_not_taken() -> None:
    assert not FactsWriter(limit_bits=10**9).add("description", "a" * 20_000)


def test_priority() -> None:
    facts = {"zebra": "1", "city": "Rome", "apple": "2", "label": "cat", "headline": "x"}
    assert [name for name, _ in by_priority(facts)] == ["label", "headline", "city", "zebra", "apple"]


@pytest.mark.parametrize(
    "name, value",
    [
        ("description", "a\0b"),
        ("description", "bell \x07"),
        ("description", "\x1b[31mred"),
        ("description", "\x85"),
        ("description", "evil \u202e gnp.exe"),
        ("description", "\u2066isolate"),
        ("description", "\ud800"),
        ("", "nameless"),
        ("n" * 65, "long name"),
        ("two\nlines", "x"),
        ("na\u202eme", "x"),
        ("description", "x" * (MAX_FACTS_BYTES + 1)),
        ("description", 7),
        ("keywords", ["a", "b"]),
    ],
)
def test_rejects_harmful_facts(name: str, value: str) -> None:
    with pytest.raises(PayloadError, match="facts"):
        check_facts({name: value})


def test_allows_what_people_write() -> None:
    check_facts({"description": "Zeile\n\tEinzug – “quotes” 👩‍👩‍👧 \u200f\u05d0\u200e نویسه\u200cها", "größe": "é"})


def test_clean_facts() -> None:
    dirty = {"description": " a\r\nb\rc\x00\u202e ", "credit": "\x00", "x" * 99: "y", "city": "Rome", "bad\nname": "z"}
    assert clean_facts(dirty) == {"description": "a\nb\nc", "city": "Rome"}


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=70), st.text(max_size=30), max_size=5))
def test_cleaned_facts_pass_the_check(facts: dict[str, str]) -> None:
    check_facts(clean_facts(facts))


@pytest.mark.parametrize(
    "stream, message",
    [
        (bytes([90]) + b"unknown code\0\0", "unknown code 90"),
        (bytes([1]) + b"\xff\xfe\0\0", "not UTF-8"),
        (bytes([1]) + b"cat\0" + bytes([1]) + b"dog\0\0", "is there twice"),
        (bytes([7]) + b"\x1b[2J\0\0", r"U\+001B"),
        (bytes([7]) + "\u202e".encode() + b"\0\0", r"U\+202E"),
        (bytes([7]) + b"\xed\xa0\x80\0\0", "not UTF-8"),
        (bytes([OTHER]) + b"\0nameless\0\0", "is not a name"),
        (bytes([7]) + b"a" * 20_000 + b"\0\0", "longer than any text"),
    ],
)
def test_rejects_hostile_streams(stream: bytes, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        read_facts(coded(stream))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_random_bits_are_facts_or_an_error(data: bytes) -> None:
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    with suppress(PayloadError):
        check_facts(read_facts(bits))


def test_the_priming_text_is_frozen() -> None:
    assert hashlib.sha256(b"\n".join(PRIMING.splitlines())).hexdigest() == PRIMING_SHA256


PRIMING_SHA256 = "b133f53933eca2b8c6006549843da98b46332e65ea4c61a4754180a118ca03b0"
