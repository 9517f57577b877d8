"""Folders of pictures: mirrored, resumed, and never at the cost of a picture."""

import json
import os
from pathlib import Path

from stand_ins import UNEXPECTED, error_line, run, write_picture


def test_a_folder_is_mirrored_and_a_bad_file_leaves_the_others_alone(pipeline, folder, tmp_path):
    result = run("protect", folder, "-o", tmp_path / "out", "--jobs", 1, "--json")
    records = [json.loads(line) for line in result.out.splitlines()]
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert result.code == 3
    assert written == {"a.png", "deep/er/b.PNG", "c.webp"}
    assert len(records) == 4
    assert [record["input"] for record in records if "error" in record] == [str(folder / "bad.jpg")]
    assert "bad.jpg" in error_line(result.err)


def test_unexpected_errors_in_a_folder_are_lines_too(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png", UNEXPECTED)
    write_picture(tmp_path / "in/b.png")
    result = run("protect", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1)
    assert result.code == 3
    assert "a wire came loose" in error_line(result.err)
    assert (tmp_path / "out/b.png").exists()


def test_a_second_run_is_refused_or_resumed_or_forced(pipeline, folder, tmp_path):
    (folder / "bad.jpg").unlink()
    out = tmp_path / "out"
    first = [folder, "-o", out, "--jobs", 1]
    assert run("protect", *first).code == 0
    (out / "c.webp").unlink()
    stamp = (out / "a.png").stat().st_mtime_ns
    refused = run("protect", *first)
    assert refused.code == 2
    assert "--resume" in error_line(refused.err)
    assert not (out / "c.webp").exists()
    resumed = run("protect", *first, "--resume", "--json")
    skipped = [record["input"] for record in map(json.loads, resumed.out.splitlines()) if record.get("skipped")]
    assert resumed.code == 0
    assert len(skipped) == 2
    assert (out / "c.webp").exists()
    assert (out / "a.png").stat().st_mtime_ns == stamp
    assert run("protect", *first, "--force").code == 0
    assert (out / "a.png").stat().st_mtime_ns > stamp


def test_outputs_inside_the_input_folder_are_not_inputs(pipeline, folder):
    (folder / "bad.jpg").unlink()
    run("protect", folder, "-o", folder / "out", "--jobs", 1)
    result = run("protect", folder, "-o", folder / "out", "--jobs", 1, "--resume")
    assert len(result.out.splitlines()) == 3


def test_two_pictures_of_one_name_are_refused_before_any_work(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png")
    write_picture(tmp_path / "in/a.jpg")
    result = run("protect", tmp_path / "in", "-o", tmp_path / "out", "--format", "jpeg")
    assert result.code == 2
    assert "would both become" in error_line(result.err)
    assert not (tmp_path / "out").exists()


def test_a_picture_is_never_its_own_output(pipeline, tmp_path):
    source = write_picture(tmp_path / "in/a.png")
    for output in (source, source.parent):
        for given in (source, source.parent):
            result = run("protect", given, "-o", output, "--force")
            assert result.code == 2, (given, output)
            error_line(result.err)


def test_a_folder_without_pictures_says_so(pipeline, tmp_path):
    result = run("protect", tmp_path, "-o", tmp_path / "out")
    assert result.code == 2
    assert "no picture" in error_line(result.err)


def test_a_folder_that_cannot_be_searched_is_a_failure_and_not_passed_over(pipeline, folder, tmp_path, monkeypatch):
    (folder / "bad.jpg").unlink()
    search = os.scandir

    def closed(path):
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return search(path)

    monkeypatch.setattr(os, "scandir", closed)
    result = run("protect", folder, "-o", tmp_path / "out", "--jobs", 1)
    assert result.code == 3
    assert str(folder / "deep") in error_line(result.err)
    assert (tmp_path / "out/a.png").exists()


def test_what_never_ends_is_not_opened_and_a_link_to_nothing_is_said(pipeline, folder, tmp_path):
    (folder / "bad.jpg").unlink()
    os.mkfifo(folder / "pipe.png")
    assert run("protect", folder, "-o", tmp_path / "out", "--jobs", 1).code == 0
    (folder / "gone.png").symlink_to(tmp_path / "nowhere.png")
    result = run("verify", folder, "--jobs", 1)
    assert result.code == 3
    assert "gone.png" in error_line(result.err)


def test_no_result_lands_on_another_of_the_pictures(pipeline, tmp_path):
    first, second = write_picture(tmp_path / "in/a.png"), write_picture(tmp_path / "in/b.png", 7)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").hardlink_to(second)
    before = second.read_bytes()
    for arguments in (["protect", tmp_path / "in", "-o"], ["verify", tmp_path / "in", "--restore-metadata"]):
        result = run(*arguments, tmp_path / "out", "--force")
        assert result.code == 2
        assert "one of the pictures" in error_line(result.err)
    assert second.read_bytes() == before
    assert first.exists()
