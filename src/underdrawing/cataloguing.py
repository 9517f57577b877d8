"""From a picture, protected or not, to the record that the vault keeps of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.fingerprint import Fingerprinter
from underdrawing.fingerprint.preview import preview_of
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.payload import clean_facts
from underdrawing.tokenizer import Tokenizer
from underdrawing.vault import SKETCH_BYTES, Record, pack_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.findings import Protection
    from underdrawing.images import Picture
    from underdrawing.tokenizer import HiddenCode

__all__ = ["catalogue", "identity"]


def catalogue(
    picture: Picture,
    *,
    protection: Protection | None = None,
    facts: Mapping[str, str] | None = None,
    signature: tuple[bytes, bytes] | None = None,
    original: str | None = None,
    created: datetime | None = None,
    reveal: bool = True,
) -> Record:
    """The record of a picture: what it looks like, what its mark says, where it came from.

    Args:
        picture: as the public will see it: the protected one, where it was protected.
        protection: what ``protect`` gave back; None for a picture without a mark of ours, whose id is then the one it
            would get by being protected with these facts.
        facts: IPTC names to text: all of them, also those for which the pixels had no room.
        signature: the signature over the message and the id of the key; None when it was not signed.
        original: where the original is kept: a path or a URI.
        created: when, with time zone; None is now.
        reveal: keep what can be painted from: hidden code, sketch and preview. Without them a copy is still found by
            the id it carries and by its fingerprint, from which nobody can paint.

    Raises:
        RecordError: a value is longer than a vault takes.
    """
    pixels = _eight_bit(picture.pixels)
    code = _tokenizer().encode(pixels) if protection is None else protection.code
    known = clean_facts(facts or {})
    return Record(
        id=f"{identity(code, known):016x}" if protection is None else protection.id,
        created=(created or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        facts=known,
        fingerprint=_fingerprinter().describe(pixels).bits,
        sketch=sketch_of(code, _tokenizer().linear).bits if reveal else bytes(SKETCH_BYTES),
        carrier="" if protection is None else protection.carrier,
        profile="" if protection is None else str(protection.profile),
        code=pack_code(code.scales) if reveal else None,
        preview=preview_of(pixels) if reveal else b"",
        signature=signature[0] if signature else None,
        key_id=signature[1] if signature else None,
        original=original,
    )


def identity(code: HiddenCode, facts: Mapping[str, str]) -> int:
    """64 bits that name a picture with these facts: the same again whenever it is protected."""
    digest = hashlib.sha256(b"underdrawing id 1\0")
    for tokens in code.scales:
        digest.update(tokens.astype("<u2").tobytes())
    for name in sorted(facts):
        digest.update(f"{name}\0{facts[name]}\0".encode())
    return int.from_bytes(digest.digest()[:8], "big")


def _eight_bit(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    return np.rint(pixels / np.float32(257)).astype(np.uint8)


@cache
def _tokenizer() -> Tokenizer:
    """The shipped tokenizer, loaded once a process."""
    return Tokenizer.load()


@cache
def _fingerprinter() -> Fingerprinter:
    """The shipped fingerprint, loaded once a process."""
    return Fingerprinter.load()
