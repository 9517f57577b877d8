"""Make every generated part of the documentation, or with ``--check`` say which parts are out of date.

    python docs/generate.py            # write
    python docs/generate.py --check    # exit 1 if anything would change

Generated parts lie between ``<!-- generated: NAME -->`` and ``<!-- end -->``; the text around them is written by hand.
Numbers come from ``docs/benchmark.md``, which only the benchmark writes.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

import underdrawing
from underdrawing.bench.attacks.suite import SUITE, groups
from underdrawing.bench.contest.leaderboard import describe as describe_leaderboard
from underdrawing.bench.imagenet_s.datasheet import columns_table
from underdrawing.cli import app
from underdrawing.payload.describe import regenerate as regenerate_payload
from underdrawing.payload.small_message import layout_rows

ROOT = Path(__file__).resolve().parent.parent
BENCHMARK = ROOT / "docs" / "benchmark.md"
PART = re.compile(r"(<!-- generated: ([\w-]+) -->)\n.*?(<!-- end -->)", re.DOTALL)
RESULTS = (
    ("standard: mean PSNR", "How much the mark changes a picture: mean PSNR in dB"),
    ("standard: worst PSNR", "the same, worst picture"),
    ("regions of 5–50 %, clean, mean F1", "Map of the change, mean F1: 5–50 % of the area, file as saved"),
    ("regions of 5–50 %, JPEG 70, mean F1", "the same after JPEG 70"),
    ("regions of 1–5 %, clean, mean F1", "the same for 1–5 % of the area, file as saved"),
    ("mean gain over Telea", "Recovery inside the change: gain over Telea inpainting, M-PSNR in dB"),
    ("protect, times Pillow", "Time to protect 1920×1080, in times of Pillow's decode and encode"),
    ("verify, times Pillow", "Time to verify 1920×1080, in the same unit"),
)
"""Which lines of the benchmark the README shows: the beginning of the line's name there, and its name for readers."""


def main(arguments: list[str]) -> int:
    """Write or check all pages; the exit code is 1 when a check finds a stale one."""
    stale = [path for path, text in pages() if path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs` and commit it", file=sys.stderr)
        return int(bool(stale))
    for path, text in pages():
        path.write_text(text, "utf-8")
    print(f"{len(stale)} pages changed")
    return 0


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every page with generated parts, and what it should say."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text("utf-8")
        if path.name == "payload.md":
            yield path, regenerate_payload(text)
        elif PART.search(text):
            yield path, PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", text)


def command_line() -> str:
    """Return the reference of all commands."""
    return "\n\n".join(_commands(typer.main.get_command(app), "underdrawing"))


def _commands(command: Any, path: str) -> Iterator[str]:
    """Describe a command, or a group and everything below it."""
    below = getattr(command, "commands", {})
    yield "\n\n".join(
        part for part in (f"## `{path}`", _usage(command, path), _prose(command), _options(command)) if part
    )
    for name, child in below.items():
        yield from _commands(child, f"{path} {name}")


def _usage(command: Any, path: str) -> str:
    given = [param.metavar or param.name.upper() for param in command.params if param.param_type_name == "argument"]
    tail = "COMMAND …" if getattr(command, "commands", None) else " ".join(given)
    return f"```\n{path} [OPTIONS] {tail}".rstrip() + "\n```"


def _prose(command: Any) -> str:
    """Return a command's help as Markdown; the first line of a docstring and its paragraphs."""
    text = inspect.cleandoc(command.help or "")
    epilog = getattr(command, "epilog", None)
    return "\n\n".join(part for part in (text, epilog) if part)


def _options(command: Any) -> str:
    rows = [_row(param) for param in command.params if param.name not in ("help",)]
    return "\n".join(["| | |", "|---|---|", *rows]) if rows else ""


def _row(param: Any) -> str:
    """Describe one argument or option."""
    names = [param.metavar or param.name.upper()] if param.param_type_name == "argument" else param.opts
    value = "" if param.param_type_name == "argument" or getattr(param, "is_flag", False) else f" {_value(param)}"
    notes = ["Required."] if param.required else []
    if param.default not in (None, False, "") and not isinstance(param.default, (list, tuple)):
        notes.append(f"Default: `{getattr(param.default, 'value', param.default)}`.")
    words = " ".join([param.help or "", *notes]).strip().replace("|", "\\|")
    return f"| `{', '.join(names)}{value}` | {words} |"


def _value(param: Any) -> str:
    return (param.metavar or "N").replace("|", "\\|")


def public_names() -> str:
    """Return the public names of the package, each with the first line of its documentation."""
    rows = ["| name | what it is |", "|---|---|"]
    for name in underdrawing.__all__:
        documented = inspect.cleandoc(getattr(underdrawing, name).__doc__ or "").partition("\n\n")[0]
        rows.append(f"| `underdrawing.{name}` | {_code(' '.join(documented.split()))} |")
    return "\n".join(rows)


def _code(text: str) -> str:
    """Turn the mark-up of a docstring into Markdown."""
    return re.sub(r":\w+:`([^`]+)`|``([^`]+)``", lambda found: f"`{found[1] or found[2]}`", text).replace("|", "\\|")


def results() -> str:
    """Return the lines of the benchmark that the README shows, with what was promised and what was measured."""
    measured = _benchmark_lines()
    rows = ["| what | promised | measured | |", "|---|---|---|---|"]
    for begin, words in RESULTS:
        target, value, verdict = next((rest for what, rest in measured.items() if what.startswith(begin)), ("", "", ""))
        rows.append(f"| {words} | {target or '–'} | {value or 'not measured yet'} | {verdict} |")
    return "\n".join(rows)


def _benchmark_lines() -> dict[str, tuple[str, str, str]]:
    """Read the main table of the benchmark: what → (target, measured, verdict)."""
    if not BENCHMARK.exists():
        return {}
    lines = [
        line.strip("| ").split(" | ") for line in BENCHMARK.read_text("utf-8").splitlines() if line.startswith("| ")
    ]
    return {cells[1]: (cells[2], cells[3], cells[4] if len(cells) > 4 else "") for cells in lines if len(cells) >= 4}


def small_messages() -> str:
    """Return the table of what small carriers hold."""
    rows = ["| carrier takes, bits | id | code | checksum | message |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(f"| {' | '.join(cells)} |" for cells in layout_rows())])


def attack_suite() -> str:
    """Return the table of all attacks, group by group."""
    rows = ["| group | attacks, the mildest first | needs | aim |", "|---|---|---|---|"]
    for group in groups():
        entries = [entry for entry in SUITE if entry.group == group]
        names = ", ".join(f"`{entry.name}`" for entry in entries)
        rows.append(f"| {group} | {names} | {entries[0].needs} | {entries[0].aim} |")
    return "\n".join(rows)


PARTS: dict[str, Callable[[], str]] = {
    "leaderboard": describe_leaderboard,
    "manifest-columns": columns_table,
    "attack-suite": attack_suite,
    "command-line": command_line,
    "public-names": public_names,
    "results": results,
    "small-messages": small_messages,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
