"""The vault in a folder: a table that is the truth, and an index beside it that is made from the table."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as with_changes
from pathlib import Path
from types import TracebackType

import numpy as np

from underdrawing.errors import (
    RecordError,
    UsageError,
    VaultDamagedError,
    VaultError,
)
from underdrawing.vault.adding import Batch, batches, noted_weights, put, remove
from underdrawing.vault.checking import check_embedded
from underdrawing.vault.database import Database
from underdrawing.vault.index import DEAD_LIMIT, Kind, NearestIndex, seal
from underdrawing.vault.interface import MAX_MATCHES, Added, Health, Stats
from underdrawing.vault.record import (
    FINGERPRINT_BYTES,
    SKETCH_BYTES,
    Match,
    Record,
    check_bits,
    check_id,
    clean_record_facts,
)
from underdrawing.vault.rows import COLUMNS, from_row, id_number, id_text, to_row
from underdrawing.vault.segments import SEGMENT_SLOTS

__all__ = ["EmbeddedVault"]

_PAUSE_S = 0.002
"""What a bulk run leaves between two transactions, so that others get their turn."""
_PAGE = 64
_JOINED = f"SELECT {', '.join(COLUMNS)}, fingerprint, sketch FROM records JOIN bits USING (slot)"


class EmbeddedVault:
    """A vault in one folder (see ``Vault`` for what it does, and docs/vault.md for what it promises).

    Args:
        folder: where it is.
        create: make it where there is none, the folder too.
        read_only: change nothing.

    Raises:
        UsageError: There is none, and ``create`` is false; or the folder cannot be made.
        VaultError: It cannot be opened, is damaged, or has a newer format.
    """

    def __init__(self, folder: Path, *, create: bool = False, read_only: bool = False) -> None:
        if create and not read_only:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"cannot make {folder}: {error.strerror}; give another folder") from error
        self._folder = folder
        self._database = Database(folder, create=create, read_only=read_only)
        try:
            ((self._uuid,),) = self._database.rows("SELECT value FROM vault WHERE name = 'uuid'") or [(None,)]
            if not isinstance(self._uuid, bytes) or len(self._uuid) != 16:
                raise VaultDamagedError(f"{folder}: the vault has no uuid; check it with `underdrawing vault check`")
        except BaseException:
            self._database.close()
            raise
        self._index: NearestIndex | None = None

    @property
    def uri(self) -> str:
        """The folder."""
        return str(self._folder)

    @property
    def fingerprints_by(self) -> str:
        """With which weights the fingerprints were made; see ``Vault.fingerprints_by``."""
        with self._database.reading() as connection:
            return noted_weights(connection)

    def note_fingerprints(self, by: str) -> None:
        """Note with which weights the fingerprints were made; see ``Vault.note_fingerprints``."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE vault SET value = ? WHERE name = 'fingerprints'", (by,))

    def __len__(self) -> int:
        return int(self._database.rows("SELECT count(*) FROM bits")[0][0])

    def __contains__(self, id_: str) -> bool:
        number = id_number(check_id(id_))
        return bool(self._database.rows("SELECT 1 FROM records WHERE id = ?", (number,)))

    def add(self, record: Record, *, replace: bool = False) -> Added:
        """Keep one record; see ``Vault.add``."""
        return self._put(Batch.of([record]), replace=replace)

    def add_many(
        self,
        records: Iterable[Record],
        *,
        replace: bool = False,
        batch: int = 1000,
        on_commit: Callable[[Added], None] | None = None,
    ) -> Added:
        """Keep many records; see ``Vault.add_many``."""
        if not 1 <= batch <= 10_000:
            raise UsageError(f"a batch of {batch} records; give 1 to 10000")
        total = Added()
        with ThreadPoolExecutor(1) as beside:
            for ready in batches(records, batch, beside):
                if total.total:
                    time.sleep(_PAUSE_S)
                total += self._put(ready, replace=replace)
                if on_commit:
                    on_commit(total)
        return total

    def _put(self, batch: Batch, *, replace: bool) -> Added:
        with self._database.transaction() as connection:
            sums, slots = put(connection, batch, replace=replace)
        if slots:
            for number in range((slots[0] - 1) // SEGMENT_SLOTS, slots[-1] // SEGMENT_SLOTS):
                self._seal(number)
        return sums

    def _seal(self, number: int) -> None:
        """Write a segment. Where that cannot be now, the next search does it: the records are safe either way."""
        with contextlib.suppress(VaultError, OSError):
            seal(self._database, self._folder, self._uuid, number)

    def get(self, id_: str) -> Record | None:
        """The record of an id; see ``Vault.get``."""
        rows = self._database.rows(f"{_JOINED} WHERE id = ?", (id_number(check_id(id_)),))
        if rows:
            return from_row(rows[0], self.fingerprints_by)
        if id_ in self:
            raise VaultDamagedError(f"record {id_}: its fingerprint is gone; add the record again, replacing this one")
        return None

    def update_facts(self, id_: str, facts: Mapping[str, str]) -> Record:
        """Replace the facts of a record; see ``Vault.update_facts``."""
        facts = clean_record_facts(facts, of=check_id(id_))
        with self._database.transaction() as connection:
            row = connection.execute(f"{_JOINED} WHERE id = ?", (id_number(id_),)).fetchone()
            if row is None:
                raise UsageError(f"no record {id_} in {self.uri}, so its facts cannot be changed; add it first")
            record = with_changes(from_row(row, noted_weights(connection)), facts=facts)
            values = dict(zip(COLUMNS, to_row(record), strict=True))
            connection.execute(
                "UPDATE records SET facts = ?, digest = ? WHERE id = ?",
                (values["facts"], values["digest"], values["id"]),
            )
        return record

    def delete(self, id_: str) -> bool:
        """Forget a record; see ``Vault.delete``."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT slot FROM records WHERE id = ?", (id_number(check_id(id_)),)).fetchone()
            if row is None:
                return False
            dead = remove(connection, row[0])
        if dead > DEAD_LIMIT:
            self._seal((row[0] - 1) // SEGMENT_SLOTS)
        return True

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records that look most alike; see ``Vault.nearest_fingerprints``."""
        return self._nearest("fingerprints", bits, k, mask, FINGERPRINT_BYTES)

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records with the nearest hidden codes; see ``Vault.nearest_sketches``."""
        return self._nearest("sketches", bits, k, mask, SKETCH_BYTES)

    def _nearest(self, kind: Kind, bits: bytes, k: int, mask: bytes | None, size: int) -> tuple[Match, ...]:
        query = np.frombuffer(check_bits(bits, size, "the query"), np.uint8)
        counting = None if mask is None else np.frombuffer(check_bits(mask, size, "the mask"), np.uint8)
        if not 1 <= k <= MAX_MATCHES:
            raise RecordError(f"{k} matches were asked for; ask for 1 to {MAX_MATCHES}")
        index = self._caught_up()
        asked = k + 8
        while True:
            slots, distances = index.search(kind, query, asked, counting)
            ids = self._ids_of(slots.tolist())
            live = [
                (ids[slot], distance) for slot, distance in zip(slots.tolist(), distances, strict=True) if slot in ids
            ]
            if len(live) >= k or len(slots) < asked:
                return tuple(Match(id_, int(distance)) for id_, distance in live[:k])
            asked *= 4

    def _caught_up(self) -> NearestIndex:
        if self._index is None:
            self._index = NearestIndex(self._database, self._folder, self._uuid)
        self._index.catch_up()
        return self._index

    def _ids_of(self, slots: list[int]) -> dict[int, str]:
        """Ids by slot, without those that were deleted."""
        found: dict[int, str] = {}
        for start in range(0, len(slots), 500):
            part = tuple(slots[start : start + 500])
            places = ", ".join("?" * len(part))
            rows = self._database.rows(f"SELECT slot, id FROM records WHERE slot IN ({places})", part)
            found.update((slot, id_text(number)) for slot, number in rows)
        return found

    def ids(self) -> Iterator[str]:
        """Every id; see ``Vault.ids``."""
        yield from (id_text(number) for _, number in self._database.pages("SELECT slot, id FROM records", 4096))

    def records(self) -> Iterator[Record]:
        """Every record; see ``Vault.records``."""
        joined = _JOINED.replace("SELECT ", "SELECT slot, ", 1)
        weights = self.fingerprints_by
        yield from (from_row(row[1:], weights) for row in self._database.pages(joined, _PAGE))

    def stats(self) -> Stats:
        """How large the vault is."""
        version = self._database.rows("PRAGMA user_version")[0][0]
        index = sum(path.stat().st_size for path in self._folder.glob("segment-*.bin"))
        return Stats(self.uri, len(self), version, self._database.bytes_on_disk(), index, self.fingerprints_by)

    def check(self, *, repair: bool = False, on_record: Callable[[], None] | None = None) -> Health:
        """Read everything and compare it; see ``Vault.check``."""
        return check_embedded(self._database, self._folder, self._uuid, repair=repair, on_record=on_record)

    def close(self) -> None:
        """Let go of files and connections."""
        self._index = None
        self._database.close()

    def __enter__(self) -> EmbeddedVault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
