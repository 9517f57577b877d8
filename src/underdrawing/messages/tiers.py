"""Which tier of the channel carries which block of a message, and how much of the hidden code is known with it."""

from underdrawing.payload import Block

__all__ = ["SCALES_UPTO", "TIER_OF"]

TIER_OF = {Block.ANCHOR: 0, Block.CORE: 1, Block.DETAIL: 2, Block.FINE: 3}
"""Which tier of the channel carries which block."""

SCALES_UPTO = {Block.ANCHOR: 2, Block.CORE: 4, Block.DETAIL: 5, Block.FINE: 6}
"""How many scales of the hidden code are known once a block is, and those before it are."""
