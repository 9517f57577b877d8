"""Results that others can send in, and the table made of them: the format ``underdrawing-leaderboard``, version 1.

One JSON file per system. ``FIELDS`` and ``ROW_FIELDS`` are the format; the validator, the writer and the documentation
are made from them.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from underdrawing.bench.contest.measures import CASE_METRICS, EVERY_EDIT, MARK_METRICS, Metric
from underdrawing.bench.contest.results import Results
from underdrawing.bench.document import table_of
from underdrawing.errors import UsageError
from underdrawing.images import write_atomically

__all__ = [
    "FIELDS",
    "FORMAT",
    "ROW_FIELDS",
    "VERSION",
    "Entry",
    "describe",
    "leaderboard",
    "read_entry",
    "write_entries",
]

FORMAT = "underdrawing-leaderboard"
VERSION = 1
_MOST_BYTES = 8 * 2**20
_MOST_LETTERS = 300
_METRICS: dict[str, Metric] = {metric.name: metric for metric, _ in (*CASE_METRICS, *MARK_METRICS)}
_SHOWN = (
    *("psnr_db", "ssim", "id", "f1", "iou", "recovered_db", "same_mask_db", "flagged"),
    *("top1_image_by_code", "top1_image_by_recovered", "believed"),
)
"""Metrics in the columns of the table, as far as anybody has them."""


def _text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_LETTERS and value.isprintable()


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_Field = tuple[str, Callable[[object], bool]]

FIELDS: dict[str, _Field] = {
    "format": (f"the text {FORMAT}", lambda value: value == FORMAT),
    "version": (f"the number {VERSION}", lambda value: value == VERSION and not isinstance(value, bool)),
    "system": ("name of the system, as it is to stand in the table", _text),
    "contact": ("who sends this in: an address, or a page", _text),
    "source": ("commit, release or address of what was measured", _text),
    "dataset": ("fingerprint of the dataset, from its description: 16 hexadecimal digits", lambda v: _fingerprint(v)),
    "gallery": ("fingerprint of the gallery, or null where none was searched", lambda v: v is None or _fingerprint(v)),
    "items": ("how many items of the dataset were run", _count),
    "seed": ("seed of the run", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "rows": ("what was measured: a list of objects", lambda value: isinstance(value, list) and len(value) > 0),
}
"""Every field of a file, what it holds, and what is accepted; all are there, and no others."""

ROW_FIELDS: dict[str, _Field] = {
    "attack": ("name of the attack; – for what is measured on the marked picture", _text),
    "edits": (f"over which edits: {EVERY_EDIT}, a size class or a kind of the dataset", _text),
    "metric": ("name of the metric, from the table below", lambda value: value in _METRICS),
    "value": ("the number: a share from 0 to 1, or in the unit of the metric", _number),
    "cases": ("how many cases stand behind it", _count),
    "low": ("lower end of its 95 % interval: Wilson's for shares", _number),
    "high": ("upper end", _number),
}
"""Every field of a row likewise."""


@dataclass(frozen=True)
class Entry:
    """A file that was found to be in order.

    Attributes:
        system: Name of the system.
        contact: Who sent it in.
        source: What was measured.
        dataset: Fingerprint of the dataset.
        gallery: Fingerprint of the gallery, if one was searched.
        items: How many items were run.
        seed: Seed of the run.
        rows: What was measured, as in the file.
    """

    system: str
    contact: str
    source: str
    dataset: str
    gallery: str | None
    items: int
    seed: int
    rows: tuple[Mapping[str, Any], ...]


def read_entry(path: Path) -> Entry:
    """A file of the leaderboard, held against the format.

    Raises:
        UsageError: It cannot be read or is not in order; the message says which field.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if len(contents) > _MOST_BYTES:
        raise UsageError(f"{path} has {len(contents):,} bytes; expected {_MOST_BYTES:,} at most")
    try:
        given = json.loads(contents)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}") from error
    _check(given, FIELDS, str(path))
    for place, row in enumerate(given["rows"]):
        _check(row, ROW_FIELDS, f"{path}, row {place}")
        if not row["low"] - 1e-9 <= row["value"] <= row["high"] + 1e-9:
            raise UsageError(f"{path}, row {place}: value {row['value']} is not between low and high")
        if _METRICS[row["metric"]].kind == "share" and not 0 <= row["value"] <= 1:
            raise UsageError(f"{path}, row {place}: {row['metric']} is a share, got {row['value']}, expected 0 to 1")
    wanted = {name: given[name] for name in FIELDS if name not in ("format", "version", "rows")}
    return Entry(**wanted, rows=tuple(given["rows"]))


