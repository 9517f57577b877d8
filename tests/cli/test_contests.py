"""``bench run``, ``report`` and ``leaderboard`` from the command line."""

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from underdrawing.bench.imagenet_s import build_dataset
from underdrawing.cli import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contest")
    (folder / "photographs").mkdir()
    for name in ("astronaut", "chelsea"):
        pixels = np.asarray(getattr(data, name)())
        Image.fromarray(pixels).save(folder / "photographs" / f"{name}.png")
    build_dataset(folder / "photographs", folder / "dataset", size=256, processes=0)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


def test_round_trip_run_report_leaderboard(folder):
    results = folder / "results"
    done = run("run", folder / "dataset", "-o", results, "--systems", "Telea", "--attacks", "png", "-j", "1")
    assert done.exit_code == 0, done.output
    assert "not measured" in done.output
    told = run("report", results, "--contact", "a@example.org")
    assert told.exit_code == 0, told.output
    files = sorted((results / "leaderboard").glob("*.json"))
    assert [path.name for path in files] == ["Telea.json"]
    board = run("leaderboard", *files)
    assert board.exit_code == 0
    assert "| png | Telea | 2 |" in board.output
    run("leaderboard", *files, "-o", folder / "board.md")
    assert (folder / "board.md").read_text("utf-8") == board.output
    before = files[0].read_bytes()
    for output, options in ((folder / "board.md", ()), (files[0], ("--force",))):
        assert run("leaderboard", *files, "-o", output, *options).exit_code == 2
    assert files[0].read_bytes() == before
    assert run("leaderboard", *files, "-o", folder / "board.md", "--force").exit_code == 0


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--systems", "nobody"), "no system called"),
        (("--attacks", "explode"), "unknown"),
        (("--gallery", "missing"), "cannot read"),
    ],
)
def test_rejects_what_is_not_there(folder, arguments, words):
    done = run("run", folder / "dataset", "-o", folder / "other", "-j", "1", *arguments)
    assert done.exit_code == 2
    assert words in done.output


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file or directory; run"), ("{}", "no results of a run"), ("{", "no results")]
)
def test_rejects_a_folder_without_results(tmp_path, content, words):
    if content:
        (tmp_path / "results.json").write_text(content)
    done = run("report", tmp_path)
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


def test_rejects_a_file_that_is_not_in_order(folder):
    (folder / "bad.json").write_text("{}")
    done = run("leaderboard", folder / "bad.json")
    assert done.exit_code == 2
    assert "lacks" in done.output
