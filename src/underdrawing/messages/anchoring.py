"""From a reception to the anchor of a message: the block that is read when no other is, and announces the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from underdrawing.channel.lattice import most_bits
from underdrawing.channel.ldpc import BOLD, HONEST
from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.messages.demapping import Demapper
from underdrawing.messages.recall import Recollection
from underdrawing.messages.tiers import SCALES_UPTO, TIER_OF
from underdrawing.payload import ANCHOR_BITS, Anchor, Block, anchor_hints, parse_anchor, token_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Reception
    from underdrawing.payload import Bits
    from underdrawing.tokenizer import HiddenCode, Tokenizer

__all__ = ["SWEEPS", "proved", "read_anchor", "recalled"]

SWEEPS = 60
"""How often a decoder that guesses at the code goes over the parity checks at most."""
_ANCHOR_DEMAPPINGS = 4
_FEWEST_BITS = (1664, 3104, 12352)
"""A signed core, a detail and a whole fine block without facts: the usual message has at least these."""

_Block = TypeVar("_Block")


def read_anchor(reception: Reception, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> tuple[Anchor, Bits] | None:
    """The anchor and its bits: from the channel alone if that is enough, else with what most anchors have in common,
    else with what the suspect tells about the code as well.

    Args:
        reception: what the channel heard.
        pixels: H×W×3 RGB uint8, what it heard it in.
        tokenizer: tells what those pixels say of the code.

    Returns:
        The anchor, of a confidential message without what only a key shows; None where no checksum proves one.

    Raises:
        UnsupportedVersionError: the message was written by a newer version.
    """
    parse = partial(parse_anchor, hidden=True)
    recalling = partial(_anchors_recalled, pixels=pixels, tokenizer=tokenizer)
    for attempt, discerning in ((_anchors_as_usual, False), (recalling, False), (recalling, True)):
        for heard in _before_the_anchor(reception):
            for bits in attempt(heard.discerning() if discerning else heard):
                anchor = proved(parse, bits)
                if anchor is not None:
                    return anchor, bits
    return None


def _anchors_as_usual(heard: Reception) -> Iterator[Bits]:
    """The anchor from the channel, alone and with what each kind of message has in common."""
    most = most_bits(heard.candidate.grid)
    usual = anchor_hints(_FEWEST_BITS, most)
    without_fine = anchor_hints((*_FEWEST_BITS[:2], 0), (*most[:2], 0))
    sealed = anchor_hints((1152, *_FEWEST_BITS[1:2], 0), most, confidential=True)
    codeless = anchor_hints((96, 0, 0), (*most[:2], 0), coded=False)
    sealed_codeless = anchor_hints((96, 0, 0), (*most[:2], 0), confidential=True, coded=False)
    for hints in (None, without_fine, usual, sealed, codeless, sealed_codeless):
        yield heard.decode(TIER_OF[Block.ANCHOR], ANCHOR_BITS, hints=hints).bits


def _anchors_recalled(heard: Reception, *, pixels: NDArray[np.uint8], tokenizer: Tokenizer) -> Iterator[Bits]:
    """Ever better founded guesses at the anchor of a message with an open code."""
    most = most_bits(heard.candidate.grid)
    places = token_places(Block.ANCHOR, ANCHOR_BITS)
    recollection = recalled(pixels, heard, None, tokenizer)
    demapper = Demapper(recollection, None, SCALES_UPTO[Block.ANCHOR])
    kinds = [anchor_hints(_FEWEST_BITS, most)] if most[2] else []
    for sizes in (*kinds, anchor_hints((*_FEWEST_BITS[:2], 0), (*most[:2], 0))):
        believed: NDArray[np.float32] | None = None
        for attempt in range(_ANCHOR_DEMAPPINGS):
            hints = sizes.copy()
            hints[places] = demapper.hints(believed)
            readings = BOLD if attempt % 2 else HONEST
            decoded = heard.decode(TIER_OF[Block.ANCHOR], ANCHOR_BITS, hints=hints, readings=readings, sweeps=SWEEPS)
            yield decoded.bits
            believed = (decoded.beliefs - hints)[places]


def _before_the_anchor(reception: Reception) -> Iterator[Reception]:
    """The reception as it is, and then as it would be if the message had the usual blocks: their chips, too, tell where
    the picture was replaced, whatever their bits are."""
    yield reception
    usual = (True, *(size > 0 for size in most_bits(reception.candidate.grid)[:2]), False)
    yield reception.with_tiers(usual)
    yield reception.with_tiers(usual, dense=True)


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
