"""From received blocks of bits to what they say. The anchor comes first: it tells how long the others are."""

from collections.abc import Sequence
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
    VERSION,
    WORD_BITS,
    Bits,
    Block,
    Shape,
    block_fields,
    fixed_bits,
)
from underdrawing.payload.packing import check_bits, check_order, is_intact, unpack
from underdrawing.payload.sealing import Opener, Seal, open_seal
from underdrawing.payload.signing import SignatureCheck, block_hash, judge_signature, signed_bytes
from underdrawing.payload.trust import SignatureStatus, TrustStore

__all__ = [
    "Anchor",
    "Core",
    "Detail",
    "Fine",
    "open_message",
    "parse_anchor",
    "parse_core",
    "parse_detail",
    "parse_fine",
    "verify_signature",
]


@dataclass(frozen=True, eq=False)
class Anchor:
    """What the anchor says.

    Attributes:
        version: Version of the format.
        id: Identity of the record, 0 to 2**64 - 1.
        tokens: Scales 1 and 2 of the hidden code, uint16 arrays of 1×1 and 2×2, values 0 to 4095; empty where there is
            no code, or none that can be read without a seal.
        signed: Whether the core carries a signature.
        core_bits: Length of the core; 0: there is none. The same for ``detail_bits`` and ``fine_bits``.
        confidential: Whether tokens and facts are enciphered.
        coded: Whether there is a hidden code.
        recipients: How many public keys a confidential message is sealed for; 0: sealed with a key file.
        filling: How the carrier filled its places: 0 as usual, 1 densely, 2 in detail.
    """

    version: int
    id: int
    tokens: tuple[NDArray[np.uint16], ...]
    signed: bool
    core_bits: int
    detail_bits: int
    fine_bits: int
    confidential: bool = False
    coded: bool = True
    recipients: int = 0
    filling: int = 0

    @property
    def shape(self) -> Shape:
        """Which fields the blocks of the message have."""
        return Shape(self.signed, self.confidential, self.coded, self.recipients, has_fine=self.fine_bits > 0)


@dataclass(frozen=True, eq=False)
class Core:
    """What the core says.

    Attributes:
        tokens: Scales 4 and 8, uint16 arrays of 4×4 and 8×8, values 0 to 4095; empty where there is no code, or none
            that can be read without a seal.
        facts: The most important facts, by IPTC name; none where they cannot be read without a seal.
        detail_hash: The 8 bytes that ``parse_detail`` compares; zeros where there is no detail.
        key_id: The 4 bytes that name the key; None where the message is not signed.
        signature: The 64 bytes of the signature, not yet checked; None where the message is not signed.
    """

    tokens: tuple[NDArray[np.uint16], ...]
    facts: dict[str, str]
    detail_hash: bytes
    key_id: bytes | None
    signature: bytes | None


@dataclass(frozen=True, eq=False)
class Detail:
    """What the detail says.

    Attributes:
        tokens: Scale 16, uint16, 16×16, values 0 to 4095; 0×0 where there is no code, or none that can be read without
            a seal.
        facts: More facts; none where they cannot be read without a seal.
        fine_hash: The 8 bytes that ``parse_fine`` compares; None where there is no fine block.
    """

    tokens: NDArray[np.uint16]
    facts: dict[str, str]
    fine_hash: bytes | None = None


@dataclass(frozen=True, eq=False)
class Fine:
    """What the fine block says.

    Attributes:
        tokens: Scale 32, uint16, 32×32, values 0 to 4095; 0 where it is not known. Like ``known``, 0×0 where it cannot
            be read without a seal.
        known: bool, 32×32: which of them arrived.
        facts: The remaining facts.
    """

    tokens: NDArray[np.uint16]
    known: NDArray[np.bool_]
    facts: dict[str, str]


