"""The one table of fields that packing, unpacking, the documentation and the tests are made from.

A block is its fields one after the other, in the order of ``FIELDS``. Every number is written with its most
significant bit first; a bit string is an array of 0 and 1. Blocks are a whole number of 32-bit words, so a block also
is a whole number of bytes; what a block does not need, its ``facts`` field takes, filled up with zeros.

Every version of the format keeps three things: an anchor has ``ANCHOR_BITS`` bits, its first four are the version, and
its last 32 are the checksum over the rest. So an old reader can tell a newer payload from noise.

Source: ours.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ANCHOR_BITS",
    "CHECKSUM_BITS",
    "FIELDS",
    "PLAIN",
    "SIDES",
    "TOKEN_BITS",
    "VERSION",
    "WORD_BITS",
    "Bits",
    "Block",
    "Field",
    "Kind",
    "Presence",
    "Shape",
    "block_fields",
    "fixed_bits",
]

Bits = NDArray[np.uint8]
"""A bit string: one-dimensional uint8 array of 0 and 1, most significant bit of each field first."""

VERSION = 1
TOKEN_BITS = 12
SIDES = (1, 2, 4, 8, 16, 32)
"""Tokens along the side of each scale of the hidden code."""

WORD_BITS = 32
CHECKSUM_BITS = 32
SHARE_BITS = 256
WRAP_BITS = 128


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


@dataclass(frozen=True)
class Shape:
    """What an anchor says about which fields its message has.

    Attributes:
        signed: The core carries a key id and a signature.
        confidential: Tokens and facts are enciphered, see ``sealing``.
        coded: There is a hidden code. Without one there is no fine block either.
        recipients: How many public keys the message is sealed for; 0 where it is sealed with a key file or not at all.
        has_fine: There is a fine block.
    """

    signed: bool = False
    confidential: bool = False
    coded: bool = True
    recipients: int = 0
    has_fine: bool = True


PLAIN = Shape()
"""Not signed, nothing hidden from anybody."""


class Presence(StrEnum):
    """When a field is there."""

    ALWAYS = "always"
    CODED = "not if codeless"
    SIGNED = "only if signed"
    FINE = "only with a fine block"
    RECIPIENTS = "only if there are recipients"
    MORE_RECIPIENTS = "only if there are two recipients or more"
    CONFIDENTIAL = "only if confidential"
    UNSIGNED_CONFIDENTIAL = "only if confidential and not signed"

    def holds(self, shape: Shape) -> bool:
        """Whether messages of this shape have the field."""
        return {
            Presence.ALWAYS: True,
            Presence.CODED: shape.coded,
            Presence.SIGNED: shape.signed,
            Presence.FINE: shape.has_fine,
            Presence.RECIPIENTS: shape.recipients > 0,
            Presence.MORE_RECIPIENTS: shape.recipients > 1,
            Presence.CONFIDENTIAL: shape.confidential,
            Presence.UNSIGNED_CONFIDENTIAL: shape.confidential and not shape.signed,
        }[self]


@dataclass(frozen=True)
class Field:
    """One row of the table.

    Attributes:
        block: The block the field belongs to.
        name: Its name, unique within the block.
        kind: What its bits are.
        bits: Its width; None where the width is not fixed (``tokens_32``: 12 bits for each of ``token_count`` tokens;
            ``wraps``: 128 bits for each recipient but the first; ``facts``: whatever the block has left).
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


def _bytes(block: Block, name: str, bits: int | None, meaning: str, presence: Presence = Presence.ALWAYS) -> Field:
    return Field(block, name, Kind.BYTES, bits, 0, (1 << bits) - 1 if bits else 0, presence, meaning)


def _tokens(block: Block, side: int, meaning: str, *, counted: bool = False) -> Field:
    bits = None if counted else TOKEN_BITS * side * side
    presence = _ALWAYS if block is Block.ANCHOR else Presence.CODED
    return Field(block, f"tokens_{side}", Kind.TOKENS, bits, 0, (1 << TOKEN_BITS) - 1, presence, meaning)


def _facts(block: Block) -> Field:
    return Field(block, "facts", Kind.FACTS, None, 0, 1, _ALWAYS, "facts of this block, coded, then zeros")


