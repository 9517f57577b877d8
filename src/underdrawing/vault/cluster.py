"""The same vault in a Milvus cluster, for more records than one machine holds.

Every record is one entity: id, two binary vectors, and its other fields as text. The cluster keeps, copies and indexes
them; what it promises about that is in docs/vault.md. It has no transactions over several entities: a batch that fails
half way is finished by running it again, which skips what is there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace as with_changes
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from underdrawing.errors import RecordConflictError, RecordError, UsageError, VaultDamagedError, VaultError
from underdrawing.vault.collection import (
    DESCRIPTION,
    FIELDS,
    TOKEN_VARIABLE,
    VERSION,
    Cluster,
    bits_of,
    from_entity,
    make_collection,
    to_entity,
)
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

__all__ = ["MilvusVault"]

_WIDER = 16
"""A search with a mask asks the cluster for this many times as many, without the mask, and counts again."""
_PATIENCE_S = 60.0
"""How long the client asks again before a call fails."""


class MilvusVault:
    """A vault in one collection of a Milvus cluster (see ``Vault`` for what it does).

    Args:
        client: a connected ``pymilvus.MilvusClient``; it is closed with the vault.
        cluster: where that is.
        read_only: change nothing.
    """

    def __init__(self, client: Any, cluster: Cluster, *, read_only: bool = False) -> None:
        self._client = client
        self._cluster = cluster
        self._read_only = read_only
        self._closed = False

    @classmethod
    def open(cls, uri: str, *, create: bool = False, read_only: bool = False) -> MilvusVault:
        """Connect, and make the collection where there is none and ``create`` asks for it.

        Raises:
            UsageError: There is no such collection, the URI is wrong, or ``pymilvus`` is not installed.
            VaultError: The cluster cannot be reached, or the collection is no vault of this version.
        """
        cluster = Cluster.parse(uri)
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise UsageError("a vault in Milvus needs `pip install 'underdrawing[cluster]'`") from error
        if "://" not in cluster.address and not Path(cluster.address).parent.is_dir():
            raise UsageError(f"{uri}: the folder of the file does not exist; make it first")
        with _speaking(uri):
            client = MilvusClient(uri=cluster.address, token=os.environ.get(TOKEN_VARIABLE, ""))
        try:
            with _speaking(uri):
                cls._begin(client, cluster, uri, create=create and not read_only)
        except BaseException:
            client.close()
            raise
        return cls(client, cluster, read_only=read_only)

    @staticmethod
    def _begin(client: Any, cluster: Cluster, uri: str, *, create: bool) -> None:
        if not client.has_collection(cluster.collection):
            if not create:
                raise UsageError(f"{uri}: there is no such collection; name another, or make it with --create")
            make_collection(client, cluster)
        if client.describe_collection(cluster.collection)["description"] != DESCRIPTION:
            raise VaultError(f"{uri}: the collection is no vault of format {VERSION}; name another")
        client.load_collection(cluster.collection, replica_number=cluster.replicas)

    @property
    def uri(self) -> str:
        """Address and collection."""
        return f"{self._cluster.address}/{self._cluster.collection}"

    @property
    def fingerprints_by(self) -> str:
        """Empty: a collection has no place to note with which weights its fingerprints were made."""
        return ""

    def note_fingerprints(self, by: str) -> None:
        """Nothing is noted, see above."""

    @contextlib.contextmanager
    def _asking(self, *, to_write: bool = False) -> Iterator[Any]:
        if self._closed:
            raise VaultError(f"{self.uri}: the vault is closed; open it again")
        if to_write and self._read_only:
            raise VaultError(f"{self.uri}: the vault is open for reading only; nothing was changed")
        with _speaking(self.uri):
            yield self._client

    def _entities(self, ids: list[str], fields: list[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        with self._asking() as client:
            return list(
                client.query(
                    self._cluster.collection,
                    ids=ids,
                    output_fields=fields,
                    consistency_level="Strong",
                    timeout=_PATIENCE_S,
                )
            )

    def __len__(self) -> int:
        with self._asking() as client:
            rows = client.query(
                self._cluster.collection, filter="", output_fields=["count(*)"], consistency_level="Strong"
            )
            return int(rows[0]["count(*)"])

    def __contains__(self, id_: str) -> bool:
        return bool(self._entities([check_id(id_)], ["id"]))

    def add(self, record: Record, *, replace: bool = False) -> Added:
        """Keep one record; see ``Vault.add``."""
        return self._add_group([record], replace=replace)

    def add_many(
        self,
        records: Iterable[Record],
        *,
        replace: bool = False,
        batch: int = 1000,
        on_commit: Callable[[Added], None] | None = None,
    ) -> Added:
        """Keep many records; see ``Vault.add_many``. A batch is not a transaction here."""
        if not 1 <= batch <= 10_000:
            raise UsageError(f"a batch of {batch} records; give 1 to 10000")
        total, left = Added(), iter(records)
        while group := list(islice(left, batch)):
            total += self._add_group(group, replace=replace)
            if on_commit:
                on_commit(total)
        return total

    def _add_group(self, group: list[Record], *, replace: bool) -> Added:
        with self._asking(to_write=True):
            there = {row["id"]: row["digest"] for row in self._entities([r.id for r in group], ["id", "digest"])}
        fresh: dict[str, Record] = {}
        changed: dict[str, Record] = {}
        sums = Added()
        for record in group:
            known = fresh.get(record.id) or changed.get(record.id)
            digest = known.digest().hex() if known else there.get(record.id)
            if digest == record.digest().hex():
                sums += Added(skipped=1)
                continue
            if digest is not None and not replace:
                raise RecordConflictError(
                    f"another record has the id {record.id}; nothing was changed: ask to replace it, or keep the one "
                    "there"
                )
            sums += Added(added=1) if digest is None else Added(replaced=1)
            (fresh if record.id not in there else changed)[record.id] = record
        with self._asking(to_write=True) as client:
            if fresh:
                client.insert(self._cluster.collection, [to_entity(record) for record in fresh.values()])
            if changed:
                client.upsert(self._cluster.collection, [to_entity(record) for record in changed.values()])
        return sums

    def get(self, id_: str) -> Record | None:
        """The record of an id; see ``Vault.get``."""
        rows = self._entities([check_id(id_)], FIELDS)
        return from_entity(rows[0]) if rows else None

    def update_facts(self, id_: str, facts: Mapping[str, str]) -> Record:
        """Replace the facts of a record; see ``Vault.update_facts``."""
        facts = clean_record_facts(facts, of=check_id(id_))
        if (old := self.get(id_)) is None:
            raise UsageError(f"no record {id_} in {self.uri}, so its facts cannot be changed; add it first")
        record = with_changes(old, facts=facts)
        self.add(record, replace=True)
        return record

    def delete(self, id_: str) -> bool:
        """Forget a record; see ``Vault.delete``."""
        there = check_id(id_) in self
        with self._asking(to_write=True) as client:
            if there:
                client.delete(self._cluster.collection, ids=[id_])
        return there

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records that look most alike; see ``Vault.nearest_fingerprints``.

        With a mask, only the nearest without it are counted again: a record that is far off outside the mask is missed.
        """
        return self._nearest("fingerprint", bits, k, mask, FINGERPRINT_BYTES)

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records with the nearest hidden codes; see ``Vault.nearest_sketches`` and the note on masks above."""
        return self._nearest("sketch", bits, k, mask, SKETCH_BYTES)

    def _nearest(self, name: str, bits: bytes, k: int, mask: bytes | None, size: int) -> tuple[Match, ...]:
        query = np.frombuffer(check_bits(bits, size, "the query"), np.uint8)
        counting = None if mask is None else np.frombuffer(check_bits(mask, size, "the mask"), np.uint8)
        if not 1 <= k <= MAX_MATCHES:
            raise RecordError(f"{k} matches were asked for; ask for 1 to {MAX_MATCHES}")
        limit = k if counting is None else min(k * _WIDER, MAX_MATCHES)
        with self._asking() as client:
            (hits,) = client.search(
                self._cluster.collection,
                data=[bits],
                anns_field=name,
                limit=limit,
                search_params={"metric_type": "HAMMING", "params": {"nprobe": self._cluster.nprobe}},
                output_fields=["id"],
                consistency_level="Strong",
                timeout=_PATIENCE_S,
            )
        if counting is None:
            return tuple(Match(hit["id"], int(hit["distance"])) for hit in hits)
        matches = []
        for row in self._entities([hit["id"] for hit in hits], ["id", name]):
            other = np.frombuffer(bits_of(row[name]), np.uint8)
            matches.append(Match(row["id"], int(np.bitwise_count((other ^ query) & counting).sum())))
        return tuple(sorted(matches, key=lambda match: (match.distance, match.id))[:k])

    def ids(self) -> Iterator[str]:
        """Every id; see ``Vault.ids``. The order is the cluster's."""
        yield from (row["id"] for row in self._pages(["id"], 1000))

    def records(self) -> Iterator[Record]:
        """Every record, likewise."""
        yield from (from_entity(row) for row in self._pages(FIELDS, 64))

    def _pages(self, fields: list[str], size: int) -> Iterator[dict[str, Any]]:
        with self._asking() as client:
            pages = client.query_iterator(self._cluster.collection, filter="", output_fields=fields, batch_size=size)
            try:
                while rows := pages.next():
                    yield from rows
            finally:
                pages.close()

    def stats(self) -> Stats:
        """How large the vault is."""
        return Stats(self.uri, len(self), VERSION, None, None)

    def check(self, *, repair: bool = False, on_record: Callable[[], None] | None = None) -> Health:
        """Read every record and compare it with its checksum. The index is the cluster's own business."""
        sound, problems = 0, []
        for row in self._pages(FIELDS, 64):
            try:
                from_entity(row)
                sound += 1
            except VaultDamagedError as error:
                problems.append(f"record {row['id']}: {error}")
            if on_record:
                on_record()
        return Health(sound, tuple(problems))

    def close(self) -> None:
        """Disconnect."""
        if not self._closed:
            self._closed = True
            self._client.close()

    def __enter__(self) -> MilvusVault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def _speaking(uri: str) -> Iterator[None]:
    """Say in our words what the client complains about."""
    from pymilvus import MilvusException

    try:
        yield
    except MilvusException as error:
        raise VaultError(f"{uri}: {error.message}; check that the cluster runs and may be reached") from error
