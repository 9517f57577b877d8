"""Exif blocks: which way is up, and a block that is still true after the pixels were turned and changed.

A kept block is edited in place (bytes never move, so that a camera's own notes keep the offsets they count on):
Orientation becomes 1 (with width and height exchanged where that turns the picture), and the thumbnail is cut out,
since it shows the picture as it was before. Previews inside a camera's own notes stay.

Source: Exif 2.32 (CIPA DC-008), sections 4.5 and 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from underdrawing.images.directories import (
    LONG,
    ByteOrder,
    Directory,
    DirectoryError,
    Value,
    pack_directory,
    parse_directory,
)

__all__ = ["Settled", "Spread", "gather", "pack_tree", "settle", "spread", "without_orientation"]

ORIENTATION, EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x0112, 0x8769, 0x8825, 0xA005
PIXEL_WIDTH, PIXEL_HEIGHT = 0xA002, 0xA003
_QUARTER_TURNS = (5, 6, 7, 8)
THUMBNAIL_AT, THUMBNAIL_BYTES = 0x0201, 0x0202
# Fields of a TIFF file that describe its pixels, its other blocks or its previews, not the picture: they stay behind.
STRUCTURAL = frozenset(
    [
        *(*range(0x00FE, 0x010D), 0x0111, *range(0x0115, 0x011A), *range(0x011C, 0x0126), 0x0129, 0x012D),
        *(0x013D, 0x013E, 0x013F, 0x0140, *range(0x0142, 0x015C), *range(0x0200, 0x0215)),
        *(0x02BC, 0x83BB, 0x8649, 0x8773, 0x935C, EXIF_POINTER, GPS_POINTER, INTEROP_POINTER),
    ]
)


@dataclass(frozen=True)
class Settled:
    """A kept block, and the orientation (1..8) it had before."""

    block: bytes
    orientation: int


@dataclass(frozen=True)
class Spread:
    """Fields of a block: the plain ones, and those behind each pointer."""

    order: ByteOrder
    fields: Mapping[int, Value]
    blocks: Mapping[int, Mapping[int, Value]]


def settle(block: bytes) -> Settled | None:
    """Block with Orientation 1 and no thumbnail, and the orientation it had; None if the block cannot be read."""
    try:
        first = parse_directory(block)
    except DirectoryError:
        return None
    edited = bytearray(block)
    orientation = first.integer(ORIENTATION, 1)
    entry = first.entries.get(ORIENTATION)
    if orientation != 1 and entry is not None and entry.size <= 4:
        struct.pack_into(f"{first.order}HI4s", edited, entry.entry_at + 2, 3, 1, struct.pack(f"{first.order}H", 1))
    if orientation in _QUARTER_TURNS:
        _swap_sides(edited, first.child(EXIF_POINTER))
    if first.next_at:
        _cut_thumbnail(edited, first)
    return Settled(bytes(edited), orientation if 1 <= orientation <= 8 else 1)


def _swap_sides(edited: bytearray, photo: Directory | None) -> None:
    """Exchange the values of PixelXDimension and PixelYDimension."""
    x, y = (photo.entries.get(tag) if photo else None for tag in (PIXEL_WIDTH, PIXEL_HEIGHT))
    if x and y and max(x.size, y.size) <= 4:
        here, there = slice(x.entry_at + 2, x.entry_at + 12), slice(y.entry_at + 2, y.entry_at + 12)
        edited[here], edited[there] = edited[there], edited[here]


def _cut_thumbnail(edited: bytearray, first: Directory) -> None:
    """Blank the picture in the second directory, and forget that directory."""
    struct.pack_into(f"{first.order}I", edited, first.at + 2 + 12 * first.count, 0)
    second = first.next()
    if second is None:
        return
    begin, size = second.integer(THUMBNAIL_AT), second.integer(THUMBNAIL_BYTES)
    end = begin + size
    if not 8 <= begin < end <= len(edited):
        return
    if end >= len(edited) - 1:
        del edited[begin:]
    else:
        edited[begin:end] = bytes(size)


def without_orientation(block: bytes) -> bytes:
    """Block without its Orientation field, for containers that keep the orientation themselves (AVIF)."""
    first = parse_directory(block)
    entry = first.entries.get(ORIENTATION)
    if entry is None:
        return block
    end = first.at + 2 + 12 * first.count + 4
    kept = block[first.at + 2 : entry.entry_at] + block[entry.entry_at + 12 : end] + bytes(12)
    return block[: first.at] + struct.pack(f"{first.order}H", first.count - 1) + kept + block[end:]


def gather(first: Directory, *, max_bytes: int) -> bytes | None:
    """Exif block made of what a TIFF file's first directory says about the picture; None if it says nothing.

    Fields are taken in the order of their tags until ``max_bytes`` are full.
    """
    fields = _copied(first, max_bytes)
    blocks = {pointer: _copied(first.child(pointer), max_bytes) for pointer in (EXIF_POINTER, GPS_POINTER)}
    if not fields and not any(blocks.values()):
        return None
    magic = b"II*\0" if first.order == "<" else b"MM\0*"
    header = magic + struct.pack(f"{first.order}I", 8)
    return header + pack_tree(fields, blocks, at=8, order=first.order)


def spread(block: bytes) -> Spread:
    """What an Exif block says about the picture, ready to be packed somewhere else."""
    first = parse_directory(block)
    pointers = (EXIF_POINTER, GPS_POINTER)
    children = {pointer: _copied(first.child(pointer), len(block)) for pointer in pointers}
    return Spread(first.order, _copied(first, len(block)), children)


def _copied(directory: Directory | None, max_bytes: int) -> dict[int, Value]:
    copied: dict[int, Value] = {}
    if directory is None:
        return copied
    for tag in sorted(directory.entries.keys() - STRUCTURAL):
        value = directory.value(tag)
        if value is not None and len(value.data) <= max_bytes:
            max_bytes -= len(value.data)
            copied[tag] = value
    return copied


def pack_tree(
    fields: Mapping[int, Value], blocks: Mapping[int, Mapping[int, Value]], *, at: int, order: ByteOrder
) -> bytes:
    """Directory with the directories it points at behind it."""
    present = {pointer: values for pointer, values in blocks.items() if values}
    pointers = {pointer: Value(LONG, bytes(4)) for pointer in present}
    behind, behind_at = b"", at + len(pack_directory({**fields, **pointers}, at=at, order=order))
    for pointer, values in present.items():
        pointers[pointer] = Value(LONG, struct.pack(f"{order}I", behind_at + len(behind)))
        behind += pack_directory(values, at=behind_at + len(behind), order=order)
    return pack_directory({**fields, **pointers}, at=at, order=order) + behind
