"""From received blocks of bits to what they say. The anchor comes first: it tells how long the others are."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.payload.facts import read_facts
from underdrawing.payload.fields import (
    ANCHOR_BITS,
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
from underdrawing.payload.packing import check_bits, check_order, is_intact, unpack
from underdrawing.payload.signing import SignatureCheck, block_hash, judge_signature, signed_bytes
from underdrawing.payload.trust import SignatureStatus, TrustStore

__all__ = [
    "Anchor",
    "Core",
    "Detail",
    "Fine",
    "anchor_hints",
    "parse_anchor",
    "parse_core",
    "parse_detail",
    "parse_fine",
    "token_places",
    "verify_signature",
]


_SURE_RATIO = 6.0


@dataclass(frozen=True, eq=False)
class Anchor:
    """What the anchor says.

    Attributes:
        version: Version of the format.
        id: Identity of the record, 0 to 2**64 - 1.
        tokens: Scales 1 and 2 of the hidden code, uint16 arrays of 1×1 and 2×2, values 0 to 4095.
        signed: Whether the core carries a signature.
        core_bits: Length of the core; 0: there is none. The same for ``detail_bits`` and ``fine_bits``.
    """

    version: int
    id: int
    tokens: tuple[NDArray[np.uint16], ...]
    signed: bool
    core_bits: int
    detail_bits: int
    fine_bits: int


@dataclass(frozen=True, eq=False)
class Core:
    """What the core says.

    Attributes:
        tokens: Scales 4 and 8, uint16 arrays of 4×4 and 8×8, values 0 to 4095.
        facts: The most important facts, by IPTC name.
        detail_hash: The 8 bytes that ``parse_detail`` compares; zeros where there is no detail. So ``fine_hash``.
        key_id: The 4 bytes that name the key; None where the message is not signed.
        signature: The 64 bytes of the signature, not yet checked; None where the message is not signed.
    """

    tokens: tuple[NDArray[np.uint16], ...]
    facts: dict[str, str]
    detail_hash: bytes
    fine_hash: bytes
    key_id: bytes | None
    signature: bytes | None


@dataclass(frozen=True, eq=False)
class Detail:
    """What the detail says: scale 16 (uint16, 16×16, values 0 to 4095) and more facts."""

    tokens: NDArray[np.uint16]
    facts: dict[str, str]


@dataclass(frozen=True, eq=False)
class Fine:
    """What the fine block says.

    Attributes:
        tokens: Scale 32, uint16, 32×32, values 0 to 4095; 0 where it is not known.
        known: bool, 32×32: which of them arrived.
        facts: The remaining facts.
    """

    tokens: NDArray[np.uint16]
    known: NDArray[np.bool_]
    facts: dict[str, str]


def parse_anchor(bits: Bits) -> Anchor:
    """Read the ``ANCHOR_BITS`` bits of an anchor.

    A word of random bits passes with a probability of 2**-32.

    Raises:
        PayloadError: The checksum is wrong, or the lengths contradict each other.
        UnsupportedVersionError: It is an anchor, but of a newer version or with a feature this reader does not know.
    """
    bits = check_bits(bits, ANCHOR_BITS, what="anchor")
    if is_intact(Block.ANCHOR, bits):
        _check_version(bits)
    values = unpack(Block.ANCHOR, bits, id=0)
    tokens = tuple(values[f"tokens_{side}"].reshape(side, side) for side in SIDES[:2])
    sizes = [values[f"{block}_words"] * WORD_BITS for block in (Block.CORE, Block.DETAIL, Block.FINE)]
    anchor = Anchor(values["version"], values["id"], tokens, bool(values["signed"]), *sizes)
    _check_sizes(anchor)
    return anchor


def anchor_hints(least_bits: tuple[int, int, int], most_bits: tuple[int, int, int]) -> NDArray[np.float32]:
    """What the bits of an anchor probably are before anything is received: log-likelihood ratios, positive for 0.

    The version and the kept bits are known, and of a length between two bounds the leading bits that both have.

    Args:
        least_bits, most_bits: the shortest and longest core, detail and fine block to be expected.

    Returns:
        ``ANCHOR_BITS`` float32, 0 where nothing is known.
    """
    expected = {"version": (VERSION, VERSION), "confidential": (0, 0), "reserved": (0, 0)}
    for block, *bounds in zip((Block.CORE, Block.DETAIL, Block.FINE), least_bits, most_bits, strict=True):
        low, high = (-(-bits // WORD_BITS) for bits in bounds)
        expected[f"{block}_words"] = (low, high)
    parts = []
    for field in block_fields(Block.ANCHOR):
        width = field.bits or 0
        low, high = expected.get(field.name, (0, (1 << width) - 1))
        agreed = width - (low ^ high).bit_length()
        signs = 1 - 2 * ((low >> np.arange(width - 1, -1, -1)) & 1)
        parts.append(np.where(np.arange(width) < agreed, _SURE_RATIO * signs, 0.0) if width < 64 else np.zeros(width))
    return np.concatenate(parts).astype(np.float32)


def parse_core(bits: Bits, anchor: Anchor) -> Core:
    """Read a core of ``anchor.core_bits`` bits. The signature is not checked here: see ``verify_signature``.

    Raises:
        PayloadError: The length or checksum is wrong, the block belongs to another message, or its facts are malformed.
    """
    values = _unpack(Block.CORE, bits, anchor, anchor.core_bits)
    return Core(
        tokens=tuple(values[f"tokens_{side}"].reshape(side, side) for side in SIDES[2:4]),
        facts=read_facts(values["facts"]),
        detail_hash=values["detail_hash"],
        fine_hash=values["fine_hash"],
        key_id=values.get("key_id"),
        signature=values.get("signature"),
    )


def parse_detail(bits: Bits, anchor: Anchor, core: Core | None = None) -> Detail:
    """Read a detail of ``anchor.detail_bits`` bits; with the core also see that it is the one the core was made with.

    Raises:
        PayloadError: As for ``parse_core``, or the hash in the core is that of another detail.
    """
    values = _unpack(Block.DETAIL, bits, anchor, anchor.detail_bits)
    _check_hash(Block.DETAIL, bits, core.detail_hash if core else None)
    return Detail(values["tokens_16"].reshape(16, 16), read_facts(values["facts"]))


def parse_fine(bits: Bits, anchor: Anchor, core: Core | None = None, *, fine_order: NDArray[np.integer[Any]]) -> Fine:
    """Read a fine block of ``anchor.fine_bits`` bits; with the core also see that it is the one the core was made with.

    Args:
        bits: The block.
        anchor: What the anchor said.
        core: What the core said, if it arrived.
        fine_order: The order of detail the writer had: a permutation of the 1024 places of scale 32, row by row.

    Raises:
        PayloadError: As for ``parse_core``, or the hash in the core is that of another block, or the order is not one.
    """
    order = check_order(fine_order)
    values = _unpack(Block.FINE, bits, anchor, anchor.fine_bits)
    _check_hash(Block.FINE, bits, core.fine_hash if core else None)
    places = order[: values["token_count"]]
    tokens, known = np.zeros(order.size, np.uint16), np.zeros(order.size, np.bool_)
    tokens[places], known[places] = values["tokens_32"], True
    return Fine(tokens.reshape(32, 32), known.reshape(32, 32), read_facts(values["facts"]))


def token_places(block: Block, size_bits: int) -> slice:
    """Where in the bits of a block its tokens lie, for a reader who guesses them before the block can be read.

    Only a fine block itself knows how many tokens it holds. One too short for all 1024 and a checksum holds those given
    here however many facts follow. One long enough is taken to hold all; where facts took their place, at least the
    first three quarters are tokens.

    Args:
        block: Which block.
        size_bits: Its length, as the anchor states it.

    Returns:
        A range of bits: the tokens in the order they are written, scale after scale, each 12 bits, most significant
        bit first.
    """
    fields = block_fields(block)
    tokens = [field for field in fields if field.kind is Kind.TOKENS]
    start = sum(field.bits or 0 for field in fields[: fields.index(tokens[0])])
    if block is Block.FINE:
        return slice(start, start + TOKEN_BITS * _expected_count(size_bits))
    return slice(start, start + sum(field.bits or 0 for field in tokens))


def verify_signature(anchor_bits: Bits, core_bits: Bits, trust: TrustStore, *, on: date) -> SignatureCheck:
    """Whether somebody the reader trusts has signed this anchor and this core, and with them all that belongs to them.

    Args:
        anchor_bits: The anchor, as received.
        core_bits: The core, as received.
        trust: The publishers the reader believes; an empty store knows nobody.
        on: The day for which keys must be believed (today, or the day the message is known to be from).

    Raises:
        PayloadError: One of the blocks is damaged; nothing can be said about the signature then.
    """
    anchor = parse_anchor(anchor_bits)
    values = _unpack(Block.CORE, core_bits, anchor, anchor.core_bits)
    if not anchor.signed:
        return SignatureCheck(SignatureStatus.ABSENT)
    message = signed_bytes(np.asarray(anchor_bits), np.asarray(core_bits))
    return judge_signature(message, key_id=values["key_id"], signature=values["signature"], trust=trust, on=on)


def _expected_count(size_bits: int) -> int:
    """How many tokens a fine block of this length holds, as far as its length tells."""
    room = (size_bits - fixed_bits(Block.FINE)) // TOKEN_BITS
    return SIDES[-1] ** 2 if room >= SIDES[-1] ** 2 else room * 3 // 4


def _check_version(bits: Bits) -> None:
    """Refuse what a newer writer made, in an anchor that is intact."""
    version = int("".join(map(str, bits[:4])), 2)
    if version > VERSION:
        raise UnsupportedVersionError(
            f"the payload is of version {version}, this reader knows up to {VERSION}; use a newer underdrawing"
        )
    if bits[5:11].any():
        raise UnsupportedVersionError(
            "the payload uses a feature this reader does not know (such as encryption); use a newer underdrawing"
        )


def _check_sizes(anchor: Anchor) -> None:
    chain = (True, anchor.core_bits > 0, anchor.detail_bits > 0, anchor.fine_bits > 0)
    if any(later and not before for before, later in pairwise(chain)) or (anchor.signed and not anchor.core_bits):
        raise PayloadError("anchor: announces a block or a signature without the block it belongs to")
    sizes = {Block.CORE: anchor.core_bits, Block.DETAIL: anchor.detail_bits, Block.FINE: anchor.fine_bits}
    for block, size in sizes.items():
        if 0 < size < fixed_bits(block, signed=anchor.signed):
            raise PayloadError(f"anchor: announces a {block} of {size} bits, which is too short for one")


def _unpack(block: Block, bits: Bits, anchor: Anchor, size_bits: int) -> dict[str, Any]:
    if not size_bits:
        raise PayloadError(f"{block}: the anchor says there is none")
    bits = check_bits(bits, size_bits, what=str(block))
    return unpack(block, bits, id=anchor.id, signed=anchor.signed)


def _check_hash(block: Block, bits: Bits, expected: bytes | None) -> None:
    if expected is not None and block_hash(block, np.asarray(bits)) != expected:
        raise PayloadError(f"{block}: intact, but not the one that the core was made with")
