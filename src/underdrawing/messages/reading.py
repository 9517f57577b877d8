"""From a reception to a message: anchor first, then every block it announces, each helping to read the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from underdrawing.channel.lattice import TONE_DRIFT_LIMIT, Filling, aligned, last_tier_bits, tone_drift
from underdrawing.errors import SealedError
from underdrawing.images import to_eight_bits
from underdrawing.messages.anchoring import AnchorReader, proved, recalled
from underdrawing.messages.demapping import Demapper
from underdrawing.messages.guessing import Guesser
from underdrawing.messages.tiers import SCALES_UPTO, TIER_OF
from underdrawing.payload import (
    Anchor,
    Block,
    Core,
    Detail,
    Fine,
    Opener,
    Presumed,
    Seal,
    known_hints,
    open_message,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    unproved_seals,
)
from underdrawing.tokenizer import HiddenCode, Tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Reception
    from underdrawing.payload import Bits

__all__ = ["Presumptions", "Reading", "fuller", "fullest", "read_message", "read_on", "read_rest"]

Presumptions = Callable[[], "Sequence[Presumed]"]
"""What message a suspect may hold, asked of whoever knows it by its looks only where the mark is hardly heard."""

_SCALES_BEFORE = dict(zip(list(SCALES_UPTO)[1:], SCALES_UPTO.values(), strict=False))
_Block = TypeVar("_Block")

_LEAST_TOLD = 0.3
"""How many bits the channel has to tell for each of a core or a fine block, or guessing at it is hopeless, and takes
long: of 16 photographs through six attacks no core was read with less than .57."""
_SURE_PLACE, _MUCH_FOREIGN, _LITTLE_SHOWN = 10.0, 0.1, 0.4
"""Score of a placement that need not be doubted, what share of a suspect is much to be something else, and what share
of a frame is little to be shown by one that tells all blocks."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of a message, as far as checksums prove it.

    Attributes:
        reception: the channel's view, knowing every block that was read.
        anchor, core, detail, fine: the blocks; None where they could not be read.
        bits: the bits of the blocks that were read.
        seal: what deciphers a confidential message, proved; None where none is needed, or none was given.
        refusal: why a confidential message was not opened, in words.
        presumed: whether the anchor was too faint to be read at once, and a presumption told the rest of it.
    """

    reception: Reception
    anchor: Anchor
    core: Core | None = None
    detail: Detail | None = None
    fine: Fine | None = None
    bits: dict[Block, Bits] = field(default_factory=dict)
    seal: Seal | None = None
    refusal: str | None = None
    presumed: bool = False

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
        """Whether this reading of the same suspect has more blocks, or as many at a surer place, or with the tones
        better understood."""
        return self._standing > other._standing

    @property
    def _standing(self) -> tuple[int, bool, float]:
        placement = self.reception.suspect.placement
        return len(self.bits), placement is None or placement.score >= _SURE_PLACE, -self.drift

    @property
    def facts(self) -> dict[str, str]:
        """All facts that were read, by IPTC name."""
        read = [block.facts for block in (self.core, self.detail, self.fine) if block is not None]
        return {name: text for facts in read for name, text in facts.items()}

    @property
    def code(self) -> HiddenCode | None:
        """The longest prefix of the hidden code that was read; None where there is none that can be read."""
        if not self.anchor.tokens:
            return None
        scales, known = list(self.anchor.tokens), None
        if self.core is not None and self.core.tokens:
            scales += self.core.tokens
            if self.detail is not None and self.detail.tokens.size:
                scales.append(self.detail.tokens)
                if self.fine is not None and self.fine.tokens.size:
                    scales.append(self.fine.tokens)
                    known = None if self.fine.known.all() else self.fine.known
        return HiddenCode(tuple(scales), known)


def read_message(
    reception: Reception,
    tokenizer: Tokenizer,
    keys: Sequence[Opener] = (),
    *,
    presumptions: Presumptions = tuple,
    barely: bool = False,
) -> Reading | None:
    """Read all blocks that can be read.

    Args:
        reception: what the channel heard; the untouched part of what it heard it in helps where that falls short.
        tokenizer: for the order of the tokens of the fine block, and for that help.
        keys: what may open a confidential message.
        presumptions: the messages that it may be: a much fainter one is read then.
        barely: hardly anything was heard, so try nothing but these.

    Returns:
        The reading, or None when not even the anchor can be read.

    Raises:
        UnsupportedVersionError: the message was written by a newer version.
    """
    pixels = to_eight_bits(reception.suspect.pixels)
    anchors, presumed = AnchorReader(reception), False
    found = None if barely else anchors.at_once()
    if found is None:
        found = next(filter(None, map(anchors.presumed, presumptions())), None)
        presumed = found is not None
    if found is None and not barely:
        found = anchors.patiently(pixels, tokenizer)
    if found is None:
        return None
    anchor, bits = found
    sizes = (anchor.core_bits, anchor.detail_bits, anchor.fine_bits)
    opened = reception.with_tiers((True, *(size > 0 for size in sizes)), filling=Filling(anchor.filling))
    reading = Reading(opened.learn(0, bits), anchor, bits={Block.ANCHOR: bits}, presumed=presumed)
    return _Reader(pixels, tokenizer, tuple(keys)).complete(reading)


def read_on(
    reading: Reading, pixels: NDArray[np.uint8] | NDArray[np.uint16], tokenizer: Tokenizer, keys: Sequence[Opener]
) -> Reading:
    """A reading with the suspect laid where all that was read fits best, and with the blocks that can only be read
    then.

    Args:
        reading: what was read.
        pixels: H×W×3 RGB, the suspect before it was laid onto its frame.
        tokenizer, keys: as for :func:`read_message`.
    """
    reception = aligned(reading.reception, pixels)
    if reception is reading.reception:
        return reading
    nearer = replace(reading, reception=reception)
    return _Reader(to_eight_bits(reception.suspect.pixels), tokenizer, tuple(keys)).complete(nearer)


def read_rest(reading: Reading, code: HiddenCode, tokenizer: Tokenizer, keys: Sequence[Opener]) -> Reading:
    """A reading with the blocks that can only be read by somebody who has the code they hold: then half of the core's
    bits, and nearly all of the detail's, need not be told. Checksums, hashes and the signature are told by nobody else.

    Args:
        reading: what was read; its anchor belongs to that code.
        code: the whole code, from a vault.
        tokenizer, keys: as for :func:`read_message`.
    """
    pixels = to_eight_bits(reading.reception.suspect.pixels)
    return _Reader(pixels, tokenizer, tuple(keys), code).complete(reading)


def fullest(
    receptions: Iterable[Reception],
    tokenizer: Tokenizer,
    keys: Sequence[Opener],
    *,
    presumptions: Presumptions = tuple,
    barely: bool = False,
) -> tuple[Reading | None, Reception | None]:
    """The fullest reading of some receptions, likeliest first, and the first that is surely one of a mark.

    No more of them are asked for once one is read whole with its tones undone, or was looked for and surely found. The
    other arguments are those of :func:`read_message`.
    """
    heard, reading = None, None
    for reception in receptions:
        heard = heard or (reception if reception.candidate.is_sure else None)
        reading = fuller(reading, read_message(reception, tokenizer, keys, presumptions=presumptions, barely=barely))
        if reading is not None and _is_settled(reading):
            break
    return reading, heard


def _is_settled(reading: Reading) -> bool:
    """Whether a suspect that was looked for lies where it was found, or one that was taken as it is was read whole.

    A place that is none of the surest may be in another frame that looks the same around there: where blocks are
    missing and much of the suspect would be something else, or where all are read though most of the frame would not be
    shown.
    """
    placement = reading.reception.suspect.placement
    if placement is None:
        return reading.is_complete and reading.drift <= TONE_DRIFT_LIMIT
    if placement.score >= _SURE_PLACE:
        return True
    if reading.is_complete:
        return bool(placement.visible.mean() >= _LITTLE_SHOWN)
    return bool(placement.foreign.mean() <= _MUCH_FOREIGN)


def fuller(one: Reading | None, other: Reading | None) -> Reading | None:
    """The better reading; the first if there is nothing between them."""
    if one is None or other is None:
        return other if one is None else one
    return other if other.is_better_than(one) else one


@dataclass(frozen=True)
class _Reader:
    """Reads the blocks after the anchor, one after another."""

    pixels: NDArray[np.uint8]
    tokenizer: Tokenizer
    keys: tuple[Opener, ...] = ()
    code: HiddenCode | None = None

    def complete(self, reading: Reading) -> Reading:
        """The reading with every block that can be read and was not read yet."""
        if reading.core is None:
            reading = self._with_core(reading)
        if reading.seal is None:
            reading = self._opened(reading)
        if reading.detail is None:
            reading = self._with_detail(reading)
        if reading.fine is None:
            reading = self._with_fine(reading)
        return replace(reading, reception=reading.reception.settled())

    def _with_core(self, reading: Reading) -> Reading:
        found = self._block(
            reading, Block.CORE, reading.anchor.core_bits, lambda bits: parse_core(bits, reading.anchor)
        )
        return reading if found is None else _learned(replace(reading, core=found[0]), Block.CORE, found[1])

    def _opened(self, reading: Reading) -> Reading:
        """The reading deciphered, if it is confidential and one of the keys opens it."""
        if not reading.anchor.confidential or reading.core is None:
            return reading
        anchor_bits, core_bits = reading.bits[Block.ANCHOR], reading.bits[Block.CORE]
        try:
            seal = open_message(anchor_bits, core_bits, self.keys)
        except SealedError as error:
            return replace(reading, refusal=str(error))
        anchor = parse_anchor(anchor_bits, hidden=True, seal=seal)
        return replace(reading, seal=seal, anchor=anchor, core=parse_core(core_bits, anchor, seal=seal))

    def _with_detail(self, reading: Reading) -> Reading:
        anchor, core = reading.anchor, reading.core
        parse = partial(parse_detail, anchor=anchor, core=core, seal=reading.seal)
        found = self._block(reading, Block.DETAIL, anchor.detail_bits, parse)
        return reading if found is None else _learned(replace(reading, detail=found[0]), Block.DETAIL, found[1])

    def _with_fine(self, reading: Reading) -> Reading:
        """The fine block comes in an order that only the tokens before it tell."""
        anchor, detail = reading.anchor, reading.detail
        if reading.core is None or detail is None or not anchor.fine_bits:
            return reading
        code = reading.code
        order = None if code is None else self.tokenizer.detail_order(code)
        parse = partial(parse_fine, anchor=anchor, detail=detail, fine_order=order, seal=reading.seal)
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
            parsed = proved(parse, bits)
            if parsed is not None:
                return parsed, bits
        return None

    def _attempts(
        self, reading: Reading, block: Block, size_bits: int, order: NDArray[np.int64] | None
    ) -> Iterator[Bits]:
        """Ever better founded guesses at the bits of a block."""
        tier = TIER_OF[block]
        if block is Block.FINE and reading.reception.told_bits(tier) < _LEAST_TOLD * size_bits:
            return
        candidate = reading.reception.candidate
        factless = block is Block.FINE and bool(last_tier_bits(candidate.grid, candidate.profile))
        told = () if self.code is None or reading.anchor.confidential else self.code.scales
        certain = known_hints(block, reading.anchor, factless=factless, tokens=told)
        decoded = reading.reception.decode(tier, size_bits, hints=certain)
        if not decoded.converged:
            reading = replace(reading, reception=reading.reception.settled())
            decoded = reading.reception.decode(tier, size_bits, hints=certain)
        if decoded.converged:
            yield decoded.bits
            return
        if block is Block.CORE and reading.reception.told_bits(tier) < _LEAST_TOLD * np.count_nonzero(certain == 0):
            return
        if told and block is not Block.FINE:
            yield from Guesser(block, size_bits, certain, None, None).guesses(reading.reception)
            return
        reading, seal = self._guessing(reading)
        known = reading.code
        if known is None or known.n_scales != _SCALES_BEFORE[block]:
            return
        scales = SCALES_UPTO[block] - _SCALES_BEFORE[block]
        demapper = Demapper(recalled(self.pixels, reading.reception, known, self.tokenizer), known, scales, order)
        yield from Guesser(block, size_bits, certain, demapper, seal, factless).guesses(reading.reception)

    def _guessing(self, reading: Reading) -> tuple[Reading, Seal | None]:
        """The reading as far as its code can be guessed on, and the seal to turn guesses round, perhaps unproved."""
        anchor = reading.anchor
        if not anchor.confidential or reading.seal is not None:
            return reading, reading.seal
        unproved = unproved_seals(anchor.shape, self.keys, id=anchor.id)
        if len(unproved) != 1 or reading.core is not None:
            return reading, None
        opened = parse_anchor(reading.bits[Block.ANCHOR], hidden=True, seal=unproved[0])
        return replace(reading, anchor=opened), unproved[0]


def _learned(reading: Reading, block: Block, bits: Bits) -> Reading:
    reception = reading.reception.learn(TIER_OF[block], bits)
    return replace(reading, reception=reception, bits={**reading.bits, block: bits})
