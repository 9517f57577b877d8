"""A folder of photographs through the command line: a bad file among them, and the power cut in the middle."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from underdrawing.bench.corpus import Corpus
from underdrawing.bench.lines import Line, count_line

__all__ = ["BatchResult", "batch_lines", "fill_folder", "run_batch"]

BAD_NAME = "not a photograph.jpg"
_FAILED = 3
_GIVE_UP_S = 3600.0


@dataclass(frozen=True)
class BatchResult:
    """What happened to a folder.

    Attributes:
        photographs: Good files in the folder; one bad file lay beside them.
        done_when_killed: Outputs there after ``kill -9`` of every process of the first run.
        broken_when_killed: How many of them could not be read whole.
        finished: Outputs that can be read whole after the second run.
        bad_file_reported: Whether the second run named the bad file.
        progress_shown: Whether the second run drew a progress bar on its terminal.
        exit_code: Of the second run.
        second_run_s: How long the second run took.
    """

    photographs: int
    done_when_killed: int
    broken_when_killed: int
    finished: int
    bad_file_reported: bool
    progress_shown: bool
    exit_code: int
    second_run_s: float


def fill_folder(corpus: Corpus, folder: Path, *, count: int = 200) -> None:
    """Photographs of every size the corpus has, as files, and one text file that is called a photograph."""
    folder.mkdir(parents=True)
    natural = list(corpus.unmarked)[: max(0, count - 20)]
    large = [corpus.protected[index % len(corpus.protected)] for index in range(count - len(natural))]
    for index, name in enumerate([*natural, *large]):
        suffix = ".png" if name.startswith("skimage/") else Path(name).suffix
        (folder / f"{index:03d}{suffix}").write_bytes(corpus.read(name))
    (folder / BAD_NAME).write_text("This is a letter, not a photograph.\n", encoding="utf-8")


def run_batch(source: Path, output: Path, *, processes: int = 2) -> BatchResult:
    """Protect a folder filled by ``fill_folder``, kill the first run, and let a second one finish. POSIX only."""
    photographs = sum(1 for path in source.iterdir()) - 1
    _run_and_kill(source, output, processes, when=photographs // 4)
    whole, broken = _readable(output)
    started = time.perf_counter()
    code, terminal = _run_on_terminal([*_command(source, output, processes), "--resume"])
    return BatchResult(
        photographs=photographs,
        done_when_killed=whole + broken,
        broken_when_killed=broken,
        finished=_readable(output)[0],
        bad_file_reported=BAD_NAME in terminal,
        progress_shown="protecting" in terminal and f"/{photographs + 1 - whole - broken}" in terminal,
        exit_code=code,
        second_run_s=time.perf_counter() - started,
    )


def batch_lines(result: BatchResult | None) -> list[Line]:
    """The line of the table about folders, in its parts."""
    if result is None:
        return [Line("batch", "200 photographs, a bad file, kill -9, second run", "all done", "not measured", None)]
    killed, broken = result.done_when_killed, result.broken_when_killed
    reported = f"named: {result.bad_file_reported}, exit code {result.exit_code}"
    passed = result.bad_file_reported and result.exit_code == _FAILED
    return [
        count_line("batch", "whole outputs after kill -9", "every output there is", killed - broken, killed),
        count_line("batch", "outputs after the second run", "all", result.finished, result.photographs),
        Line("batch", "the bad file", "reported, exit code 3", reported, passed),
        Line("batch", "progress bar", "shown", str(result.progress_shown), result.progress_shown),
        Line("batch", "second run, s", "", f"{result.second_run_s:.0f}", None),
    ]


def _command(source: Path, output: Path, processes: int) -> list[str]:
    program = str(Path(sys.executable).with_name("underdrawing"))
    return [program, "protect", str(source), "-o", str(output), "--jobs", str(processes)]


def _outputs(folder: Path) -> list[Path]:
    """Everything under a name of its own; what starts with a dot is work in progress."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _readable(folder: Path) -> tuple[int, int]:
    """How many outputs can be read to the last pixel, and how many cannot."""
    outputs = _outputs(folder)
    whole = sum(_is_whole(path) for path in outputs)
    return whole, len(outputs) - whole


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            image.load()
    except (UnidentifiedImageError, OSError):
        return False
    return True


def _run_and_kill(source: Path, output: Path, processes: int, *, when: int) -> None:
    """Start a run and kill all its processes at once when some of the outputs are there."""
    command, nowhere = _command(source, output, processes), subprocess.DEVNULL
    with subprocess.Popen(command, start_new_session=True, stdout=nowhere, stderr=nowhere) as run:
        give_up = time.monotonic() + _GIVE_UP_S
        while run.poll() is None and len(_outputs(output)) < when and time.monotonic() < give_up:
            time.sleep(0.02)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)


def _run_on_terminal(command: list[str]) -> tuple[int, str]:
    """Run with a pseudo-terminal as stderr; the exit code, and all that was written there without line breaks."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment) as run:
        os.close(theirs)
        written = bytearray()
        while chunk := _read(ours):
            written += chunk
        code = run.wait()
    os.close(ours)
    return code, written.decode(errors="replace").replace("\r", "").replace("\n", "")


def _read(descriptor: int) -> bytes:
    """Some bytes, or none at the end; a pseudo-terminal whose other side is closed says so with an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