def write_entries(results: Results, folder: Path, *, contact: str, source: str = "") -> list[Path]:
    """A file for each system of a run.

    Args:
        results: What ``read_results`` gives.
        folder: Where the files go; made if it is not there.
        contact: Who sends them in.
        source: What was measured; the commit of the run where nothing is given.
    """
    facts = results["measured_with"]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for system in dict.fromkeys(one.system for one in results["measures"]):
        rows = [
            {name: getattr(one, name) for name in ROW_FIELDS} for one in results["measures"] if one.system == system
        ]
        entry = {
            **{"format": FORMAT, "version": VERSION, "system": system, "contact": contact},
            "source": source or f"commit {facts['commit']}",
            **{name: facts[name] for name in ("dataset", "gallery", "items", "seed")},
            "rows": [row for row in rows if math.isfinite(row["value"]) and math.isfinite(row["high"])],
        }
        path = folder / f"{''.join(letter if letter.isalnum() else '-' for letter in system)}.json"
        write_atomically(path, json.dumps(entry, indent=1, ensure_ascii=False).encode() + b"\n", overwrite=True)
        written.append(path)
    return written


def leaderboard(entries: Sequence[Entry]) -> str:
    """The table in Markdown: one for each dataset and gallery, every system after every attack."""
    parts = []
    for dataset, gallery in dict.fromkeys((entry.dataset, entry.gallery) for entry in entries):
        own = [entry for entry in entries if (entry.dataset, entry.gallery) == (dataset, gallery)]
        parts += [f"### Dataset `{dataset}`, gallery {f'`{gallery}`' if gallery else '–'}", _board(own), _senders(own)]
    return "\n\n".join(parts) + "\n"


def describe() -> str:
    """The format in Markdown, for the documentation."""
    fields = table_of(("field", "holds"), [(f"`{name}`", about) for name, (about, _) in FIELDS.items()])
    rows = table_of(("field of a row", "holds"), [(f"`{name}`", about) for name, (about, _) in ROW_FIELDS.items()])
    directions = {True: "larger", False: "smaller"}
    known = [(f"`{m.name}`", m.about, m.kind, directions[m.larger_is_better]) for m in _METRICS.values()]
    return "\n\n".join([fields, rows, table_of(("metric", "says", "is a", "better"), known)])


def _board(entries: Sequence[Entry]) -> str:
    """One line for each system and attack, those of one attack together."""
    attacks = dict.fromkeys(row["attack"] for entry in entries for row in entry.rows)
    numbers = {
        (place, row["attack"], row["metric"]): row["value"]
        for place, entry in enumerate(entries)
        for row in entry.rows
        if row["edits"] == EVERY_EDIT
    }
    shown = [name for name in _SHOWN if any(metric == name for _, _, metric in numbers)]
    lines = []
    for attack in attacks:
        for place, entry in enumerate(entries):
            cells = [_cell(numbers.get((place, attack, name)), name) for name in shown]
            if any(cell != "–" for cell in cells):
                lines.append((attack, entry.system, str(entry.items), *cells))
    arrows = [f"{name} {'↑' if _METRICS[name].larger_is_better else '↓'}" for name in shown]
    return table_of(("attack", "system", "items", *arrows), lines)


def _cell(value: float | None, name: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if _METRICS[name].kind == "share" else f"{value:.{2 if name.endswith('_db') else 4}f}"


def _senders(entries: Sequence[Entry]) -> str:
    return "\n".join(f"- {entry.system}: {entry.source}, sent in by {entry.contact}" for entry in entries)


def _check(given: object, fields: Mapping[str, _Field], where: str) -> None:
    """That an object has every field and no other, each in order."""
    if not isinstance(given, dict):
        raise UsageError(f"{where}: expected an object with the fields {', '.join(fields)}")
    missing, unknown = set(fields) - set(given), set(given) - set(fields)
    if missing or unknown:
        problem = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown fields {sorted(unknown)!a}"
        raise UsageError(f"{where} {problem}; expected the fields {', '.join(fields)}")
    for name, (about, accepts) in fields.items():
        if not accepts(given[name]):
            raise UsageError(f"{where}: {name} is {str(given[name])[:60]!a}; expected {about}")


def _fingerprint(value: object) -> bool:
    return isinstance(value, str) and len(value) == 16 and set(value) <= set("0123456789abcdef")
