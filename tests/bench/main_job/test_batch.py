"""The folder benchmark, driven by a stand-in for the command line."""

import sys

import pytest

from underdrawing.bench.corpus import Corpus
from underdrawing.bench.main_job import batch

CORPUS = Corpus(None, ("skimage/chelsea", "skimage/coffee"), ())
PROGRAM = """
import os, pathlib, sys, time
source, output, careful = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3] == "careful"
output.mkdir(exist_ok=True)
waiting = [path for path in sorted(source.iterdir()) if "--resume" not in sys.argv or not (output / path.name).exists()]
sys.stderr.write(f"protecting 0/{len(waiting)}")
for path in waiting:
    if "not a" in path.name:
        print("not a picture:", path, file=sys.stderr)
        continue
    part = output / ("." + path.name if careful else path.name)
    content = path.read_bytes()
    with part.open("wb") as file:
        file.write(content[:1000])
        file.flush()
        time.sleep(0.03)
        file.write(content[1000:])
    os.replace(part, output / path.name)
sys.exit(3)
"""


@pytest.fixture(params=["careful", "careless"])
def program(request, monkeypatch):
    def command(source, output, processes):
        return [sys.executable, "-c", PROGRAM, str(source), str(output), request.param]

    monkeypatch.setattr(batch, "_command", command)
    return request.param


def test_a_killed_run_is_inspected_and_finished(program, tmp_path):
    batch.fill_folder(CORPUS, tmp_path / "source", count=16)
    result = batch.run_batch(tmp_path / "source", tmp_path / "output")
    assert result.photographs == 16
    assert 4 <= result.done_when_killed < 16
    assert (result.exit_code, result.bad_file_reported, result.progress_shown) == (3, True, True)
    lines = {line.what: line.passed for line in batch.batch_lines(result)}
    assert lines["the bad file"]
    if program == "careful":
        assert (result.broken_when_killed, result.finished) == (0, 16)
        assert lines["whole outputs after kill -9"]
    else:
        assert result.broken_when_killed == 1
        assert result.finished == 15
        assert lines["whole outputs after kill -9"] is False
        assert lines["outputs after the second run"] is False


def test_the_folder_has_photographs_and_one_that_is_none(tmp_path):
    batch.fill_folder(CORPUS, tmp_path / "source", count=3)
    names = sorted(path.name for path in (tmp_path / "source").iterdir())
    assert names == ["000.png", "001.png", "002.png", batch.BAD_NAME]
    assert batch._readable(tmp_path / "source") == (3, 1)


def test_nothing_run_is_neither_pass_nor_miss():
    assert [line.passed for line in batch.batch_lines(None)] == [None]
