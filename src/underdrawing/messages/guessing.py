"""Decoder and demapper in turns: how a block is read that the channel alone does not tell.

::

    reception ─► decoder ─► beliefs of bits ─┬─► demapper ─► hints ─┬─► decoder ─► …      until the block decodes
                                             └─► noise of its chips ┘

Pilots tell how noisy chips are. But whoever writes a mark leaves those chips of a block out that it can spare, so what
the decoder believes tells it better. At the very limit it is chance which way to take what the channel heard leads
there, so there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from underdrawing.channel.ldpc import BOLD, HONEST, TIMID
from underdrawing.messages.anchoring import SWEEPS
from underdrawing.messages.tiers import TIER_OF
from underdrawing.payload import Block, token_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Reception
    from underdrawing.channel.ldpc import Reading, SegmentedDecoded
    from underdrawing.messages.demapping import Demapper
    from underdrawing.payload import Bits, Seal

    Hints = NDArray[np.float32]
    Way = tuple[tuple[Reading, ...], ...]

__all__ = ["Guesser"]

_TURNS = {Block.CORE: 8, Block.DETAIL: 12, Block.FINE: 8}
"""How often guesses at the code and the channel are held against each other, each way."""

_SHORT_BITS = 6144
"""A fine block that is no longer is decoded in a few tenths of a second."""

_WAYS = ((HONEST, BOLD), (HONEST,), (TIMID,))
"""Readings of the channel that take turns, way by way."""


@dataclass(frozen=True, eq=False)
class Guesser:
    """Reads a block with guesses at its tokens.

    Attributes:
        block: which one.
        size_bits: its length.
        certain: log-likelihood ratios of the bits that are known beforehand, 0 for the others.
        demapper: guesses at the tokens; None where ``certain`` has them.
        seal: what they are enciphered with; None for none.
        factless: of a fine block, whether it is known to hold no facts.
    """

    block: Block
    size_bits: int
    certain: Hints
    demapper: Demapper | None
    seal: Seal | None
    factless: bool = False

    def guesses(self, reception: Reception) -> Iterator[Bits]:
        """Guesses at the bits of the block; a checksum has to prove them."""
        hints = self.certain
        for way, heard in self._ways(reception):
            decoded, hints = self._in_turns(heard, way)
            if decoded.converged:
                yield decoded.bits
                return
        yield reception.decode(TIER_OF[self.block], self.size_bits, hints=hints).bits

    def _ways(self, reception: Reception) -> Iterable[tuple[Way, Reception]]:
        """Ways to take what the channel heard. A fine block, which takes longest by far, is tried in few."""
        if self.block is Block.FINE:
            return product(_WAYS[: 2 if self.size_bits <= _SHORT_BITS else 1], (reception,))
        return product(_WAYS, (reception, reception.discerning()))

    def _in_turns(self, reception: Reception, way: Way) -> tuple[SegmentedDecoded, Hints]:
        """What the decoder found at last, and with which hints."""
        believed: Hints | None = None
        heard = reception
        for turn in range(_TURNS[self.block]):
            hints = self._hints(believed)
            decoded = heard.decode(
                TIER_OF[self.block], self.size_bits, hints=hints, readings=way[turn % len(way)], sweeps=SWEEPS
            )
            if decoded.converged:
                break
            believed = self._turned((decoded.beliefs - hints)[self._places])
            if self.block is not Block.FINE and reception.sorts is None:
                heard = reception.refitted(TIER_OF[self.block], decoded.sent_beliefs)
        return decoded, hints

    def _hints(self, believed: Hints | None) -> Hints:
        """Hints for all bits, given what the decoder believes of those of the tokens."""
        if self.demapper is None:
            return self.certain
        hints, places = self.certain.copy(), self._places
        hints[places] = self._turned(self.demapper.hints(believed)[: places.stop - places.start])
        return hints

    def _turned(self, ratios: Hints) -> Hints:
        """Log-likelihood ratios of open tokens as those of enciphered ones, and back."""
        return ratios if self.seal is None else self.seal.turned(self.block, ratios)

    @property
    def _places(self) -> slice:
        return token_places(self.block, self.size_bits, factless=self.factless)
