"""The results of a run in one JSON file: with what it was measured, what it cost, and every number."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import underdrawing
from underdrawing.bench.contest.curves import points
from underdrawing.bench.contest.entrants import system_names
from underdrawing.bench.contest.measures import Measure, measures
from underdrawing.bench.contest.rows import CaseRow, CostRow, MarkRow
from underdrawing.bench.contest.targets import TARGETS, target_lines
from underdrawing.errors import UsageError
from underdrawing.images import write_atomically

__all__ = ["RESULTS_FILE", "SHEET_FILE", "Results", "program_fingerprint", "read_results", "write_results"]

RESULTS_FILE = "results.json"
SHEET_FILE = "sheet.jpg"
_MEASURING = frozenset({"bench", "cli", "report"})

Results = dict[str, Any]
"""Plain values under the keys ``measured_with``, ``targets`` with ``best_published`` in the same order, ``measures``,
``curves``, ``costs`` and ``errors``."""


def program_fingerprint(rooms: Collection[str] | None = None) -> str:
    """16 hexadecimal digits of SHA-256 over the package.

    Rows measured by the same program may be added to each other, whatever else was committed meanwhile.

    Args:
        rooms: Only these; None: all but those that measure and show.
    """
    root = Path(underdrawing.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        room = relative.parts[0]
        counts = room not in _MEASURING if rooms is None else room in rooms
        if path.is_file() and path.suffix != ".pyc" and counts:
            digest.update(f"{relative.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def write_results(
    folder: Path,
    *,
    facts: Mapping[str, object],
    cases: Sequence[CaseRow],
    marks: Sequence[MarkRow],
    costs: Sequence[CostRow],
) -> Results:
    """Sum the rows up, system after system, and write the file, all or nothing."""
    order = {name: place for place, name in enumerate(system_names())}
    cases = sorted(cases, key=lambda row: order.get(row.system, len(order)))
    marks = sorted(marks, key=lambda row: order.get(row.system, len(order)))
    costs = sorted(costs, key=lambda row: order.get(row.system, len(order)))
    found = measures(cases, marks)
    failed = [f"{row.key}: {row.error}" for row in cases if row.error]
    failed += [f"{row.system}: {row.error}" for row in costs if row.error]
    results: Results = {
        "measured_with": dict(facts),
        "targets": [asdict(line) for line in target_lines(found)],
        "best_published": [target.published for target in TARGETS],
        "measures": [asdict(one) for one in found],
        "curves": [asdict(point) for point in points(cases, found)],
        "costs": [asdict(row) for row in costs],
        "errors": failed,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    write_atomically(folder / RESULTS_FILE, text.encode() + b"\n", overwrite=True)
    return results


def read_results(folder: Path) -> Results:
    """The results in a folder.

    Raises:
        UsageError: There are none.
    """
    path = folder / RESULTS_FILE
    try:
        results: Results = json.loads(path.read_text(encoding="utf-8"))
        results["measures"] = [Measure(**one) for one in results["measures"]]
        results["costs"] = [CostRow(**one) for one in results["costs"]]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; run underdrawing bench run first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"cannot read {path}: no results of a run ({error!r}); run underdrawing bench run again"
        ) from error
    return results
