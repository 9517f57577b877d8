"""The index: every fingerprint and sketch in memory or mapped into it, and the nearest of them found by looking at all.

Full segments come from their files, the last slots from the table. The index catches up with the table before each
search, whoever wrote to it; a file that is missing or broken is made again. faiss does the counting: exact, no
approximation, no more than the Hamming distance to every row.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import VaultError
from underdrawing.vault.database import Database
from underdrawing.vault.record import FINGERPRINT_BYTES, SKETCH_BYTES
from underdrawing.vault.segments import SEGMENT_SLOTS, Segment, SegmentError, segment_name

__all__ = ["DEAD_LIMIT", "Kind", "NearestIndex", "build", "last_slot", "seal"]

Kind = Literal["fingerprints", "sketches"]

DEAD_LIMIT = 1024
"""How many rows of deleted records a segment may carry before it is written anew."""

_PART_ROWS = 16384
"""How many rows are masked at a time: few enough to stay in a cache, enough for faiss to be worth calling."""
_ROWS = "SELECT slot, fingerprint, sketch FROM bits WHERE slot > ? AND slot <= ? ORDER BY slot"


class NearestIndex:
    """Fingerprints and sketches of a vault, as of the last ``catch_up``.

    Args:
        database: the table it is derived from.
        folder: where the segments are.
        vault: uuid of the vault, 16 bytes.
    """

    def __init__(self, database: Database, folder: Path, vault: bytes) -> None:
        self._database = database
        self._folder = folder
        self._vault = vault
        self._segments: dict[int, tuple[int | None, Segment]] = {}
        self._tail = _Tail(0)

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts())

    def search(
        self, kind: Kind, query: NDArray[np.uint8], k: int, mask: NDArray[np.uint8] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The slots nearest to a query, deleted ones among them, and their distances.

        Args:
            kind: which bits.
            query: (B,) uint8.
            k: how many; fewer come back where there are fewer rows.
            mask: (B,) uint8, bits that count; None: all.

        Returns:
            slots, distances: (K,) int64 and (K,) int32, by distance, then by slot.
        """
        slots, distances = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
        for part in self._parts():
            rows = part.fingerprints if kind == "fingerprints" else part.sketches
            found, places = _nearest(rows, query, min(k, len(rows)), mask)
            slots.append(part.slots[places].astype(np.int64) + part.first_slot)
            distances.append(found)
        near, far = np.concatenate(slots), np.concatenate(distances)
        order = np.lexsort((near, far))[:k]
        return near[order], far[order]

    def _parts(self) -> Iterator[Segment]:
        parts = [segment for _, segment in self._segments.values()]
        yield from (part for part in (*parts, self._tail.segment()) if len(part))

    def catch_up(self) -> None:
        """Take in what was committed since the last time.

        Raises:
            VaultError: The table cannot be read.
        """
        missing = []
        with self._database.reading() as connection:
            sealed = dict(connection.execute("SELECT number, checksum FROM segments").fetchall())
            full = last_slot(connection) // SEGMENT_SLOTS
            for number in range(full):
                checksum, _ = self._segments.get(number, (None, None))
                if number not in self._segments or (number in sealed and checksum != sealed[number]):
                    if not self._load(number, sealed.get(number)):
                        self._segments[number] = sealed.get(number), build(connection, number)
                        missing.append(number)
                elif number not in sealed:
                    missing.append(number)
            if self._tail.number != full:
                self._tail = _Tail(full)
            self._tail.extend(connection)
        self._keep(missing)

    def _load(self, number: int, checksum: int | None) -> bool:
        """Map the file of a segment; False where there is none that is whole."""
        if checksum is None:
            return False
        try:
            self._segments[number] = checksum, Segment.load(self._folder, self._vault, number, checksum)
        except SegmentError:
            return False
        return True

    def _keep(self, numbers: list[int]) -> None:
        """Write segments that have no file. Where that cannot be now, they stay in memory, which serves as well."""
        if self._database.read_only:
            return
        for number in numbers:
            with contextlib.suppress(VaultError, OSError):
                checksum = seal(self._database, self._folder, self._vault, number)
                self._load(number, checksum)


class _Tail:
    """The slots after the last full segment, growing in place."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._last = number * SEGMENT_SLOTS
        self._count = 0
        self._slots = np.empty(SEGMENT_SLOTS, np.uint16)
        self._fingerprints = np.empty((SEGMENT_SLOTS, FINGERPRINT_BYTES), np.uint8)
        self._sketches = np.empty((SEGMENT_SLOTS, SKETCH_BYTES), np.uint8)

    def extend(self, connection: sqlite3.Connection) -> None:
        """Append what the table has after the last slot seen."""
        cursor = connection.execute(_ROWS, (self._last, (self.number + 1) * SEGMENT_SLOTS))
        while rows := cursor.fetchmany(4096):
            new = Segment.from_rows(self.number, rows)
            place = slice(self._count, self._count + len(new))
            self._slots[place] = new.slots
            self._fingerprints[place] = new.fingerprints
            self._sketches[place] = new.sketches
            self._count = place.stop
            self._last = rows[-1][0]

    def segment(self) -> Segment:
        """The rows so far; a view."""
        n = self._count
        return Segment(self.number, self._slots[:n], self._fingerprints[:n], self._sketches[:n])


def last_slot(connection: sqlite3.Connection) -> int:
    """The last slot that is taken; 0 when none is."""
    slot: int | None = connection.execute("SELECT max(slot) FROM bits").fetchone()[0]
    return slot or 0


def seal(database: Database, folder: Path, vault: bytes, number: int) -> int:
    """Write the file of a full segment as the table has it now, note it in the table, and return its checksum.

    Other writers wait meanwhile (about a tenth of a second), so that file and table agree.

    Raises:
        VaultError: It is not one's turn, or there is no space.
        OSError: The file cannot be written.
    """
    with database.transaction() as connection:
        checksum = build(connection, number).save(folder, vault)
        old = connection.execute("SELECT checksum FROM segments WHERE number = ?", (number,)).fetchone()
        connection.execute("INSERT OR REPLACE INTO segments VALUES (?, ?, 0)", (number, checksum))
    if old and old[0] != checksum:
        with contextlib.suppress(OSError):
            (folder / segment_name(number, old[0])).unlink(missing_ok=True)
    return checksum


def build(connection: sqlite3.Connection, number: int) -> Segment:
    """A segment in memory, as the table has it now."""
    return Segment.from_rows(number, connection.execute(_ROWS, (number * SEGMENT_SLOTS, (number + 1) * SEGMENT_SLOTS)))


def _nearest(
    rows: NDArray[np.uint8], query: NDArray[np.uint8], k: int, mask: NDArray[np.uint8] | None
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distances and places of the rows that differ least from the query: ``k`` of them, with a mask some more."""
    if mask is None:
        return _counted(rows, query, k)
    distances, places = [], []
    masks = np.tile(mask, (min(_PART_ROWS, len(rows)), 1))  # a whole block is masked several times as quickly as rows
    room = np.empty_like(masks)
    for start in range(0, len(rows), _PART_ROWS):
        part = rows[start : start + _PART_ROWS]
        part = np.bitwise_and(part, masks[: len(part)], out=room[: len(part)])
        found, near = _counted(part, query & mask, min(k, len(part)))
        distances.append(found)
        places.append(near + start)
    return np.concatenate(distances), np.concatenate(places)


def _counted(rows: NDArray[np.uint8], query: NDArray[np.uint8], k: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    import faiss

    distances, places = faiss.knn_hamming(query[None], np.asarray(rows), k)
    return distances[0], places[0]
