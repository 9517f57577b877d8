"""``verify --resume`` takes an earlier answer where the same was asked, and overwrites nothing else."""

import json
import os
from pathlib import Path

import pytest
from stand_ins import error_line, run, verdict_pixel, write_picture, write_telling

from underdrawing.findings import Verdict
from underdrawing.payload import ChannelKey, OpeningKey, SigningKey


def test_verify_does_not_resume_with_what_was_painted_in_another_setting(pipeline, tmp_path):
    for name, verdict in (("doctored", Verdict.TAMPERED), ("good", Verdict.AUTHENTIC)):
        write_picture(tmp_path / "in" / f"{name}.png", verdict_pixel(verdict))
    arguments = ["verify", tmp_path / "in", "-o", tmp_path / "out", "--json", "--jobs", 1]
    run(*arguments)
    found = {
        Path(record["input"]).name: record["recovery_setting"]
        for record in map(json.loads, run(*arguments, "--resume", "--look").out.splitlines())
    }
    assert found == {"doctored.png": "look", "good.png": None}
    assert "found before" not in run("verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--force").out
    again = run("verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--resume").out
    assert again.count("found before") == 2


def test_verify_resumes_with_the_findings_of_the_first_run(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png", verdict_pixel(Verdict.TAMPERED))
    write_picture(tmp_path / "in/b.png")
    arguments = ["verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--json"]
    first = run(*arguments)
    (tmp_path / "out/b.png/result.json").unlink()
    second = run(*arguments, "--resume")
    assert first.code == second.code == 1
    assert json.loads(second.out.splitlines()[0]) == json.loads(first.out.splitlines()[0])
    assert (tmp_path / "out/b.png/result.json").exists()


@pytest.fixture
def picture(tmp_path):
    return write_telling(tmp_path / "a.png", creator="Bob")


def found_before(*arguments):
    result = run("verify", *arguments, "--resume")
    assert result.code == 0, result.err
    return "found before" in result.out


def test_an_answer_to_another_question_is_not_taken(pipeline, picture, tmp_path):
    key, out = SigningKey.new(), tmp_path / "out"
    (tmp_path / "ann.pub").write_text(f"{key.public(name='Ann')}\n")
    ChannelKey.new().save(tmp_path / "channel.key")
    for name in ("one.key", "other.key"):
        OpeningKey.new().save(tmp_path / name)
    assert run("verify", picture, "-o", out).code == 0
    assert found_before(picture, "-o", out)
    for more in (
        ["--trust", tmp_path / "ann.pub"],
        ["--channel-key", tmp_path / "channel.key"],
        ["--open", tmp_path / "one.key"],
        ["--open", tmp_path / "other.key"],
    ):
        assert not found_before(picture, "-o", out, *more), more
        assert found_before(picture, "-o", out, *more), more


def test_a_picture_that_was_edited_since_is_looked_at_again(pipeline, picture, tmp_path):
    out = tmp_path / "out"
    assert run("verify", picture, "-o", out).code == 0
    write_picture(picture, verdict_pixel(Verdict.TAMPERED))
    again = run("verify", picture, "-o", out, "--resume")
    assert again.code == 1
    assert "found before" not in again.out


def test_a_copy_asked_for_later_or_lost_since_is_written(pipeline, picture, tmp_path):
    out, copy = tmp_path / "out", tmp_path / "copy.png"
    assert run("verify", picture, "-o", out).code == 0
    asked = [picture, "-o", out, "--restore-metadata", copy]
    assert not found_before(*asked)
    assert found_before(*asked)
    copy.unlink()
    assert not found_before(*asked)
    assert copy.exists()


def test_resuming_overwrites_nothing_that_it_did_not_write(pipeline, picture, tmp_path):
    precious = tmp_path / "precious.png"
    precious.write_text("precious")
    refused = run("verify", picture, "-o", tmp_path / "out", "--restore-metadata", precious, "--resume")
    assert refused.code == 2
    assert "precious.png" in error_line(refused.err)
    assert precious.read_text() == "precious"

    assert run("verify", picture, "-o", tmp_path / "out").code == 0
    kept = (tmp_path / "out/result.json").read_bytes()
    other = write_picture(tmp_path / "other/a.png", verdict_pixel(Verdict.TAMPERED))
    refused = run("verify", other, "-o", tmp_path / "out", "--resume")
    assert refused.code == 2
    assert "another picture" in error_line(refused.err)
    assert (tmp_path / "out/result.json").read_bytes() == kept
    assert run("verify", other, "-o", tmp_path / "out", "--resume", "--force").code == 1


def test_an_interrupted_run_goes_on_over_its_own_copy(pipeline, picture, tmp_path):
    asked = ["verify", picture, "-o", tmp_path / "out", "--restore-metadata", tmp_path / "copy.png"]
    assert run(*asked).code == 0
    (tmp_path / "out/result.json").unlink()
    (tmp_path / "copy.png").write_text("half")
    assert run(*asked, "--resume").code == 0
    assert (tmp_path / "copy.png").read_bytes() != b"half"


@pytest.mark.parametrize("found", ["[]", "{", '{"asked": 3}', "[" * 100_000, '{"verdict": "authentic"}'])
def test_findings_that_cannot_be_read_are_found_anew(pipeline, picture, tmp_path, found):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/result.json").write_text(found)
    assert not found_before(picture, "-o", tmp_path / "out")
    assert json.loads((tmp_path / "out/result.json").read_text())["asked"]["of"] == os.path.realpath(picture)


def test_standard_input_is_not_known_again(pipeline, picture, tmp_path):
    result = run("verify", "-", "-o", tmp_path / "out", "--resume", stdin=picture.read_bytes())
    assert result.code == 2
    assert "as a file" in error_line(result.err)
