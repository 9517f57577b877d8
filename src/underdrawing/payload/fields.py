"""The one table of fields that packing, unpacking, the documentation and the tests are made from.

A block is its fields one after the other, in the order of ``FIELDS``. Every number is written with its most
significant bit first; a bit string is an array of 0 and 1. Blocks are a whole number of 32-bit words, so a block also
is a whole number of bytes; what a block does not need, its ``facts`` field takes, filled up with zeros.

Every version of the format keeps three things: an anchor has ``ANCHOR_BITS`` bits, its first four are the version, and
its last 32 are the checksum over the rest. So an old reader can tell a newer payload from noise.

Source: ours.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import PayloadError

__all__ = [
    "ANCHOR_BITS",
    "FIELDS",
    "SIDES",
    "TOKEN_BITS",
    "VERSION",
    "WORD_BITS",
    "Bits",
    "Block",
    "Field",
    "Kind",
    "Presence",
    "block_fields",
    "check_bits",
    "check_order",
    "fixed_bits",
    "is_intact",
    "pack",
    "unpack",
]

Bits = NDArray[np.uint8]
"""A bit string: one-dimensional uint8 array of 0 and 1, most significant bit of each field first."""

VERSION = 1
TOKEN_BITS = 12
SIDES = (1, 2, 4, 8, 16, 32)
"""Tokens along the side of each scale of the hidden code."""

WORD_BITS = 32


class Block(StrEnum):
    """The parts of a message, the best protected first."""

    ANCHOR = "anchor"
    CORE = "core"
    DETAIL = "detail"
    FINE = "fine"


class Kind(StrEnum):
    """What the bits of a field are."""

    NUMBER = "number"
    BYTES = "bytes"
    TOKENS = "tokens"
    FACTS = "facts"
    CHECKSUM = "checksum"


class Presence(StrEnum):
    """When a field is there."""

    ALWAYS = "always"
    SIGNED = "if signed"


@dataclass(frozen=True)
class Field:
    """One row of the table.

    Attributes:
        block: The block the field belongs to.
        name: Its name, unique within the block.
        kind: What its bits are.
        bits: Its width; None where the width is not fixed (``tokens_32``: 12 bits for each of ``token_count`` tokens;
            ``facts``: whatever the block has left).
        low: The smallest value (of a number or of each token).
        high: The largest value (of a number or of each token).
        presence: When the field is there.
        meaning: What it says, for the documentation.
    """

    block: Block
    name: str
    kind: Kind
    bits: int | None
    low: int
    high: int
    presence: Presence
    meaning: str


def _number(block: Block, name: str, bits: int, meaning: str, *, low: int = 0, high: int | None = None) -> Field:
    return Field(block, name, Kind.NUMBER, bits, low, (1 << bits) - 1 if high is None else high, _ALWAYS, meaning)


def _bytes(block: Block, name: str, bits: int, meaning: str, presence: Presence = Presence.ALWAYS) -> Field:
    return Field(block, name, Kind.BYTES, bits, 0, (1 << bits) - 1, presence, meaning)


def _tokens(block: Block, side: int, meaning: str, *, counted: bool = False) -> Field:
    bits = None if counted else TOKEN_BITS * side * side
    return Field(block, f"tokens_{side}", Kind.TOKENS, bits, 0, (1 << TOKEN_BITS) - 1, _ALWAYS, meaning)


def _facts(block: Block) -> Field:
    return Field(block, "facts", Kind.FACTS, None, 0, 1, _ALWAYS, "facts of this block, coded, then zeros")


def _checksum(block: Block, meaning: str) -> Field:
    return Field(block, "checksum", Kind.CHECKSUM, 32, 0, (1 << 32) - 1, _ALWAYS, meaning)


_ALWAYS = Presence.ALWAYS
_ANCHOR, _CORE, _DETAIL, _FINE = Block

FIELDS: tuple[Field, ...] = (
    _number(_ANCHOR, "version", 4, f"version of the format, {VERSION} for this page", low=1, high=VERSION),
    _number(_ANCHOR, "signed", 1, "1: the core carries a key id and a signature"),
    _number(_ANCHOR, "confidential", 1, "kept for encrypted code and facts; 0 in this version", high=0),
    _number(_ANCHOR, "reserved", 5, "kept; 0 in this version", high=0),
    _number(_ANCHOR, "core_words", 7, "length of the core in 32-bit words; 0: no core"),
    _number(_ANCHOR, "detail_words", 8, "length of the detail in 32-bit words; 0: no detail"),
    _number(_ANCHOR, "fine_words", 10, "length of the fine block in 32-bit words; 0: no fine block"),
    _number(_ANCHOR, "id", 64, "identity of the record"),
    _tokens(_ANCHOR, 1, "hidden code, scale 1"),
    _tokens(_ANCHOR, 2, "hidden code, scale 2, row by row"),
    _tokens(_ANCHOR, 4, "hidden code, scale 4, row by row"),
    _checksum(_ANCHOR, 'CRC-32 of "anchor" and the bits before'),
    _tokens(_CORE, 8, "hidden code, scale 8, row by row"),
    _bytes(_CORE, "detail_hash", 64, "first 64 bits of the SHA-256 of the detail; 0: no detail"),
    _bytes(_CORE, "fine_hash", 64, "first 64 bits of the SHA-256 of the fine block; 0: no fine block"),
    _bytes(_CORE, "key_id", 32, "first 32 bits of the SHA-256 of the public key", Presence.SIGNED),
    _facts(_CORE),
    _bytes(_CORE, "signature", 512, "Ed25519 signature over anchor and core", Presence.SIGNED),
    _checksum(_CORE, 'CRC-32 of "core", the id and the bits before'),
    _tokens(_DETAIL, 16, "hidden code, scale 16, row by row"),
    _facts(_DETAIL),
    _checksum(_DETAIL, 'CRC-32 of "detail", the id and the bits before'),
    _number(_FINE, "token_count", 11, "how many tokens of scale 32 follow", high=1024),
    _tokens(_FINE, 32, "hidden code, scale 32, the first token_count places of the order of detail", counted=True),
    _facts(_FINE),
    _checksum(_FINE, 'CRC-32 of "fine", the id and the bits before'),
)
"""The format. Nothing else says where a bit lies."""


def block_fields(block: Block, *, signed: bool = False) -> tuple[Field, ...]:
    """The fields of a block in the order they are written; with ``signed`` also those of a signed message."""
    return tuple(f for f in FIELDS if f.block is block and (signed or f.presence is Presence.ALWAYS))


def fixed_bits(block: Block, *, signed: bool = False) -> int:
    """What a block needs without facts and without counted tokens, in bits."""
    return sum(field.bits or 0 for field in block_fields(block, signed=signed))


ANCHOR_BITS = fixed_bits(Block.ANCHOR)
"""Length of every anchor of every version, in bits."""


def pack(block: Block, values: Mapping[str, Any], *, size_bits: int, id: int, signed: bool = False) -> Bits:
    """Write a block.

    Args:
        block: Which block.
        values: By field name: an int for a number, bytes for bytes, an array of integers for tokens, a bit string for
            facts (filled up with zeros). The checksum is computed here.
        size_bits: Length of the block, a multiple of 32.
        id: Identity of the record; every checksum but the anchor's covers it, so blocks of two messages do not mix.
        signed: Whether the fields of a signed message are there.

    Returns:
        The block as a bit string of ``size_bits`` bits.

    Raises:
        PayloadError: A value is out of range or does not fit.
    """
    fields = [f for f in block_fields(block, signed=signed) if f.kind is not Kind.CHECKSUM]
    parts = {f.name: _to_bits(f, values[f.name]) for f in fields}
    rest = size_bits - _CHECKSUM_BITS - sum(part.size for part in parts.values())
    if rest < 0 or size_bits % WORD_BITS or (rest and "facts" not in parts):
        raise PayloadError(f"{block}: its fields do not fit in {size_bits} bits ({-rest} too many)")
    if rest:
        parts["facts"] = np.concatenate([parts["facts"], np.zeros(rest, np.uint8)])
    body = np.concatenate([parts[f.name] for f in fields])
    return np.concatenate([body, _int_to_bits(_checksum_of(block, body, id), _CHECKSUM_BITS)])


def unpack(block: Block, bits: Bits, *, id: int, signed: bool = False) -> dict[str, Any]:
    """Read a block: the inverse of ``pack``.

    Args:
        block: Which block.
        bits: The block as a bit string.
        id: Identity of the record, as in ``pack``.
        signed: Whether the fields of a signed message are there.

    Returns:
        By field name: an int for a number and the checksum, bytes for bytes, a uint16 array for tokens (in the order
        they are written), a bit string for facts.

    Raises:
        PayloadError: The checksum is wrong, a value is out of range, or the lengths contradict each other.
    """
    bits = check_bits(bits, np.size(bits), what=str(block))
    if not is_intact(block, bits, id=id):
        raise PayloadError(f"{block}: wrong checksum; the block was damaged or is not a block")
    values: dict[str, Any] = {}
    for field, part in _split(block, bits, signed):
        values[field.name] = _from_bits(field, part)
    return values


def is_intact(block: Block, bits: Bits, *, id: int = 0) -> bool:
    """Whether the checksum of a block is right; for an anchor the id plays no part."""
    body, checksum = bits[:-_CHECKSUM_BITS], bits[-_CHECKSUM_BITS:]
    whole = bits.size > _CHECKSUM_BITS and bits.size % WORD_BITS == 0
    return whole and _bits_to_int(checksum) == _checksum_of(block, body, id)


def check_bits(bits: Bits, size_bits: int, *, what: str) -> Bits:
    """The same bit string as a contiguous uint8 array, or a PayloadError where it is not one of ``size_bits`` bits."""
    array = np.asarray(bits)
    if (
        array.ndim != 1
        or array.size != size_bits
        or array.dtype.kind not in "bui"
        or ((array != 0) & (array != 1)).any()
    ):
        raise PayloadError(
            f"{what}: expected {size_bits} bits of 0 and 1, got an array of shape {array.shape}, type {array.dtype}"
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def check_order(fine_order: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The order of detail as int64, or a PayloadError where it is not a permutation of the 1024 places of scale 32."""
    order = np.asarray(fine_order)
    if order.dtype.kind not in "ui" or not np.array_equal(np.sort(order, axis=None), np.arange(SIDES[-1] ** 2)):
        raise PayloadError(f"fine_order: expected a permutation of {SIDES[-1] ** 2} places, got shape {order.shape}")
    return order.ravel().astype(np.int64)


