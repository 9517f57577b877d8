"""A contest from beginning to end, interrupted and finished, and everything that is told of it."""

import json
import re
from dataclasses import replace

import pytest

from underdrawing.bench.contest import conducting
from underdrawing.bench.contest.conducting import Contest, conduct
from underdrawing.bench.contest.leaderboard import read_entry
from underdrawing.bench.contest.reporting import write_report
from underdrawing.bench.contest.results import program_fingerprint, read_results
from underdrawing.bench.contest.rows import CostRow
from underdrawing.errors import UsageError

SYSTEMS = ("fragile self-embedding", "Telea", "nothing")
ATTACKS = ("png", "jpeg75", "copyreal")


@pytest.fixture(scope="module")
def contest(dataset_folder, photographs, tmp_path_factory):
    output = tmp_path_factory.mktemp("contests") / "results"
    return Contest(dataset_folder, output, SYSTEMS, ATTACKS, gallery=photographs, processes=0)


@pytest.fixture(scope="module")
def results(contest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conducting, "measure_cost", lambda system, **_: CostRow(system=system, protect_s=1.0))
        conduct(contest)
    return read_results(contest.output)


def numbers(results):
    return {(one.system, one.attack, one.edits, one.metric): one for one in results["measures"]}


def test_reference_every_system_has_its_numbers(results):
    found = numbers(results)
    assert found["fragile self-embedding", "png", "all", "f1"].value > 0.7
    assert found["fragile self-embedding", "jpeg75", "all", "flagged"].value == 1
    assert found["fragile self-embedding", "copyreal", "all", "believed"].value == 0
    assert found["Telea", "jpeg75", "all", "recovered_db"].cases >= 3
    assert found["nothing", "png", "all", "top1_image_by_PDQ"].cases == 4
    assert not results["errors"]
    assert results["measured_with"]["program"] == program_fingerprint()
    assert results["measured_with"]["items"] == 4


def test_a_second_run_measures_nothing_again(contest, results, monkeypatch):
    def never(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(conducting, "run_unit", never)
    monkeypatch.setattr(conducting, "measure_cost", never)
    again = conduct(contest)
    assert [one["value"] for one in again["measures"]] == [one.value for one in results["measures"]]


def test_an_interrupted_run_is_finished(contest, results, tmp_path, monkeypatch):
    """Half of the rows and a line that was cut off; the rest is measured, with the same results."""
    monkeypatch.setattr(conducting, "measure_cost", lambda system, **_: CostRow(system=system))
    (log,) = contest.output.glob("rows-*.jsonl")
    lines = log.read_bytes().splitlines(keepends=True)
    (tmp_path / log.name).write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:30])
    again = conduct(replace(contest, output=tmp_path))
    timeless = [one for one in again["measures"] if not one["metric"].endswith("_s")]
    assert timeless == [vars(one) for one in results["measures"] if not one.metric.endswith("_s")]


def test_reference_systems_and_edits_stand_in_their_order(results):
    found = results["measures"]
    assert list(dict.fromkeys(one.system for one in found)) == list(SYSTEMS)
    assert [row.system for row in results["costs"]] == list(SYSTEMS)
    sizes = [one.edits for one in found if (one.system, one.metric) == ("Telea", "same_mask_db")]
    known = [size for size in dict.fromkeys(sizes) if size in ("small", "medium", "large", "huge", "whole")]
    assert known == [size for size in ("small", "medium", "large", "huge", "whole") if size in known]


def test_a_later_run_adds_to_what_is_there(contest, results, tmp_path, monkeypatch):
    monkeypatch.setattr(conducting, "measure_cost", lambda system, **_: CostRow(system=system))
    first = replace(contest, output=tmp_path, systems=("Telea",), attacks=("png",), limit=2, gallery=None)
    assert {one["system"] for one in conduct(first)["measures"]} == {"Telea"}
    both = conduct(replace(first, systems=("Navier–Stokes",), attacks=("jpeg75",)))
    assert {(one["system"], one["attack"]) for one in both["measures"] if one["metric"] == "recovered_db"} == {
        ("Telea", "png"),
        ("Navier–Stokes", "jpeg75"),
    }
    assert (both["measured_with"]["items"], both["measured_with"]["attacks"]) == (2, "jpeg75, png")
    assert {one["system"] for one in both["costs"]} == {"Telea", "Navier–Stokes"}


