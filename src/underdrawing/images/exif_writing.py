"""Exif blocks and TIFF files with other facts in them. Nothing in them moves: changed directories go behind the end.

So a camera's own notes keep the offsets they count on, and the strips of a TIFF file stay where they are.

Source: Exif 2.32 (CIPA DC-008), section 4.6; TIFF Revision 6.0, section 2.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

from underdrawing.images.directories import (
    KIND_BYTES,
    LONG,
    RATIONAL,
    ByteOrder,
    Directory,
    DirectoryError,
    Value,
    parse_directory,
)
from underdrawing.images.exif import EXIF_POINTER, GPS_POINTER
from underdrawing.images.facts import EXIF_TEXTS, TAKEN, TAKEN_OFFSET

__all__ = ["amend_directories", "amend_exif"]

_ASCII, _BYTE = 2, 1
_TAKEN_FRACTION, _VERSION = 0x9291, 0x9000
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_EMPTY = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
"""A header, and a directory of nothing."""

Changes = Mapping[int, Value | None]
"""New values by tag; None takes a field out."""


def amend_exif(block: bytes | None, facts: Mapping[str, str]) -> bytes:
    """An Exif block that says these facts, as far as Exif has fields: description, creator, copyright, date, position.

    Args:
        block: What there is; None, or one that cannot be read, makes a new one.
        facts: By IPTC name.
    """
    return amend_directories(block or _EMPTY, facts, {}) or amend_directories(_EMPTY, facts, {}) or _EMPTY


def amend_directories(block: bytes, facts: Mapping[str, str], more: Mapping[int, Value]) -> bytes | None:
    """A block that starts with a TIFF header, with these facts, and these fields, in its first directory.

    Returns:
        The block with the changed directories behind it; None if it cannot be read.
    """
    try:
        first = parse_directory(block)
    except DirectoryError:
        return None
    grown = bytearray(block)
    changes: dict[int, Value | None] = {**_texts(facts), **more}
    for pointer, below in ((EXIF_POINTER, _taken(facts)), (GPS_POINTER, _position(facts, first.order))):
        if below:
            child = first.child(pointer)
            fresh = {_VERSION: Value(7, b"0232")} if pointer == EXIF_POINTER and child is None else {}
            at = _append(grown, child, fresh | below, first.order)
            changes[pointer] = Value(LONG, struct.pack(f"{first.order}I", at))
    if changes:
        struct.pack_into(f"{first.order}I", grown, 4, _append(grown, first, changes, first.order))
    return bytes(grown)


def _append(grown: bytearray, old: Directory | None, changes: Changes, order: ByteOrder) -> int:
    """Write a directory with the old one's entries, but for the changes, behind the block; return where it begins."""
    entries = _kept_entries(old, changes, order)
    new = {tag: value for tag, value in changes.items() if value is not None}
    grown += bytes(len(grown) % 2)
    at = len(grown)
    outside_at, outside = at + 2 + 12 * (len(entries) + len(new)) + 4, bytearray()
    for tag, value in new.items():
        head = struct.pack(f"{order}HHI", tag, value.kind, len(value.data) // KIND_BYTES[value.kind])
        if len(value.data) <= 4:
            entries[tag] = head + value.data.ljust(4, b"\0")
        else:
            entries[tag] = head + struct.pack(f"{order}I", outside_at + len(outside))
            outside += value.data + bytes(len(value.data) % 2)
    table = b"".join(entry for _, entry in sorted(entries.items()))
    following = struct.pack(f"{order}I", old.next_at if old else 0)
    grown += struct.pack(f"{order}H", len(entries)) + table + following + outside
    return at


def _kept_entries(old: Directory | None, changes: Changes, order: ByteOrder) -> dict[int, bytes]:
    """The entries that stay, as they are, also those that this program cannot read."""
    kept: dict[int, bytes] = {}
    for number in range(old.count if old else 0):
        assert old is not None
        begin = old.at + 2 + 12 * number
        entry = old.block[begin : begin + 12]
        tag = struct.unpack_from(f"{order}H", entry)[0]
        if tag not in changes:
            kept.setdefault(tag, entry)
    return kept


def _texts(facts: Mapping[str, str]) -> dict[int, Value]:
    return {tag: _ascii(facts[name]) for name, tag in EXIF_TEXTS.items() if name in facts}


def _ascii(text: str) -> Value:
    """A text field; UTF-8, as every reader expects it today, though the standard says ASCII."""
    return Value(_ASCII, text.encode() + b"\0")


def _taken(facts: Mapping[str, str]) -> dict[int, Value | None]:
    """When the picture was taken; what is not known is blank, as the standard has it."""
    found = _DATE.fullmatch(facts.get("dateCreated", ""))
    if found is None:
        return {}
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    clock = f"{hour}:{minute}:{second or '  '}" if hour else "  :  :  "
    fields: dict[int, Value | None] = {TAKEN: _ascii(f"{year}:{month or '  '}:{day or '  '} {clock}")}
    fields[TAKEN_OFFSET] = _ascii("+00:00" if zone == "Z" else zone) if zone else None
    fields[_TAKEN_FRACTION] = _ascii(fraction) if fraction else None
    return fields


def _position(facts: Mapping[str, str], order: ByteOrder) -> dict[int, Value | None]:
    try:
        latitude, longitude = float(facts["gpsLatitude"]), float(facts["gpsLongitude"])
    except (KeyError, ValueError):
        return {}
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return {}
    fields: dict[int, Value | None] = {0: Value(_BYTE, bytes((2, 3, 0, 0)))}
    for tag, degrees, signs in ((1, latitude, "NS"), (3, longitude, "EW")):
        fields[tag] = _ascii(signs[degrees < 0])
        fields[tag + 1] = Value(RATIONAL, struct.pack(f"{order}6I", *_sexagesimal(abs(degrees))))
    return fields


def _sexagesimal(degrees: float) -> tuple[int, int, int, int, int, int]:
    """Degrees, minutes and seconds as three fractions; seconds to a ten-thousandth."""
    parts = round(degrees * 36_000_000)
    return parts // 36_000_000, 1, parts // 600_000 % 60, 1, parts % 600_000, 10_000
