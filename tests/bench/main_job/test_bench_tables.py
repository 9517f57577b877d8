import dataclasses

import pytest
from rich.console import Console

from underdrawing.bench.document import markdown, moved_markdown, print_lines, replace_section
from underdrawing.bench.main_job.reading import attack_lines, reading_lines
from underdrawing.bench.main_job.rows import PictureRow, Row
from underdrawing.bench.main_job.tables import failures, geometry_lines, main_job_lines, map_by_kind
from underdrawing.bench.main_job.targets import GEOMETRY_ATTACKS
from underdrawing.errors import UsageError

EVERYTHING = ("anchor", "core", "detail", "fine")


def row(picture, attack="jpeg75", **values):
    standard = {
        "key": f"{picture}|{attack}|{values}",
        "picture": picture,
        "profile": "standard",
        "attack": attack,
        "kind": "splice",
        "fraction": 0.25,
        "short_side_px": 1080,
        "embedded": EVERYTHING,
        "blocks": EVERYTHING,
        "id_right": True,
        "verdict": "tampered",
        "signature": "valid",
    }
    return Row(**{**standard, **values})


def picture(name, psnr_db, **values):
    standard = PictureRow(name, "standard", 1080, 1920, EVERYTHING, (), psnr_db, 0.99, 0.01, 1.0, 100, 1.1, 0.5)
    return dataclasses.replace(standard, **values)


def line(lines, row_name, what):
    found = [line for line in lines if line.row == row_name and what in line.what]
    assert len(found) == 1
    return found[0]


def test_nothing_measured_is_neither_pass_nor_miss():
    assert {line.passed for line in main_job_lines([], [])} == {None}
    assert {line.passed for line in attack_lines([])} == {None}


def test_a_rate_is_met_by_every_attack_alone_or_missed():
    rows = [row(f"p{i}", "jpeg75") for i in range(10)] + [row(f"p{i}", "png") for i in range(10)]
    good, bad = reading_lines(rows)[0], reading_lines([*rows[1:], row("p0", blocks=("anchor", "core"))])[0]
    assert (good.passed, bad.passed) == (True, False)
    assert bad.measured == "90.0% (9 of 10) at jpeg75"


def test_what_counts_for_a_rate():
    by_attack = {line.attack: line for line in attack_lines([row("p")]) if line.requirement.blocks == ("fine",)}
    assert (by_attack["jpeg75"].read, by_attack["jpeg75"].tried, by_attack["png"].tried) == (1, 1, 0)
    for values, expected in [
        ({"short_side_px": 512, "embedded": ("anchor", "core")}, 0),
        ({"short_side_px": 512}, 0),
        ({"embedded": ("anchor",), "blocks": ("anchor",)}, 1),
        ({"kind": "recolour"}, 0),
        ({"kind": None, "fraction": None}, 0),
        ({"fraction": 0.5}, 0),
        ({"error": "it broke", "blocks": (), "short_side_px": 0}, 1),
        ({"profile": "discreet"}, 0),
    ]:
        lines = attack_lines([row("p", **values)])
        assert next(x for x in lines if x.requirement.blocks == ("fine",) and x.attack == "jpeg75").tried == expected
    for embedded, expected in ((("anchor", "core"), 1), (("anchor",), 0)):
        lines = attack_lines([row("p", short_side_px=300, embedded=embedded, attack="jpeg40")])
        assert next(x for x in lines if x.requirement.blocks == ("core",) and x.attack == "jpeg40").tried == expected


def test_a_wrong_id_or_an_error_is_not_read():
    for values in ({"id_right": False}, {"error": "it broke"}):
        assert all(line.read == 0 for line in attack_lines([row("p", **values)]))


