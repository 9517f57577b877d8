"""The measured table, for a terminal and for the documentation."""

import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from underdrawing.bench.lines import Line
from underdrawing.bench.main_job.reading import AttackLine
from underdrawing.errors import UsageError

__all__ = ["environment", "facts_table", "markdown", "moved_markdown", "print_lines", "replace_section", "table_of"]

_PACKAGES = (
    *("numpy", "pillow", "opencv-python-headless", "onnxruntime", "scikit-image"),
    *("invisible-watermark", "blind-watermark", "pdqhash", "ImageHash"),
)
_WORDS = {True: "pass", False: "MISS", None: "–"}


def environment() -> dict[str, object]:
    """Commit, machine and versions: what a number means nothing without."""
    return {
        "commit": _git("rev-parse", "HEAD") or "not under version control",
        "changed_files": len(_git("status", "--porcelain", "--untracked-files=no").splitlines()),
        "machine": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def print_lines(lines: Iterable[Line], *, console: Console) -> None:
    """Every line with its target, what was measured, and pass or MISS."""
    table = Table(box=None, header_style="bold")
    for heading in ("row", "what", "target", "measured", ""):
        table.add_column(heading, overflow="fold")
    colours = {True: "green", False: "bold red", None: "dim"}
    for line in lines:
        verdict = f"[{colours[line.passed]}]{_WORDS[line.passed]}[/]"
        table.add_row(line.row, line.what, line.target, line.measured, verdict)
    console.print(table)


def markdown(
    lines: Sequence[Line],
    *,
    attacks: Sequence[AttackLine],
    kinds: Sequence[tuple[str, str, int, float, float]],
    failed: Sequence[str],
    facts: Mapping[str, object],
) -> str:
    """The section of the documentation: what it was measured with, the table, and the details."""
    parts = [
        facts_table(facts),
        _table_of_lines(lines),
        (
            "### Blocks read, attack by attack\n\n"
            "Two copies of each picture, 25 % of the area replaced before the attack; 95 % Wilson intervals."
        ),
        _table_of_attacks(attacks),
        "### Tamper map by kind of edit\n\nRegions of 5–50 %. Recolouring keeps the shapes; it has no target.",
        table_of(("edit", "attack", "cases", "mean F1", "mean AUC"), [_kind_cells(kind) for kind in kinds]),
    ]
    if failed:
        shown = "\n".join(f"- {text}" for text in failed[:20])
        parts.append(f"### Cases that ended in an error\n\n{len(failed)} in all.\n\n{shown}")
    return "\n\n".join(parts) + "\n"


def moved_markdown(lines: Sequence[Line], *, attacks: Sequence[AttackLine], facts: Mapping[str, object]) -> str:
    """The section about pictures that were moved: what it was measured with, the table, and every movement."""
    heading = "### Blocks read, movement by movement\n\nOne copy of each picture; 95 % Wilson intervals."
    return "\n\n".join([facts_table(facts), _table_of_lines(lines), heading, _table_of_attacks(attacks)]) + "\n"


def replace_section(path: Path, section: str, *, name: str = "main job", writer: str = "bench/main_job.py") -> None:
    """Put a section between its markers in a document; a document that does not exist yet is begun.

    Args:
        path: The document.
        section: What to put there.
        name: What the markers call the section.
        writer: The program that they say writes it.

    Raises:
        UsageError: The document is there but has not both markers, in order.
    """
    begins, ends = f"<!-- {name}: begin, written by {writer} -->", f"<!-- {name}: end -->"
    if not path.exists():
        path.write_text(f"# Benchmark\n\n{begins}\n{ends}\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(begins)
    _, end, after = rest.partition(ends)
    if not begin or not end:
        raise UsageError(f"cannot write the table into {path}: expected the lines {begins!r} and {ends!r} in it")
    path.write_text(f"{before}{begins}\n\n{section}\n{ends}{after}", encoding="utf-8")


def facts_table(facts: Mapping[str, object]) -> str:
    """What was measured with, as a table."""
    rows = [(name.replace("_", " "), _flat(value)) for name, value in facts.items()]
    return table_of(("measured with", ""), rows)


def _table_of_lines(lines: Sequence[Line]) -> str:
    return table_of(("row", "what", "target", "measured", ""), [_cells(line) for line in lines])


def _table_of_attacks(attacks: Sequence[AttackLine]) -> str:
    headings = ("profile", "blocks", "attack", "read", "interval", "target", "")
    return table_of(headings, [_attack_cells(attack) for attack in attacks])


def _flat(value: object) -> str:
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)


def table_of(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _cells(line: Line) -> tuple[str, ...]:
    return (line.row, line.what, line.target, line.measured, _WORDS[line.passed])


def _attack_cells(line: AttackLine) -> tuple[str, ...]:
    interval = line.interval
    read = f"{line.read} of {line.tried}" if line.tried else "not measured"
    spread = f"{interval.low:.1%} – {interval.high:.1%}" if line.tried else ""
    blocks = " + ".join(line.requirement.blocks)
    target = f"{line.requirement.rate:.1%}"
    return (line.requirement.profile, blocks, f"`{line.attack}`", read, spread, target, _WORDS[line.passed])


def _kind_cells(kind: tuple[str, str, int, float, float]) -> tuple[str, ...]:
    name, attack, count, f1, auc = kind
    return (name, f"`{attack}`", str(count), f"{f1:.3f}", f"{auc:.4f}")


def _git(*arguments: str) -> str:
    """What git says, or nothing where there is no git or no repository."""
    try:
        here = Path(__file__).parent
        return subprocess.run(("git", *arguments), cwd=here, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The name of the processor, where the system tells."""
    described = Path("/proc/cpuinfo")
    if sys.platform == "linux" and described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
