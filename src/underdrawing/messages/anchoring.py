"""From a reception to the anchor of a message: the block that is read when no other is, and announces the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from underdrawing.channel.lattice import MOST_WAYS, Filling, last_tier_bits, most_bits
from underdrawing.channel.ldpc import BOLD, HONEST
from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.messages.demapping import Demapper
from underdrawing.messages.recall import Recollection
from underdrawing.messages.tiers import SCALES_UPTO, TIER_OF
from underdrawing.payload import (
    ANCHOR_BITS,
    Anchor,
    Block,
    Presumed,
    anchor_hints,
    anchor_ways,
    parse_anchor,
    token_places,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Reception
    from underdrawing.payload import Bits
    from underdrawing.tokenizer import HiddenCode, Tokenizer

__all__ = ["SWEEPS", "AnchorReader", "proved", "recalled"]

SWEEPS = 60
"""How often a decoder that guesses at the code goes over the parity checks at most."""
_TIER, _TOKENS = TIER_OF[Block.ANCHOR], token_places(Block.ANCHOR, ANCHOR_BITS)
_ANCHOR_TURNS, _GUESSED_REGIONS, _LIKELY_REGIONS, _TURNS = 4, 32, 7, 2
_PROOF_BITS = 32.0
"""Evidence for an anchor beyond that for the best of chance: what a CRC-32 gives."""
_FEWEST_BITS = (1600, 3104, 12352)
"""A signed core, a detail and a whole fine block without facts: the usual message has at least these."""

_Block = TypeVar("_Block")


@dataclass(frozen=True, eq=False)
class AnchorReader:
    """Reads the anchor of a message from what a channel heard, cheapest ways first.

    Where a part was replaced, much hangs on knowing which. So blocks are weighed in several ways: each by itself, by
    what lies far and wide around it, by the chips that a usual message has beside, and at last by many guesses. All
    ways give the anchor and its bits, of a confidential message without what only a key shows, or None where no
    checksum proves one, nor evidence as clear as that.

    Attributes:
        reception: what the channel heard.

    Raises:
        UnsupportedVersionError: the message was written by a newer version.
    """

    reception: Reception

    def at_once(self) -> tuple[Anchor, Bits] | None:
        """From the channel alone, if that is enough, else with what most anchors have in common: half a second."""
        return _first_proved(self._at_once())

    def presumed(self, presumed: Presumed) -> tuple[Anchor, Bits] | None:
        """As that of a message that is presumed to be there, which takes a third of the bits to be heard: little more
        than the checksum, which nobody told."""
        return _first_proved(bits for heard in self._weighed for bits in _as_presumed(heard, presumed))

    def patiently(self, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> tuple[Anchor, Bits] | None:
        """With what the suspect tells about the code as well: some seconds.

        Args:
            pixels: H×W×3 RGB uint8, what the reception was heard in.
            tokenizer: tells what those pixels say of the code.
        """
        return _first_proved(self._patiently(pixels, tokenizer))

    @cached_property
    def _weighed(self) -> list[Reception]:
        return [self.reception, *_otherwise_weighed(self.reception)]

    @cached_property
    def _in_turns(self) -> list[Reception]:
        return _weighed_in_turns(self.reception)

    def _at_once(self) -> Iterator[Bits]:
        yield self.reception.decode(_TIER, ANCHOR_BITS).bits
        for heard in (*self._weighed, *self._in_turns):
            yield from _as_usual(heard)

    def _patiently(self, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> Iterator[Bits]:
        reception, weighed, in_turns = self.reception, self._weighed, self._in_turns
        for heard in in_turns:
            yield from _recalled(heard, _demapper(heard, pixels, tokenizer))
        demappers = [_demapper(heard, pixels, tokenizer) for heard in weighed]
        for heard, demapper in zip(weighed, demappers, strict=True):
            yield from _recalled(heard, demapper)
            yield from _recalled(heard.discerning(), demapper)
        usual = _usual_tiers(reception)
        yield from _under_guesses(in_turns[0], demappers[1], in_turns[0].guessed(usual, _GUESSED_REGIONS))
        regions = reception.guessed(usual, _GUESSED_REGIONS, anew=True)
        yield from _under_guesses(reception, demappers[1], regions)
        yield from _under_guesses(reception.discerning(), demappers[1], regions)


def _first_proved(guesses: Iterator[Bits]) -> tuple[Anchor, Bits] | None:
    for bits in guesses:
        anchor = proved(partial(parse_anchor, hidden=True), bits)
        if anchor is not None:
            return anchor, bits
    return None


def _otherwise_weighed(reception: Reception) -> tuple[Reception, Reception]:
    """The reception with its blocks weighed by what lies far and wide around each, and by the chips of a usual
    message."""
    usual = _usual_tiers(reception)
    return reception.widely(usual), reception.with_tiers(usual, filling=reception.candidate.filling)


def _weighed_in_turns(reception: Reception) -> list[Reception]:
    """The reception with noise and the weights of its blocks told by each other, where much may have been replaced: by
    pilots alone, and by all chips of a usual mark and of a detailed one."""
    candidate, usual = reception.candidate, _usual_tiers(reception)
    detailed = Filling.DETAILED if last_tier_bits(candidate.grid, candidate.profile, Filling.DETAILED) else None
    ways = [(None, False), (detailed, True)]
    return [reception.widely(usual, filling=filling, turns=_TURNS, by_all=by_all) for filling, by_all in ways]


def _usual_tiers(reception: Reception) -> tuple[bool, ...]:
    """Which tiers a usual message has."""
    candidate = reception.candidate
    return (True, *(size > 0 for size in most_bits(candidate.grid)[:2]), candidate.filling is Filling.DETAILED)


def _as_usual(heard: Reception) -> Iterator[Bits]:
    """The anchor from the channel, with what each kind of message has in common."""
    kinds = [np.zeros(ANCHOR_BITS, dtype=np.float32), *_usual_hints(heard), *_unusual_hints(heard)]
    for decoded in heard.decode_each(_TIER, ANCHOR_BITS, hints=np.stack(kinds)):
        yield decoded.bits


def _as_presumed(heard: Reception, presumed: Presumed) -> Iterator[Bits]:
    """The same of a presumed message."""
    yield from _likeliest(heard, presumed)
    kinds = [*_usual_hints(heard, presumed), *_unusual_hints(heard, presumed)]
    for decoded in heard.decode_each(_TIER, ANCHOR_BITS, hints=np.stack(kinds), sweeps=SWEEPS):
        yield decoded.bits


def _likeliest(heard: Reception, presumed: Presumed) -> Iterator[Bits]:
    """The likeliest of all anchors that a presumed message with an open code may have, each with its own checksum,
    where the chips speak for it as clearly as a checksum would."""
    regions = np.stack([heard.intact, *heard.guessed(_usual_tiers(heard), _LIKELY_REGIONS)])
    for base, ways in map(anchor_ways, _usual_hints(heard, presumed)):
        if len(ways) > MOST_WAYS:
            continue
        for bits, evidence in heard.likeliest(base, ways, intact=regions):
            if evidence - len(ways) >= _PROOF_BITS + np.log2(len(regions)):
                yield bits


def _demapper(heard: Reception, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> Demapper:
    return Demapper(recalled(pixels, heard, None, tokenizer), None, SCALES_UPTO[Block.ANCHOR])


def _recalled(heard: Reception, demapper: Demapper) -> Iterator[Bits]:
    """Ever better founded guesses at the anchor of a message with an open code: what the decoder believes of some bits
    of a token sharpens what the suspect tells about the others."""
    told = [demapper.hints()]
    for turn in range(_ANCHOR_TURNS):
        hints, readings = _hints(heard, told), BOLD if turn % 2 else HONEST
        decoded = heard.decode_each(_TIER, ANCHOR_BITS, hints=hints, readings=readings, sweeps=SWEEPS)
        yield from (each.bits for each in decoded)
        believed = ((each.beliefs - hint)[_TOKENS] for each, hint in zip(decoded, hints, strict=True))
        told = [demapper.hints(each) for each in believed] if turn < _ANCHOR_TURNS - 1 else []


def _under_guesses(heard: Reception, demapper: Demapper, intact: NDArray[np.float32]) -> Iterator[Bits]:
    """The same under each of many guesses at how reliable the blocks are, without turns."""
    hints = _hints(heard, [demapper.hints()])
    for readings in (HONEST, BOLD):
        guesses = heard.decode_each(_TIER, ANCHOR_BITS, hints=hints, intact=intact, readings=readings, sweeps=SWEEPS)
        yield from (decoded.bits for decoded in guesses)


def _hints(heard: Reception, told: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """What the bits of the anchor of a message with an open code probably are, n×`ANCHOR_BITS`: for each of the usual
    sizes of its blocks, and what is told about its tokens, by one for all or by one for each."""
    hints = np.stack(_usual_hints(heard))
    hints[:, _TOKENS] = told
    return hints


def _usual_hints(heard: Reception, presumed: Presumed | None = None) -> list[NDArray[np.float32]]:
    """The same for each of the usual sizes, with nothing told about tokens unless by a presumption; then that of a
    message without a fine block, and last that of a detailed mark, where there are such."""
    grid, profile = heard.candidate.grid, heard.candidate.profile
    core, detail, fine = most_bits(grid)
    least = _FEWEST_BITS[2]
    sizes = [(least, fine)] if fine >= least else last_tier_bits(grid, profile)
    bounds = [((*_FEWEST_BITS[:2], low), (core, detail, high)) for low, high in [*sizes, (0, 0)]]
    hints = [anchor_hints(*each, presumed=presumed) for each in bounds]
    for low, high in last_tier_bits(grid, profile, Filling.DETAILED):
        each = (*_FEWEST_BITS[:2], low), (core, detail, high)
        hints.append(anchor_hints(*each, detailed=True, presumed=presumed))
    return hints


def _unusual_hints(heard: Reception, presumed: Presumed | None = None) -> list[NDArray[np.float32]]:
    """That of a message that is confidential, of one without a code, and of one that is both."""
    most = most_bits(heard.candidate.grid)
    small = (96, 0, 0), (*most[:2], 0)
    return [
        anchor_hints((1152, *_FEWEST_BITS[1:2], 0), most, confidential=True, presumed=presumed),
        anchor_hints(*small, coded=False, presumed=presumed),
        anchor_hints(*small, confidential=True, coded=False, presumed=presumed),
    ]


def recalled(
    pixels: NDArray[np.uint8], reception: Reception, known: HiddenCode | None, tokenizer: Tokenizer
) -> Recollection:
    """What the untouched part of the pixels tells about the code, with the tones undone that the channel heard."""
    tone = reception.candidate.tone
    return Recollection.of(pixels, reception.intact, known=known, tokenizer=tokenizer, gain=tone.gain, gamma=tone.gamma)


def proved(parse: Callable[[Bits], _Block], bits: Bits) -> _Block | None:
    """The parsed block, or None when its checksum says that it was not read right."""
    try:
        return parse(bits)
    except UnsupportedVersionError:
        raise
    except PayloadError:
        return None