def parse_anchor(bits: Bits, *, hidden: bool = False, seal: Seal | None = None) -> Anchor:
    """Read the ``ANCHOR_BITS`` bits of an anchor.

    A word of random bits passes with a probability of 2**-32.

    Args:
        bits: The anchor.
        hidden: Whether the caller can go on without a code: where it is confidential, and where there is none.
        seal: Deciphers the tokens, once ``open_message`` has proved it.

    Raises:
        PayloadError: The checksum is wrong, or what it says contradicts itself.
        UnsupportedVersionError: It is an anchor, but of a newer version, or without a readable code and the caller
            cannot go on without one.
    """
    bits = check_bits(bits, ANCHOR_BITS, what="anchor")
    if is_intact(Block.ANCHOR, bits):
        _check_version(bits, hidden=hidden)
    confidential, coded = bool(bits[_place("confidential")]), not bits[_place("codeless")]
    stream = seal.stream if seal is not None and confidential and coded else None
    values = unpack(Block.ANCHOR, bits, id=0, stream=stream)
    tokens = tuple(values[f"tokens_{side}"].reshape(side, side) for side in SIDES[:2])
    sizes = [values[f"{block}_words"] * WORD_BITS for block in (Block.CORE, Block.DETAIL, Block.FINE)]
    if not coded and any(scale.any() for scale in tokens):
        raise PayloadError("anchor: holds tokens although it says that there is no code")
    tokens = tokens if coded and (seal is not None or not confidential) else ()
    signed, recipients = bool(values["signed"]), values["recipients"]
    if values["dense"] and values["detailed"]:
        raise PayloadError("anchor: says that its carrier fills its places in two ways at once")
    filling = values["dense"] + 2 * values["detailed"]
    flags = {"confidential": confidential, "coded": coded, "recipients": recipients, "filling": filling}
    anchor = Anchor(values["version"], values["id"], tokens, signed, *sizes, **flags)
    _check_sizes(anchor)
    return anchor


def open_message(anchor_bits: Bits, core_bits: Bits, keys: Sequence[Opener]) -> Seal:
    """What deciphers a confidential message, proved to be right.

    Args:
        anchor_bits: The anchor, as received.
        core_bits: The core, as received.
        keys: What the reader has: shared keys, opening keys.

    Raises:
        SealedError: None of the keys opens it.
        PayloadError: The message is not confidential, or one of the blocks is damaged.
    """
    anchor = parse_anchor(anchor_bits, hidden=True)
    _unpack(Block.CORE, core_bits, anchor, anchor.core_bits, None)
    return open_seal(np.asarray(anchor_bits), np.asarray(core_bits), anchor.shape, keys, id=anchor.id)


def parse_core(bits: Bits, anchor: Anchor, *, seal: Seal | None = None) -> Core:
    """Read a core of ``anchor.core_bits`` bits. The signature is not checked here: see ``verify_signature``.

    Args:
        bits: The block.
        anchor: What the anchor said.
        seal: Deciphers tokens and facts of a confidential message; without it there are none.

    Raises:
        PayloadError: The length or checksum is wrong, the block belongs to another message, or its facts are malformed.
    """
    values = _unpack(Block.CORE, bits, anchor, anchor.core_bits, seal)
    readable = _is_readable(anchor, seal)
    has_tokens = readable and anchor.coded
    return Core(
        tokens=tuple(values[f"tokens_{side}"].reshape(side, side) for side in SIDES[2:4]) if has_tokens else (),
        facts=read_facts(values["facts"]) if readable else {},
        detail_hash=values["detail_hash"],
        key_id=values.get("key_id"),
        signature=values.get("signature"),
    )


def parse_detail(bits: Bits, anchor: Anchor, core: Core | None = None, *, seal: Seal | None = None) -> Detail:
    """Read a detail of ``anchor.detail_bits`` bits; with the core also see that it is the one the core was made with.

    Raises:
        PayloadError: As for ``parse_core``, or the hash in the core is that of another detail.
    """
    values = _unpack(Block.DETAIL, bits, anchor, anchor.detail_bits, seal)
    _check_hash(Block.DETAIL, bits, core.detail_hash if core else None)
    readable = _is_readable(anchor, seal)
    tokens = values["tokens_16"].reshape(16, 16) if readable and anchor.coded else np.zeros((0, 0), np.uint16)
    return Detail(tokens, read_facts(values["facts"]) if readable else {}, values.get("fine_hash"))


