"""An id and as much of the hidden code as fits, through any carrier; the rest of the code comes from a vault.

::

    id, code ─► small message ─► error correction ─► carrier ─► marked picture
    suspect ─► carrier ─► soft bits ─► error correction ─► small message ─► record in the vault ─► whole code
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.coding import CarrierCode
from underdrawing.errors import CapacityError, PayloadError
from underdrawing.payload.small_message import SmallLayout, SmallMessage, layout_for, pack_small, unpack_small
from underdrawing.tokenizer import LADDER, HiddenCode

if TYPE_CHECKING:
    from underdrawing.channel import Carrier, Heard

__all__ = ["Carried", "Found", "Recorded", "carry", "hear", "layout_in", "matching"]

_CANDIDATES = 4
_LEAST_CHECKSUM_BITS = 14
"""With a checksum shorter than this only the likeliest message is looked at, or noise would pass too often."""


@dataclass(frozen=True, eq=False)
class Carried:
    """A marked picture and what is in it.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        layout: How much of id and code is in there.
        channel_bits: How many bits the carrier was given, error correction included.
    """

    pixels: NDArray[np.uint8]
    layout: SmallLayout
    channel_bits: int

    @property
    def left_out(self) -> tuple[str, ...]:
        """What did not fit, in words; a vault has to keep it."""
        missing = []
        if not self.layout.holds_whole_id:
            missing.append(f"all but the first {self.layout.id_bits} bits of the id")
        if self.layout.scales < len(LADDER):
            beginning = f"all but the first {self.layout.scales} scales of the code"
            missing.append(beginning if self.layout.scales else "the code")
        return (*missing, "the facts", "the signature")


@dataclass(frozen=True, eq=False)
class Found:
    """What was read out of a suspect.

    Attributes:
        message: The id, or its beginning, and the beginning of the code.
        agreement: As in ``Heard``; None for carriers that do not look place by place.
    """

    message: SmallMessage
    agreement: NDArray[np.float32] | None

    @property
    def code(self) -> HiddenCode | None:
        """The part of the hidden code that was carried; None where there was no room for any."""
        bits = self.message.code_bits
        return HiddenCode.from_bits(bits) if bits.size else None


class Recorded(Protocol):
    """What this module needs of a record in a vault."""

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""

    @property
    def tokens(self) -> tuple[NDArray[np.uint16], ...] | None:
        """The hidden code as token maps, coarse to fine; None where it was not kept."""


_Record = TypeVar("_Record", bound=Recorded)


def layout_in(carrier: Carrier, pixels: NDArray[np.uint8]) -> SmallLayout | None:
    """How much of id and code a carrier holds in a picture, H×W×3 uint8 RGB; None where not even the least."""
    try:
        return layout_for(carrier.capacity_bits(pixels), corrects_errors=carrier.corrects_errors)
    except CapacityError:
        return None


def carry(pixels: NDArray[np.uint8], carrier: Carrier, *, id: int, code: HiddenCode) -> Carried:
    """Mark a picture with as much as the carrier holds.

    Args:
        pixels: H×W×3 uint8 RGB.
        carrier: Any.
        id: 64 bits; its first ones where not all fit.
        code: The whole hidden code of the picture.

    Raises:
        CapacityError: The carrier takes too little from this picture.
    """
    channel_bits = carrier.capacity_bits(pixels)
    layout = layout_for(channel_bits, corrects_errors=carrier.corrects_errors)
    message = pack_small(layout, id=id, code_bits=code.bits_upto(max(1, layout.scales)))
    if carrier.corrects_errors:
        sent = np.concatenate([message, np.zeros(channel_bits - message.size, dtype=np.uint8)])
    else:
        sent = CarrierCode(layout.bits, channel_bits).encode(message)
    return Carried(carrier.embed(pixels, sent), layout, channel_bits)


def hear(pixels: NDArray[np.uint8], carrier: Carrier) -> Found | None:
    """Read a suspect.

    Returns:
        What its mark says; None where there is none, or too little of it is left. One unmarked picture in
        2 to the power of ``message.layout.checksum_bits`` (at most four times as many) passes for a marked one: ask
        the vault whether the record looks like the suspect.
    """
    heard = carrier.extract(pixels)
    if heard is None:
        return None
    layout = layout_for(heard.ratios.size, corrects_errors=carrier.corrects_errors)
    for bits in _readings(heard, layout, corrected=carrier.corrects_errors):
        try:
            return Found(unpack_small(layout, bits), heard.agreement)
        except PayloadError:
            continue
    return None


def matching(
    found: Found,
    get: Callable[[str], _Record | None],
    *,
    starting_in: Callable[[range], Iterable[_Record]] | None = None,
) -> tuple[_Record, ...]:
    """The records that a message may be about.

    Args:
        found: What was read.
        get: Gives the record of an id of 16 hexadecimal digits, or None: ``Vault.get``.
        starting_in: Gives the records whose ids, as numbers, lie in a range; needed where only the beginning of the id
            was carried.

    Returns:
        One record or none where the whole id was carried. Else every record with that beginning whose code begins
        as the message says; which of them looks like the suspect has to be seen.
    """
    wanted = found.message.id_range
    if found.message.layout.holds_whole_id:
        record = get(f"{wanted.start:016x}")
        candidates: Iterable[_Record] = () if record is None else (record,)
    else:
        candidates = () if starting_in is None else starting_in(wanted)
    return tuple(record for record in candidates if int(record.id, 16) in wanted and _agrees(found, record))


def _readings(heard: Heard, layout: SmallLayout, *, corrected: bool) -> Iterator[NDArray[np.uint8]]:
    """Messages that may have been sent."""
    if corrected:
        yield (heard.ratios[: layout.bits] < 0).astype(np.uint8)
        return
    candidates = _CANDIDATES if layout.checksum_bits >= _LEAST_CHECKSUM_BITS else 1
    yield from CarrierCode(layout.bits, heard.ratios.size).decode(heard.ratios, candidates=candidates)


def _agrees(found: Found, record: Recorded) -> bool:
    """Whether a record's code begins as the message says; a record without code contradicts nothing."""
    if found.code is None or record.tokens is None:
        return True
    return HiddenCode(record.tokens).prefix(found.code.n_scales) == found.code
