"""``underdrawing bench imagenet-s``: what it makes, what it says, and what it exits with."""

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s import build_dataset, open_dataset
from underdrawing.cli import app


def run(*arguments, command="imagenet-s"):
    result = CliRunner().invoke(app, ["bench", command, *(str(argument) for argument in arguments)])
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


@pytest.fixture
def dataset(images, tmp_path):
    build_dataset(images, tmp_path / "dataset", size=64, kinds=[Kind.SPLICE, Kind.COPY_MOVE], processes=0)
    return open_dataset(tmp_path / "dataset")


def test_forge_doctors_marked_copies_of_any_format(dataset, tmp_path):
    (tmp_path / "marked").mkdir()
    marked = {}
    for item, suffix in zip(dataset.items, [".png", ".webp", ".tif", ".png"], strict=False):
        marked[item.name] = dataset.original(item) ^ np.uint8(1)
        Image.fromarray(marked[item.name]).save(tmp_path / f"marked/{item.name}{suffix}", lossless=True)
    result = run(dataset.folder, tmp_path / "marked", "-o", tmp_path / "out", "-j", 1, command="forge")
    assert result.exit_code == 0
    assert "4 of 4 copies doctored" in result.stdout
    for item in dataset.items[:4]:
        with Image.open(tmp_path / f"out/{item.name}.png") as image:
            np.testing.assert_array_equal(np.asarray(image), dataset.forge(item, marked[item.name]))


def test_forge_names_what_it_cannot_doctor_and_keeps_what_is_there(dataset, tmp_path):
    (tmp_path / "marked").mkdir()
    first, second, third = dataset.items[:3]
    Image.fromarray(dataset.original(first)).save(tmp_path / f"marked/{first.name}.png")
    Image.fromarray(dataset.original(second)[:40]).save(tmp_path / f"marked/{second.name}.png")
    (tmp_path / f"marked/{third.name}.png").write_text("nothing")
    for _ in range(2):
        result = run(dataset.folder, tmp_path / "marked", "-o", tmp_path / "out", "-j", 1, command="forge")
        assert result.exit_code == 3
        assert "1 of 3 copies doctored" in result.stdout
        assert f"{second.name} left out: cannot forge" in result.stderr
        assert f"{third.name} left out: cannot read" in result.stderr
        with Image.open(tmp_path / f"out/{first.name}.png") as image:
            np.testing.assert_array_equal(np.asarray(image), dataset.tampered(first))


def test_forge_rejects_a_folder_without_marked_copies(dataset, tmp_path):
    for folder in (tmp_path / "nowhere", tmp_path / "in"):
        result = run(dataset.folder, folder, "-o", tmp_path / "out", command="forge")
        assert result.exit_code == 2
        assert str(folder) in result.stderr
