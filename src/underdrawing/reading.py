"""From a reception to a message: anchor first, then every block it announces, each helping to read the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from underdrawing.channel.lattice import most_bits, tone_drift
from underdrawing.channel.ldpc import BOLD, HONEST
from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.payload import (
    ANCHOR_BITS,
    Anchor,
    Block,
    Core,
    Detail,
    Fine,
    anchor_hints,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    token_places,
)
from underdrawing.recall import Demapper, Recollection
from underdrawing.tokenizer import LADDER, HiddenCode, Tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Reception
    from underdrawing.payload import Bits

__all__ = ["TIER_OF", "Reading", "read_message"]

TIER_OF = {Block.ANCHOR: 0, Block.CORE: 1, Block.DETAIL: 2, Block.FINE: 3}
"""Which tier of the channel carries which block."""

SCALES_UPTO = {Block.ANCHOR: 2, Block.CORE: 4, Block.DETAIL: 5, Block.FINE: 6}
"""How many scales of the hidden code are known once a block is, and those before it are."""
_SCALES_BEFORE = dict(zip(list(SCALES_UPTO)[1:], SCALES_UPTO.values(), strict=False))
_DEMAPPINGS = 8
_SWEEPS = 60
_FEWEST_BITS = (1664, 3104, 12352)
"""A signed core, a detail and a whole fine block without facts: the usual message has at least these."""

_Block = TypeVar("_Block")


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
    def is_complete(self) -> bool:
        """Whether every block that the anchor announces was read."""
        announced = (self.anchor.core_bits, self.anchor.detail_bits, self.anchor.fine_bits)
        return len(self.bits) == 1 + sum(size > 0 for size in announced)

    @cached_property
    def drift(self) -> float:
        """How much is left to undo of a change of tones, see :func:`.channel.lattice.tone_drift`."""
        return tone_drift(self.reception)

    def is_better_than(self, other: Reading) -> bool:
        """Whether this reading of the same suspect has more blocks, or as many with the tones better understood."""
        return (len(self.bits), -self.drift) > (len(other.bits), -other.drift)

    @property
    def facts(self) -> dict[str, str]:
        """All facts that were read, by IPTC name."""
        read = [block.facts for block in (self.core, self.detail, self.fine) if block is not None]
        return {name: text for facts in read for name, text in facts.items()}

    @property
    def code(self) -> HiddenCode:
        """The longest prefix of the hidden code that was read."""
        scales, known = list(self.anchor.tokens), None
        if self.core is not None:
            scales += self.core.tokens
            if self.detail is not None:
                scales.append(self.detail.tokens)
                if self.fine is not None:
                    scales.append(self.fine.tokens)
                    known = None if self.fine.known.all() else self.fine.known
        return HiddenCode(tuple(scales), known)


def read_message(reception: Reception, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> Reading | None:
    """Read all blocks that can be read.

    Args:
        reception: what the channel heard.
        pixels: H×W×3 RGB uint8, the suspect itself, whose untouched part helps where the channel falls short.
        tokenizer: for the order of the tokens of the fine block, and for that help.

    Returns:
        The reading, or None when not even the anchor can be read.

    Raises:
        UnsupportedVersionError: the message was written by a newer version.
    """
    found = _anchor(reception)
    if found is None:
        return None
    anchor, bits = found
    sizes = (anchor.core_bits, anchor.detail_bits, anchor.fine_bits)
    opened = reception.with_tiers((True, *(size > 0 for size in sizes)))
    reading = Reading(opened.learn(0, bits), anchor, bits={Block.ANCHOR: bits})
    return _Reader(pixels, tokenizer).complete(reading)


def _anchor(reception: Reception) -> tuple[Anchor, Bits] | None:
    """The anchor and its bits: from the channel alone if that is enough, else with what most anchors have in common."""
    most = most_bits(reception.candidate.grid)
    usual = anchor_hints(_FEWEST_BITS, most)
    without_fine = anchor_hints((*_FEWEST_BITS[:2], 0), (*most[:2], 0))
    for hints in (None, without_fine, usual):
        bits = reception.decode(TIER_OF[Block.ANCHOR], ANCHOR_BITS, hints=hints).bits
        anchor = _checked(parse_anchor, bits)
        if anchor is not None:
            return anchor, bits
    return None


@dataclass(frozen=True)
class _Reader:
    """Reads the blocks after the anchor, one after another."""

    pixels: NDArray[np.uint8]
    tokenizer: Tokenizer

    def complete(self, reading: Reading) -> Reading:
        """The reading with every block that can be read."""
        reading = self._with_core(reading)
        reading = self._with_detail(reading)
        reading = self._with_fine(reading)
        return replace(reading, reception=reading.reception.settled())

    def _with_core(self, reading: Reading) -> Reading:
        found = self._block(
            reading, Block.CORE, reading.anchor.core_bits, lambda bits: parse_core(bits, reading.anchor)
        )
        return reading if found is None else _learned(replace(reading, core=found[0]), Block.CORE, found[1])

    def _with_detail(self, reading: Reading) -> Reading:
        anchor, core = reading.anchor, reading.core
        found = self._block(reading, Block.DETAIL, anchor.detail_bits, lambda bits: parse_detail(bits, anchor, core))
        return reading if found is None else _learned(replace(reading, detail=found[0]), Block.DETAIL, found[1])

    def _with_fine(self, reading: Reading) -> Reading:
        """The fine block comes in an order that only the tokens before it tell."""
        anchor, core = reading.anchor, reading.core
        if core is None or reading.detail is None or not anchor.fine_bits:
            return reading
        order = self.tokenizer.detail_order(reading.code)
        parse = partial(parse_fine, anchor=anchor, core=core, fine_order=order)
        found = self._block(reading, Block.FINE, anchor.fine_bits, parse, order)
        return reading if found is None else _learned(replace(reading, fine=found[0]), Block.FINE, found[1])

    def _block(
        self,
        reading: Reading,
        block: Block,
        size_bits: int,
        parse: Callable[[Bits], _Block],
        order: NDArray[np.int64] | None = None,
    ) -> tuple[_Block, Bits] | None:
        """A block and its bits: from the channel alone if that is enough, else with what the suspect itself tells."""
        if not size_bits:
            return None
        for bits in self._attempts(reading, block, size_bits, order):
            parsed = _checked(parse, bits)
            if parsed is not None:
                return parsed, bits
        return None

    def _attempts(
        self, reading: Reading, block: Block, size_bits: int, order: NDArray[np.int64] | None
    ) -> Iterator[Bits]:
        """Ever better founded guesses at the bits of a block."""
        tier = TIER_OF[block]
        decoded = reading.reception.decode(tier, size_bits)
        if not decoded.converged:
            reading = replace(reading, reception=reading.reception.settled())
            decoded = reading.reception.decode(tier, size_bits)
        if decoded.converged:
            yield decoded.bits
            return
        known = reading.code
        if known.n_scales != _SCALES_BEFORE[block]:
            return
        sides = LADDER[_SCALES_BEFORE[block] : SCALES_UPTO[block]]
        demapper = Demapper(self._recollection(reading), self.tokenizer, known, sides=sides, order=order)
        places = token_places(block, size_bits)
        believed: NDArray[np.float32] | None = None
        hints = np.zeros(size_bits, dtype=np.float32)
        for attempt in range(_DEMAPPINGS):
            readings = BOLD if attempt % 2 else HONEST
            hints = np.zeros(size_bits, dtype=np.float32)
            hints[places] = demapper.hints(believed)[: places.stop - places.start]
            decoded = reading.reception.decode(tier, size_bits, hints=hints, readings=readings, sweeps=_SWEEPS)
            if decoded.converged:
                yield decoded.bits
                return
            believed = (decoded.beliefs - hints)[places]
        yield reading.reception.decode(tier, size_bits, hints=hints).bits

    def _recollection(self, reading: Reading) -> Recollection:
        tone = reading.reception.candidate.tone
        return Recollection.of(
            self.pixels,
            reading.reception.intact,
            known=reading.code,
            tokenizer=self.tokenizer,
            gain=tone.gain,
            gamma=tone.gamma,
        )


def _learned(reading: Reading, block: Block, bits: Bits) -> Reading:
    reception = reading.reception.learn(TIER_OF[block], bits)
    return replace(reading, reception=reception, bits={**reading.bits, block: bits})


def _checked(parse: Callable[[Bits], _Block], bits: Bits) -> _Block | None:
    """The parsed block, or None when its checksum says that it was not read right."""
    try:
        return parse(bits)
    except UnsupportedVersionError:
        raise
    except PayloadError:
        return None
