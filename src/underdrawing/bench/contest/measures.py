"""What the rows of a run come to: for every system, attack and metric one number, how sure it is, and how many stand
behind it.

The metrics are a table; it is also the vocabulary of the leaderboard.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Literal

from underdrawing.bench.contest.plan import aim_of
from underdrawing.bench.contest.rows import CaseRow, MarkRow
from underdrawing.bench.imagenet_s.plan import SIZE_CLASSES
from underdrawing.bench.metrics.decisions import wilson_interval

__all__ = ["CASE_METRICS", "EVERY_EDIT", "MARK_METRICS", "NO_ATTACK", "WHOLE", "Measure", "Metric", "measures"]

Kind = Literal["share", "mean", "median"]
NO_ATTACK = "–"
"""The attack of what is measured on the marked picture itself."""
EVERY_EDIT = "all"
"""The edits of what is measured over all of them, and of what is measured without any."""
WHOLE = "whole"
"""The size class of edits that leave nothing of the picture: a map of them shows nothing, so maps and recovery are
summed up without them, and shown for them apart."""
_NORMAL_QUANTILE_95 = 1.959963984540054


@dataclass(frozen=True)
class Metric:
    """Something that is measured.

    Attributes:
        name: The word for it, in results and on the leaderboard.
        about: What it says, with its unit.
        kind: ``share`` of cases with its Wilson interval, ``mean`` with its normal interval, ``median`` without.
        larger_is_better: Which way is better.
        local: Whether edits of the whole picture are left out of the sum over all edits.
    """

    name: str
    about: str
    kind: Kind
    larger_is_better: bool = True
    local: bool = False


@dataclass(frozen=True)
class Measure:
    """One number.

    Attributes:
        system: Whose.
        attack: After which attack; ``–`` for the marked picture itself.
        edits: Over which edits: ``all``, a size class or a kind of the dataset; ``all`` also without any edit.
        metric: Name of the metric.
        value: The number.
        cases: How many cases it stands for.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    system: str
    attack: str
    edits: str
    metric: str
    value: float
    cases: int
    low: float
    high: float


_Picked = Callable[[CaseRow], float | None]
_WAYS = ("id", "code", "recovered", "suspect", "PDQ", "pHash", "ISCC")


def _doctored(pick: _Picked) -> _Picked:
    return lambda row: pick(row) if row.tampered else None


def _untouched(pick: _Picked) -> _Picked:
    return lambda row: pick(row) if not row.tampered and aim_of(row.attack) == "survive" else None


def _forged(pick: _Picked) -> _Picked:
    return lambda row: pick(row) if aim_of(row.attack) != "survive" else None


def _part(name: str) -> _Picked:
    """Counted where the mark held that part."""
    return lambda row: float(name in row.parts) if name in row.embedded else None


def _among(way: str, which: int, top: int) -> _Picked:
    def pick(row: CaseRow) -> float | None:
        place = row.found[way][which] if way in row.found else None
        return None if way not in row.found else float(place is not None and place <= top)

    return pick


def _number(value: bool | float | None) -> float | None:
    return None if value is None else float(value)


def _metric(name: str, about: str, kind: Kind, pick: _Picked, better: bool = True) -> tuple[Metric, _Picked]:
    return Metric(name, about, kind, better), pick


def _local(name: str, about: str, pick: _Picked) -> tuple[Metric, _Picked]:
    """The mean of what depends on where a picture was changed."""
    return Metric(name, about, "mean", local=True), _doctored(pick)


CASE_METRICS: tuple[tuple[Metric, _Picked], ...] = (
    _metric("id", "id read, right", "share", _doctored(lambda row: _number(row.id_right))),
    _metric("message", "everything put in read, right", "share", _doctored(lambda row: _number(row.whole))),
    *(
        _metric(block, f"block {block} read, where the mark holds it", "share", _doctored(_part(block)))
        for block in ("anchor", "core", "detail", "fine")
    ),
    _local("f1", "map against the truth, mean F1", lambda row: row.f1),
    _local("iou", "map against the truth, mean IoU", lambda row: row.iou),
    _local("auc", "map against the truth, mean AUC", lambda row: row.auc),
    _metric(
        "pixel_false_alarm", "pixels flagged in untouched pictures", "mean", _untouched(lambda r: r.false_alarm), False
    ),
    _metric(
        "flagged", "untouched pictures said to be changed", "share", _untouched(lambda r: _number(r.flagged)), False
    ),
    _metric("noticed", "doctored pictures said to be changed", "share", _doctored(lambda r: _number(r.flagged))),
    _local("recovered_db", "M-PSNR of what was recovered, in the true mask, dB", lambda row: row.recovered_db),
    _local("same_mask_db", "M-PSNR where the true mask is told, dB", lambda row: row.same_mask_db),
    _local("recovered_ssim", "SSIM of the whole recovered picture", lambda row: row.recovered_ssim),
    *(
        _metric(
            f"top{top}_{what}_by_{way}",
            f"right {what} among the first {top}, by {way}",
            "share",
            _among(way, which, top),
        )
        for way in _WAYS
        for which, what in ((0, "image"), (1, "label"))
        for top in (1, 5)
    ),
    _metric("believed", "forged pictures taken for the owner's", "share", _forged(lambda r: float(r.believed)), False),
    _metric("examine_s", "seconds to examine a suspect, median", "median", lambda row: row.examine_s, False),
)
"""What is measured on suspects, and where a row has it."""

