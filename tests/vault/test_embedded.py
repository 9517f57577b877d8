"""The vault in a folder gives back what was put in, finds what is near, and changes only what it was told to."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from vault_records import distances, make_record, many

from underdrawing.errors import (
    RecordConflictError,
    RecordError,
    UsageError,
    VaultBusyError,
    VaultDamagedError,
    VaultError,
)
from underdrawing.vault import Added, Match, database, embedded, open_vault, segments
from underdrawing.vault.migrations import MIGRATIONS, migrate


def test_round_trip(vault):
    record, bare = make_record(1), make_record(2, code=None, preview=b"", signature=None, key_id=None, original=None)
    assert vault.add(record) == Added(added=1)
    vault.add(bare)
    assert vault.get(record.id) == record
    assert vault.get(bare.id) == bare
    assert vault.get("0" * 16) is None
    assert record.id in vault
    assert "0" * 16 not in vault
    assert len(vault) == 2


def test_extreme_ids(vault):
    for id_ in ("0" * 16, "f" * 16, "7" + "f" * 15, "8" + "0" * 15):
        vault.add(make_record(int(id_, 16) % 1000, id=id_))
        assert vault.get(id_).id == id_
    assert len(list(vault.ids())) == 4


def test_adding_again_skips_the_same_and_refuses_another(vault):
    record = make_record(1)
    vault.add(record)
    assert vault.add(record) == Added(skipped=1)
    other = make_record(2, id=record.id)
    with pytest.raises(RecordConflictError, match=f"another record has the id {record.id}"):
        vault.add(other)
    assert vault.get(record.id) == record
    assert vault.add(other, replace=True) == Added(replaced=1)
    assert vault.get(record.id) == other
    assert vault.nearest_fingerprints(other.fingerprint, 5) == (Match(record.id, 0),)
    assert len(vault) == 1


def test_add_many_goes_on_where_it_stopped(vault):
    seen = []
    assert vault.add_many(many(1000), batch=300, on_commit=seen.append) == Added(added=1000)
    assert [sums.added for sums in seen] == [300, 600, 900, 1000]
    assert vault.add_many(many(1500)) == Added(added=500, skipped=1000)
    assert list(vault.ids()) == [record.id for record in many(1500)]
    assert list(vault.records())[:1000] == list(many(1000))


def test_a_batch_is_kept_or_not_kept_together(vault):
    records = [*many(250), make_record(1, id=f"{5:016x}"), *many(50, start=1000)]
    with pytest.raises(RecordConflictError):
        vault.add_many(records, batch=100)
    assert len(vault) == 200
    assert vault.add_many(records, batch=100, replace=True) == Added(added=100, skipped=200, replaced=1)


def test_what_was_read_before_a_failure_is_kept(vault):
    def failing():
        yield from many(250)
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        vault.add_many(failing(), batch=100)
    assert list(vault.records()) == list(many(200))


def test_slots_are_never_used_twice(vault):
    vault.add_many(many(10))
    assert vault.delete(f"{9:016x}")
    vault.add_many(many(5, start=20))
    slots = [slot for (slot,) in vault._database.rows("SELECT slot FROM records ORDER BY slot")]
    assert slots == [*range(1, 10), *range(11, 16)]
    assert vault.check().sound


def test_a_record_twice_in_one_batch(vault):
    record = make_record(1)
    assert vault.add_many([record, record]) == Added(added=1, skipped=1)


@pytest.mark.parametrize("batch", [0, 10_001])
def test_rejects_impossible_batches(vault, batch):
    with pytest.raises(UsageError, match="1 to 10000"):
        vault.add_many(many(1), batch=batch)


def test_facts_are_updated(vault):
    record = make_record(1)
    vault.add(record)
    changed = vault.update_facts(record.id, {"title": "Neu"})
    assert changed.facts == {"title": "Neu"}
    assert vault.get(record.id) == changed
    assert vault.check().sound
    with pytest.raises(UsageError, match="no record"):
        vault.update_facts("0" * 16, {})
    with pytest.raises(RecordError):
        vault.update_facts(record.id, {"a": "x" * 70_000})


def test_deleted_records_are_not_found_any_more(vault):
    record = make_record(1)
    vault.add(record)
    vault.nearest_fingerprints(record.fingerprint)
    assert vault.delete(record.id)
    assert not vault.delete(record.id)
    assert vault.get(record.id) is None
    assert vault.nearest_fingerprints(record.fingerprint) == ()
    assert vault.nearest_sketches(record.sketch) == ()


@pytest.fixture
def small_segments(monkeypatch):
    """Segments of 100 slots, so that a few hundred records fill several."""
    for module in ("segments", "index", "embedded", "checking"):
        monkeypatch.setattr(f"underdrawing.vault.{module}.SEGMENT_SLOTS", 100)
    monkeypatch.setattr("underdrawing.vault.embedded.DEAD_LIMIT", 10)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["fingerprint", "sketch"])
def test_the_nearest_are_those_that_counting_every_bit_finds(vault, small_segments, kind, masked):
    records = list(many(450))
    vault.add_many(records, batch=70)
    rng = np.random.default_rng(7)
    rows = [getattr(record, kind) for record in records]
    search = getattr(vault, f"nearest_{kind}{'es' if kind == 'sketch' else 's'}")
    for k in (1, 10, 450, 1000):
        query, mask = rng.bytes(len(rows[0])), rng.bytes(len(rows[0])) if masked else None
        truth = distances(query, rows, mask)
        order = np.argsort(truth, kind="stable")[:k]
        expected = [Match(records[n].id, int(truth[n])) for n in order]
        assert list(search(query, k, mask=mask)) == expected
        assert all(type(match.distance) is int for match in search(query, 1))
    assert len(list(Path(vault.uri).glob("segment-*.bin"))) == 4


def test_equal_distances_come_in_the_order_they_were_added(vault, small_segments):
    same = bytes(64)
    records = [make_record(n, fingerprint=same) for n in range(250)]
    vault.add_many(records)
    assert [match.id for match in vault.nearest_fingerprints(same, 120)] == [record.id for record in records[:120]]


def test_many_deleted_neighbours_do_not_hide_the_living(vault, small_segments):
    records = [make_record(n, fingerprint=bytes(64)) for n in range(150)]
    far = make_record(500, fingerprint=b"\xff" * 64)
    vault.add_many([*records, far])
    vault.nearest_fingerprints(bytes(64))
    for record in records:
        vault.delete(record.id)
    assert vault.nearest_fingerprints(bytes(64), 3) == (Match(far.id, 512),)
    assert vault.check().sound


def test_an_empty_vault_finds_nothing(vault):
    assert vault.nearest_fingerprints(bytes(64)) == ()
    assert list(vault.records()) == []
    assert vault.stats().records == 0


@pytest.mark.parametrize("k", [0, -1, 10_001])
def test_rejects_impossible_numbers_of_matches(vault, k):
    with pytest.raises(RecordError, match="1 to 10000"):
        vault.nearest_fingerprints(bytes(64), k)


def test_rejects_queries_of_another_width(vault):
    with pytest.raises(RecordError, match="expected 64 bytes"):
        vault.nearest_fingerprints(bytes(32))
    with pytest.raises(RecordError, match="the mask is 64 bytes, expected 32"):
        vault.nearest_sketches(bytes(32), mask=bytes(64))


def test_two_open_vaults_see_each_other(tmp_path, small_segments):
    with open_vault(tmp_path, create=True) as one, open_vault(tmp_path, read_only=True) as other:
        for count in (50, 150, 320):
            one.add_many(many(count))
            last = list(many(count))[-1]
            assert other.nearest_fingerprints(last.fingerprint, 1) == (Match(last.id, 0),)
            assert other.get(last.id) == last
        one.delete(last.id)
        assert other.nearest_fingerprints(last.fingerprint, 1)[0].id != last.id


def test_what_is_read_only_stays_as_it_is(tmp_path):
    with pytest.raises(UsageError, match="holds no vault"):
        open_vault(tmp_path / "new", read_only=True, create=True)
    open_vault(tmp_path / "v", create=True).close()
    with open_vault(tmp_path / "v", read_only=True) as vault:
        for change in (
            lambda: vault.add(make_record(1)),
            lambda: vault.delete("0" * 16),
            lambda: vault.update_facts("0" * 16, {}),
            lambda: vault.add_many(many(3)),
        ):
            with pytest.raises(VaultError, match="reading only"):
                change()
        assert len(vault) == 0


def test_a_folder_that_nobody_may_write_to_is_read(tmp_path, monkeypatch):
    with open_vault(tmp_path, create=True) as vault:
        vault.add_many(many(20))
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    with open_vault(tmp_path, read_only=True) as vault:
        assert list(vault.records()) == list(many(20))
    assert [path.name for path in tmp_path.iterdir()] == ["records.sqlite"]


def test_threads_share_a_vault(vault, small_segments):
    def work(start):
        vault.add_many(many(150, start=start), batch=10)
        return [vault.nearest_sketches(record.sketch, 1)[0].id for record in many(5, start=start)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, (0, 1000, 2000, 3000)))
    assert found == [[f"{start + n:016x}" for n in range(5)] for start in (0, 1000, 2000, 3000)]
    assert len(vault) == 600
    assert vault.check().sound


def test_nothing_is_made_unless_asked(tmp_path):
    with pytest.raises(UsageError, match="holds no vault"):
        open_vault(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("uri", ["", "http://x/y", "file://host/folder", "a\0b", "s3://bucket"])
def test_rejects_strange_addresses(uri):
    with pytest.raises(UsageError, match="milvus://"):
        open_vault(uri)


def test_a_folder_may_be_given_as_uri(tmp_path):
    folder = tmp_path / "a b"
    open_vault(folder, create=True).close()
    with open_vault(folder.as_uri()) as vault:
        assert vault.uri == str(folder)


def test_a_closed_vault_says_so(tmp_path):
    vault = open_vault(tmp_path, create=True)
    vault.close()
    vault.close()
    with pytest.raises(VaultError, match="closed"):
        len(vault)


def test_a_forked_process_has_to_open_its_own(vault, monkeypatch):
    monkeypatch.setattr(database.os, "getpid", lambda: -1)
    with pytest.raises(VaultError, match="opened by another process"):
        len(vault)
    monkeypatch.undo()


def test_waiting_for_another_writer_ends(tmp_path, monkeypatch):
    with open_vault(tmp_path, create=True) as vault:
        monkeypatch.setattr(vault._database, "_patience_s", 0.05)
        other = sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VaultBusyError, match="others kept writing"):
            vault.add(make_record(1))
        other.close()
        vault.add(make_record(1))


def test_commits_reach_the_disk(vault):
    assert vault._database.rows("PRAGMA synchronous") == [(2,)]
    assert vault._database.rows("PRAGMA journal_mode") == [("wal",)]


def test_newer_formats_are_refused(tmp_path):
    open_vault(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / "records.sqlite") as table:
        table.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    table.close()
    for read_only in (False, True):
        with pytest.raises(VaultError, match=f"format {len(MIGRATIONS) + 1}"):
            open_vault(tmp_path, read_only=read_only)


def test_older_formats_are_brought_up_to_date(tmp_path):
    table = sqlite3.connect(tmp_path / "t.sqlite", isolation_level=None)
    migrate(table)
    table.execute("INSERT INTO vault VALUES ('mine', x'01')")
    migrate(table, [*MIGRATIONS, ("ALTER TABLE records ADD COLUMN later TEXT",)])
    assert table.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert table.execute("SELECT value FROM vault WHERE name = 'mine'").fetchone() == (b"\x01",)
    table.execute("SELECT later FROM records")
    table.close()


def test_stats(vault):
    vault.add_many(many(10))
    stats = vault.stats()
    assert (stats.records, stats.version) == (10, len(MIGRATIONS))
    assert stats.table_bytes > 0
    assert stats.to_dict()["uri"] == vault.uri


def test_the_layout_of_a_segment_is_its_table():
    assert segments._STRUCT.size == 64
    assert embedded.SEGMENT_SLOTS == 65_536


def test_importing_the_room_loads_no_search_library():
    program = (
        "import sys, underdrawing.vault; print([n for n in ('faiss', 'cv2', 'pymilvus', 'PIL') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_strange_databases_are_refused(tmp_path):
    with sqlite3.connect(tmp_path / "records.sqlite") as table:
        table.execute("CREATE TABLE notes (text)")
    table.close()
    with pytest.raises(VaultDamagedError, match="another program"):
        open_vault(tmp_path)
