"""Payloads that must not be believed: what a forger, a broken channel or a newer writer may hand to a reader.

Each attack starts from a genuine signed message and returns the blocks a reader would receive. The test in
``tests/test_attacks_payloads.py`` runs them all: a reader ends with the stated finding, never with another error.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.payload import Bits, Block, Capacity, Message, SignatureStatus, SigningKey, compose
from underdrawing.payload.facts import NAMES, OTHER, facts_model
from underdrawing.payload.fields import ANCHOR_BITS, TOKEN_BITS, Shape, fixed_bits
from underdrawing.payload.packing import pack, unpack
from underdrawing.payload.text_model import TextEncoder

__all__ = ["ATTACKS", "FORGER", "GENUINE", "PUBLISHER", "Attack", "genuine"]

Blocks = Mapping[Block, Bits]

PUBLISHER = SigningKey.from_seed(b"the key of an honest publisher..")
"""Whom the reader trusts."""

FORGER = SigningKey.from_seed(b"the key of somebody else at all.")
"""Whom the reader does not know."""


@dataclass(frozen=True)
class Attack:
    """One bad payload.

    Attributes:
        name: What was done, in words.
        make: From a genuine message to the blocks that are received.
        finding: The error reading ends with, or what is found out about the signature.
    """

    name: str
    make: Callable[[Message], Blocks]
    finding: type[PayloadError] | SignatureStatus


def genuine(*, id: int = 7, key: SigningKey | None = PUBLISHER) -> Message:
    """A message as it should be."""
    tokens = [((np.arange(s * s).reshape(s, s) + id) * 37 % 4096).astype(np.uint16) for s in (1, 2, 4, 8, 16, 32)]
    facts = {"headline": "The bridge on the day before the flood", "creator": "Anna Berg"}
    capacity = Capacity(core_bits=2300, detail_bits=4200, fine_bits=14_800)
    return compose(id=id, tokens=tokens, fine_order=np.arange(1024), facts=facts, key=key, capacity=capacity)


GENUINE = genuine()


def _seal(prefix: bytes, bits: Bits) -> Bits:
    """The block with the checksum that belongs to it: a forger computes it as well as anybody."""
    checksum = zlib.crc32(prefix + np.packbits(bits[:-32]).tobytes())
    return np.concatenate([bits[:-32], np.unpackbits(np.frombuffer(checksum.to_bytes(4, "big"), np.uint8))])


def _core_prefix(message: Message) -> bytes:
    return b"core" + message.id.to_bytes(8, "big")


def _with(message: Message, block: Block, bits: Bits) -> Blocks:
    return {**message.blocks, block: bits}


def _flip(block: Block, position: int) -> Callable[[Message], Blocks]:
    def make(message: Message) -> Blocks:
        bits = message.blocks[block].copy()
        bits[position] ^= 1
        return _with(message, block, bits)

    return make


def _anchor_with(start: int, bits: str) -> Callable[[Message], Blocks]:
    def make(message: Message) -> Blocks:
        anchor = message.blocks[Block.ANCHOR].copy()
        anchor[start : start + len(bits)] = [int(bit) for bit in bits]
        return _with(message, Block.ANCHOR, _seal(b"anchor", anchor))

    return make


def _core_with(position: int, *, count: int = 1) -> Callable[[Message], Blocks]:
    """Bits of the core turned, the checksum made right again."""

    def make(message: Message) -> Blocks:
        core = message.blocks[Block.CORE].copy()
        core[position : position + count] ^= 1
        return _with(message, Block.CORE, _seal(_core_prefix(message), core))

    return make


def _detail_of_another(message: Message) -> Blocks:
    values = unpack(Block.DETAIL, message.blocks[Block.DETAIL], id=message.id)
    values["tokens_16"] = (values["tokens_16"] + 1) % 4096
    size = message.blocks[Block.DETAIL].size
    return _with(message, Block.DETAIL, pack(Block.DETAIL, values, size_bits=size, id=message.id))


def _core_of_another(message: Message) -> Blocks:
    return _with(message, Block.CORE, genuine(id=8).blocks[Block.CORE])


def _signed_by_somebody_else(message: Message) -> Blocks:
    return genuine(id=message.id, key=FORGER).blocks


def _signature_taken_off(message: Message) -> Blocks:
    return genuine(id=message.id, key=None).blocks


def _under_the_name_of_the_publisher(message: Message) -> Blocks:
    """Signed by somebody else, who writes the key id of the publisher into the core."""
    forged = genuine(id=message.id, key=FORGER)
    values = unpack(Block.CORE, forged.blocks[Block.CORE], id=message.id, shape=Shape(signed=True))
    values["key_id"] = PUBLISHER.public().id
    core = pack(Block.CORE, values, size_bits=forged.blocks[Block.CORE].size, id=message.id, shape=Shape(signed=True))
    return _with(forged, Block.CORE, core)


def _facts(stream: bytes) -> Callable[[Message], Blocks]:
    """A core whose facts decode to bytes of the attacker's choice."""

    def make(message: Message) -> Blocks:
        values = unpack(Block.CORE, message.blocks[Block.CORE], id=message.id, shape=Shape(signed=True))
        encoder = TextEncoder(facts_model(), limit_bits=10**6)
        encoder.write(stream)
        values["facts"] = encoder.finish()
        needed = fixed_bits(Block.CORE, Shape(signed=True)) + values["facts"].size
        size = -(-needed // 32) * 32
        core = pack(Block.CORE, values, size_bits=size, id=message.id, shape=Shape(signed=True))
        anchor = _anchor_with(11, f"{size // 32:07b}")(message)[Block.ANCHOR]
        return {**message.blocks, Block.ANCHOR: anchor, Block.CORE: core}

    return make


def _noise(message: Message) -> Blocks:
    noise = np.random.default_rng(1).integers(0, 2, ANCHOR_BITS).astype(np.uint8)
    return _with(message, Block.ANCHOR, noise)


_HEADLINE = bytes([NAMES.index("headline") + 1])

ATTACKS: tuple[Attack, ...] = (
    Attack("noise where the anchor should be", _noise, PayloadError),
    Attack("an anchor cut short", lambda m: _with(m, Block.ANCHOR, m.blocks[Block.ANCHOR][:-1]), PayloadError),
    Attack("an empty anchor", lambda m: _with(m, Block.ANCHOR, np.zeros(0, np.uint8)), PayloadError),
    Attack("an anchor of zeros", lambda m: _with(m, Block.ANCHOR, np.zeros(ANCHOR_BITS, np.uint8)), PayloadError),
    Attack("a flipped bit in the anchor", _flip(Block.ANCHOR, 40), PayloadError),
    Attack("a flipped bit in the core", _flip(Block.CORE, 1), PayloadError),
    Attack("a flipped bit in the detail", _flip(Block.DETAIL, 2), PayloadError),
    Attack("a flipped bit in the fine block", _flip(Block.FINE, 3), PayloadError),
    Attack("a wrong checksum", _flip(Block.CORE, -1), PayloadError),
    Attack("version 2", _anchor_with(0, "0010"), UnsupportedVersionError),
    Attack("version 15", _anchor_with(0, "1111"), UnsupportedVersionError),
    Attack("version 0", _anchor_with(0, "0000"), PayloadError),
    Attack("an open message called confidential", _anchor_with(5, "1"), SignatureStatus.INVALID),
    Attack("a message with a code called codeless", _anchor_with(6, "1"), PayloadError),
    Attack("recipients of an open message", _anchor_with(7, "001"), PayloadError),
    Attack("a confidential message without a core", _anchor_with(4, "0100000" + "0" * 25), PayloadError),
    Attack("a usual mark called dense", _anchor_with(10, "1"), SignatureStatus.INVALID),
    Attack("a usual mark called detailed", _anchor_with(26, "1"), SignatureStatus.INVALID),
    Attack("a mark called dense and detailed", _anchor_with(10, "1" + "0" * 15 + "1"), PayloadError),
    Attack("a core of no length", _anchor_with(11, "0000000"), PayloadError),
    Attack("a core too short to be one", _anchor_with(11, "0000001"), PayloadError),
    Attack("a core longer than received", _anchor_with(11, "1111111"), PayloadError),
    Attack("a fine block without a detail", _anchor_with(18, "00000000"), PayloadError),
    Attack("the flag of the signature taken off", _anchor_with(4, "0"), PayloadError),
    Attack("the core of another message", _core_of_another, PayloadError),
    Attack("a changed detail with a right checksum", _detail_of_another, PayloadError),
    Attack("a changed token in the anchor", _anchor_with(100, "1"), SignatureStatus.INVALID),
    Attack("a changed token of scale 4 in the core", _core_with(5), SignatureStatus.INVALID),
    Attack("a changed token of scale 8 in the core", _core_with(TOKEN_BITS * 16), SignatureStatus.INVALID),
    Attack("a changed signature", _core_with(-40), SignatureStatus.INVALID),
    Attack("a signature of ones", _core_with(-544, count=512), SignatureStatus.INVALID),
    Attack(
        "signed by a forger who uses the publisher's key id", _under_the_name_of_the_publisher, SignatureStatus.INVALID
    ),
    Attack("signed by somebody unknown", _signed_by_somebody_else, SignatureStatus.UNKNOWN_KEY),
    Attack("the signature taken off", _signature_taken_off, SignatureStatus.ABSENT),
    Attack("facts that erase the terminal", _facts(_HEADLINE + b"\x1b[2J\0\0"), PayloadError),
    Attack("facts that turn their direction", _facts(_HEADLINE + "\u202egnp.exe\0\0".encode()), PayloadError),
    Attack("facts that are not UTF-8", _facts(_HEADLINE + b"\xff\0\0"), PayloadError),
    Attack("facts with a lone surrogate", _facts(_HEADLINE + b"\xed\xa0\x80\0\0"), PayloadError),
    Attack("a fact told twice", _facts(_HEADLINE + b"a\0" + _HEADLINE + b"b\0\0"), PayloadError),
    Attack("a fact without a name", _facts(bytes([OTHER]) + b"\0a\0\0"), PayloadError),
    Attack("a fact of an unknown code", _facts(b"\xfea\0\0"), PayloadError),
    Attack("a few bits that claim a long text", _facts(_HEADLINE + b"a" * 17_000), PayloadError),
)
"""All of them."""
