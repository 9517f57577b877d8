"""``underdrawing bench imagenet-s``: what it makes, what it says, and what it exits with."""

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from underdrawing.bench.imagenet_s import open_dataset
from underdrawing.cli import app


def run(*arguments):
    result = CliRunner().invoke(app, ["bench", "imagenet-s", *(str(argument) for argument in arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def images(tmp_path):
    for label in ("one", "two"):
        for number in range(3):
            (tmp_path / "in" / label).mkdir(parents=True, exist_ok=True)
            part = data.coffee()[50 * number :, 60 * number :]
            Image.fromarray(part if label == "one" else np.ascontiguousarray(part[:, ::-1])).save(
                tmp_path / "in" / label / f"{number}.png"
            )
    return tmp_path / "in"


def test_it_makes_a_dataset_and_says_so(images, tmp_path):
    result = run(images, "-o", tmp_path / "out", "--size", 96, "--kinds", "splice, copy-move", "-j", 1, "--seed", 4)
    dataset = open_dataset(tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith(f"6 pictures, fingerprint {dataset.fingerprint}")
    assert dataset.settings.seed == 4
    assert {item.kind for item in dataset.items} == {"splice", "copy-move"}
    assert {item.label for item in dataset.items} == {"one", "two"}


def test_a_bad_picture_is_reported_and_left_out(images, tmp_path):
    (images / "one/9.jpg").write_bytes(b"junk\x1b[31m")
    arguments = (images, "-o", tmp_path / "out", "--size", 64, "--kinds", "text", "-j", 1)
    for _ in range(2):
        result = run(*arguments)
        assert result.exit_code == 3
        assert "one/9.jpg left out: cannot read" in result.stderr
        assert "\x1b" not in result.stderr
        assert "6 pictures" in result.stdout


def test_an_interrupted_run_says_how_to_go_on(images, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("underdrawing.bench.imagenet_s.build_dataset", interrupted)
    result = run(images, "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "run the same command again" in result.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--size", "big"), "expected a number of pixels, or native"),
        (("--size", "8"), "cannot make a dataset with size 8"),
        (("--kinds", "magic"), "no such kind; expected some of splice"),
        (("--kinds", "generative-removal"), "give their folder"),
        (("--labels", "nowhere.csv"), "cannot read the labels"),
        (("--split", "test"), "no picture of split test"),
    ],
)
def test_rejects_in_one_line(images, tmp_path, arguments, message):
    result = run(images, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("underdrawing: ")
    assert message in line


def test_the_promises_are_not_measured_when_a_command_below_is_run(images, tmp_path, monkeypatch):
    monkeypatch.setattr("underdrawing.cli.measuring.measure", lambda *_, **__: pytest.fail("measured the promises"))
    assert run(images, "-o", tmp_path / "out", "--size", 64, "--kinds", "text", "-j", 1).exit_code == 0