def _checksum(block: Block, meaning: str) -> Field:
    return Field(block, "checksum", Kind.CHECKSUM, CHECKSUM_BITS, 0, (1 << CHECKSUM_BITS) - 1, _ALWAYS, meaning)


_ALWAYS = Presence.ALWAYS
_ANCHOR, _CORE, _DETAIL, _FINE = Block

FIELDS: tuple[Field, ...] = (
    _number(_ANCHOR, "version", 4, f"version of the format, {VERSION} for this page", low=1, high=VERSION),
    _number(_ANCHOR, "signed", 1, "1: the core carries a key id and a signature"),
    _number(_ANCHOR, "confidential", 1, "1: tokens and facts are enciphered"),
    _number(_ANCHOR, "codeless", 1, "1: there is no hidden code"),
    _number(_ANCHOR, "recipients", 3, "confidential: public keys it is sealed for; 0: sealed with a key file"),
    _number(_ANCHOR, "dense", 1, "1: the carrier fills places that it leaves empty in usual marks"),
    _number(_ANCHOR, "core_words", 7, "length of the core in 32-bit words; 0: no core"),
    _number(_ANCHOR, "detail_words", 8, "length of the detail in 32-bit words; 0: no detail"),
    _number(_ANCHOR, "detailed", 1, "1: the carrier fills its places with more and fainter bits; never with dense"),
    _number(_ANCHOR, "fine_words", 9, "length of the fine block in 32-bit words; 0: no fine block"),
    _number(_ANCHOR, "id", 64, "identity of the record"),
    _tokens(_ANCHOR, 1, "hidden code, scale 1; zeros if codeless"),
    _tokens(_ANCHOR, 2, "hidden code, scale 2, row by row; zeros if codeless"),
    _checksum(_ANCHOR, 'CRC-32 of "anchor" and the bits before'),
    _tokens(_CORE, 4, "hidden code, scale 4, row by row"),
    _tokens(_CORE, 8, "hidden code, scale 8, row by row"),
    _bytes(_CORE, "detail_hash", 64, "first 64 bits of the SHA-256 of the detail; 0: no detail"),
    _bytes(_CORE, "key_id", 32, "first 32 bits of the SHA-256 of the public key", Presence.SIGNED),
    _bytes(_CORE, "share", SHARE_BITS, "X25519 public key made for this message", Presence.RECIPIENTS),
    _bytes(_CORE, "wraps", None, "the seed, once for each recipient but the first", Presence.MORE_RECIPIENTS),
    _facts(_CORE),
    _bytes(_CORE, "tag", 32, "HMAC-SHA256 over anchor and core, first 32 bits", Presence.CONFIDENTIAL),
    _bytes(_CORE, "tag_rest", 64, "the next 64 bits of it", Presence.UNSIGNED_CONFIDENTIAL),
    _bytes(_CORE, "signature", 512, "Ed25519 signature over anchor and core", Presence.SIGNED),
    _checksum(_CORE, 'CRC-32 of "core", the id and the bits before'),
    _tokens(_DETAIL, 16, "hidden code, scale 16, row by row"),
    _bytes(_DETAIL, "fine_hash", 64, "first 64 bits of the SHA-256 of the fine block", Presence.FINE),
    _facts(_DETAIL),
    _checksum(_DETAIL, 'CRC-32 of "detail", the id and the bits before'),
    _number(_FINE, "token_count", 11, "how many tokens of scale 32 follow", high=1024),
    _tokens(_FINE, 32, "hidden code, scale 32, the first token_count places of the order of detail", counted=True),
    _facts(_FINE),
    _checksum(_FINE, 'CRC-32 of "fine", the id and the bits before'),
)
"""The format. Nothing else says where a bit lies."""


def block_fields(block: Block, shape: Shape = PLAIN) -> tuple[Field, ...]:
    """The fields of a block of a message of that shape, in the order they are written."""
    there = (field for field in FIELDS if field.block is block and field.presence.holds(shape))
    return tuple(replace(f, bits=WRAP_BITS * (shape.recipients - 1)) if f.name == "wraps" else f for f in there)


def fixed_bits(block: Block, shape: Shape = PLAIN) -> int:
    """What a block needs without facts and without counted tokens, in bits."""
    return sum(field.bits or 0 for field in block_fields(block, shape))


ANCHOR_BITS = fixed_bits(Block.ANCHOR)
"""Length of every anchor of every version, in bits."""
