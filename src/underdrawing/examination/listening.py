"""What another carrier than ours says of a suspect, and the record in a vault that it points at.

::

    suspect ─► carrier ─► id or its beginning ─► records ─► the one that looks like the suspect ─► whole code
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel.carrier import Carrier
from underdrawing.messages.carrying import hear, matching
from underdrawing.retrieval.finding import Found, Source, find
from underdrawing.vault import Match

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.messages.carrying import Found as Message
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.vault import Record, Vault

__all__ = ["Heard", "listen", "parts_of"]

_SURE = 0.9999


@dataclass(frozen=True, eq=False, kw_only=True)
class Heard:
    """What was read through another carrier.

    Attributes:
        id: 16 hexadecimal digits; None where the message tells only the beginning, and no record that looks like the
            suspect has it.
        parts: what the message holds, in words.
        code: the beginning of the hidden code that was carried; None where there was no room for any.
        agreement: rows×columns float32 over the whole suspect, see ``channel.Heard``; None where the carrier does not
            look place by place.
        found: the vault's answer; None without a vault, or where no record is meant.
    """

    id: str | None
    parts: tuple[str, ...]
    code: HiddenCode | None
    agreement: NDArray[np.float32] | None
    found: Found | None = None


def parts_of(id_bits: int, whole: bool, scales: int) -> tuple[str, ...]:
    """What a small message holds, in words."""
    named = "id" if whole else f"first {id_bits} bits of the id"
    return (named, *([f"{scales} of 6 scales of the code"] if scales else []))


def listen(pixels: NDArray[np.uint8], carrier: Carrier, vault: Vault | None) -> Heard | None:
    """Read a suspect through a carrier.

    Args:
        pixels: H×W×3 RGB uint8.
        carrier: any.
        vault: has the record that the message points at.

    Returns:
        What was read; None where there is no mark. A message that tells only the beginning of an id, and of which the
        vault has no record that looks like the suspect, counts as none: noise may have said it.
    """
    message = hear(pixels, carrier)
    if message is None:
        return None
    layout = message.message.layout
    found = None if vault is None else _meant(pixels, message, vault)
    if found is None and vault is not None and not layout.holds_whole_id:
        return None
    own = f"{message.message.id_range.start:016x}" if layout.holds_whole_id else None
    return Heard(
        id=found.record.id if found is not None and found.record is not None else own,
        parts=parts_of(layout.id_bits, layout.holds_whole_id, layout.scales),
        code=message.code,
        agreement=message.agreement,
        found=found,
    )


def _meant(pixels: NDArray[np.uint8], message: Message, vault: Vault) -> Found | None:
    """The record that a message is about; of several, the one that the suspect looks like."""
    records = matching(message, vault.get, starting_in=lambda ids: _starting_in(vault, ids))
    if message.message.layout.holds_whole_id:
        return Found(record=records[0], source=Source.ID, confidence=_SURE) if records else None
    seen = find(_Shortlist(records), pixels=pixels) if records else None
    return seen if seen is not None and seen.record is not None else None


def _starting_in(vault: Vault, wanted: range) -> Iterator[Record]:
    """The records whose ids lie in a range: every id of the vault is looked at."""
    for id_ in vault.ids():
        if int(id_, 16) in wanted and (record := vault.get(id_)) is not None:
            yield record


class _Shortlist:
    """A few records, searched like a vault."""

    fingerprints_by = ""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = {record.id: record for record in records}

    def get(self, id_: str) -> Record | None:
        return self._records.get(id_)

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        return self._nearest({id_: record.fingerprint for id_, record in self._records.items()}, bits, k, mask)

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        return self._nearest({id_: record.sketch for id_, record in self._records.items()}, bits, k, mask)

    @staticmethod
    def _nearest(known: dict[str, bytes], bits: bytes, k: int, mask: bytes | None) -> tuple[Match, ...]:
        counting = np.frombuffer(mask or b"\xff" * len(bits), np.uint8)
        asked = np.frombuffer(bits, np.uint8)
        matches = [
            Match(id_, int(np.unpackbits((np.frombuffer(own, np.uint8) ^ asked) & counting).sum()))
            for id_, own in known.items()
        ]
        return tuple(sorted(matches, key=lambda match: (match.distance, match.id))[:k])