def parse_fine(
    bits: Bits,
    anchor: Anchor,
    detail: Detail | None = None,
    *,
    fine_order: NDArray[np.integer[Any]] | None,
    seal: Seal | None = None,
) -> Fine:
    """Read a fine block of ``anchor.fine_bits`` bits; with the detail also see that it is the one it names.

    Args:
        bits: The block.
        anchor: What the anchor said.
        detail: What the detail said, if it arrived.
        fine_order: The order of detail the writer had: a permutation of the 1024 places of scale 32, row by row. None
            where the code before it cannot be read.
        seal: Deciphers tokens and facts of a confidential message; without it there are none.

    Raises:
        PayloadError: As for ``parse_core``, or the detail names another block, or the order is none.
    """
    readable = _is_readable(anchor, seal)
    order = check_order(fine_order) if readable else None
    values = _unpack(Block.FINE, bits, anchor, anchor.fine_bits, seal)
    _check_hash(Block.FINE, bits, detail.fine_hash if detail else None)
    if order is None:
        return Fine(np.zeros((0, 0), np.uint16), np.zeros((0, 0), np.bool_), {})
    places = order[: values["token_count"]]
    tokens, known = np.zeros(order.size, np.uint16), np.zeros(order.size, np.bool_)
    tokens[places], known[places] = values["tokens_32"], True
    return Fine(tokens.reshape(32, 32), known.reshape(32, 32), read_facts(values["facts"]))


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
    anchor = parse_anchor(anchor_bits, hidden=True)
    values = _unpack(Block.CORE, core_bits, anchor, anchor.core_bits, None)
    if not anchor.signed:
        return SignatureCheck(SignatureStatus.ABSENT)
    message = signed_bytes(np.asarray(anchor_bits), np.asarray(core_bits))
    return judge_signature(message, key_id=values["key_id"], signature=values["signature"], trust=trust, on=on)


def _is_readable(anchor: Anchor, seal: Seal | None) -> bool:
    return seal is not None or not anchor.confidential


def _check_version(bits: Bits, *, hidden: bool) -> None:
    """Refuse what a newer writer made, and what the caller cannot do without, in an anchor that is intact."""
    version = int("".join(map(str, bits[:4])), 2)
    if version > VERSION:
        raise UnsupportedVersionError(
            f"the payload is of version {version}, this reader knows up to {VERSION}; use a newer underdrawing"
        )
    if (bits[_place("confidential")] or bits[_place("codeless")]) and not hidden:
        raise UnsupportedVersionError(
            "the payload uses a feature this reader does not know (such as encryption); use a newer underdrawing"
        )


def _place(flag: str) -> int:
    """Where in the anchor a field begins."""
    fields = block_fields(Block.ANCHOR)
    return sum(field.bits or 0 for field in fields[: [field.name for field in fields].index(flag)])


def _check_sizes(anchor: Anchor) -> None:
    chain = (True, anchor.core_bits > 0, anchor.detail_bits > 0, anchor.fine_bits > 0)
    needs_core = anchor.signed or anchor.confidential
    if any(later and not before for before, later in pairwise(chain)) or (needs_core and not anchor.core_bits):
        raise PayloadError("anchor: announces a block, a signature or a seal without the block it belongs to")
    if (anchor.recipients and not anchor.confidential) or (anchor.fine_bits and not anchor.coded):
        raise PayloadError("anchor: announces recipients of an open message, or a fine block without a code")
    sizes = {Block.CORE: anchor.core_bits, Block.DETAIL: anchor.detail_bits, Block.FINE: anchor.fine_bits}
    for block, size in sizes.items():
        if 0 < size < fixed_bits(block, anchor.shape):
            raise PayloadError(f"anchor: announces a {block} of {size} bits, which is too short for one")


def _unpack(block: Block, bits: Bits, anchor: Anchor, size_bits: int, seal: Seal | None) -> dict[str, Any]:
    if not size_bits:
        raise PayloadError(f"{block}: the anchor says there is none")
    bits = check_bits(bits, size_bits, what=str(block))
    stream = seal.stream if seal is not None and anchor.confidential else None
    return unpack(block, bits, id=anchor.id, shape=anchor.shape, stream=stream)


def _check_hash(block: Block, bits: Bits, expected: bytes | None) -> None:
    if expected is not None and block_hash(block, np.asarray(bits)) != expected:
        raise PayloadError(f"{block}: intact, but not the one that the block before it names")