def test_invisibility_takes_mean_worst_and_pooled_smooth_areas():
    pictures = [
        picture("a", 44.0, smooth_rms=2.0, smooth_windows=10),
        picture("b", 38.0, smooth_rms=0.0, smooth_windows=30),
    ]
    lines = main_job_lines([], pictures)
    assert line(lines, "invisibility", "standard: mean PSNR").measured == "41"
    assert line(lines, "invisibility", "standard: worst PSNR").passed is False
    assert line(lines, "invisibility", "standard: smooth areas, rms").measured == "1"
    assert line(lines, "invisibility", "standard: the same, mean").measured == "1.000 / 2.000"
    assert line(lines, "invisibility", "discreet").passed is None
    assert line(lines, "file size", "largest").passed is True


def test_false_alarms_count_flags_on_untouched_copies_and_marks_in_unmarked_photographs():
    quiet = [row(f"p{i}", kind=None, fraction=None, verdict="authentic") for i in range(99)]
    loud = [row(f"q{i}", kind=None, fraction=None, verdict="tampered") for i in range(1)]
    unmarked = [Row(key=str(i), picture=str(i), profile=None, attack="png", verdict="unprotected") for i in range(2000)]
    lines = main_job_lines([*quiet, *loud, *unmarked], [])
    assert line(lines, "false alarms", "untouched").passed is True
    assert line(lines, "false alarms", "unmarked").passed is True
    assert line(main_job_lines(loud, []), "false alarms", "untouched").passed is False
    found = dataclasses.replace(unmarked[0], verdict="authentic")
    assert line(main_job_lines([found], []), "false alarms", "unmarked").passed is False
    assert line(main_job_lines(unmarked[1:], []), "false alarms", "unmarked").passed is None


def test_maps_average_f1_with_nothing_found_as_zero_and_recolouring_apart():
    rows = [row("a", "png", f1=1.0, auc=1.0), row("b", "png", f1=None), row("c", "png", f1=0.0, kind="recolour")]
    lines = main_job_lines(rows, [])
    assert line(lines, "tamper map", "regions of 5–50 %, clean, mean F1").measured == "0.5"
    assert line(lines, "tamper map", "regions of 5–50 %, clean, mean AUC").measured == "1"
    small = main_job_lines([row("a", "png", f1=0.9, fraction=0.02)], [])
    assert line(small, "tamper map", "regions of 1–5 %, clean").passed is True
    assert [(kind[0], kind[2], kind[3]) for kind in map_by_kind(rows)] == [("splice", 2, 0.5), ("recolour", 1, 0.0)]


def test_unmarked_pictures_go_through_the_search_as_well():
    unmarked = {"profile": None, "kind": None, "fraction": None, "verdict": "unprotected"}
    rows = [row(str(number), "png", **unmarked, verify_s=0.5) for number in range(5000)]
    lines = geometry_lines(rows)
    assert line(lines, "false alarms", "unmarked").passed is True
    assert line(lines, "time", "unmarked").measured == "0.50"
    assert line(geometry_lines(rows[:4999]), "false alarms", "unmarked").passed is None
    assert line(geometry_lines([]), "false alarms", "unmarked").measured == "not measured"
    assert line(main_job_lines(rows[:2000], []), "false alarms", "unmarked").passed is True
    read = row("x", "png", **{**unmarked, "verdict": "authentic"})
    assert line(geometry_lines([*rows, read]), "false alarms", "unmarked").passed is False


def test_moved_pictures_that_nobody_doctored_may_not_be_called_that():
    whole = {"kind": None, "fraction": None}
    rows = [row(str(number), "crop0.5", **whole, verdict="authentic") for number in range(199)]
    name = "every movement"
    assert line(geometry_lines([*rows, row("x", "crop0.5", **whole, verdict="tampered")]), "false alarms", name).passed
    flagged = [row(word, "crop0.5", **whole, verdict="transplanted") for word in "xyz"]
    found = line(geometry_lines([*rows, *flagged]), "false alarms", name)
    assert found.passed is False
    assert found.measured == "199 of 202"
    doctored = row("x", "crop0.8+jpeg75", verdict="tampered")
    assert line(geometry_lines([*rows, doctored]), "false alarms", name).measured == "199 of 199"


