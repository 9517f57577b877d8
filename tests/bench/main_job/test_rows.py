import json

import pytest

from underdrawing.bench.main_job.rows import PictureRow, Row, RowLog, earlier_rows
from underdrawing.errors import UsageError

ROW = Row(
    key="a|standard|png|untouched", picture="a", profile="standard", attack="png", blocks=("anchor", "core"), f1=0.5
)
PICTURE = PictureRow("a", "standard", 512, 768, ("anchor",), ("fine",), 41.8, 0.99, 0.01, 0.9, 12, 1.1, 0.3)


def test_round_trip(tmp_path):
    log = RowLog(tmp_path / "deep" / "rows.jsonl", header={"commit": "1"})
    log.add([ROW, PICTURE])
    again = RowLog(tmp_path / "deep" / "rows.jsonl", header={"commit": "1"})
    assert again.rows() == [ROW]
    assert again.pictures() == [PICTURE]


def test_a_picture_protected_twice_counts_once(tmp_path):
    log = RowLog(tmp_path / "rows.jsonl", header={})
    log.add([PICTURE])
    log.add([PICTURE])
    assert log.pictures() == [PICTURE]


def test_a_line_cut_off_by_an_interruption_is_forgotten(tmp_path):
    path = tmp_path / "rows.jsonl"
    RowLog(path, header={"seed": 0}).add([ROW])
    with path.open("a") as file:
        file.write('{"type": "Row", "key": "b|')
    log = RowLog(path, header={"seed": 0})
    log.add([PICTURE])
    assert log.rows() == [ROW]
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_another_header_starts_afresh(tmp_path):
    RowLog(tmp_path / "rows.jsonl", header={"commit": "1"}).add([ROW])
    assert RowLog(tmp_path / "rows.jsonl", header={"commit": "2"}).rows() == []


def test_an_empty_or_foreign_file_starts_afresh(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("")
    assert RowLog(path, header={"commit": "1"}).rows() == []


def test_the_rows_of_an_earlier_run_are_kept_as_they_are(tmp_path):
    path = tmp_path / "rows.jsonl"
    RowLog(path, header={"commit": "1", "seed": 0}).add([ROW, PICTURE])
    with path.open("a") as file:
        file.write('{"type": "Row", "key": "b|')
    before = path.read_bytes()
    assert earlier_rows(path) == ("1", [ROW])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "no json", "[]\n", '{"seed": 0}', '{"seed": 0}\n', '{"commit": 5}', '{"commit": 5}\n[]\n', None]
)
def test_rejects_a_file_that_holds_no_rows_of_an_earlier_run(tmp_path, text):
    path = tmp_path / "rows.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match="not the rows of a run"):
        earlier_rows(path)
    assert path.read_text() == text if text is not None else not path.exists()
