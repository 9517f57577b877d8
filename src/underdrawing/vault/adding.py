"""Records into an open transaction: many at once where none of their ids is taken, else one after another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice

from underdrawing.errors import OtherFingerprintsError, RecordConflictError
from underdrawing.vault.interface import Added
from underdrawing.vault.record import Record
from underdrawing.vault.rows import COLUMNS, Row, id_text, to_row
from underdrawing.vault.segments import SEGMENT_SLOTS

__all__ = ["Batch", "batches", "noted_weights", "put", "remove"]

_PLACES = ", ".join("?" * len(COLUMNS))
_INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({_PLACES})"
_APPEND = f"INSERT INTO records (slot, {', '.join(COLUMNS)}) VALUES (?, {_PLACES})"
_BITS = "INSERT INTO bits VALUES (?, ?, ?)"
_ASKED = 500
"""How many ids are asked for at once; SQLite takes no more than 999 values everywhere."""


@dataclass(frozen=True)
class Batch:
    """Records as they are written.

    Attributes:
        rows: the values of the table's columns, digest included.
        bits: fingerprint and sketch of each.
        weights: names of the weights that made the fingerprints, where records say.
    """

    rows: list[Row]
    bits: list[tuple[bytes, bytes]]
    weights: frozenset[str]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Batch:
        """Records, ready to be written."""
        weights = frozenset(record.fingerprint_by for record in records) - {""}
        return cls([to_row(one) for one in records], [(one.fingerprint, one.sketch) for one in records], weights)


def batches(records: Iterable[Record], size: int, beside: Executor) -> Iterator[Batch]:
    """Batches of so many records, each made ready in another thread while the one before it is written.

    Where reading the records fails, what was read before is still given out; then the error is raised.
    """
    left = iter(records)
    ahead: Future[Batch] | None = None
    while True:
        group, failure = _read(left, size)
        following = beside.submit(Batch.of, group) if group else None
        if ahead is not None:
            yield ahead.result()
        if failure is not None:
            raise failure
        if following is None:
            return
        ahead = following


def _read(records: Iterator[Record], count: int) -> tuple[list[Record], BaseException | None]:
    """The next records; or none, and why they cannot be read."""
    try:
        return list(islice(records, count)), None
    except BaseException as error:  # it is raised again once what came before is kept
        return [], error


def put(connection: sqlite3.Connection, batch: Batch, *, replace: bool) -> tuple[Added, range]:
    """Write a batch into an open transaction; what that was, and the slots that were taken from first to last.

    Raises:
        OtherFingerprintsError: A fingerprint was made with other weights than those of the vault.
        RecordConflictError: Another record has one of the ids, and ``replace`` is false.
    """
    _agree(connection, batch.weights)
    taken = _append(connection, batch)
    if taken is not None:
        return Added(added=len(taken)), taken
    sums, slots = Added(), []
    for row, bits in zip(batch.rows, batch.bits, strict=True):
        one, slot = _put(connection, row, bits, replace=replace)
        sums += one
        slots += [] if slot is None else [slot]
    return sums, range(slots[0], slots[-1] + 1) if slots else range(0)


def noted_weights(connection: sqlite3.Connection) -> str:
    """With which weights the fingerprints of a vault were made; empty where that was not noted, as before format 2."""
    row = connection.execute("SELECT value FROM vault WHERE name = 'fingerprints'").fetchone()
    return row[0] if row and isinstance(row[0], str) else ""


def _agree(connection: sqlite3.Connection, weights: frozenset[str]) -> None:
    """See that the weights are those of the vault; the first record tells which they are."""
    noted = noted_weights(connection)
    if weights and not noted and not connection.execute("SELECT 1 FROM records LIMIT 1").fetchone():
        noted = min(weights)
        connection.execute("UPDATE vault SET value = ? WHERE name = 'fingerprints'", (noted,))
    if noted and weights - {noted}:
        raise OtherFingerprintsError(
            f"the vault has fingerprints made with the weights {noted}, a new one was made with "
            f"{max(weights - {noted})}; nothing was added: make those of the vault anew with "
            "`underdrawing vault recatalogue`"
        )


def _append(connection: sqlite3.Connection, batch: Batch) -> range | None:
    """Write a batch behind all records; None, and nothing written, where an id is taken already, or comes twice."""
    ids = [row[0] for row in batch.rows]
    if len(set(ids)) < len(ids) or any(_taken(connection, ids[at : at + _ASKED]) for at in range(0, len(ids), _ASKED)):
        return None
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
    first = (row[0] if row else 0) + 1
    slots = range(first, first + len(ids))
    connection.executemany(_APPEND, ((slot, *row) for slot, row in zip(slots, batch.rows, strict=True)))
    connection.executemany(_BITS, ((slot, *bits) for slot, bits in zip(slots, batch.bits, strict=True)))
    return slots


def _taken(connection: sqlite3.Connection, ids: Sequence[int]) -> bool:
    """Whether a record has one of the ids. Asking first is cheaper than a savepoint, which copies every page."""
    asked = f"SELECT 1 FROM records WHERE id IN ({', '.join('?' * len(ids))}) LIMIT 1"
    return connection.execute(asked, ids).fetchone() is not None


def _put(
    connection: sqlite3.Connection, row: Row, bits: tuple[bytes, bytes], *, replace: bool
) -> tuple[Added, int | None]:
    """Write one record; what that was, and the slot if a new one was taken."""
    there = connection.execute("SELECT slot, digest FROM records WHERE id = ?", (row[0],)).fetchone()
    if there and there[1] == row[1]:
        return Added(skipped=1), None
    if there and not replace:
        raise RecordConflictError(
            f"another record has the id {id_text(row[0])}; nothing was changed: ask to replace it, or keep the one "
            "there"
        )
    if there:
        remove(connection, there[0])
    slot = connection.execute(_INSERT, row).lastrowid
    connection.execute(_BITS, (slot, *bits))
    return (Added(replaced=1) if there else Added(added=1)), slot


def remove(connection: sqlite3.Connection, slot: int) -> int:
    """Take a record out of an open transaction; how many rows of its segment now belong to no record."""
    connection.execute("DELETE FROM bits WHERE slot = ?", (slot,))
    connection.execute("DELETE FROM records WHERE slot = ?", (slot,))
    number = (slot - 1) // SEGMENT_SLOTS
    connection.execute("UPDATE segments SET dead = dead + 1 WHERE number = ?", (number,))
    row = connection.execute("SELECT dead FROM segments WHERE number = ?", (number,)).fetchone()
    return int(row[0]) if row else 0