def test_the_section_about_moved_pictures_names_every_movement():
    rows = [row("a", "crop0.7", kind=None, fraction=None, verdict="authentic")]
    text = moved_markdown(geometry_lines(rows), attacks=attack_lines(rows, GEOMETRY_ATTACKS), facts={"seed": 0})
    assert "| seed | 0 |" in text
    assert "| standard | anchor | `crop0.7` | 1 of 1 |" in text
    assert all(f"`{name}`" in text for requirement in GEOMETRY_ATTACKS for name in requirement.attacks)


def test_recovery_is_told_by_the_scales_that_were_read():
    values = {"telea_db": 18.0, "code_16_db": 22.0, "code_32_db": 24.0, "outside_identical": True}
    rows = [row("a", recovered_db=22.0, code_scales=5, **values), row("b", recovered_db=24.5, code_scales=6, **values)]
    lines = main_job_lines(rows, [])
    name = "recovery inside 25 %, JPEG 75"
    assert line(lines, name, "gain over Telea").measured == "5.25"
    assert line(lines, name, "4092 bits read").measured == "22"
    assert line(lines, name, "16,380 bits read").passed is True
    assert line(lines, "recovery", "identical").measured == "2 of 2"


def test_the_document_keeps_what_is_around_the_section(tmp_path):
    path = tmp_path / "benchmark.md"
    replace_section(path, "first")
    path.write_text("Before.\n" + path.read_text() + "After.\n")
    replace_section(path, "second")
    text = path.read_text()
    assert text.startswith("Before.\n# Benchmark")
    assert text.endswith("After.\n")
    assert "second" in text
    assert "first" not in text


def test_the_document_without_markers_is_left_alone(tmp_path):
    path = tmp_path / "benchmark.md"
    path.write_text("mine")
    with pytest.raises(UsageError, match="expected the lines"):
        replace_section(path, "section")
    assert path.read_text() == "mine"


def test_the_table_reads_in_terminal_and_markdown():
    rows = [row("a", "png", f1=1.0, auc=1.0), row("b", error="it | broke", key="b|png")]
    lines = main_job_lines(rows, [picture("a", 42.0)])
    console = Console(record=True, width=160, file=None, quiet=False)
    with console.capture() as captured:
        print_lines(lines, console=console)
    assert "pass" in captured.get()
    text = markdown(
        lines,
        attacks=attack_lines(rows),
        kinds=map_by_kind(rows),
        failed=failures(rows),
        facts={"versions": {"numpy": "2"}, "data_hash": "x"},
    )
    assert "| invisibility | standard: mean PSNR, dB | ≥ 41.5 | 42 | pass |" in text
    assert "| versions | numpy 2 |" in text
    assert "it | broke" in text


def test_moved_pictures_have_their_own_lines():
    untouched = {"kind": None, "fraction": None, "verdict": "authentic"}
    rows = [
        row("a", "crop0.7", **untouched),
        row("b", "crop0.7", **untouched, blocks=("anchor",)),
        row("a", "crop0.7"),
        row("a", "crop0.8+jpeg75", f1=0.9, verify_s=2.0),
        row("b", "crop0.8+jpeg75", f1=0.8, verify_s=4.0),
    ]
    lines = geometry_lines(rows)
    crops = [line for line in lines if "crop0.7" in line.what and "resize" not in line.what]
    assert [line.measured[:13] for line in crops] == ["100.0% (2 of ", "50.0% (1 of 2", "50.0% (1 of 2"]
    assert "nothing replaced" in crops[0].row
    assert line(lines, "map", "F1").measured == "0.85"
    assert line(lines, "map", "F1").passed is False
    assert line(lines, "anchor read, standard, 25 % replaced", "crop0.8").passed is True