def test_reference_the_report_tells_targets_systems_and_publications(contest, results):
    report, *rest = write_report(contest.output, contact="a@example.org")
    text = report.read_text("utf-8")
    assert "published, not re-run" in text
    assert "| not measured | – |" in text
    assert "best published, not re-run" in text
    for system in SYSTEMS:
        assert f"| {system} |" in text
    for path in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (report.parent / path).exists()
    entries = [read_entry(path) for path in rest if path.suffix == ".json"]
    assert [entry.system for entry in entries] == list(SYSTEMS)
    assert entries[0].dataset == results["measured_with"]["dataset"]
    plots = [path for path in rest if path.suffix == ".svg"]
    assert {path.name for path in plots} >= {"contest-recovery.svg", "contest-invisibility.svg"}
    before = [path.read_bytes() for path in plots]
    write_report(contest.output, contact="a@example.org")
    assert [path.read_bytes() for path in plots] == before, "plots are the same for the same points"
    assert any(path.name == "contest-sheet.jpg" for path in rest)


def test_the_report_goes_between_the_marks_of_a_document(contest, results, tmp_path):
    document = tmp_path / "benchmark.md"
    begin, end = "<!-- contest: begin, written by underdrawing bench report -->", "<!-- contest: end -->"
    document.write_text(f"before\n{begin}\nstale\n{end}\nafter\n")
    write_report(contest.output, document=document, pictures=tmp_path / "pictures", sheet=False)
    assert not list((tmp_path / "pictures").glob("*.jpg"))
    text = document.read_text("utf-8")
    assert text.startswith(f"before\n{begin}\n")
    assert text.endswith(f"{end}\nafter\n")
    assert "stale" not in text
    assert "![What is painted back after JPEG 75: M-PSNR" in text
    assert "](pictures/contest-recovery.svg)" in text
    with pytest.raises(UsageError, match="contest: begin"):
        write_report(contest.output, document=_without_marks(tmp_path))


def _without_marks(folder):
    path = folder / "other.md"
    path.write_text("nothing\n")
    return path


def test_rejects_a_folder_without_results(tmp_path):
    with pytest.raises(UsageError, match="bench run first"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text(json.dumps({"measures": [{"system": "x"}]}))
    with pytest.raises(UsageError, match="cannot read"):
        read_results(tmp_path)


def test_another_seed_is_another_run(contest, results):
    other = replace(contest, seed=1, systems=("nothing",), attacks=("png",), limit=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conducting, "measure_cost", lambda system, **_: CostRow(system=system))
        conduct(other)
    assert len(list(contest.output.glob("rows-*.jsonl"))) == 2
    conduct(contest)


def test_reference_the_fingerprint_of_the_program_is_that_of_its_files(tmp_path, monkeypatch):
    (tmp_path / "channel").mkdir()
    (tmp_path / "bench").mkdir()
    init, code, bench = tmp_path / "__init__.py", tmp_path / "channel" / "code.py", tmp_path / "bench" / "rows.py"
    for path in (init, code, bench):
        path.write_text("1")
    monkeypatch.setattr("underdrawing.__file__", str(init))
    whole, channel, nothing = program_fingerprint(), program_fingerprint({"channel"}), program_fingerprint({"vault"})
    assert len({whole, channel, nothing}) == 3
    bench.write_text("2")
    assert program_fingerprint() == whole
    code.write_text("2")
    assert program_fingerprint() != whole
    assert program_fingerprint({"channel"}) != channel
    assert program_fingerprint({"vault"}) == nothing


def test_reference_a_cluster_measures_the_same(contest, results, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(conducting, "measure_cost", lambda system, **_: CostRow(system=system))
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        asked = replace(contest, output=tmp_path, systems=("Telea",), attacks=("jpeg75",), gallery=None)
        far = conduct(replace(asked, cluster=cluster.scheduler_address))
    near = {(one.attack, one.edits, one.metric): one.value for one in results["measures"] if one.system == "Telea"}
    assert {one["metric"] for one in far["measures"]} >= {"recovered_db", "same_mask_db"}
    for one in far["measures"]:
        if not one["metric"].endswith("_s"):
            assert one["value"] == near[one["attack"], one["edits"], one["metric"]]
