"""The format others send results in: what is accepted, what is not, and the table."""

import json

import pytest

from underdrawing.bench.contest.leaderboard import FIELDS, ROW_FIELDS, describe, leaderboard, read_entry, write_entries
from underdrawing.bench.contest.measures import Measure
from underdrawing.errors import UsageError

ROW = {"attack": "jpeg75", "edits": "all", "metric": "f1", "value": 0.9, "cases": 40, "low": 0.85, "high": 0.95}
ENTRY = {
    "format": "underdrawing-leaderboard", "version": 1, "system": "Ours | theirs", "contact": "a@example.org",
    "source": "commit 1", "dataset": "0123456789abcdef", "gallery": None, "items": 40, "seed": 0, "rows": [ROW],
}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(**changes):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps({name: value for name, value in (ENTRY | changes).items() if value != "gone"}))
        return path

    return write


def test_round_trip_what_a_run_writes_is_in_order(tmp_path):
    measured = [
        Measure("one", "jpeg75", "all", "f1", 0.9, 40, 0.85, 0.95),
        Measure("one", "–", "all", "psnr_db", float("inf"), 40, 40.0, float("inf")),
        Measure("two/three", "–", "all", "psnr_db", 41.5, 40, 41.0, 42.0),
    ]
    facts = {"commit": "abc", "dataset": "0123456789abcdef", "gallery": "fedcba9876543210", "items": 40, "seed": 7}
    paths = write_entries({"measured_with": facts, "measures": measured}, tmp_path / "sent", contact="a@example.org")
    assert [path.name for path in paths] == ["one.json", "two-three.json"]
    entries = [read_entry(path) for path in paths]
    assert [entry.system for entry in entries] == ["one", "two/three"]
    assert entries[0].rows == (ROW,)
    assert {(entry.source, entry.seed, entry.items) for entry in entries} == {("commit abc", 7, 40)}


def test_reference_the_table_has_every_system_after_every_attack(written):
    other = written(
        system="Another", rows=[ROW | {"value": 0.91}, ROW | {"metric": "id", "value": 1, "low": 0.9, "high": 1}]
    )
    foreign = written(system="Elsewhere", dataset="f" * 16)
    text = leaderboard([read_entry(path) for path in (written(), other, foreign)])
    assert "| jpeg75 | Ours \\| theirs | 40 | – | 0.9000 |" in text
    assert "| jpeg75 | Another | 40 | 100.0% | 0.9100 |" in text
    assert text.count("### Dataset") == 2
    assert "f1 ↑" in text


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"format": "other"}, "format is 'other'"),
        ({"version": 2}, "version is '2'"),
        ({"version": True}, "version is 'True'"),
        ({"system": ""}, "system is ''"),
        ({"system": "a\nb"}, "system is"),
        ({"contact": "gone"}, "lacks contact"),
        ({"more": 1}, r"unknown fields \['more'\]"),
        ({"dataset": "0123"}, "dataset is '0123'"),
        ({"gallery": "x" * 16}, "gallery is"),
        ({"items": 0}, "items is '0'"),
        ({"seed": "0"}, "seed is '0'"),
        ({"rows": []}, "rows is"),
        ({"rows": [1]}, "row 0: expected an object"),
        ({"rows": [ROW | {"metric": "beauty"}]}, "row 0: metric is 'beauty'"),
        ({"rows": [ROW, ROW | {"value": None}]}, "row 1: value is 'None'"),
        ({"rows": [ROW | {"value": 0.99}]}, "not between low and high"),
        ({"rows": [ROW | {"cases": 1.5}]}, "cases is '1.5'"),
        ({"rows": [ROW | {"metric": "id", "value": 1.5, "low": 0, "high": 2}]}, "id is a share"),
    ],
)
def test_rejects_what_is_not_in_order_and_says_which_field(written, changes, words):
    with pytest.raises(UsageError, match=words):
        read_entry(written(**changes))


def test_rejects_no_file_no_json_and_no_number(tmp_path, written):
    with pytest.raises(UsageError, match="cannot read"):
        read_entry(tmp_path / "missing.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(UsageError, match="no JSON"):
        read_entry(tmp_path / "text.json")
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(UsageError, match="no JSON"):
        read_entry(tmp_path / "deep.json")
    with pytest.raises(UsageError, match="value is 'nan'"):
        read_entry(written(rows=[ROW | {"value": float("nan")}]))


def test_the_documentation_names_every_field_and_metric():
    text = describe()
    assert all(f"| `{name}` |" in text for name in (*FIELDS, *ROW_FIELDS, "f1", "top1_image_by_code", "psnr_db"))
