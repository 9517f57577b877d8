"""From a reception to a message: anchor first, then every block it announces, each helping to read the next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.errors import PayloadError
from underdrawing.payload import (
    ANCHOR_BITS,
    Anchor,
    Block,
    Core,
    Detail,
    Fine,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
)
from underdrawing.tokenizer import HiddenCode, Tokenizer

if TYPE_CHECKING:
    from underdrawing.channel.lattice import Reception
    from underdrawing.payload import Bits

__all__ = ["TIER_OF", "Reading", "read_message"]

TIER_OF = {Block.ANCHOR: 0, Block.CORE: 1, Block.DETAIL: 2, Block.FINE: 3}
"""Which tier of the channel carries which block."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of a message, as far as checksums prove it.

    Attributes:
        reception: the channel's view, knowing every block that was read.
        anchor, core, detail, fine: the blocks; None where they could not be read.
        bits: the bits of the blocks that were read.
    """

    reception: Reception
    anchor: Anchor
    core: Core | None = None
    detail: Detail | None = None
    fine: Fine | None = None
    bits: dict[Block, Bits] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks that were read, best protected first."""
        return tuple(str(block) for block in Block if block in self.bits)

    @property
    def facts(self) -> dict[str, str]:
        """All facts that were read, by IPTC name."""
        read = [block.facts for block in (self.core, self.detail, self.fine) if block is not None]
        return {name: text for facts in read for name, text in facts.items()}

    @property
    def code(self) -> HiddenCode:
        """The longest prefix of the hidden code that was read."""
        scales, known = list(self.anchor.tokens), None
        for block in (self.core, self.detail, self.fine):
            if block is None:
                break
            scales.append(block.tokens)
            known = block.known if isinstance(block, Fine) and not block.known.all() else None
        return HiddenCode(tuple(scales), known)


def read_message(reception: Reception, tokenizer: Tokenizer) -> Reading | None:
    """Read all blocks that can be read.

    Args:
        reception: what the channel heard.
        tokenizer: for the order of the tokens of the fine block.

    Returns:
        The reading, or None when not even the anchor can be read.

    Raises:
        UnsupportedVersionError: the message was written by a newer version.
    """
    bits = reception.decode(TIER_OF[Block.ANCHOR], ANCHOR_BITS).bits
    anchor = _checked(parse_anchor, bits)
    if anchor is None:
        return None
    sizes = (anchor.core_bits, anchor.detail_bits, anchor.fine_bits)
    opened = reception.with_tiers((True, *(size > 0 for size in sizes)))
    reading = Reading(opened.learn(0, bits), anchor, bits={Block.ANCHOR: bits})
    return _with_fine(_with_detail(_with_core(reading)), tokenizer)


def _with_core(reading: Reading) -> Reading:
    bits = _decoded(reading, Block.CORE, reading.anchor.core_bits)
    core = None if bits is None else _checked(parse_core, bits, reading.anchor)
    return reading if core is None else _learned(replace(reading, core=core), Block.CORE, bits)


def _with_detail(reading: Reading) -> Reading:
    bits = _decoded(reading, Block.DETAIL, reading.anchor.detail_bits)
    detail = None if bits is None else _checked(parse_detail, bits, reading.anchor, reading.core)
    return reading if detail is None else _learned(replace(reading, detail=detail), Block.DETAIL, bits)


def _with_fine(reading: Reading, tokenizer: Tokenizer) -> Reading:
    """The fine block comes in an order that only the tokens before it tell."""
    if reading.core is None or reading.detail is None:
        return reading
    bits = _decoded(reading, Block.FINE, reading.anchor.fine_bits)
    if bits is None:
        return reading
    order = tokenizer.detail_order(reading.code)
    fine = _checked(lambda b: parse_fine(b, reading.anchor, reading.core, fine_order=order), bits)
    return reading if fine is None else _learned(replace(reading, fine=fine), Block.FINE, bits)


def _decoded(reading: Reading, block: Block, size_bits: int) -> Bits | None:
    if not size_bits:
        return None
    decoded = reading.reception.decode(TIER_OF[block], size_bits)
    return decoded.bits if decoded.converged else None


def _learned(reading: Reading, block: Block, bits: Bits | None) -> Reading:
    assert bits is not None
    return replace(
        reading, reception=reading.reception.learn(TIER_OF[block], bits), bits={**reading.bits, block: bits}
    )


def _checked(parse, *arguments):  # type: ignore[no-untyped-def]
    """The parsed block, or None when its checksum says that it was not read right."""
    from underdrawing.errors import UnsupportedVersionError

    try:
        return parse(*arguments)
    except UnsupportedVersionError:
        raise
    except PayloadError:
        return None
