"""The table: SQLite, opened so that what was committed stays, and so that many may work at once.

Write-ahead log with ``synchronous=FULL``: a commit returns when the log is on the disk, so a transaction that was
acknowledged survives the end of the process and the loss of power. Readers see the last commit and wait for nobody.
Writers take turns; who waits asks every few milliseconds and gives up after ``PATIENCE_S``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from underdrawing.errors import UsageError, VaultBusyError, VaultDamagedError, VaultError
from underdrawing.vault.migrations import MIGRATIONS, READABLE, migrate, version_of

__all__ = ["FILE_NAME", "PATIENCE_S", "Database", "as_text"]

FILE_NAME = "records.sqlite"
PATIENCE_S = 60.0
_TURN_MS = 20
"""How long SQLite itself waits for a writer before we ask anew: its pauses grow, and it would hardly get a turn."""


class Database:
    """The open table of a vault.

    Args:
        folder: where ``records.sqlite`` is.
        create: make the table where there is none.
        read_only: change nothing, not even to bring an older format up to date.
        patience_s: how long to wait for other writers.

    Raises:
        UsageError: There is no vault in the folder, and ``create`` is false.
        VaultDamagedError: The file is no vault, or broken.
        VaultError: It cannot be opened, or has a newer format.
    """

    def __init__(
        self, folder: Path, *, create: bool = False, read_only: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        self.path = folder / FILE_NAME
        self.read_only = read_only
        self._patience_s = patience_s
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        there = self.path.is_file()
        if not there and not (create and not read_only):
            raise UsageError(
                f"{folder} holds no vault (no {FILE_NAME}); give the folder of one, or make it with --create"
            )
        with self._speaking():
            self._connection = _connect(self.path, read_only=read_only)
        try:
            self._begin(new=create and not (there and any(folder.glob("segment-*.bin"))))
        except BaseException:
            self.close()
            raise

    def _begin(self, *, new: bool) -> None:
        with self._speaking() as connection:
            connection.execute(f"PRAGMA busy_timeout = {int(self._patience_s * 1000)}")
            for setting in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "foreign_keys = OFF"):
                connection.execute(f"PRAGMA {setting}")
            if version_of(connection) == 0 and not new:
                raise self._damaged("it is empty, which no vault ever is")
            if self.read_only:
                connection.execute("PRAGMA query_only = ON")
                self._check_version(connection)
                return
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA wal_autocheckpoint = 16000")
            connection.execute("PRAGMA cache_size = -16000")
            connection.execute("PRAGMA journal_size_limit = 67108864")
        with self.transaction() as connection:
            migrate(connection)

    def _check_version(self, connection: sqlite3.Connection) -> None:
        if not READABLE <= (version := version_of(connection)) <= len(MIGRATIONS):
            older = "open it once for writing, which brings it up to date" if version < len(MIGRATIONS) else "update"
            raise VaultError(f"{self.path.parent}: the vault has format {version}, not {len(MIGRATIONS)}; {older}")

    @contextmanager
    def _speaking(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection alone, and say in our words what SQLite complains about."""
        with self._lock:
            if os.getpid() != self._owner:
                raise VaultError(f"{self.path.parent}: the vault was opened by another process; open it in this one")
            try:
                yield self._connection  # type: ignore[misc]
            except sqlite3.OperationalError as error:
                raise self._operational(error) from error
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite quotes broken names as they are
                raise self._damaged(error) from error

    def _operational(self, error: sqlite3.OperationalError) -> VaultError:
        place, said = self.path.parent, str(error)
        if "locked" in said or "busy" in said:
            return VaultBusyError(f"{place}: others kept writing for {self._patience_s:g} s; try again")
        if "full" in said:
            return VaultError(f"{place}: no space is left on the disk; what was not acknowledged was not kept")
        if "readonly" in said or "unable to open" in said:
            return VaultError(f"{place}: {said}; check the permissions, or open it for reading only")
        if any(word in said for word in ("malformed", "disk I/O", "no such")):
            return self._damaged(error)
        return VaultError(f"{place}: {said}")

    def _damaged(self, error: Exception | str) -> VaultDamagedError:
        return VaultDamagedError(
            f"{self.path.parent}: the table is damaged ({error}); `underdrawing vault check --repair` saves what is "
            "readable and keeps the damaged file"
        )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the table for several questions: no commit of others comes in between.

        Raises:
            VaultError: The table is closed, damaged, or not readable.
        """
        with self._speaking() as connection:
            self._check_open()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Changes that are kept together or not at all; on disk when the block is left.

        Raises:
            VaultBusyError: Others kept writing.
            VaultError: The table is closed, read only, damaged, or there is no space.
        """
        with self._speaking() as connection:
            self._check_open()
            if self.read_only:
                raise VaultError(f"{self.path.parent}: the vault is open for reading only; nothing was changed")
            self._take_turn(connection)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _take_turn(self, connection: sqlite3.Connection) -> None:
        """Begin writing as soon as nobody else does."""
        end = time.monotonic() + self._patience_s
        connection.execute(f"PRAGMA busy_timeout = {_TURN_MS}")
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > end:
                        raise
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(self._patience_s * 1000)}")

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The answer to one question, all of it.

        Raises:
            VaultError: As ``reading``.
        """
        with self._speaking() as connection:
            self._check_open()
            return connection.execute(statement, values).fetchall()

    def pages(self, question: str, size: int) -> Iterator[tuple[Any, ...]]:
        """Answers in the order of their slots, asked for page by page: no view of the table is held in between.

        Args:
            question: a SELECT whose first column is the slot, as far as its WHERE.
            size: rows asked for at once.

        Raises:
            VaultDamagedError: The slots do not come in order, and would never end.
            VaultError: As ``reading``.
        """
        last = 0
        while rows := self.rows(f"{question} WHERE slot > ? ORDER BY slot LIMIT {size}", (last,)):
            slots = [last, *(row[0] for row in rows)]
            if any(not isinstance(slot, int) for slot in slots) or any(a >= b for a, b in pairwise(slots)):
                raise self._damaged("its rows are out of order")
            yield from rows
            last = slots[-1]

    def bytes_on_disk(self) -> int:
        """Size of the table and of the log that belongs to it."""
        files = (self.path, self.path.with_name(f"{FILE_NAME}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _check_open(self) -> None:
        if self._connection is None:
            raise VaultError(f"{self.path.parent}: the vault is closed; open it again")

    def close(self) -> None:
        """Let go of the file. In a forked child, the parent's connection is left alone."""
        with self._lock:
            if self._connection is not None and os.getpid() == self._owner:
                self._connection.close()
            self._connection = None


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the file. Where even a reader may not write beside it, the file is read as it is, if no log is pending."""
    where = f"file:{quote(str(path.absolute()))}"
    mode = "ro" if read_only else "rwc"
    if read_only and not os.access(path.parent, os.W_OK):
        log = path.with_name(f"{FILE_NAME}-wal")
        if not log.exists() or not log.stat().st_size:
            mode = "ro&immutable=1"
    connection = sqlite3.connect(f"{where}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False)
    connection.text_factory = as_text
    return connection


def as_text(data: bytes) -> str:
    """Text of the table. What is not UTF-8 becomes lone surrogates, which no record takes: the record is damaged."""
    return data.decode("utf-8", "surrogateescape")
