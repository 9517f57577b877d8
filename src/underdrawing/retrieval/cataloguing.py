"""From a picture, protected or not, to the record that the vault keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from underdrawing.fingerprint.preview import preview_of
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.images import to_eight_bits
from underdrawing.messages.marking import identity
from underdrawing.payload import clean_facts
from underdrawing.shipped import fingerprinter, tokenizer
from underdrawing.vault import SKETCH_BYTES, Record, pack_code

if TYPE_CHECKING:
    from underdrawing.findings import Protection
    from underdrawing.images import Picture

__all__ = ["catalogue"]


def catalogue(
    picture: Picture,
    *,
    protection: Protection | None = None,
    facts: Mapping[str, str] | None = None,
    original: str | None = None,
    created: datetime | None = None,
    reveal: bool | None = None,
) -> Record:
    """The record of a picture: what it looks like, what its mark says, where it came from.

    Args:
        picture: as the public will see it: the protected one, where it was protected.
        protection: what ``protect`` gave back; None for a picture without a mark of ours, whose id is then the one it
            would get by being protected with these facts.
        facts: IPTC names to text, also those for which the pixels had no room; None: those that were protected.
        original: where the original is kept: a path or a URI.
        created: when, with time zone; None is now.
        reveal: keep what can be painted from, hidden code, sketch and preview, and the facts of a confidential mark.
            Without them a copy is still found by the id it carries and by its fingerprint, from which nobody can paint.
            None: keep no more open than the mark itself does.

    Raises:
        RecordError: a value is longer than a vault takes.
    """
    pixels = to_eight_bits(picture.pixels)
    code = tokenizer().encode(pixels) if protection is None else protection.code
    told = protection.facts if facts is None and protection is not None else facts
    known = clean_facts(told or {})
    paintable = (
        reveal if reveal is not None else protection is None or (protection.with_code and not protection.confidential)
    )
    secret = protection is not None and protection.confidential and not reveal
    signature, key_id = (protection.signature if protection is not None else None) or (None, None)
    return Record(
        id=f"{identity(code, known):016x}" if protection is None else protection.id,
        created=(created or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        facts={} if secret else known,
        fingerprint=fingerprinter().describe(pixels).bits,
        fingerprint_by=fingerprinter().name,
        sketch=sketch_of(code, tokenizer().linear).bits if paintable else bytes(SKETCH_BYTES),
        carrier="" if protection is None else protection.carrier,
        profile="" if protection is None else str(protection.profile),
        code=pack_code(code.scales) if paintable else None,
        preview=preview_of(pixels) if paintable else b"",
        signature=signature,
        key_id=key_id,
        original=original,
    )
