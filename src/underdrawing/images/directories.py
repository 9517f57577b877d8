"""Tag directories of TIFF 6.0, the structure inside TIFF files and Exif blocks: read with suspicion, written plainly.

    header      byte order (II or MM) · 42 · offset of the first directory
    directory   count (2) · count × entry (12) · offset of the next directory (4, 0: none)
    entry       tag (2) · kind (2) · count (4) · value, or its offset when it is longer than 4 bytes (4)

Values are looked at only when asked for: 65,535 entries may all point at the same megabytes.

Source: TIFF Revision 6.0 (Adobe, 1992), section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["ByteOrder", "Directory", "DirectoryError", "Entry", "Value", "pack_directory", "parse_directory"]

ByteOrder: TypeAlias = Literal["<", ">"]

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
KIND_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_RATIONAL_CODES = {5: "I", 10: "i"}


class DirectoryError(ValueError):
    """The bytes are no directory; never leaves the room."""


@dataclass(frozen=True)
class Value:
    """A field's value: its type number in the standard (2 text, 3 short, 4 long, ...) and its bytes."""

    kind: int
    data: bytes

    def integers(self, order: ByteOrder) -> tuple[int, ...]:
        """The numbers of an integer field; empty for another kind."""
        code = _INTEGER_CODES.get(self.kind)
        if code is None:
            return ()
        return struct.unpack(f"{order}{len(self.data) // KIND_BYTES[self.kind]}{code}", self.data)

    def rationals(self, order: ByteOrder) -> tuple[float, ...]:
        """The numbers of a rational field; empty for another kind or when a denominator is zero."""
        code = _RATIONAL_CODES.get(self.kind)
        if code is None:
            return ()
        numbers = struct.unpack(f"{order}{len(self.data) // 4}{code}", self.data)
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        return tuple(top / bottom for top, bottom in pairs) if all(bottom for _, bottom in pairs) else ()


@dataclass(frozen=True)
class Entry:
    """Where a field lies in its block: the 12 bytes of its entry, and the bytes of its value."""

    kind: int
    size: int
    entry_at: int
    value_at: int


@dataclass(frozen=True)
class Directory:
    """A parsed directory: its entries by tag (one that points outside the block is left out).

    Attributes:
        block: the whole block the offsets count in.
        at: offset of the directory.
        count: entries announced, readable or not.
        next_at: offset of the next directory, 0: none.
    """

    block: bytes
    order: ByteOrder
    at: int
    count: int
    entries: Mapping[int, Entry]
    next_at: int

    def value(self, tag: int) -> Value | None:
        """Value of a field."""
        entry = self.entries.get(tag)
        if entry is None:
            return None
        return Value(entry.kind, self.block[entry.value_at : entry.value_at + entry.size])

    def integers(self, tag: int) -> tuple[int, ...]:
        """Numbers of an integer field; empty if it is missing or of another kind."""
        value = self.value(tag)
        return value.integers(self.order) if value else ()

    def integer(self, tag: int, default: int = 0) -> int:
        """First number of an integer field."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in _INTEGER_CODES or entry.size == 0:
            return default
        first = self.block[entry.value_at : entry.value_at + KIND_BYTES[entry.kind]]
        return Value(entry.kind, first).integers(self.order)[0]

    def child(self, tag: int) -> Directory | None:
        """Directory that a field points at; None if there is none that can be read."""
        return self._directory_at(self.integer(tag))

    def next(self) -> Directory | None:
        """Directory that follows this one; None if there is none that can be read."""
        return self._directory_at(self.next_at)

    def _directory_at(self, at: int) -> Directory | None:
        try:
            return _parse_at(self.block, at, self.order) if at else None
        except DirectoryError:
            return None


def parse_directory(block: bytes) -> Directory:
    """First directory of a block that starts with a TIFF header.

    Raises:
        DirectoryError: no TIFF header, or the directory lies outside the block.
    """
    orders: dict[bytes, ByteOrder] = {b"II*\0": "<", b"MM\0*": ">"}
    order = orders.get(bytes(block[:4]))
    if order is None or len(block) < 8:
        raise DirectoryError("no TIFF header")
    return _parse_at(block, struct.unpack_from(f"{order}I", block, 4)[0], order)


def _parse_at(block: bytes, at: int, order: ByteOrder) -> Directory:
    if not 8 <= at <= len(block) - 2:
        raise DirectoryError("the directory lies outside the file")
    count = struct.unpack_from(f"{order}H", block, at)[0]
    end = at + 2 + 12 * count
    if end > len(block):
        raise DirectoryError("the directory is cut off")
    entries: dict[int, Entry] = {}
    for entry_at in range(at + 2, end, 12):
        tag, kind, items, offset = struct.unpack_from(f"{order}HHII", block, entry_at)
        size = KIND_BYTES.get(kind, 0) * items
        value_at = entry_at + 8 if size <= 4 else offset
        if kind in KIND_BYTES and value_at + size <= len(block):
            entries.setdefault(tag, Entry(kind, size, entry_at, value_at))
    next_at = struct.unpack_from(f"{order}I", block, end)[0] if end + 4 <= len(block) else 0
    return Directory(block, order, at, count, entries, next_at)


def pack_directory(values: Mapping[int, Value], *, at: int, order: ByteOrder) -> bytes:
    """Directory with its values behind it, to be written at the even offset ``at``; no directory follows it.

    Offsets inside the values (of other directories, of strips) are the caller's business.
    """
    table, outside = [struct.pack(f"{order}H", len(values))], bytearray()
    outside_at = at + 2 + 12 * len(values) + 4
    for tag, value in sorted(values.items()):
        table.append(struct.pack(f"{order}HHI", tag, value.kind, len(value.data) // KIND_BYTES[value.kind]))
        if len(value.data) <= 4:
            table.append(value.data.ljust(4, b"\0"))
        else:
            table.append(struct.pack(f"{order}I", outside_at + len(outside)))
            outside += value.data + b"\0" * (len(value.data) % 2)
    return b"".join(table) + bytes(4) + outside
