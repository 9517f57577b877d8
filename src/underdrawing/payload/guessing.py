"""What a reader may guess about a block before it can be read: its usual bits, and where its tokens lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.payload.fields import (
    CHECKSUM_BITS,
    SIDES,
    TOKEN_BITS,
    VERSION,
    WORD_BITS,
    Bits,
    Block,
    Kind,
    block_fields,
    fixed_bits,
)
from underdrawing.payload.packing import checksum_of
from underdrawing.payload.parse import Anchor

__all__ = ["Presumed", "anchor_hints", "anchor_ways", "known_hints", "token_places"]

_SURE_RATIO = 6.0
_CERTAIN_RATIO = 20.0


@dataclass(frozen=True, eq=False)
class Presumed:
    """A message that a suspect probably carries, for somebody recognised the picture. The checksum of the anchor, of
    which nothing is presumed, tells whether it does.

    Attributes:
        id: Of the record, 64 bits.
        tokens: Maps of the hidden code, from scale 1 on, uint16; empty where it is not known.
    """

    id: int
    tokens: tuple[NDArray[np.uint16], ...] = ()

    @property
    def fields(self) -> dict[str, int]:
        """Values of fields of an anchor in the open, by name."""
        scales = zip(SIDES, self.tokens, strict=False)
        digits = {f"tokens_{side}": _digits(scale).tolist() for side, scale in scales}
        return {"id": self.id} | {name: int("".join(map(str, row)), 2) for name, row in digits.items()}


def _digits(tokens: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The bits of tokens in raster order, 12 each, most significant first."""
    return np.asarray(tokens.reshape(-1, 1) >> np.arange(TOKEN_BITS - 1, -1, -1) & 1, dtype=np.uint16).ravel()


