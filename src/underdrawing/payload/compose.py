"""From what is to be said to blocks of bits: the planner that fills what a carrier offers and says what it left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import PayloadError
from underdrawing.payload.facts import FactsWriter, by_priority, check_facts
from underdrawing.payload.fields import FIELDS, SIDES, TOKEN_BITS, VERSION, WORD_BITS, Bits, Block, fixed_bits
from underdrawing.payload.keys import SIGNATURE_BYTES, SigningKey
from underdrawing.payload.packing import check_order, pack
from underdrawing.payload.signing import block_hash, signed_bytes

__all__ = ["Capacity", "Message", "compose"]

_FINE_TOKENS = SIDES[-1] ** 2
_FINE_SHARE_OF_FACTS = 4
_NO_HASH = bytes(8)


@dataclass(frozen=True)
class Capacity:
    """The information bits a carrier offers beyond the anchor, checksums included; 0 where a block cannot go at all."""

    core_bits: int
    detail_bits: int
    fine_bits: int


@dataclass(frozen=True, eq=False)
class Message:
    """A composed payload.

    Attributes:
        id: Identity of the record, 0 to 2**64 - 1.
        blocks: The blocks that fitted, the best protected first, each a bit string of a multiple of 32 bits.
        left_out: What did not fit: ``signature``, ``scale 16: 256 of 256 tokens``, ``facts.description``.
    """

    id: int
    blocks: Mapping[Block, Bits]
    left_out: tuple[str, ...]


def compose(
    *,
    id: int,
    tokens: Sequence[NDArray[np.uint16]],
    fine_order: NDArray[np.integer[Any]],
    facts: Mapping[str, str],
    key: SigningKey | None,
    capacity: Capacity,
) -> Message:
    """The blocks that carry a hidden code, facts and a signature through a carrier of this capacity.

    When space is short, first the fine block is shortened and dropped, then the detail, then the signature, then the
    core; the anchor always goes. Each fact goes whole into the best protected block that still has room for it, the
    most important facts first; where the tokens of scale 32 cannot all go, facts take at most a quarter of the fine
    block (or what they took of it before).

    Args:
        id: Identity of the record, 0 to 2**64 - 1.
        tokens: The six scales of the hidden code, the k-th side × side with sides 1, 2, 4, 8, 16, 32, values 0 to 4095.
        fine_order: Permutation of the 1024 places of scale 32 (row by row), the most detailed first.
        facts: By IPTC name; see ``check_facts`` for what is refused. A list is given as one string.
        key: Signs the message; None leaves it unsigned.
        capacity: What the carrier offers.

    Raises:
        PayloadError: Tokens, order, id or facts are not what is described above.
    """
    check_facts(facts)
    _check_code(tokens, fine_order)
    plan = _plan(capacity, wants_signature=key is not None)
    writers = {block: FactsWriter(limit_bits=limit) for block, limit in plan.facts_bits.items()}
    missed = _spread(facts, writers)
    coded = {block: writer.bits() for block, writer in writers.items()}
    count = _token_count(plan, coded)
    sizes = {b: _whole_words(_needed_bits(b, plan, bits, count)) for b, bits in coded.items()}
    blocks = _pack_blocks(id, tokens, np.asarray(fine_order)[:count], coded, sizes, key if plan.signed else None)
    return Message(id, blocks, (*_missing_parts(plan, key, count), *missed))


@dataclass(frozen=True)
class _Plan:
    """Which blocks go, the bits each may have, and those its facts may have."""

    signed: bool
    limits: dict[Block, int]
    facts_bits: dict[Block, int]


def _plan(capacity: Capacity, *, wants_signature: bool) -> _Plan:
    limits = {
        Block.CORE: _usable(capacity.core_bits, "core_words"),
        Block.DETAIL: _usable(capacity.detail_bits, "detail_words"),
        Block.FINE: _usable(capacity.fine_bits, "fine_words"),
    }
    signed = wants_signature and limits[Block.CORE] >= fixed_bits(Block.CORE, signed=True)
    spare: dict[Block, int] = {}
    for block, limit in limits.items():
        needed = fixed_bits(block, signed=signed) + (TOKEN_BITS if block is Block.FINE else 0)
        if limit < needed:
            break
        spare[block] = limit - fixed_bits(block, signed=signed)
    if Block.FINE in spare:
        beside_tokens = spare[Block.FINE] - TOKEN_BITS * _FINE_TOKENS
        spare[Block.FINE] = max(beside_tokens, spare[Block.FINE] // _FINE_SHARE_OF_FACTS)
    return _Plan(signed, limits, spare)


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
    room = plan.limits[Block.FINE] - fixed_bits(Block.FINE) - coded[Block.FINE].size
    return min(room // TOKEN_BITS, _FINE_TOKENS)


def _needed_bits(block: Block, plan: _Plan, facts: Bits, count: int) -> int:
    counted = TOKEN_BITS * count if block is Block.FINE else 0
    return fixed_bits(block, signed=plan.signed) + facts.size + counted


def _whole_words(bits: int) -> int:
    return -(-bits // WORD_BITS) * WORD_BITS


def _missing_parts(plan: _Plan, key: SigningKey | None, count: int) -> list[str]:
    parts = ["signature"] if key is not None and not plan.signed else []
    carriers = {4: Block.CORE, 8: Block.CORE, 16: Block.DETAIL}
    missing = [side for side, block in carriers.items() if block not in plan.facts_bits]
    parts += [f"scale {side}: {side**2} of {side**2} tokens" for side in missing]
    if count < _FINE_TOKENS:
        parts.append(f"scale {SIDES[-1]}: {_FINE_TOKENS - count} of {_FINE_TOKENS} tokens")
    return parts


def _pack_blocks(
    id: int,
    tokens: Sequence[NDArray[np.uint16]],
    places: NDArray[np.integer[Any]],
    facts: Mapping[Block, Bits],
    sizes: Mapping[Block, int],
    key: SigningKey | None,
) -> dict[Block, Bits]:
    blocks = {Block.ANCHOR: _pack_anchor(id, tokens, sizes, signed=key is not None)}
    later: dict[Block, Bits] = {}
    if Block.DETAIL in sizes:
        values = {"tokens_16": tokens[4], "facts": facts[Block.DETAIL]}
        later[Block.DETAIL] = pack(Block.DETAIL, values, size_bits=sizes[Block.DETAIL], id=id)
    if Block.FINE in sizes:
        chosen = np.asarray(tokens[5]).ravel()[places]
        values = {"token_count": places.size, "tokens_32": chosen, "facts": facts[Block.FINE]}
        later[Block.FINE] = pack(Block.FINE, values, size_bits=sizes[Block.FINE], id=id)
    if Block.CORE in sizes:
        values = {"tokens_4": tokens[2], "tokens_8": tokens[3], "facts": facts[Block.CORE]}
        for block in (Block.DETAIL, Block.FINE):
            values[f"{block}_hash"] = block_hash(block, later[block]) if block in later else _NO_HASH
        blocks[Block.CORE] = _pack_core(blocks[Block.ANCHOR], values, sizes[Block.CORE], id, key)
    return blocks | later


def _pack_anchor(id: int, tokens: Sequence[NDArray[np.uint16]], sizes: Mapping[Block, int], *, signed: bool) -> Bits:
    values: dict[str, Any] = {"version": VERSION, "signed": int(signed), "confidential": 0, "reserved": 0, "id": id}
    for block in (Block.CORE, Block.DETAIL, Block.FINE):
        values[f"{block}_words"] = sizes.get(block, 0) // WORD_BITS
    for side, scale in zip(SIDES[:2], tokens, strict=False):
        values[f"tokens_{side}"] = scale
    return pack(Block.ANCHOR, values, size_bits=fixed_bits(Block.ANCHOR), id=id)


def _pack_core(anchor: Bits, values: dict[str, Any], size_bits: int, id: int, key: SigningKey | None) -> Bits:
    if key is None:
        return pack(Block.CORE, values, size_bits=size_bits, id=id)
    values |= {"key_id": key.public().id, "signature": bytes(SIGNATURE_BYTES)}
    unsigned = pack(Block.CORE, values, size_bits=size_bits, id=id, signed=True)
    values["signature"] = key.sign(signed_bytes(anchor, unsigned))
    return pack(Block.CORE, values, size_bits=size_bits, id=id, signed=True)


def _check_code(tokens: Sequence[NDArray[np.uint16]], fine_order: NDArray[np.integer[Any]]) -> None:
    shapes = [np.shape(scale) for scale in tokens]
    expected = [(side, side) for side in SIDES]
    if shapes != expected or any(np.asarray(scale).dtype.kind not in "ui" for scale in tokens):
        raise PayloadError(f"tokens: expected integer arrays of shapes {expected}, got {shapes}")
    check_order(fine_order)