_CHECKSUM_BITS = 32


def _split(block: Block, bits: Bits, signed: bool) -> Iterator[tuple[Field, Bits]]:
    """Cut a block into its fields; the counted tokens and the facts get their width here."""
    spare = bits.size - fixed_bits(block, signed=signed)
    start = 0
    count = 0
    for field in block_fields(block, signed=signed):
        width = spare if field.bits is None else field.bits
        if field.bits is None and field.kind is Kind.TOKENS:
            width = TOKEN_BITS * count
        if field.bits is None:
            spare -= width
        if spare < 0:
            raise PayloadError(f"{block}: too short ({bits.size} bits) for {field.name}")
        part = bits[start : start + width]
        if field.name == "token_count":
            count = _from_bits(field, part)
        yield field, part
        start += width
    if spare:
        raise PayloadError(f"{block}: {spare} bits more than its fields take")


def _to_bits(field: Field, value: Any) -> Bits:
    match field.kind:
        case Kind.NUMBER | Kind.CHECKSUM:
            _check_range(field, int(value), int(value))
            return _int_to_bits(int(value), field.bits or 0)
        case Kind.BYTES:
            bits = np.unpackbits(np.frombuffer(value, np.uint8))
        case Kind.TOKENS:
            tokens = np.asarray(value).ravel()
            _check_range(field, int(tokens.min(initial=field.high)), int(tokens.max(initial=field.low)))
            shifts = np.arange(TOKEN_BITS - 1, -1, -1)
            bits = ((tokens[:, None].astype(np.int64) >> shifts) & 1).astype(np.uint8).ravel()
        case Kind.FACTS:
            bits = check_bits(value, np.asarray(value).size, what=f"{field.block}.{field.name}")
    if field.bits is not None and bits.size != field.bits:
        raise PayloadError(f"{field.block}.{field.name}: expected {field.bits} bits, got {bits.size}")
    return bits


