"""The tables of a report, in Markdown."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from underdrawing.bench.baselines.published import published
from underdrawing.bench.contest.curves import CURVES
from underdrawing.bench.contest.measures import CASE_METRICS, EVERY_EDIT, NO_ATTACK, Measure
from underdrawing.bench.contest.plan import aim_of
from underdrawing.bench.contest.results import Results
from underdrawing.bench.contest.rows import CostRow
from underdrawing.bench.contest.targets import OURS, OURS_AS_USUAL
from underdrawing.bench.document import facts_table, table_of

__all__ = ["report"]

_WAYS = {
    "id": "by the id",
    "code": "by the hidden code alone",
    "recovered": "by the recovered picture alone",
    "suspect": "by the suspect alone, our fingerprint",
    "PDQ": "by the suspect alone, PDQ",
    "pHash": "by the suspect alone, pHash",
    "ISCC": "by the suspect alone, ISCC",
}
_VERDICTS = {True: "pass", False: "MISS", None: "–"}
_SHARES = frozenset(metric.name for metric, _ in CASE_METRICS if metric.kind == "share")


def report(results: Results, *, pictures: Sequence[str] = ()) -> str:
    """The whole report.

    Args:
        results: What ``read_results`` gives.
        pictures: Paths of plots and sheets, relative to the document.
    """
    found: list[Measure] = results["measures"]
    numbers = _Numbers(found)
    every = results["measured_with"]["attacks"].split(", ")
    attacks = [attack for attack in every if aim_of(attack) == "survive"]
    parts = [
        facts_table(results["measured_with"]),
        f"### Targets\n\n{_ASKED}",
        _targets(results["targets"], results["best_published"]),
        "### The marks",
        _marks(numbers, results["costs"]),
        f"### After each attack\n\n{_AFTER_NOTE}",
        *(f"`{attack}`\n\n{_after(numbers, attack)}" for attack in attacks[:_DETAILED]),
        *(part for system in (OURS, OURS_AS_USUAL) for part in _suite(numbers, system, attacks)),
        *(part for system in (OURS, OURS_AS_USUAL) for part in _sizes(numbers, system, attacks)),
        *_retrieval(numbers, attacks),
        *_forgeries(numbers, every),
        "### Published by others\n\nNot re-run: other pictures, other edits, other attacks. " + _PUBLISHED_NOTE,
        _published(),
        *(f"![{_words_for(path)}]({path})" for path in pictures),
        *_errors(results["errors"]),
    ]
    return "\n\n".join(parts) + "\n"


def _words_for(picture: str) -> str:
    """What a picture shows, for those who do not see it."""
    title, across, up = CURVES.get(PurePosixPath(picture).stem.rpartition("-")[2], _SHEET)
    return f"{title}: {up}, against {across}"


_SHEET = ("Doctored photographs", "what each system found and painted back", "the original and the true mask")
_ASKED = (
    f"Asked of *{OURS}* unless a line names another. 95 % intervals in brackets: Wilson for shares, normal for means."
)
_DETAILED = 3
"""So many attacks are shown with every system; the others, with our own, are in one table."""

_AFTER_NOTE = (
    "Every edit of the dataset, made on the marked picture, then the attack. Maps and recovery are summed up without "
    "edits that leave nothing of the picture; those have a line of their own below."
)
_PUBLISHED_NOTE = "*Seen in* says whether the figure was read at its source, or taken from notes on the paper."


class _Numbers:
    """Measures by what they are about."""

    def __init__(self, found: Sequence[Measure]) -> None:
        self._found = {(one.system, one.attack, one.edits, one.metric): one for one in found}
        self.systems = list(dict.fromkeys(one.system for one in found))
        self.edits = list(dict.fromkeys(one.edits for one in found if one.edits != EVERY_EDIT))

    def get(self, system: str, attack: str, metric: str, edits: str = EVERY_EDIT) -> Measure | None:
        """One of them; None where it was not measured."""
        return self._found.get((system, attack, edits, metric))

    def cell(self, system: str, attack: str, metric: str, digits: int = 3, *, edits: str = EVERY_EDIT) -> str:
        """The same as text: shares with their interval."""
        one = self.get(system, attack, metric, edits)
        if one is None:
            return "–"
        if metric in _SHARES:
            return f"{one.value:.1%} ({one.low:.1%} – {one.high:.1%})"
        return f"{one.value:.{digits}f}"


def _targets(lines: Sequence[dict[str, Any]], best_published: Sequence[str]) -> str:
    heading = ("about", "what", "best published, not re-run", "target", "measured", "")
    rows = [
        (line["row"], line["what"], best or "–", line["target"], line["measured"], _VERDICTS[line["passed"]])
        for line, best in zip(lines, best_published, strict=True)
    ]
    return table_of(heading, rows)


def _marks(numbers: _Numbers, costs: Sequence[CostRow]) -> str:
    heading = (
        *("system", "pictures", "PSNR, dB ↑", "SSIM ↑", "MS-SSIM ↑", "GMSD ↓", "id, bits", "description, bits"),
        *("mark, s", "examine, s", "peak memory, MiB"),
    )
    spent = {row.system: row for row in costs if row.error is None}
    rows = []
    for system in numbers.systems:
        psnr_db, cost = numbers.get(system, NO_ATTACK, "psnr_db"), spent.get(system)
        likeness = [numbers.cell(system, NO_ATTACK, name, 4) for name in ("ssim", "ms_ssim", "gmsd")]
        held = [numbers.cell(system, NO_ATTACK, name, 0) for name in ("id_bits", "code_bits")]
        times = ["–"] * 3 if cost is None else [f"{cost.protect_s:.2f}", f"{cost.examine_s:.2f}", _mebibytes(cost)]
        if psnr_db is None:
            rows.append((system, "no mark", *["–"] * 6, *times))
        else:
            rows.append((system, str(psnr_db.cases), f"{psnr_db.value:.2f}", *likeness, *held, *times))
    return table_of(heading, rows)


def _mebibytes(cost: CostRow) -> str:
    return f"{cost.peak_bytes / 2**20:.0f}"


def _after(numbers: _Numbers, attack: str) -> str:
    heading = (
        *("system", "cases", "id read", "whole message", "F1 ↑", "IoU ↑", "AUC ↑"),
        *("M-PSNR, dB ↑", "same mask, dB ↑", "untouched flagged ↓"),
    )
    return table_of(heading, list(_after_rows(numbers, attack)))


def _after_rows(numbers: _Numbers, attack: str) -> Iterator[Sequence[str]]:
    for system in numbers.systems:
        counted = [numbers.get(system, attack, name) for name in ("id", "noticed", "recovered_db")]
        first = next((one for one in counted if one is not None), None)
        cells = [
            *(numbers.cell(system, attack, name) for name in ("id", "message")),
            *(numbers.cell(system, attack, name) for name in ("f1", "iou", "auc")),
            *(numbers.cell(system, attack, name, 2) for name in ("recovered_db", "same_mask_db")),
            numbers.cell(system, attack, "flagged"),
        ]
        if first is not None:
            yield (system, str(first.cases), *cells)


def _suite(numbers: _Numbers, system: str, attacks: Sequence[str]) -> list[str]:
    """Every attack of the run, one of ours alone."""
    attacks = [attack for attack in attacks if numbers.get(system, attack, "anchor")]
    if len(attacks) <= _DETAILED:
        return []
    heading = ("attack", "anchor", "core", "detail", "F1 ↑", "M-PSNR, dB ↑", "untouched flagged ↓")
    rows = []
    for attack in attacks:
        blocks = [numbers.cell(system, attack, name) for name in ("anchor", "core", "detail")]
        scores = [numbers.cell(system, attack, "f1"), numbers.cell(system, attack, "recovered_db", 2)]
        rows.append((f"`{attack}`", *blocks, *scores, numbers.cell(system, attack, "flagged")))
    return [f"### {system}, every attack", table_of(heading, rows)]


def _sizes(numbers: _Numbers, system: str, attacks: Sequence[str]) -> list[str]:
    """By how much was changed, and how, one of ours alone."""
    chosen = [attack for attack in attacks[:_DETAILED] if numbers.get(system, attack, "f1")]
    if not chosen or not numbers.edits:
        return []
    heading = ("attack", "edits", "cases", "id read", "F1 ↑", "IoU ↑", "M-PSNR, dB ↑", "same mask, dB ↑")
    rows = []
    for attack in chosen:
        for edits in numbers.edits:
            one = numbers.get(system, attack, "f1", edits)
            cells = [numbers.cell(system, attack, name, edits=edits) for name in ("id", "f1", "iou")]
            cells += [numbers.cell(system, attack, name, 2, edits=edits) for name in ("recovered_db", "same_mask_db")]
            rows += [] if one is None else [(f"`{attack}`", edits, str(one.cases), *cells)]
    return [f"### {system}, by size and kind of the edit", table_of(heading, rows)]


def _retrieval(numbers: _Numbers, attacks: Sequence[str]) -> list[str]:
    heading = ("attack", "system", "asked", "cases", "Top-1 image", "Top-5 image", "Top-1 label", "Top-5 label")
    rows = []
    for attack in attacks[:_DETAILED]:
        for system in numbers.systems:
            for way, words in _WAYS.items():
                one = numbers.get(system, attack, f"top1_image_by_{way}")
                names = [f"top{top}_{what}_by_{way}" for what in ("image", "label") for top in (1, 5)]
                cells = [numbers.cell(system, attack, name) for name in names]
                rows += [] if one is None else [(f"`{attack}`", system, words, str(one.cases), *cells)]
    if not rows:
        return []
    words = "Which picture of the gallery a doctored suspect comes from, and what it shows."
    return [f"### Factual retrieval\n\n{words}", table_of(heading, rows)]


def _forgeries(numbers: _Numbers, attacks: Sequence[str]) -> list[str]:
    heading = ("attack", "aim", "system", "cases", "taken for the owner's ↓", "id read")
    rows = []
    for attack in attacks:
        aim = aim_of(attack)
        for system in numbers.systems if aim != "survive" else ():
            one = numbers.get(system, attack, "believed")
            cell = numbers.cell(system, attack, "believed")
            rows += [] if one is None else [(f"`{attack}`", aim, system, str(one.cases), cell)]
    if not rows:
        return []
    return ["### Removal and forgery", table_of(heading[:5], rows)]


def _published() -> str:
    rows = [
        (f.method, f.what, f.value, f.setting, f"arXiv {f.arxiv}, {f.place}", f.seen, "published, not re-run")
        for f in published()
    ]
    return table_of(("method", "what", "value", "setting", "source", "seen in", ""), rows)


def _errors(failed: Sequence[str]) -> list[str]:
    if not failed:
        return []
    shown = "\n".join(f"- {text}" for text in failed[:20])
    return [f"### Cases that ended in an error\n\n{len(failed)} in all.\n\n{shown}"]
