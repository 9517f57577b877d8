"""One line and the right exit code, whatever goes wrong; and what starting costs."""

import subprocess
import sys
from pathlib import Path

import pytest
from stand_ins import TOO_SMALL, UNEXPECTED, error_line, run, write_picture
from typer.testing import CliRunner

from underdrawing.cli import app


def test_errors_are_one_line_with_the_right_exit_code(pipeline, tmp_path):
    good = write_picture(tmp_path / "a.png")
    (tmp_path / "empty.png").write_bytes(b"")
    small = write_picture(tmp_path / "small.png", TOO_SMALL)
    odd = write_picture(tmp_path / "odd.png", UNEXPECTED)
    cases = [
        (2, ["protect", tmp_path / "none.png", "-o", tmp_path / "x.png"]),
        (2, ["protect", good, "-o", tmp_path / "x.bmp"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--key", tmp_path / "none.pem"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--key", good]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--channel-key", good]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--facts", "nothing"]),
        (2, ["verify", good, "--trust", good]),
        (2, ["verify", good, "-o", good]),
        (2, ["verify", good, "-o", "-"]),
        (2, ["verify", good, "--resume"]),
        (2, ["protect", "", "-o", tmp_path / "x.png"]),
        (2, ["protect", good, "-o", "", "--format", "jpeg"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--vault", ""]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--carrier", ""]),
        (2, ["verify", ""]),
        (2, ["verify", good, "-o", ""]),
        (2, ["verify", good, "--vault", ""]),
        (2, ["verify", good, "--originals", tmp_path]),
        (3, ["protect", tmp_path / "empty.png", "-o", tmp_path / "x.png"]),
        (3, ["protect", small, "-o", tmp_path / "x.png"]),
        (3, ["protect", odd, "-o", tmp_path / "x.png"]),
    ]
    for code, arguments in cases:
        result = run(*arguments)
        assert (result.code, arguments) == (code, arguments)
        error_line(result.err)
        assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["protect", "{}", "-o", "out.png"], "with --resume to go on"),
        (["vault", "add", "{}", "--vault", "v"], "again to go on"),
    ],
)
def test_an_interrupted_command_says_how_to_go_on(pipeline, tmp_path, monkeypatch, arguments, words):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("underdrawing.cli.inputs.path_of", interrupt)
    result = run(*(argument.format(write_picture(tmp_path / "a.png")) for argument in arguments))
    assert result.code == 3
    assert words in error_line(result.err)


def test_an_existing_output_is_kept(pipeline, tmp_path):
    source, output = write_picture(tmp_path / "a.png"), tmp_path / "b.png"
    output.write_text("precious")
    result = run("protect", source, "-o", output)
    assert result.code == 2
    assert "--force" in error_line(result.err)
    assert output.read_text() == "precious"


def test_debug_shows_the_trace(pipeline, tmp_path):
    odd = write_picture(tmp_path / "odd.png", UNEXPECTED)
    result = CliRunner().invoke(app, ["--debug", "protect", str(odd), "-o", str(tmp_path / "x.png")])
    assert "Traceback" in result.stderr
    assert result.exit_code == 3


def test_an_error_in_planning_is_a_line_too(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr("underdrawing.cli.protecting.find_items", lambda *_, **__: 1 / 0)
    result = run("protect", write_picture(tmp_path / "a.png"), "-o", tmp_path / "x.png")
    assert result.code == 3
    assert "ZeroDivisionError" in error_line(result.err)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["protect"], ["protect", "a.png"], ["verify", "--jobs", "0", "a"]]
)
def test_wrong_usage_exits_with_two(arguments):
    assert run(*arguments).code == 2


def test_help_imports_nothing_heavy():
    program = "import sys\nfrom underdrawing.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
    program += "print([name for name in ('numpy', 'cv2', 'PIL', 'onnxruntime', 'cryptography') if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_is_no_error(tmp_path):
    process = subprocess.run(
        f"{sys.executable} -m underdrawing.cli --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [
        ("<&-", ["verify", "-"], 2),
        (">&-", ["protect", "{}", "-o", "-"], 2),
        (">&-", ["verify", "{}"], 1),
        ("2>&-", ["verify", "nothing.png"], 2),
        ("<&- >&- 2>&-", ["verify", "{}"], 1),
    ],
)
def test_closed_streams_are_no_error_where_they_are_not_needed(tmp_path, closed, arguments, code):
    picture = write_picture(tmp_path / "a.png")
    words = " ".join(argument.format(picture) for argument in arguments)
    process = subprocess.run(
        f"{sys.executable} -m underdrawing.cli {words} {closed}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == code, process.stderr
    assert "Traceback" not in process.stderr
    if code == 2 and "2>" not in closed:
        assert "is closed" in error_line(process.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", ["--help", "verify --help", "--version"])
def test_a_full_disk_is_a_line(arguments):
    process = subprocess.run(
        f"{sys.executable} -m underdrawing.cli {arguments} > /dev/full", shell=True, stderr=subprocess.PIPE, text=True
    )
    assert process.returncode == 3
    assert "No space left" in error_line(process.stderr)


def test_a_file_never_takes_the_place_of_a_closed_stream(tmp_path):
    program = "import os, sys\nfrom underdrawing.cli.streams import prepare_streams\nprepare_streams()\n"
    program += f"print(os.open({str(tmp_path / 'x')!r}, os.O_CREAT), file=open({str(tmp_path / 'seen')!r}, 'w'))"
    subprocess.run(f'{sys.executable} -c "{program}" <&- >&- 2>&-', shell=True, check=True)
    assert int((tmp_path / "seen").read_text()) > 2
