"""What every vault does, wherever it keeps its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from underdrawing.vault.record import Match, Record

__all__ = ["MAX_MATCHES", "Added", "Health", "Stats", "Vault"]

MAX_MATCHES = 10_000
"""How many matches may be asked for at once."""


@dataclass(frozen=True)
class Added:
    """What adding many came to.

    Attributes:
        added: Records that were not there before.
        skipped: Records that were there already, the very same.
        replaced: Records that took the place of different ones under their id.
    """

    added: int = 0
    skipped: int = 0
    replaced: int = 0

    @property
    def total(self) -> int:
        """How many records were given."""
        return self.added + self.skipped + self.replaced

    def __add__(self, other: Added) -> Added:
        return Added(self.added + other.added, self.skipped + other.skipped, self.replaced + other.replaced)


@dataclass(frozen=True)
class Stats:
    """How large a vault is.

    Attributes:
        uri: Where it is.
        records: How many records it has.
        version: Version of its format.
        table_bytes: Size of the table, with what was not folded into it yet; None where that is not ours to see.
        index_bytes: Size of the index files; None likewise.
        fingerprints_by: Name of the weights that made the fingerprints; empty where that was not noted.
    """

    uri: str
    records: int
    version: int
    table_bytes: int | None
    index_bytes: int | None
    fingerprints_by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``vault stats --json``."""
        return dict(vars(self))


@dataclass(frozen=True)
class Health:
    """What an integrity check found.

    Attributes:
        records: How many records were read and are what they were.
        problems: What is wrong, one line each; empty: nothing.
        repaired: What was put right, one line each.
    """

    records: int
    problems: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong any more."""
        return not self.problems


class Vault(Protocol):
    """Records under their ids, found again by id or by likeness.

    A vault may be used by several threads, one at a time: calls wait for each other. A process that was forked has to
    open its own.
    """

    @property
    def uri(self) -> str:
        """Where the vault is."""
        ...

    @property
    def fingerprints_by(self) -> str:
        """Name of the weights that made the fingerprints; empty where that was not noted."""
        ...

    def note_fingerprints(self, by: str) -> None:
        """Note with which weights the fingerprints were made, once all of them were."""
        ...

    def __len__(self) -> int: ...

    def __contains__(self, id_: str) -> bool: ...

    def add(self, record: Record, *, replace: bool = False) -> Added:
        """Keep one record. When this returns it is on disk. The first one says with which weights all are made.

        Raises:
            OtherFingerprintsError: Its fingerprint was made with other weights than those of the vault.
            RecordConflictError: Another record has this id, and ``replace`` is false.
        """
        ...

    def add_many(
        self,
        records: Iterable[Record],
        *,
        replace: bool = False,
        batch: int = 1000,
        on_commit: Callable[[Added], None] | None = None,
    ) -> Added:
        """Keep many records, in transactions of ``batch``. What is there already is skipped, so a run can be repeated.

        Args:
            records: read as they are needed, one batch ahead of what is kept.
            replace: whether a different record under the same id is replaced, or is an error.
            batch: how many records are kept or not kept together, 1 to 10,000.
            on_commit: called after each transaction with the sums so far; those records are on disk by then.

        Raises:
            OtherFingerprintsError: A fingerprint was made with other weights than those of the vault. As below.
            RecordConflictError: Another record has one of the ids, and ``replace`` is false. Nothing of that batch is
                kept; earlier batches are.
        """
        ...

    def get(self, id_: str) -> Record | None:
        """The record of an id; None when there is none.

        Raises:
            VaultDamagedError: There is one, and it is not what was kept.
        """
        ...

    def update_facts(self, id_: str, facts: Mapping[str, str]) -> Record:
        """Replace the facts of a record, and return it as it is now.

        Raises:
            UsageError: There is no such record.
        """
        ...

    def delete(self, id_: str) -> bool:
        """Forget a record; False when there was none."""
        ...

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The ``k`` records whose fingerprints differ least from ``bits``, the nearest first.

        Args:
            bits: 64 bytes.
            k: at most ``MAX_MATCHES``; fewer are returned when there are fewer records.
            mask: 64 bytes; bits that are 0 in it do not count. None: all count.

        Returns:
            Matches by distance; of equal distance, the one added first comes first.
        """
        ...

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The ``k`` records whose sketches differ least from ``bits``; as ``nearest_fingerprints``, with 32 bytes."""
        ...

    def ids(self) -> Iterator[str]:
        """Every id, in the order they were added; records added or deleted meanwhile may be met or not."""
        ...

    def records(self) -> Iterator[Record]:
        """Every record, likewise."""
        ...

    def stats(self) -> Stats:
        """How large the vault is."""
        ...

    def check(self, *, repair: bool = False, on_record: Callable[[], None] | None = None) -> Health:
        """Read everything and compare it: each record with its checksum, the index with the table.

        Args:
            repair: put right what can be without losing anything.
            on_record: called after each record.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections. A closed vault can be closed again, and nothing else."""
        ...

    def __enter__(self) -> Vault: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