def anchor_hints(
    least_bits: tuple[int, int, int],
    most_bits: tuple[int, int, int],
    *,
    confidential: bool = False,
    coded: bool = True,
    detailed: bool = False,
    presumed: Presumed | None = None,
) -> NDArray[np.float32]:
    """What the bits of an anchor probably are before anything is received: log-likelihood ratios, positive for 0.

    The version is known, and of a length between two bounds the leading bits that both have.

    Args:
        least_bits, most_bits: The shortest and longest core, detail and fine block to be expected.
        confidential: Whether a confidential message is expected; for how many recipients is left open.
        coded: Whether a message with a code is expected.
        detailed: Whether its carrier is expected to fill its places in detail.
        presumed: Which message is expected; of one that hides its code or has none, only the id counts.

    Returns:
        ``ANCHOR_BITS`` float32, 0 where nothing is known.
    """
    expected = {"version": (VERSION, VERSION), "detailed": (detailed,) * 2}
    expected |= {"dense": (0, 0)} if detailed else {}
    expected |= {"confidential": (confidential,) * 2, "codeless": (not coded,) * 2}
    expected |= {} if confidential else {"recipients": (0, 0)}
    expected |= {} if coded else {"tokens_1": (0, 0), "tokens_2": (0, 0)}
    for block, *bounds in zip((Block.CORE, Block.DETAIL, Block.FINE), least_bits, most_bits, strict=True):
        low, high = (-(-bits // WORD_BITS) for bits in bounds)
        expected[f"{block}_words"] = (low, high)
    certain: dict[str, int] = {}
    if presumed is not None:
        certain = presumed.fields if coded and not confidential else {"id": presumed.id}
    expected |= {name: (value, value) for name, value in certain.items()}
    parts = []
    for field in block_fields(Block.ANCHOR):
        width = field.bits or 0
        low, high = expected.get(field.name, (0, (1 << width) - 1))
        agreed = width - (low ^ high).bit_length()
        ratio = _CERTAIN_RATIO if field.name in certain else _SURE_RATIO
        signs = [1 - 2 * (low >> place & 1) for place in reversed(range(width))]
        parts += [ratio * sign for sign in signs[:agreed]] + [0.0] * (width - agreed)
    return np.array(parts, dtype=np.float32)


def anchor_ways(hints: NDArray[np.float32]) -> tuple[Bits, NDArray[np.uint8]]:
    """All anchors of which these hints are true, checksum and all.

    Args:
        hints: What is known of the bits, see ``anchor_hints``; all of it is taken for certain, and what there is of the
            checksum is left out.

    Returns:
        One such anchor, and k×``ANCHOR_BITS`` bits: adding any of these rows to it modulo 2 gives another one. For a
        CRC of a sum is the sum of the CRCs, but for a constant.
    """
    body = hints.size - CHECKSUM_BITS
    free = np.flatnonzero(hints[:body] == 0)
    contents = np.zeros((1 + free.size, body), dtype=np.uint8)
    contents[:] = hints[:body] < 0
    contents[1 + np.arange(free.size), free] = 1
    sums = np.array([[checksum_of(Block.ANCHOR, each, 0)] for each in contents])
    anchors = np.hstack([contents, (sums >> np.arange(CHECKSUM_BITS - 1, -1, -1) & 1).astype(np.uint8)])
    return anchors[0], anchors[1:] ^ anchors[0]


def known_hints(
    block: Block, anchor: Anchor, *, factless: bool = False, tokens: Sequence[NDArray[np.uint16]] = ()
) -> NDArray[np.float32]:
    """What the anchor makes certain of a later block: log-likelihood ratios of its bits, positive for 0.

    The hash of a block that the message does not have is zero.

    Args:
        block: Any but the anchor.
        anchor: Of the same message.
        factless: Of a fine block, whether it is known to hold no facts: then its length tells how many tokens.
        tokens: Maps of the hidden code from scale 1 on, where somebody else has it; a fine block, which holds its
            tokens in another order, is not told by them.

    Returns:
        As many float32 as the anchor says that the block has bits, 0 where nothing is known.
    """
    sizes = {Block.CORE: anchor.core_bits, Block.DETAIL: anchor.detail_bits, Block.FINE: anchor.fine_bits}
    hints = np.zeros(sizes[block], dtype=np.float32)
    told = {f"tokens_{side}": scale for side, scale in zip(SIDES, tokens, strict=False)}
    absent = {f"{later}_hash" for later, bits in sizes.items() if not bits}
    start = 0
    for field in block_fields(block, anchor.shape):
        if field.bits is None:
            break
        if field.name in absent:
            hints[start : start + field.bits] = _CERTAIN_RATIO
        elif field.name == "token_count" and factless:
            digits = _expected_count(sizes[block], factless=True) >> np.arange(field.bits - 1, -1, -1) & 1
            hints[start : start + field.bits] = _CERTAIN_RATIO * (1 - 2 * digits)
        elif field.name in told:
            hints[start : start + field.bits] = _CERTAIN_RATIO * (1.0 - 2 * _digits(told[field.name]))
        start += field.bits
    return hints


def token_places(block: Block, size_bits: int, *, factless: bool = False) -> slice:
    """Where in the bits of a block its tokens lie, for a reader who guesses them before the block can be read.

    Only a fine block itself knows how many tokens it holds. One too short for all 1024 and a checksum holds those given
    here however many facts follow. One long enough is taken to hold all; where facts took their place, at least the
    first three quarters are tokens.

    Args:
        block: Which block.
        size_bits: Its length, as the anchor states it.
        factless: Of a fine block, whether it is known to hold no facts, and tokens where they would be.

    Returns:
        A range of bits: the tokens in the order they are written, scale after scale, each 12 bits, most significant
        bit first.
    """
    fields = block_fields(block)
    tokens = [field for field in fields if field.kind is Kind.TOKENS]
    start = sum(field.bits or 0 for field in fields[: fields.index(tokens[0])])
    if block is Block.FINE:
        return slice(start, start + TOKEN_BITS * _expected_count(size_bits, factless=factless))
    return slice(start, start + sum(field.bits or 0 for field in tokens))


def _expected_count(size_bits: int, *, factless: bool) -> int:
    """How many tokens a fine block of this length holds, as far as its length tells."""
    room = (size_bits - fixed_bits(Block.FINE)) // TOKEN_BITS
    return min(room, SIDES[-1] ** 2) if factless or room >= SIDES[-1] ** 2 else room * 3 // 4
