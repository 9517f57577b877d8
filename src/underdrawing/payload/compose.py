"""From what is to be said to blocks of bits: the planner that fills what a carrier offers and says what it left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import CapacityError, PayloadError
from underdrawing.payload.facts import FactsWriter, by_priority, check_facts
from underdrawing.payload.fields import FIELDS, SIDES, TOKEN_BITS, VERSION, WORD_BITS, Bits, Block, Shape, fixed_bits
from underdrawing.payload.keys import SIGNATURE_BYTES, SigningKey
from underdrawing.payload.packing import check_order, pack
from underdrawing.payload.sealing import TAG_BYTES, TAG_BYTES_IF_SIGNED, Seal, sealed_bytes
from underdrawing.payload.signing import block_hash, signed_bytes

__all__ = ["Capacity", "Message", "compose"]

_FINE_TOKENS = SIDES[-1] ** 2
_FINE_SHARE_OF_FACTS = 4
_NO_HASH = bytes(8)
_CONFIDENTIAL_STEP = 4
"""Blocks of a confidential message grow by so many words: their lengths shall not tell how long the facts are."""


@dataclass(frozen=True)
class Capacity:
    """What a carrier offers beyond the anchor.

    Attributes:
        core_bits, detail_bits, fine_bits: Information bits, checksums included; 0 where a block cannot go at all.
        filling: How it wants to fill its places, which the anchor has to tell: 0 as usual, 1 densely, 2 in detail.
        fine_facts: Whether facts may go into the fine block. Not where it comes through good copies only: a fact that
            is left out is said to be, one that is lost later is not.
    """

    core_bits: int
    detail_bits: int
    fine_bits: int
    filling: int = 0
    fine_facts: bool = True


@dataclass(frozen=True, eq=False)
class Message:
    """A composed payload.

    Attributes:
        id: Identity of the record, 0 to 2**64 - 1.
        blocks: The blocks that fitted, the best protected first, each a bit string of a multiple of 32 bits.
        left_out: What did not fit: ``signature``, ``scale 16: 256 of 256 tokens``, ``facts.description``.
        filling: How the carrier has to fill its places, as the anchor says.
    """

    id: int
    blocks: Mapping[Block, Bits]
    left_out: tuple[str, ...]
    filling: int = 0


def compose(
    *,
    id: int,
    tokens: Sequence[NDArray[np.uint16]] | None,
    fine_order: NDArray[np.integer[Any]] | None,
    facts: Mapping[str, str],
    key: SigningKey | None,
    capacity: Capacity,
    seal: Seal | None = None,
) -> Message:
    """The blocks that carry a hidden code, facts and a signature through a carrier of this capacity.

    When space is short, first the fine block is shortened and dropped, then the detail, then the signature, then the
    core; the anchor always goes. Each fact goes whole into the best protected block that still has room for it, the
    most important facts first; where the tokens of scale 32 cannot all go, facts take at most a quarter of the fine
    block (or what they took of it before).

    Args:
        id: Identity of the record, 0 to 2**64 - 1; of a confidential message, drawn for it alone.
        tokens: The six scales of the hidden code, the k-th side × side with sides 1, 2, 4, 8, 16, 32, values 0 to 4095;
            None for a message without a code.
        fine_order: Permutation of the 1024 places of scale 32 (row by row), the most detailed first; None without code.
        facts: By IPTC name; see ``check_facts`` for what is refused. A list is given as one string.
        key: Signs the message; None leaves it unsigned.
        capacity: What the carrier offers.
        seal: Enciphers code and facts; None leaves them open to everybody.

    Raises:
        PayloadError: Tokens, order, id or facts are not what is described above.
        CapacityError: The message is confidential, and there is no room for a core, without which nobody could open it.
    """
    check_facts(facts)
    if tokens is not None:
        _check_code(tokens, fine_order)
    wanted = Shape(key is not None, seal is not None, tokens is not None, seal.recipients if seal else 0)
    plan = _plan(capacity, wanted)
    writers = {block: FactsWriter(limit_bits=limit) for block, limit in plan.facts_bits.items()}
    missed = _spread(facts, writers)
    coded = {block: writer.bits() for block, writer in writers.items()}
    if tokens is None and Block.DETAIL in coded and not coded[Block.DETAIL].size:
        del coded[Block.DETAIL]
    count = _token_count(plan, coded)
    sizes = {b: _size_bits(b, plan, bits, count) for b, bits in coded.items()}
    places = np.zeros(0, np.int64) if fine_order is None else np.asarray(fine_order)[:count]
    signer = key if plan.shape.signed else None
    writer = _Writer(id, tokens, places, coded, sizes, plan.shape, signer, seal, capacity.filling)
    return Message(id, writer.blocks(), (*_missing_parts(plan, key, count), *missed), capacity.filling)


@dataclass(frozen=True)
class _Plan:
    """Which blocks go, the bits each may have, and those its facts may have."""

    shape: Shape
    limits: dict[Block, int]
    facts_bits: dict[Block, int]


def _plan(capacity: Capacity, wanted: Shape) -> _Plan:
    """The shape that is nearest to what is wanted and whose core fits: without a fine block, then without signature."""
    limits = {
        Block.CORE: _usable(capacity.core_bits, "core_words"),
        Block.DETAIL: _usable(capacity.detail_bits, "detail_words"),
        Block.FINE: _usable(capacity.fine_bits, "fine_words"),
    }
    tried = product([True, False] if wanted.signed else [False], [True, False] if wanted.coded else [False])
    for shape in (replace(wanted, signed=signed, has_fine=has_fine) for signed, has_fine in tried):
        if limits[Block.CORE] >= fixed_bits(Block.CORE, shape):
            spare = _spare(limits, shape, fine_facts=capacity.fine_facts)
            if shape.has_fine and Block.FINE not in spare:
                continue
            return _Plan(shape, limits, spare)
    if wanted.confidential:
        raise CapacityError(
            f"a confidential mark needs {fixed_bits(Block.CORE, shape)} bits beside the anchor, this picture offers "
            f"{limits[Block.CORE]}: use a larger picture, a key file or fewer recipients, or leave out the code"
        )
    return _Plan(replace(wanted, signed=False), limits, {})


def _spare(limits: Mapping[Block, int], shape: Shape, *, fine_facts: bool) -> dict[Block, int]:
    """The bits that facts may have in each block that goes."""
    spare: dict[Block, int] = {}
    for block, limit in limits.items():
        needed = fixed_bits(block, shape) + (TOKEN_BITS if block is Block.FINE else 0)
        if limit < needed or (block is Block.FINE and not shape.has_fine):
            break
        spare[block] = limit - fixed_bits(block, shape)
    if Block.FINE in spare:
        beside_tokens = spare[Block.FINE] - TOKEN_BITS * _FINE_TOKENS
        spare[Block.FINE] = max(beside_tokens, spare[Block.FINE] // _FINE_SHARE_OF_FACTS) if fine_facts else 0
    return spare


def _usable(bits: int, words_field: str) -> int:
    """A capacity as whole words, no more than the anchor can state."""
    most = next(f.high for f in FIELDS if f.name == words_field)
    return min(max(bits, 0) // WORD_BITS, most) * WORD_BITS


def _spread(facts: Mapping[str, str], writers: Mapping[Block, FactsWriter]) -> list[str]:
    """Put each fact into the first writer that has room; the names of those that fit nowhere."""
    return [
        f"facts.{name}"
        for name, value in by_priority(facts)
        if not any(writer.add(name, value) for writer in writers.values())
    ]


def _token_count(plan: _Plan, coded: Mapping[Block, Bits]) -> int:
    if Block.FINE not in coded:
        return 0
    room = plan.limits[Block.FINE] - fixed_bits(Block.FINE, plan.shape) - coded[Block.FINE].size
    return min(room // TOKEN_BITS, _FINE_TOKENS)


def _size_bits(block: Block, plan: _Plan, facts: Bits, count: int) -> int:
    counted = TOKEN_BITS * count if block is Block.FINE else 0
    step = WORD_BITS * (_CONFIDENTIAL_STEP if plan.shape.confidential else 1)
    needed = fixed_bits(block, plan.shape) + facts.size + counted
    return min(-(-needed // step) * step, plan.limits[block])


def _missing_parts(plan: _Plan, key: SigningKey | None, count: int) -> list[str]:
    parts = ["signature"] if key is not None and not plan.shape.signed else []
    if not plan.shape.coded:
        return parts
    carriers = {4: Block.CORE, 8: Block.CORE, 16: Block.DETAIL}
    missing = [side for side, block in carriers.items() if block not in plan.facts_bits]
    parts += [f"scale {side}: {side**2} of {side**2} tokens" for side in missing]
    if count < _FINE_TOKENS:
        parts.append(f"scale {SIDES[-1]}: {_FINE_TOKENS - count} of {_FINE_TOKENS} tokens")
    return parts


@dataclass(frozen=True, eq=False)
class _Writer:
    """What is to be said, and in which lengths: writes the blocks, the last one first, since each names the next."""

    id: int
    tokens: Sequence[NDArray[np.uint16]] | None
    places: NDArray[np.integer[Any]]
    facts: Mapping[Block, Bits]
    sizes: Mapping[Block, int]
    shape: Shape
    key: SigningKey | None
    seal: Seal | None
    filling: int

    def blocks(self) -> dict[Block, Bits]:
        """All blocks, the best protected first."""
        blocks = {Block.ANCHOR: self._anchor()}
        later: dict[Block, Bits] = {}
        named = {"detail_hash": _NO_HASH}
        for block in (each for each in (Block.FINE, Block.DETAIL) if each in self.sizes):
            later = {block: self._pack(block, self._later(block) | named), **later}
            named = {f"{block}_hash": block_hash(block, later[block])}
        if Block.CORE in self.sizes:
            blocks[Block.CORE] = self._core(blocks[Block.ANCHOR], self._scales(4, 8) | named)
        return blocks | later

    def _anchor(self) -> Bits:
        shape = self.shape
        values: dict[str, Any] = {"version": VERSION, "id": self.id}
        values |= {"dense": self.filling & 1, "detailed": self.filling >> 1}
        values |= {"signed": shape.signed, "confidential": shape.confidential, "codeless": not shape.coded}
        values |= {"recipients": shape.recipients}
        for block in (Block.CORE, Block.DETAIL, Block.FINE):
            values[f"{block}_words"] = self.sizes.get(block, 0) // WORD_BITS
        return self._pack(Block.ANCHOR, values | self._scales(1, 2))

    def _later(self, block: Block) -> dict[str, Any]:
        if block is Block.DETAIL or self.tokens is None:
            return self._scales(16)
        chosen = np.asarray(self.tokens[5]).ravel()[self.places]
        return {"token_count": self.places.size, "tokens_32": chosen}

    def _core(self, anchor: Bits, values: dict[str, Any]) -> Bits:
        """The core with its tag, which covers what is enciphered, and its signature, which covers the tag too."""
        if self.seal is not None:
            values |= {"share": self.seal.share, "wraps": self.seal.wraps}
            values |= {"tag": bytes(TAG_BYTES_IF_SIGNED), "tag_rest": bytes(TAG_BYTES - TAG_BYTES_IF_SIGNED)}
        if self.key is not None:
            values |= {"key_id": self.key.public().id, "signature": bytes(SIGNATURE_BYTES)}
        core = self._pack(Block.CORE, values)
        if self.seal is not None:
            tag = self.seal.tag(sealed_bytes(anchor, core, self.shape))
            values |= {"tag": tag[:TAG_BYTES_IF_SIGNED], "tag_rest": tag[TAG_BYTES_IF_SIGNED:]}
            core = self._pack(Block.CORE, values)
        if self.key is not None:
            values["signature"] = self.key.sign(signed_bytes(anchor, core))
            core = self._pack(Block.CORE, values)
        return core

    def _scales(self, *sides: int) -> dict[str, Any]:
        """The tokens of these scales by field; zeros, which only the anchor has room for, where there is no code."""
        if self.tokens is None:
            return {f"tokens_{side}": np.zeros(side * side, np.uint16) for side in sides}
        return {f"tokens_{side}": self.tokens[SIDES.index(side)] for side in sides}

    def _pack(self, block: Block, values: dict[str, Any]) -> Bits:
        size_bits = fixed_bits(block) if block is Block.ANCHOR else self.sizes[block]
        stream = None if self.seal is None or (block is Block.ANCHOR and self.tokens is None) else self.seal.stream
        facts = {} if block is Block.ANCHOR else {"facts": self.facts[block]}
        return pack(block, values | facts, size_bits=size_bits, id=self.id, shape=self.shape, stream=stream)


def _check_code(tokens: Sequence[NDArray[np.uint16]], fine_order: NDArray[np.integer[Any]] | None) -> None:
    shapes = [np.shape(scale) for scale in tokens]
    expected = [(side, side) for side in SIDES]
    if shapes != expected or any(np.asarray(scale).dtype.kind not in "ui" for scale in tokens):
        raise PayloadError(f"tokens: expected integer arrays of shapes {expected}, got {shapes}")
    check_order(fine_order)