def _from_bits(field: Field, bits: Bits) -> Any:
    match field.kind:
        case Kind.NUMBER | Kind.CHECKSUM:
            value = _bits_to_int(bits)
            _check_range(field, value, value)
            return value
        case Kind.BYTES:
            return np.packbits(bits).tobytes()
        case Kind.TOKENS:
            weights = 1 << np.arange(TOKEN_BITS - 1, -1, -1)
            return (bits.reshape(-1, TOKEN_BITS) @ weights).astype(np.uint16)
        case Kind.FACTS:
            return bits


def _check_range(field: Field, smallest: int, largest: int) -> None:
    if smallest < field.low or largest > field.high:
        got = str(smallest) if smallest == largest else f"{smallest} to {largest}"
        raise PayloadError(f"{field.block}.{field.name}: expected {field.low} to {field.high}, got {got}")


def _checksum_of(block: Block, body: Bits, id: int) -> int:
    identity = b"" if block is Block.ANCHOR else id.to_bytes(8, "big")
    return zlib.crc32(block.value.encode() + identity + np.packbits(body).tobytes())


def _int_to_bits(value: int, width: int) -> Bits:
    return np.frombuffer(f"{value:0{width}b}".encode(), np.uint8) - np.uint8(ord("0"))


def _bits_to_int(bits: Bits) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big") >> (-bits.size % 8)
