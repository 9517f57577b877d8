"""Is everything that was kept still there, and what it was? And if not: what can be saved."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from underdrawing.errors import UsageError, VaultDamagedError, VaultError
from underdrawing.vault.adding import noted_weights
from underdrawing.vault.database import FILE_NAME, Database, as_text
from underdrawing.vault.index import build, last_slot, seal
from underdrawing.vault.interface import Health
from underdrawing.vault.record import Record
from underdrawing.vault.rows import COLUMNS, from_row, id_text
from underdrawing.vault.segments import SEGMENT_SLOTS, Segment, SegmentError, segment_name

__all__ = ["check_embedded", "set_aside", "sound_records"]

_PAGE = 64
_ROWS = f"SELECT slot, {', '.join(COLUMNS)}, fingerprint, sketch FROM records LEFT JOIN bits USING (slot)"
_SPREAD = 256
_SEGMENT_FILE = re.compile(r"\.?segment-\d{6,}-[0-9a-f]{8}\.bin(\.[0-9a-f]{8}\.part)?")


def check_embedded(
    database: Database, folder: Path, vault: bytes, *, repair: bool, on_record: Callable[[], None] | None = None
) -> Health:
    """Read the whole table and every segment.

    Repairing writes segments anew and removes files that belong to nothing. A record that is not what was kept is never
    removed: it stays for whoever can read it, and gives way to ``add(…, replace=True)``.

    Args:
        database: the table.
        folder: where the segments are.
        vault: uuid of the vault.
        repair: put right what can be.
        on_record: called after each record.
    """
    problems = [f"table: {row[0]}" for row in database.rows("PRAGMA integrity_check(10)") if row[0] != "ok"]
    repaired: list[str] = []
    sound = 0
    try:
        for id_, slot, problem in _every_record(database):
            if on_record:
                on_record()
            if problem is None:
                sound += 1
                continue
            problems.append(f"record {id_}: {problem}")
            if repair:
                _let_give_way(database, slot)
    except VaultDamagedError as error:
        if repair:
            raise
        return Health(sound, (*problems, f"table: {error}"), ())
    strays = database.rows("SELECT count(*) FROM bits WHERE slot NOT IN (SELECT slot FROM records)")[0][0]
    if strays:
        problems.append(f"table: {strays} fingerprints belong to no record")
    for number, problem in _every_segment(database, folder, vault):
        try:
            if repair:
                seal(database, folder, vault, number)
                repaired.append(f"index: segment {number} was {problem}; written anew")
                continue
        except OSError as error:
            problem = f"{problem}, and cannot be written: {error.strerror}"
        problems.append(f"index: segment {number} is {problem}")
    for path in _leftovers(database, folder) if repair else ():
        with contextlib.suppress(OSError):
            path.unlink()
            repaired.append(f"index: {path.name} belonged to nothing; removed")
    return Health(sound, tuple(problems), tuple(repaired))


def _every_record(database: Database) -> Iterator[tuple[str, int, str | None]]:
    """Id and slot of each record, and what is wrong with it."""
    for slot, *row in database.pages(_ROWS, _PAGE):
        try:
            problem, id_ = None, from_row(tuple(row)).id
        except VaultDamagedError as error:
            problem, id_ = str(error), id_text(row[0]) if isinstance(row[0], int) else "?"
        yield id_, slot, problem


def _let_give_way(database: Database, slot: int) -> None:
    """Take the digest from a broken record, so that it is no longer mistaken for what it was."""
    with database.transaction() as connection:
        connection.execute("UPDATE records SET digest = zeroblob(16) WHERE slot = ?", (slot,))


def _every_segment(database: Database, folder: Path, vault: bytes) -> Iterator[tuple[int, str]]:
    """Number of each segment that is not as it should be, and how."""
    with database.reading() as connection:
        full = last_slot(connection) // SEGMENT_SLOTS
        sealed = dict(connection.execute("SELECT number, checksum FROM segments").fetchall())
    for number in range(full):
        if number not in sealed:
            yield number, "not written"
            continue
        try:
            segment = Segment.load(folder, vault, number, sealed[number])
        except SegmentError as error:
            yield number, f"broken ({error})"
            continue
        with database.reading() as connection:
            current = build(connection, number)
        if not _covers(segment, current):
            yield number, "not what the table says"


def _covers(segment: Segment, current: Segment) -> bool:
    """Whether a segment has all rows of another, with the same bits; it may have rows of deleted records too."""
    places = np.flatnonzero(np.isin(segment.slots, current.slots))
    return (
        len(places) == len(current)
        and np.array_equal(segment.fingerprints[places], current.fingerprints)
        and np.array_equal(segment.sketches[places], current.sketches)
    )


def _leftovers(database: Database, folder: Path) -> list[Path]:
    """Files of segments that the table does not know: left by a process that was ended."""
    known = {segment_name(*row) for row in database.rows("SELECT number, checksum FROM segments")}
    files = (path for path in sorted(folder.iterdir()) if _SEGMENT_FILE.fullmatch(path.name))
    return [path for path in files if path.name not in known]


def sound_records(table: Path) -> Iterator[Record]:
    """Every record of a broken table that can still be read and is what was kept.

    Args:
        table: the file; it is only read.
    """
    connection = sqlite3.connect(f"{table.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    connection.text_factory = as_text
    try:
        connection.execute("PRAGMA writable_schema = ON")  # a table cut short is then read as far as it goes
        weights = _weights(connection)
        for block in range(_highest_slot(connection, table) // _SPREAD + 1):
            rows = _rows_between(connection, block * _SPREAD, (block + 1) * _SPREAD)
            for row in rows:
                with contextlib.suppress(VaultDamagedError):
                    yield from_row(row[1:], weights)
    finally:
        connection.close()


def _weights(connection: sqlite3.Connection) -> str:
    """What was noted of the fingerprints, if that can still be read."""
    with contextlib.suppress(sqlite3.Error):
        return noted_weights(connection)
    return ""


def _highest_slot(connection: sqlite3.Connection, table: Path) -> int:
    """The last slot that may be taken; if nobody can say, what fits into the file at the very most."""
    for question in ("SELECT seq FROM sqlite_sequence WHERE name = 'records'", "SELECT max(slot) FROM records"):
        with contextlib.suppress(sqlite3.Error):
            row = connection.execute(question).fetchone()
            if row and isinstance(row[0], int):
                return min(row[0], table.stat().st_size)
    return table.stat().st_size // 256


def _rows_between(connection: sqlite3.Connection, after: int, last: int) -> list[tuple[Any, ...]]:
    """Rows of a range of slots: all at once, or one by one where a page among them is broken."""
    try:
        return connection.execute(f"{_ROWS} WHERE slot > ? AND slot <= ?", (after, last)).fetchall()
    except sqlite3.Error:
        pass
    rows = []
    for slot in range(after + 1, last + 1):
        with contextlib.suppress(sqlite3.Error):
            rows += connection.execute(f"{_ROWS} WHERE slot = ?", (slot,)).fetchall()
    return rows


def set_aside(folder: Path) -> Path:
    """Rename a broken table, and the log that belongs to it, and return its new name.

    Raises:
        UsageError: There is no table.
        VaultError: It cannot be renamed.
    """
    table = folder / FILE_NAME
    if not table.is_file():
        raise UsageError(f"{folder} holds no vault (no {FILE_NAME}); give the folder of one")
    number = next(n for n in range(1, 10_000) if not folder.joinpath(f"damaged-{n}.sqlite").exists())
    target = folder / f"damaged-{number}.sqlite"
    try:
        for end in ("-wal", "-shm", ""):
            if (part := table.with_name(f"{FILE_NAME}{end}")).exists():
                part.rename(target.with_name(f"{target.name}{end}"))
    except OSError as error:
        raise VaultError(f"cannot rename {table}: {error.strerror}; close whatever uses the vault") from error
    return target
