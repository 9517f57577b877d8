"""Segments of the index: files of fingerprints and sketches, written once, mapped into memory, made from the table.

A segment holds what up to 65,536 consecutive slots of the table have. It is derived: it can be lost, cut short or
overwritten, and is then made again. Layout, least significant byte first, in the order of ``HEADER``::

    header   64 bytes, see HEADER
    slots    2 bytes for each row: slot − first slot of the segment, ascending; then zeros up to a multiple of 64 bytes
    fingerprints   64 bytes for each row
    sketches       32 bytes for each row

The file's name is its number and its checksum, so that two versions of a segment never share a name.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underdrawing.vault.record import FINGERPRINT_BYTES, SKETCH_BYTES

__all__ = ["HEADER", "SEGMENT_SLOTS", "Segment", "SegmentError", "segment_name"]

SEGMENT_SLOTS = 1 << 16
_ALIGN = 64
HEADER: tuple[tuple[str, str, str], ...] = (
    ("magic", "8s", "``UDVSEG01``; the last two digits are the version"),
    ("vault", "16s", "uuid of the vault the segment belongs to"),
    ("number", "I", "which segment: slots number × 65,536 + 1 and on"),
    ("rows", "I", "how many rows follow, 0 to 65,536"),
    ("body", "I", "CRC-32 of everything after the header"),
    ("reserved", "24s", "zeros"),
    ("header", "I", "CRC-32 of the header before this field"),
)
"""Name, struct letter and meaning of each field of the header, packed without gaps."""
_STRUCT = struct.Struct("<" + "".join(letter for _, letter, _ in HEADER))
_MAGIC = b"UDVSEG01"


class SegmentError(ValueError):
    """The file is not the segment that was asked for; it has to be made again."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Rows of the index.

    Attributes:
        number: which segment.
        slots: (N,) uint16, slot − first slot of the segment, ascending.
        fingerprints: (N, 64) uint8.
        sketches: (N, 32) uint8.
    """

    number: int
    slots: NDArray[np.uint16]
    fingerprints: NDArray[np.uint8] = field(repr=False)
    sketches: NDArray[np.uint8] = field(repr=False)

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def first_slot(self) -> int:
        """The slot that is 0 in ``slots``."""
        return self.number * SEGMENT_SLOTS + 1

    @classmethod
    def from_rows(cls, number: int, rows: Iterable[tuple[int, bytes, bytes]]) -> Segment:
        """A segment in memory, from (slot, fingerprint, sketch) in the order of the slots.

        Rows that are not of the right widths, which only a foreign hand can have put into a table, are left out.
        """
        slots, fingerprints, sketches = [], bytearray(), bytearray()
        for slot, fingerprint, sketch in rows:
            if not _fits(fingerprint, FINGERPRINT_BYTES) or not _fits(sketch, SKETCH_BYTES):
                continue
            slots.append(slot - number * SEGMENT_SLOTS - 1)
            fingerprints += fingerprint
            sketches += sketch
        return cls(
            number,
            np.array(slots, np.uint16),
            np.frombuffer(fingerprints, np.uint8).reshape(-1, FINGERPRINT_BYTES),
            np.frombuffer(sketches, np.uint8).reshape(-1, SKETCH_BYTES),
        )

    def body(self) -> bytes:
        """Everything after the header."""
        slots = self.slots.astype("<u2").tobytes()
        padding = bytes(-len(slots) % _ALIGN)
        return b"".join((slots, padding, self.fingerprints.tobytes(), self.sketches.tobytes()))

    def save(self, folder: Path, vault: bytes) -> int:
        """Write the file whole, in one step, and return the checksum that names it.

        Raises:
            OSError: It cannot be written.
        """
        body = self.body()
        checksum = zlib.crc32(body)
        header = _STRUCT.pack(_MAGIC, vault, self.number, len(self), checksum, bytes(24), 0)[:-4]
        target = folder / segment_name(self.number, checksum)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as file:
                file.write(header + struct.pack("<I", zlib.crc32(header)) + body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return checksum

    @classmethod
    def load(cls, folder: Path, vault: bytes, number: int, checksum: int) -> Segment:
        """Map a file into memory. Every byte is read once, to compare the checksum.

        Raises:
            SegmentError: It is missing, or not the segment of that vault, number and checksum.
        """
        path = folder / segment_name(number, checksum)
        try:
            whole = np.memmap(path, np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise SegmentError(f"{path.name}: {error}") from error
        header = whole[: _STRUCT.size].tobytes()
        if len(header) < _STRUCT.size:
            raise SegmentError(f"{path.name}: cut short")
        magic, owner, own_number, rows, body, _, own = _STRUCT.unpack(header)
        given = (magic, owner, own_number, body, own)
        if given != (_MAGIC, vault, number, checksum, zlib.crc32(header[:-4])) or rows > SEGMENT_SLOTS:
            raise SegmentError(f"{path.name}: another segment")
        ends = np.cumsum([_STRUCT.size, -(-2 * rows // _ALIGN) * _ALIGN, rows * FINGERPRINT_BYTES, rows * SKETCH_BYTES])
        if len(whole) != ends[-1] or zlib.crc32(whole[_STRUCT.size :]) != checksum:  # type: ignore[arg-type]
            raise SegmentError(f"{path.name}: damaged")
        slots = whole[ends[0] : ends[0] + 2 * rows].view("<u2")
        fingerprints = whole[ends[1] : ends[2]].reshape(rows, FINGERPRINT_BYTES)
        return cls(number, slots, fingerprints, whole[ends[2] : ends[3]].reshape(rows, SKETCH_BYTES))


def _fits(value: object, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def segment_name(number: int, checksum: int) -> str:
    """The file name of a segment."""
    return f"segment-{number:06d}-{checksum & 0xFFFFFFFF:08x}.bin"
