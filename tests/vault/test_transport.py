"""What leaves a vault comes into another as it was; what is not a record does not get in."""

import io
import json

import pytest
from vault_records import make_record, many

from underdrawing.errors import OutputError, OutputExistsError, RecordConflictError, RecordError, UsageError
from underdrawing.vault import Added, export_records, import_records, open_vault, read_lines, to_object, write_lines

FULL = make_record(1, facts={"caption": "Zeile\nzwei \u2028 \U0001f600"})
BARE = make_record(2, code=None, preview=b"", signature=None, key_id=None, original=None, carrier="", profile="")


@pytest.mark.parametrize("name", ["out.jsonl", "out.ndjson", "OUT.PARQUET"])
def test_round_trip(vault, tmp_path, name):
    if name.endswith("PARQUET"):
        pytest.importorskip("pyarrow")
    records = [FULL, BARE, *many(1500)]
    vault.add_many(records)
    counted = []
    assert export_records(vault, tmp_path / name, on_record=lambda: counted.append(1)) == len(counted) == 1502
    with open_vault(tmp_path / "other", create=True) as other:
        assert import_records(other, tmp_path / name) == Added(added=1502)
        assert list(other.records()) == records
        assert import_records(other, tmp_path / name) == Added(skipped=1502)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "other", "vault"])


def test_a_line_is_plain_and_says_what_it_is():
    file = io.BytesIO()
    assert write_lines([FULL], file) == 1
    assert file.getvalue().isascii()
    assert file.getvalue().count(b"\n") == 1
    values = json.loads(file.getvalue())
    assert values["version"] == 1
    assert values["digest"] == FULL.digest().hex()
    assert values["facts"] == dict(FULL.facts)


def lines_of(*objects):
    return io.BytesIO(b"\n\n".join(json.dumps(one).encode() if isinstance(one, dict) else one for one in objects))


def test_what_is_missing_is_taken_as_nothing():
    values = to_object(BARE)
    for name in ("code", "preview", "signature", "key_id", "original", "digest", "version", "carrier"):
        del values[name]
    assert list(read_lines(lines_of(values))) == [BARE]


@pytest.mark.parametrize(
    "line, message",
    [
        (b"not json", "line 3 is not JSON"),
        (b"[" * 100_000, "line 3 is not JSON"),
        (b"\xff\xfe", "line 3 is not JSON"),
        (b"[]", "line 3 is not a JSON object"),
        (b'"' + b"x" * 600_000 + b'"', "line 3 is longer than"),
        (b"{}", "line 3: "),
        ({"facts": {"creator": "somebody else"}}, "does not fit its checksum"),
        ({"fingerprint": "AAAA"}, "expected 64 bytes"),
        ({"fingerprint": "not base64!"}, "is not base64"),
        ({"fingerprint": 5}, "is not base64"),
        ({"version": 2}, "has version '2'"),
        ({"id": "../../etc/passwd"}, "16 hexadecimal digits"),
        ({"extra": 1}, "unknown entry 'extra'"),
        ({"facts": {"a": ["b"]}}, "not a text under a name"),
        ({"facts": None}, "facts are names with texts"),
    ],
)
def test_rejects(vault, line, message):
    poisoned = to_object(FULL) | line if isinstance(line, dict) else line
    with pytest.raises(RecordError, match=message):
        vault.add_many(read_lines(lines_of(to_object(BARE), poisoned)), batch=1)
    assert list(vault.records()) == [BARE]


def test_a_different_record_is_refused_or_replaces(vault, tmp_path):
    vault.add(FULL)
    export_records(vault, tmp_path / "a.jsonl")
    vault.update_facts(FULL.id, {})
    with pytest.raises(RecordConflictError):
        import_records(vault, tmp_path / "a.jsonl")
    assert import_records(vault, tmp_path / "a.jsonl", replace=True) == Added(replaced=1)
    assert vault.get(FULL.id) == FULL


def test_an_export_overwrites_nothing_unasked(vault, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("mine")
    with pytest.raises(OutputExistsError):
        export_records(vault, path)
    assert path.read_text() == "mine"
    export_records(vault, path, overwrite=True)
    assert path.read_text() == ""


def test_an_export_that_fails_leaves_nothing(vault, tmp_path):
    vault.add(FULL)

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        export_records(vault, tmp_path / "a.jsonl", on_record=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    with pytest.raises(OutputError, match="cannot write"):
        export_records(vault, tmp_path / "no folder" / "a.jsonl")


def test_files_of_other_kinds_are_refused(vault, tmp_path):
    for path in (tmp_path / "a.csv", tmp_path / "a"):
        with pytest.raises(UsageError, match=r"\.jsonl"):
            import_records(vault, path)
        with pytest.raises(UsageError, match=r"\.jsonl"):
            export_records(vault, path)
    with pytest.raises(UsageError, match="No such file"):
        import_records(vault, tmp_path / "a.jsonl")


def test_a_line_that_lacks_something_says_what():
    with pytest.raises(RecordError, match="line 2: it lacks created, facts, fingerprint, sketch; expected a record"):
        list(read_lines(io.BytesIO(b'\n{"id": "0000000000000001"}\n')))


def test_broken_tables_are_refused(vault, tmp_path):
    arrow = pytest.importorskip("pyarrow")

    path = tmp_path / "a.parquet"
    with pytest.raises(UsageError, match="no such file"):
        import_records(vault, path)
    path.write_bytes(b"PAR1 not a table PAR1")
    with pytest.raises(RecordError, match="cannot be read as Parquet"):
        import_records(vault, path)
    arrow.parquet.write_table(arrow.table({"id": ["0" * 16], "facts": ["{"]}), path)
    with pytest.raises(RecordError, match="row 1: the facts are not JSON"):
        import_records(vault, path)
    arrow.parquet.write_table(arrow.table({"id": [5]}), path)
    with pytest.raises(RecordError, match="row 1"):
        import_records(vault, path)
    assert len(vault) == 0


def test_without_its_extra_parquet_says_what_to_install(vault, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"underdrawing\[parquet\]"):
        export_records(vault, tmp_path / "a.parquet")
