"""Broken and poisoned vaults: refused or repaired, never believed, never lost."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from vault_records import make_record, many

from underdrawing.errors import RecordError, UnderdrawingError, VaultDamagedError
from underdrawing.vault import Added, Match, open_vault, repair_vault

SQL = "x'); DROP TABLE records; --"


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    for module in ("segments", "index", "embedded", "checking"):
        monkeypatch.setattr(f"underdrawing.vault.{module}.SEGMENT_SLOTS", 100)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "vault"
    with open_vault(path, create=True) as vault:
        vault.add_many(many(250))
    return path


def found(vault, number=150):
    record = next(iter(many(1, start=0))) if number == 0 else list(many(250))[number]
    return vault.nearest_fingerprints(record.fingerprint, 1) == (Match(record.id, 0),)


def change(folder, *statements):
    with sqlite3.connect(folder / "records.sqlite") as table:
        for statement in statements:
            table.execute(statement)
    table.close()


def test_statements_in_texts_are_texts(folder):
    record = make_record(1, facts={SQL[:60]: SQL}, carrier=SQL, profile=SQL, original=SQL)
    with open_vault(folder) as vault:
        vault.add(record)
        assert vault.get(record.id) == record
        vault.update_facts(record.id, {"a": SQL})
        for call in (vault.get, vault.delete, vault.__contains__):
            with pytest.raises(RecordError):
                call(SQL)
        assert len(vault) == 251


@pytest.mark.parametrize("damage", ["missing", "empty", "short", "long", "flipped", "header", "swapped", "folder"])
def test_a_broken_index_is_made_again_by_itself(folder, damage):
    one, other = sorted(folder.glob("segment-*.bin"))
    data = bytearray(one.read_bytes())
    one.unlink()
    if damage == "empty":
        one.touch()
    elif damage == "short":
        one.write_bytes(data[:-1])
    elif damage == "long":
        one.write_bytes(data + b"\0")
    elif damage in ("flipped", "header"):
        data[500 if damage == "flipped" else 30] ^= 1
        one.write_bytes(data)
    elif damage == "swapped":
        shutil.copy(other, one)
    elif damage == "folder":
        one.mkdir()
    with open_vault(folder, read_only=True) as vault:
        assert found(vault, 50)
        assert not vault.check().sound
    with open_vault(folder) as vault:
        assert all(found(vault, number) for number in (0, 50, 99, 100, 199, 249))
        if damage == "folder":
            assert "cannot be written" in vault.check(repair=True).problems[0]
            return
        assert vault.check().sound
        assert vault.nearest_sketches(list(many(250))[5].sketch, 1)[0].distance == 0


def test_the_index_of_another_vault_is_not_believed(folder, tmp_path):
    with open_vault(tmp_path / "other", create=True) as other:
        other.add_many(many(250))
    for path in (tmp_path / "other").glob("segment-*.bin"):
        shutil.copy(path, folder / path.name)
    with open_vault(folder) as vault:
        assert "another segment" in vault.check().problems[0]
        assert found(vault)
        assert vault.check().sound


def test_check_repairs_the_index_and_clears_what_a_crash_left(folder):
    first = sorted(folder.glob("segment-*.bin"))[0]
    first.write_bytes(b"broken")
    (folder / "segment-000007-00000000.bin").touch()
    (folder / ".segment-000000-00000000.bin.01234567.part").touch()
    (folder / "notes.txt").touch()
    with open_vault(folder) as vault:
        assert len(vault.check().problems) == 1
        health = vault.check(repair=True)
        assert health.sound
        assert len(health.repaired) == 3
        assert vault.check().repaired == ()
    assert sorted(path.name for path in folder.iterdir() if "segment" not in path.name) == [
        "notes.txt",
        "records.sqlite",
    ]


def test_a_wrong_index_with_a_right_checksum_is_found(folder):
    change(folder, "UPDATE bits SET fingerprint = zeroblob(64) WHERE slot = 5")
    with open_vault(folder) as vault:
        problems = vault.check().problems
        assert any(problem.startswith("record 0000000000000004") for problem in problems)
        assert any("not what the table says" in problem for problem in problems)


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE records SET facts = \'{"creator":"somebody else"}\' WHERE slot = 5',
        "UPDATE records SET facts = '[' WHERE slot = 5",
        "UPDATE records SET facts = '[1]' WHERE slot = 5",
        "UPDATE records SET facts = 7 WHERE slot = 5",
        "UPDATE records SET facts = cast(x'ff' AS TEXT) WHERE slot = 5",
        "UPDATE records SET preview = zeroblob(1000000) WHERE slot = 5",
        "UPDATE records SET preview = 'text' WHERE slot = 5",
        "UPDATE records SET original = x'00' WHERE slot = 5",
        "UPDATE records SET digest = zeroblob(16) WHERE slot = 5",
        "UPDATE bits SET fingerprint = '" + "x" * 64 + "' WHERE slot = 5",
        "UPDATE records SET code = zeroblob(2048) WHERE slot = 5",
        "DELETE FROM bits WHERE slot = 5",
    ],
)
def test_a_poisoned_record_is_never_given_out_and_never_lost(folder, statement):
    fifth = list(many(5))[-1]
    change(folder, statement)
    with open_vault(folder) as vault:
        with pytest.raises(VaultDamagedError):
            vault.get(fifth.id)
        health = vault.check(repair=True)
        assert not health.sound
        assert health.records == 249
        assert found(vault)
        with pytest.raises(RecordError, match="ask to replace it"):
            vault.add(fifth)
        assert vault.add(fifth, replace=True) == Added(replaced=1)
        assert vault.get(fifth.id) == fifth
        assert vault.check(repair=True).sound


def test_a_table_with_triggers_or_views_is_refused(folder, tmp_path):
    for name, statement in (
        ("trigger", "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END"),
        ("view", "CREATE VIEW v AS SELECT * FROM records"),
    ):
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        change(copy, statement)
        with pytest.raises(VaultDamagedError, match=f"parts no vault has \\({name}"):
            open_vault(copy)


def test_a_truncated_table_is_refused_and_what_is_readable_saved(tmp_path):
    folder, records = tmp_path / "vault", list(many(3000))
    with open_vault(folder, create=True) as vault:
        vault.add_many(records)
    table = folder / "records.sqlite"
    whole = table.read_bytes()
    table.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    with pytest.raises(VaultDamagedError, match="vault check --repair"):
        open_vault(folder)
    health = repair_vault(folder)
    assert not health.sound
    assert 1000 < health.records < 3000
    assert (folder / "damaged-1.sqlite").read_bytes()[:4096] == whole[:4096]
    with open_vault(folder) as vault:
        saved = list(vault.records())
        assert saved == [record for record in records if record.id in vault]
        assert len(saved) == health.records
        assert vault.check().sound
        assert vault.add_many(records) == Added(added=3000 - len(saved), skipped=len(saved))


@pytest.mark.parametrize("place", [100, 4096 * 3 + 8, 4096 * 8 + 8, -4096 * 2])
def test_an_overwritten_page_costs_what_was_on_it(folder, place):
    table = folder / "records.sqlite"
    data = bytearray(table.read_bytes())
    place %= len(data)
    data[place : place + 1000] = b"\xa5" * 1000
    table.write_bytes(data)
    health = repair_vault(folder)
    with open_vault(folder) as vault:
        assert vault.check().sound or not any(line.startswith("table") for line in vault.check().problems)
        kept = {record for record in many(250) if record.id in vault and _readable(vault, record.id)}
        assert len(kept) == health.records
        vault.add_many(many(250), replace=True)
        assert vault.check(repair=True).sound


def _readable(vault, id_):
    try:
        return vault.get(id_) is not None
    except VaultDamagedError:
        return False


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(100), b"text" * 5000])
def test_what_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "records.sqlite").write_bytes(content)
    with pytest.raises(UnderdrawingError):
        open_vault(tmp_path, read_only=True)


def test_only_one_table_is_set_aside_at_a_time(folder):
    for number in (1, 2):
        (folder / "records.sqlite").write_bytes(b"text" * 5000)
        for end in ("-wal", "-shm"):
            Path(f"{folder}/records.sqlite{end}").unlink(missing_ok=True)
        assert repair_vault(folder).records == 0
        assert (folder / f"damaged-{number}.sqlite").exists()


def with_a_slot_twice(folder):
    """Give the last record on the first page of the table the slot of the first, in the very bytes."""
    with sqlite3.connect(folder / "records.sqlite") as table:
        table.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = table.execute("SELECT rootpage FROM sqlite_master WHERE name = 'records'").fetchone()[0]
        size = table.execute("PRAGMA page_size").fetchone()[0]
    table.close()
    data = bytearray((folder / "records.sqlite").read_bytes())
    page = (root - 1) * size
    assert data[page] == 13  # a leaf of a table
    count = int.from_bytes(data[page + 3 : page + 5])
    last = page + int.from_bytes(data[page + 6 + 2 * count : page + 8 + 2 * count])
    while data[last] & 128:  # the size of the row, seven bits a byte
        last += 1
    assert data[last + 1] == count > 1
    data[last + 1] = 1
    (folder / "records.sqlite").write_bytes(data)


def test_a_slot_that_comes_twice_does_not_keep_a_reader_for_ever(tmp_path):
    folder = tmp_path / "vault"
    with open_vault(folder, create=True) as vault:
        vault.add_many(many(3))
    with_a_slot_twice(folder)
    with open_vault(folder, read_only=True) as vault:
        for read in (vault.ids, vault.records):
            with pytest.raises(VaultDamagedError, match="out of order"):
                list(read())
        health = vault.check()
    assert not health.sound
    assert any("out of order" in problem for problem in health.problems)
    repair_vault(folder)
    with open_vault(folder, read_only=True) as vault:
        assert {record.id for record in vault.records()} >= {record.id for record in many(2)}
    assert (folder / "damaged-1.sqlite").exists()


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_table_that_was_emptied_is_damage_and_no_new_vault(folder, create, read_only):
    (folder / "records.sqlite").write_bytes(b"")
    for end in ("-wal", "-shm"):
        (folder / f"records.sqlite{end}").unlink(missing_ok=True)
    with pytest.raises(VaultDamagedError, match="empty"):
        open_vault(folder, create=create, read_only=read_only)
    assert not repair_vault(folder).sound
    assert (folder / "damaged-1.sqlite").exists()


def test_a_name_that_is_no_text_is_damage(folder):
    with sqlite3.connect(folder / "records.sqlite") as table:
        table.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    table.close()
    path = folder / "records.sqlite"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE bits", b"CREATE TABLE \xffits"))
    with pytest.raises(VaultDamagedError), open_vault(folder) as vault:
        list(vault.records())
