"""Marks written by somebody who knows the channel but no key: what a mark says, signature and all, in other pixels.

The lattice moves every coefficient to a point that depends on the picture, so the difference that a mark made to one
picture says nothing in another (``copy_attack`` in ``underdrawing.bench.attacks.forgery``). Whoever wants to copy a
mark has to read its bits and to write them again, which the open channel lets everybody do:

    rewritten(marked, another_picture)     # the verifier has to answer: transplanted
    rewritten(marked, marked_but_changed)  # … tampered, although no chip of the mark disagrees
"""

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel import Profile
from underdrawing.channel.lattice import Filling, embed, receptions
from underdrawing.errors import UsageError
from underdrawing.messages import read_message
from underdrawing.messages.tiers import TIER_OF
from underdrawing.payload import Bits, Block, parse_anchor
from underdrawing.shipped import tokenizer

__all__ = ["read_bits", "rewritten"]

Pixels = NDArray[np.uint8]


def read_bits(marked: Pixels) -> dict[Block, Bits]:
    """The bits of each block of the mark in a picture, H×W×3 uint8 RGB, that was not moved.

    Raises:
        UsageError: There is no mark that can be read.
    """
    readings = [read_message(reception, tokenizer(), ()) for reception in receptions(marked)]
    read = [reading.bits for reading in readings if reading is not None]
    if not read:
        raise UsageError("cannot copy a mark: got a picture in which none is read, expected a marked one")
    return max(read, key=len)


def rewritten(marked: Pixels, onto: Pixels, *, profile: Profile = Profile.STANDARD) -> Pixels:
    """A picture with the mark of another one in it, bit by bit.

    Args:
        marked: H×W×3 uint8 RGB, holds the mark.
        onto: H'×W'×3 uint8 RGB, what is to bear it.
        profile: how strongly it is written.
    """
    bits = read_bits(marked)
    filling = Filling(parse_anchor(bits[Block.ANCHOR], hidden=True).filling)
    written = embed(onto, [bits.get(block) for block in TIER_OF], profile=profile, filling=filling)
    return np.asarray(written.pixels, dtype=np.uint8)
