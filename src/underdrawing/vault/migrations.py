"""The versions of the table, and the steps from each to the next. A step that was released never changes.

``user_version`` of the file is the number of steps that were taken; ``application_id`` says that the file is ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from underdrawing.errors import VaultDamagedError, VaultError

__all__ = ["APPLICATION_ID", "MIGRATIONS", "READABLE", "migrate", "version_of"]

APPLICATION_ID = 0x55447661
"""``UDva``."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE vault (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        """CREATE TABLE records (
            slot INTEGER PRIMARY KEY AUTOINCREMENT,
            id INTEGER NOT NULL UNIQUE,
            digest BLOB NOT NULL CHECK (length(digest) = 16),
            created TEXT NOT NULL,
            carrier TEXT NOT NULL,
            profile TEXT NOT NULL,
            signature BLOB,
            key_id BLOB,
            original TEXT,
            facts TEXT NOT NULL,
            code BLOB,
            preview BLOB NOT NULL
        )""",
        """CREATE TABLE bits (
            slot INTEGER PRIMARY KEY REFERENCES records,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 64),
            sketch BLOB NOT NULL CHECK (length(sketch) = 32)
        )""",
        "CREATE TABLE segments (number INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, dead INTEGER NOT NULL)",
        "INSERT INTO vault VALUES ('uuid', randomblob(16))",
    ),
    ("INSERT INTO vault VALUES ('fingerprints', '')",),
)

READABLE = 1
"""The oldest version that can be read as it is; for writing it is brought up to date."""


def version_of(connection: sqlite3.Connection) -> int:
    """The version of an open file; 0: empty.

    Raises:
        VaultDamagedError: The file is a database, but no vault, or it has parts that no vault has.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    parts = dict(connection.execute("SELECT type, count(*) FROM sqlite_master GROUP BY type").fetchall())
    if (application, version) == (0, 0) and not parts:
        return 0
    if application != APPLICATION_ID or version < 1:
        raise VaultDamagedError("the file is a database of another program; name the folder of a vault")
    if strange := sorted(set(parts) - {"table", "index"}):
        raise VaultDamagedError(f"the database has parts no vault has ({', '.join(strange)}); do not use it")
    return version


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the table to the newest version, all of the way or not at all.

    Raises:
        VaultError: The file was written by a newer version.
        VaultDamagedError: See ``version_of``.
    """
    version = version_of(connection)
    if version > len(steps):
        raise VaultError(f"the vault has format {version}, this program knows up to {len(steps)}; use a newer one")
    for number, step in enumerate(steps[version:], version + 1):
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