MARK_METRICS: tuple[tuple[Metric, Callable[[MarkRow], float | None]], ...] = (
    (Metric("psnr_db", "marked against given picture, mean PSNR, dB", "mean"), lambda row: row.psnr_db),
    (Metric("ssim", "marked against given picture, mean SSIM", "mean"), lambda row: _if_marked(row, row.ssim)),
    (Metric("ms_ssim", "marked against given picture, mean MS-SSIM", "mean"), lambda row: _if_marked(row, row.ms_ssim)),
    (Metric("gmsd", "marked against given picture, mean GMSD", "mean", False), lambda row: _if_marked(row, row.gmsd)),
    (Metric("id_bits", "bits of the id in the mark, mean", "mean"), lambda row: _if_marked(row, row.id_bits)),
    (Metric("code_bits", "bits that describe the picture, mean", "mean"), lambda row: _if_marked(row, row.code_bits)),
    (
        Metric("protect_s", "seconds to mark a picture, median", "median", False),
        lambda row: _if_marked(row, row.protect_s),
    ),
)
"""What is measured on marked pictures."""


def measures(cases: Sequence[CaseRow], marks: Sequence[MarkRow]) -> list[Measure]:
    """Every number that the rows give, in the order of systems and attacks in them."""
    found = list(_of_marks(marks))
    for system in dict.fromkeys(row.system for row in cases):
        for attack in dict.fromkeys(row.attack for row in cases):
            rows = [row for row in cases if row.system == system and row.attack == attack and row.error is None]
            found += _of_cases(system, attack, rows)
    return found


def _of_marks(marks: Sequence[MarkRow]) -> Iterator[Measure]:
    for system in dict.fromkeys(row.system for row in marks):
        rows = [row for row in marks if row.system == system and row.error is None]
        for metric, pick in MARK_METRICS:
            yield from _measured(metric, map(pick, rows), system, NO_ATTACK, EVERY_EDIT)


def _of_cases(system: str, attack: str, rows: Sequence[CaseRow]) -> Iterator[Measure]:
    classes = sorted({row.size_class for row in rows if row.size_class}, key=_by_size)
    kinds = sorted({row.kind for row in rows if row.kind})
    for edits in (EVERY_EDIT, *classes, *kinds):
        chosen = [row for row in rows if edits in (EVERY_EDIT, row.size_class, row.kind)]
        some = [row for row in chosen if edits != EVERY_EDIT or row.size_class != WHOLE]
        for metric, pick in CASE_METRICS:
            yield from _measured(metric, map(pick, some if metric.local else chosen), system, attack, edits)


def _by_size(size_class: str) -> tuple[int, str]:
    """Small ones first; words that are not known last."""
    known = (*SIZE_CLASSES, WHOLE)
    return known.index(size_class) if size_class in known else len(known), size_class


def _measured(
    metric: Metric, values: Iterable[float | None], system: str, attack: str, edits: str
) -> Iterator[Measure]:
    """The number of one metric; nothing where no row has it."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    if not known:
        return
    value, low, high = _summed(metric.kind, known)
    yield Measure(system, attack, edits, metric.name, value, len(known), low, high)


def _summed(kind: Kind, values: Sequence[float]) -> tuple[float, float, float]:
    """The number and its interval."""
    if kind == "share":
        interval = wilson_interval(round(sum(values)), len(values))
        return interval.share, interval.low, interval.high
    if kind == "median" or len(values) < 2:
        middle = median(values)
        return middle, min(values), max(values)
    if any(math.isinf(value) for value in values):
        return math.inf, min(values), math.inf
    centre, spread = mean(values), _NORMAL_QUANTILE_95 * stdev(values) / math.sqrt(len(values))
    return centre, centre - spread, centre + spread


def _if_marked(row: MarkRow, value: float) -> float | None:
    return value if row.parts else None
