"""With which weights the fingerprints of a vault were made: noted once, refused where others come, carried along."""

import json
import sqlite3
from dataclasses import replace

import pytest
from vault_records import make_record, many

from underdrawing.errors import OtherFingerprintsError
from underdrawing.vault import Added, export_records, import_records, open_vault, repair_vault
from underdrawing.vault.migrations import MIGRATIONS, migrate


def made_by(name, *numbers):
    return [make_record(number, fingerprint_by=name) for number in numbers]


def test_the_first_record_says_it_and_others_are_refused(vault):
    assert vault.fingerprints_by == ""
    vault.add_many(made_by("one", 1, 2))
    assert vault.fingerprints_by == vault.stats().fingerprints_by == "one"
    with pytest.raises(OtherFingerprintsError, match=r"weights one, a new one was made with two.*recatalogue"):
        vault.add_many(made_by("two", 3))
    assert len(vault) == 2
    assert vault.add(make_record(4)) == Added(added=1), "who does not say is taken at his word"
    assert {record.fingerprint_by for record in vault.records()} == {"one"}
    assert vault.get(make_record(4).id).fingerprint_by == "one"


def test_a_batch_of_two_kinds_is_refused_whole(vault):
    with pytest.raises(OtherFingerprintsError):
        vault.add_many([*made_by("one", 1), *made_by("two", 2)])
    assert len(vault) == 0
    assert vault.fingerprints_by == ""


def test_what_nobody_noted_stays_unknown(vault):
    vault.add(make_record(1))
    vault.add_many(made_by("one", 2))
    assert vault.fingerprints_by == ""
    vault.note_fingerprints("one")
    assert vault.get(make_record(1).id).fingerprint_by == "one"


def test_it_is_no_part_of_what_makes_records_the_same(vault):
    vault.add_many(made_by("one", 1))
    assert vault.add(make_record(1)) == Added(skipped=1)
    assert make_record(1).digest() == replace(make_record(1), fingerprint_by="one").digest()


def test_changed_facts_leave_it(vault):
    vault.add_many(made_by("one", 1))
    assert vault.update_facts(make_record(1).id, {"title": "T"}).fingerprint_by == "one"


@pytest.mark.parametrize("name", ["all.jsonl", "all.parquet"])
def test_files_of_records_carry_it(vault, tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    vault.add_many(made_by("one", 1, 2))
    export_records(vault, tmp_path / name)
    with open_vault(tmp_path / "other", create=True) as other:
        import_records(other, tmp_path / name)
        assert other.fingerprints_by == "one"


def test_lines_from_before_are_read(vault, tmp_path):
    vault.add(make_record(1))
    export_records(vault, tmp_path / "all.jsonl")
    line = json.loads((tmp_path / "all.jsonl").read_text())
    del line["fingerprint_by"]
    (tmp_path / "old.jsonl").write_text(json.dumps(line))
    with open_vault(tmp_path / "other", create=True) as other:
        assert import_records(other, tmp_path / "old.jsonl") == Added(added=1)
        assert list(other.records()) == [make_record(1)]


@pytest.fixture
def format_1(tmp_path):
    """A vault of format 1 with ten records."""
    folder = tmp_path / "old"
    with open_vault(folder, create=True) as vault:
        vault.add_many(many(10))
    table, bare = (
        sqlite3.connect(path, isolation_level=None) for path in (folder / "records.sqlite", tmp_path / "bare.sqlite")
    )
    table.execute("DELETE FROM vault WHERE name = 'fingerprints'")
    table.execute("PRAGMA user_version = 1")
    migrate(bare, MIGRATIONS[:1])
    layout = "SELECT sql FROM sqlite_master ORDER BY name"
    assert bare.execute(layout).fetchall() == table.execute(layout).fetchall(), "it is what format 1 made"
    table.close()
    bare.close()
    return folder


def test_format_1_is_read_as_it_is(format_1):
    with open_vault(format_1, read_only=True) as vault:
        assert vault.fingerprints_by == ""
        assert vault.stats().version == 1
        assert list(vault.records()) == list(many(10))
        assert vault.nearest_fingerprints(next(iter(many(1))).fingerprint, 1)[0].distance == 0


def test_format_1_is_brought_up_to_date_for_writing(format_1):
    with open_vault(format_1) as vault:
        assert vault.stats().version == len(MIGRATIONS) == 2
        vault.note_fingerprints("one")
        assert vault.add_many(many(10)) == Added(skipped=10)
        assert vault.check().sound
    with open_vault(format_1, read_only=True) as vault:
        assert vault.fingerprints_by == "one"
        assert list(vault.records()) == list(many(10))


def test_a_repair_keeps_it(vault, tmp_path):
    vault.add_many(made_by("one", *range(1, 40)))
    vault.close()
    table = tmp_path / "vault" / "records.sqlite"
    data = bytearray(table.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = bytes(4096)
    table.write_bytes(data)
    repair_vault(tmp_path / "vault")
    with open_vault(tmp_path / "vault") as vault:
        assert 0 < len(vault) <= 39
        assert vault.fingerprints_by == "one"
