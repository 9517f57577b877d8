import json

from underdrawing.bench.main_job.rows import PictureRow, Row, RowLog

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
