"""What the vault keeps of a picture, and the one way its bytes are hashed.

A record is checked when it is made: what is too long, of the wrong width or not text never gets as far as a table. The
vault knows no pixels and no networks; fingerprint, sketch, code and preview are bytes that the caller computes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import RecordError

__all__ = [
    "CODE_BYTES",
    "FINGERPRINT_BYTES",
    "SKETCH_BYTES",
    "Match",
    "Record",
    "check_bits",
    "check_id",
    "clean_record_facts",
    "facts_from_json",
    "facts_to_json",
    "pack_code",
    "unpack_code",
]

FINGERPRINT_BYTES = 64
SKETCH_BYTES = 32
TOKEN_BITS = 12
SIDES = (1, 2, 4, 8, 16, 32)
CODE_BYTES = -(-TOKEN_BITS * sum(side * side for side in SIDES) // 8)
"""Bytes of a packed code: 1365 tokens of 12 bits and four zero bits, 2048."""

MAX_FACTS = 256
MAX_FACTS_BYTES = 65_535
MAX_PREVIEW_BYTES = 49_000
MAX_NAME_LETTERS = 64
MAX_URI_LETTERS = 2048
MAX_SIGNATURE_BYTES = 256
MAX_KEY_ID_BYTES = 32

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ID = re.compile(r"[0-9a-f]{16}")
_CREATED = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")


@dataclass(frozen=True)
class Match:
    """A record near a query.

    Attributes:
        id: 16 hexadecimal digits of the record.
        distance: How many bits differ from the query; with a mask, how many of those that count.
    """

    id: str
    distance: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """One picture as the vault knows it.

    Attributes:
        id: 16 hexadecimal digits, small letters: the id in the mark.
        created: When the record was made, in UTC, like ``2026-01-31T12:00:00Z``.
        facts: IPTC Photo Metadata names to text. Strangers' words: at most 256 of them, 65,535 bytes in all as JSON.
        fingerprint: 64 bytes, what the visible picture looks like.
        sketch: 32 bytes, a binary summary of the coarse hidden code.
        carrier: Name of what carries the mark; empty when the picture carries none.
        profile: Name of the strength of the mark; empty likewise.
        code: 2048 bytes, the hidden code as ``pack_code`` writes it; None when it was not kept.
        preview: A small WebP of the picture, at most 49,000 bytes; empty when there is none.
        signature: The signature over the message, at most 256 bytes and not none; None when it was not signed.
        key_id: Id of the key that signed, at most 32 bytes and not none; None likewise.
        fingerprint_by: Name of the weights that made the fingerprint, at most 64 letters; empty when that is not known.
            The vault notes it once for all its records: it is no part of what makes two records the same.
        original: Where the original is: a path or a URI of at most 2048 letters; None when that is not known. See
            ``fetch_original``.

    Raises:
        RecordError: A value is of the wrong type or width, or longer than the vault takes.
    """

    id: str
    created: str
    facts: Mapping[str, str] = field(hash=False)
    fingerprint: bytes = field(repr=False)
    sketch: bytes = field(repr=False)
    carrier: str = ""
    profile: str = ""
    code: bytes | None = field(default=None, repr=False)
    preview: bytes = field(default=b"", repr=False)
    signature: bytes | None = field(default=None, repr=False)
    key_id: bytes | None = None
    original: str | None = None
    fingerprint_by: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        check_id(self.id)
        _check_text(self, "created", 20)
        if not _CREATED.fullmatch(self.created):
            raise RecordError(f"record {self.id}: created is {self.created!a}, expected UTC like 2026-01-31T12:00:00Z")
        object.__setattr__(self, "facts", clean_record_facts(self.facts, of=self.id))
        check_bits(self.fingerprint, FINGERPRINT_BYTES, f"record {self.id}: fingerprint")
        check_bits(self.sketch, SKETCH_BYTES, f"record {self.id}: sketch")
        if self.code is not None:
            check_bits(self.code, CODE_BYTES, f"record {self.id}: code")
        _check_text(self, "carrier", MAX_NAME_LETTERS)
        _check_text(self, "profile", MAX_NAME_LETTERS)
        _check_text(self, "fingerprint_by", MAX_NAME_LETTERS)
        _check_bytes(self, "preview", MAX_PREVIEW_BYTES)
        if self.signature is not None:
            _check_bytes(self, "signature", MAX_SIGNATURE_BYTES)
        if self.key_id is not None:
            _check_bytes(self, "key_id", MAX_KEY_ID_BYTES)
        if self.original is not None:
            _check_text(self, "original", MAX_URI_LETTERS)
        for name in ("signature", "key_id", "original"):
            if getattr(self, name) in (b"", ""):
                raise RecordError(f"record {self.id}: {name} is empty; leave it out (None) where there is none")

    @property
    def tokens(self) -> tuple[NDArray[np.uint16], ...] | None:
        """The hidden code as six token maps (see ``unpack_code``); None when it was not kept."""
        return None if self.code is None else unpack_code(self.code)

    def digest(self) -> bytes:
        """16 bytes of BLAKE2b over every field but the last: two records are the same if and only if their digests are.

        Fields follow each other in the order of the class, each with its length before it (8 bytes, most significant
        first; all ones for None), so that no two records have the same bytes.
        """
        parts = []
        for value in self._values():
            parts.append(b"\xff" * 8 if value is None else len(value).to_bytes(8, "big"))
            parts.append(value or b"")
        return blake2b(b"".join(parts), digest_size=16, person=b"udrw-record-1").digest()

    def _values(self) -> tuple[bytes | None, ...]:
        return (
            self.id.encode(),
            self.created.encode(),
            facts_to_json(self.facts).encode(),
            self.fingerprint,
            self.sketch,
            self.carrier.encode(),
            self.profile.encode(),
            self.code,
            self.preview,
            self.signature,
            self.key_id,
            None if self.original is None else self.original.encode(),
        )


def check_id(id_: object) -> str:
    """Return an id as it is.

    Raises:
        RecordError: It is not 16 hexadecimal digits in small letters.
    """
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise RecordError(f"{str(id_)[:40]!a} is not an id; expected 16 hexadecimal digits like 00c0ffee00c0ffee")
    return id_


def check_bits(value: object, size: int, name: str) -> bytes:
    """Return bytes as they are.

    Raises:
        RecordError: They are not bytes, or not ``size`` of them.
    """
    if not isinstance(value, bytes) or len(value) != size:
        given = f"{len(value)} bytes" if isinstance(value, bytes) else type(value).__name__
        raise RecordError(f"{name} is {given}, expected {size} bytes")
    return value


def clean_record_facts(facts: object, *, of: str) -> dict[str, str]:
    """Return facts in the order of their names, checked.

    Args:
        facts: names to text.
        of: id of the record, for the message.

    Raises:
        RecordError: They are not texts, have a name that is empty or too long, or are more than the vault takes.
    """
    if not isinstance(facts, Mapping) or len(facts) > MAX_FACTS:
        raise RecordError(f"record {of}: facts are names with texts, at most {MAX_FACTS} of them")
    for name, text in facts.items():
        if not isinstance(name, str) or not isinstance(text, str) or not 0 < len(name) <= MAX_NAME_LETTERS:
            raise RecordError(f"record {of}: fact {str(name)[:40]!a} is not a text under a name of 1 to 64 letters")
    clean = dict(sorted(facts.items()))
    size = len(_encoded(facts_to_json(clean), f"record {of}: facts"))
    if size > MAX_FACTS_BYTES:
        raise RecordError(f"record {of}: the facts take {size} bytes, at most {MAX_FACTS_BYTES} are kept; shorten them")
    return clean


def facts_to_json(facts: Mapping[str, str]) -> str:
    """Facts as one JSON object: names in order, no spaces, letters as they are."""
    return _ENCODER.encode(dict(sorted(facts.items())))


def facts_from_json(text: str) -> dict[str, str]:
    """The inverse of ``facts_to_json``, for text that this package wrote; what it means is checked by ``Record``."""
    facts: dict[str, str] = json.loads(text)
    return facts


def pack_code(tokens: Sequence[NDArray[np.uint16]]) -> bytes:
    """Six token maps as 2048 bytes: 12 bits a token, most significant first, coarse to fine, row by row.

    Args:
        tokens: maps of (1, 1), (2, 2), … (32, 32), or as many values in one row; uint16, 0..4095.

    Raises:
        RecordError: A map is missing, of another size or type, or has a value out of range.
    """
    sizes = [np.asarray(scale).size for scale in tokens]
    if sizes != [side * side for side in SIDES]:
        raise RecordError(f"code: the scales have {sizes} tokens, expected {[side * side for side in SIDES]}")
    flat = np.concatenate([np.asarray(scale).ravel() for scale in tokens])
    if not np.issubdtype(flat.dtype, np.integer) or flat.min() < 0 or flat.max() >= 1 << TOKEN_BITS:
        raise RecordError(f"code: tokens are whole numbers from 0 to {(1 << TOKEN_BITS) - 1}")
    bits = np.unpackbits(flat.astype(">u2").view(np.uint8).reshape(-1, 2), axis=1)[:, 16 - TOKEN_BITS :]
    return np.packbits(bits).tobytes()


def unpack_code(code: bytes) -> tuple[NDArray[np.uint16], ...]:
    """The inverse of ``pack_code``: six maps of shape (side, side), uint16, 0..4095.

    Raises:
        RecordError: The code is not 2048 bytes.
    """
    check_bits(code, CODE_BYTES, "code")
    count = sum(side * side for side in SIDES)
    bits = np.unpackbits(np.frombuffer(code, np.uint8), count=count * TOKEN_BITS).reshape(count, TOKEN_BITS)
    wide = np.packbits(np.pad(bits, ((0, 0), (16 - TOKEN_BITS, 0))), axis=1)
    flat = wide.view(">u2").astype(np.uint16).ravel()
    parts = np.split(flat, np.cumsum([side * side for side in SIDES])[:-1])
    return tuple(part.reshape(side, side) for side, part in zip(SIDES, parts, strict=True))


def _check_text(record: Record, name: str, limit: int) -> None:
    value = getattr(record, name)
    if not isinstance(value, str) or len(value) > limit:
        raise RecordError(f"record {record.id}: {name} is not a text of at most {limit} letters")
    _encoded(value, f"record {record.id}: {name}")


def _check_bytes(record: Record, name: str, limit: int) -> None:
    value = getattr(record, name)
    if not isinstance(value, bytes) or len(value) > limit:
        raise RecordError(f"record {record.id}: {name} is not at most {limit} bytes")


def _encoded(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RecordError(f"{name} holds half a letter (a lone surrogate), which is not text") from error
