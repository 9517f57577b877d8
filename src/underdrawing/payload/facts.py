"""Facts as bits: what is known about a picture, by its IPTC Photo Metadata names.

A stream of facts is one record after the other, ``code value 0``, then a final 0, coded by ``text_model``. ``code`` is
one byte for a name in ``NAMES``; any other name is written out, ``OTHER name 0 value 0``. Names and values are UTF-8.
Each block carries a stream of its own, so that what arrives can be read whatever became of the rest.

Source: ours; names from the IPTC Photo Metadata Standard, and ``label``.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

from underdrawing.errors import PayloadError
from underdrawing.payload.fields import Bits
from underdrawing.payload.text_model import Counts, TextDecoder, TextEncoder, prime

__all__ = [
    "MAX_FACTS_BYTES",
    "NAMES",
    "FactsWriter",
    "by_priority",
    "check_facts",
    "clean_facts",
    "facts_model",
    "read_facts",
]

NAMES: tuple[str, ...] = (
    "label",
    "headline",
    "creator",
    "dateCreated",
    "credit",
    "copyrightNotice",
    "description",
    "city",
    "country",
    "provinceState",
    "sublocation",
    "countryCode",
    "gpsLatitude",
    "gpsLongitude",
    "source",
    "title",
    "keywords",
    "personInImage",
    "event",
    "organisationInImage",
    "usageTerms",
    "webStatementOfRights",
    "licensorUrl",
    "digitalSourceType",
    "captionWriter",
    "creatorJobTitle",
    "instructions",
    "jobId",
    "altText",
    "extendedDescription",
    "contact",
)
"""The names with a code of one byte, the most important first: what space there is goes to them in this order."""

OTHER = 0x7F
"""The code before a name that is written out."""

MAX_FACTS_BYTES = 65_536
"""The most a caller may give, names and values together, in bytes of UTF-8."""

MAX_NAME_CHARACTERS = 64

_MAX_STREAM_BYTES = 16_384
_CODES = {name: code for code, name in enumerate(NAMES, start=1)}
_END = b"\0"
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WHITE = frozenset("\n\t")


class FactsWriter:
    """Fills a number of bits with facts, one whole fact at a time.

    Args:
        limit_bits: The bits there are; 0 takes nothing.
    """

    def __init__(self, *, limit_bits: int) -> None:
        self._limit_bits = limit_bits
        self._encoder = TextEncoder(facts_model(), limit_bits=limit_bits)
        self._bits: Bits | None = None
        self._size = 0

    def add(self, name: str, value: str) -> bool:
        """Take a fact if it fits beside those taken before; otherwise leave everything as it was and say False."""
        record = _record(name, value)
        if self._limit_bits == 0 or self._size + len(record) + len(_END) > _MAX_STREAM_BYTES:
            return False
        longer = self._encoder.fork()
        if not longer.write(record):
            return False
        bits = _closed(longer)
        if bits.size > self._limit_bits:
            return False
        self._encoder, self._bits, self._size = longer, bits, self._size + len(record)
        return True

    def bits(self) -> Bits:
        """The stream of the facts taken, without trailing zeros; no bits at all where none was taken."""
        return _closed(self._encoder)[:0] if self._bits is None else self._bits


def read_facts(bits: Bits) -> dict[str, str]:
    """The facts in a stream, in the order they were written; a stream of no bits holds none.

    Raises:
        PayloadError: The stream is not one that ``FactsWriter`` writes: it does not end, is not UTF-8, names a fact
            twice, or holds characters that ``check_facts`` forbids.
    """
    facts: dict[str, str] = {}
    if not bits.any():
        return facts
    decoder = TextDecoder(bits, facts_model(), limit_bytes=_MAX_STREAM_BYTES)
    while code := decoder.read_byte():
        name = _name(code, decoder)
        if name in facts:
            raise PayloadError(f"facts.{name}: is there twice; the block is not genuine")
        facts[name] = _text(decoder.read_string(), what=f"facts.{name}")
    check_facts(facts)
    return facts


def by_priority(facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The facts, the most important first: those of ``NAMES`` in its order, then the others as they were given."""
    return sorted(facts.items(), key=lambda fact: _CODES.get(fact[0], len(NAMES) + 1))


def check_facts(facts: Mapping[str, str]) -> None:
    """Refuse what could harm a reader.

    Raises:
        PayloadError: A name or value is not a string, a name is empty or longer than 64 characters, there are control
            characters (but newline and tabulator in values), characters that turn the direction of the text around
            them, or lone surrogates, or all together are more than ``MAX_FACTS_BYTES``.
    """
    for name, value in facts.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise PayloadError(f"facts: expected strings, got {type(name).__name__}: {type(value).__name__}")
        if not 0 < len(name) <= MAX_NAME_CHARACTERS or _forbidden(name) or not _WHITE.isdisjoint(name):
            raise PayloadError(f"facts: {name[:80]!a} is not a name; expected 1 to 64 printable characters")
        if found := _forbidden(value):
            raise PayloadError(f"facts.{name}: the character U+{ord(found):04X} is not allowed; remove it")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in facts.items())
    if size > MAX_FACTS_BYTES:
        raise PayloadError(f"facts: {size} bytes, expected at most {MAX_FACTS_BYTES}; shorten them")


def clean_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """Facts of unknown origin (the metadata of a file) made harmless.

    Line ends become newlines, forbidden characters and white space around go, and so do facts without a name or value.
    What comes out passes ``check_facts``, unless it is too large.
    """
    tidy: dict[str, str] = {}
    for name, value in facts.items():
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        text = "".join(c for c in text if not _is_forbidden(c)).strip()
        if text and 0 < len(name) <= MAX_NAME_CHARACTERS and not _forbidden(name) and _WHITE.isdisjoint(name):
            tidy[name] = text
    return tidy


@cache
def facts_model() -> dict[bytes, Counts]:
    """The model after reading ``priming-1.txt``: made-up facts, one ``name: value`` a line, in many languages.

    The text is part of version 1 of the format: not one character of it may change. A test pins its SHA-256.
    """
    text = resources.files(__package__).joinpath("priming-1.txt").read_text("utf-8")
    facts = (line.split(": ", 1) for line in text.splitlines())
    return prime(b"".join(_record(name, value) for name, value in facts))


def _record(name: str, value: str) -> bytes:
    code = _CODES.get(name)
    head = bytes([code]) if code else bytes([OTHER]) + name.encode() + b"\0"
    return head + value.encode() + b"\0"


def _closed(encoder: TextEncoder) -> Bits:
    ended = encoder.fork()
    ended.write(_END)
    return ended.finish()


def _name(code: int, decoder: TextDecoder) -> str:
    if code == OTHER:
        return _text(decoder.read_string(), what="facts")
    if code > len(NAMES):
        raise PayloadError(f"facts: unknown code {code}, expected 1 to {len(NAMES)} or {OTHER}")
    return NAMES[code - 1]


def _text(data: bytes, *, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise PayloadError(f"{what}: not UTF-8 at byte {error.start}; the block is not genuine") from error


def _forbidden(text: str) -> str | None:
    return next((character for character in text if _is_forbidden(character)), None)


def _is_forbidden(character: str) -> bool:
    if character in _WHITE:
        return False
    return character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs")
