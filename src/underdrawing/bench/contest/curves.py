"""The points behind the plots: success against JPEG quality, recovery against what was changed and what arrived,
invisibility against payload.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from underdrawing.bench.contest.measures import EVERY_EDIT, NO_ATTACK, WHOLE, Measure
from underdrawing.bench.contest.rows import CaseRow

__all__ = ["CURVES", "Point", "points"]

_JPEG = re.compile(r"jpeg(\d+)")
_PART_NAMES = ("id", "anchor", "core", "detail", "fine")
_WIDTH = 0.1
"""Shares of the area are gathered in steps of this width."""


@dataclass(frozen=True)
class Point:
    """One point of a plot.

    Attributes:
        curve: Name of the plot, one of ``CURVES``.
        line: Which line of it: a system, and what of it.
        x: Horizontally.
        y: Vertically.
        cases: How many cases it stands for.
    """

    curve: str
    line: str
    x: float
    y: float
    cases: int


CURVES: dict[str, tuple[str, str, str]] = {
    "success": ("What is read after JPEG", "JPEG quality", "share of doctored pictures"),
    "recovery": (
        "What is painted back after JPEG 75",
        "share of the area that was changed",
        "M-PSNR in the true mask, dB",
    ),
    "scales": ("What the code is worth as far as it arrived", "scales of the code read", "M-PSNR, true mask told, dB"),
    "invisibility": ("What a mark costs and holds", "bits in the mark", "PSNR, dB"),
}
"""Title of each plot, and what its axes say."""


def points(cases: Sequence[CaseRow], found: Sequence[Measure]) -> list[Point]:
    """Every point that the rows and their sums give."""
    return [*_success(found), *_recovery(cases), *_scales(cases), *_invisibility(found)]


def _success(found: Sequence[Measure]) -> Iterator[Point]:
    for one in found:
        quality = _JPEG.fullmatch(one.attack)
        if quality and one.edits == EVERY_EDIT and one.metric in _PART_NAMES:
            yield Point("success", f"{one.system}: {one.metric}", float(quality[1]), one.value, one.cases)


def _recovery(cases: Sequence[CaseRow]) -> Iterator[Point]:
    wanted = [
        row for row in cases if row.attack == "jpeg75" and row.recovered_db is not None and row.size_class != WHOLE
    ]
    for system in dict.fromkeys(row.system for row in wanted):
        for step in range(round(1 / _WIDTH)):
            low, high = step * _WIDTH, (step + 1) * _WIDTH
            rows = [row for row in wanted if row.system == system and low < row.fraction <= high]
            if rows:
                share = mean(row.fraction for row in rows)
                yield Point("recovery", system, share, mean(row.recovered_db or 0.0 for row in rows), len(rows))


def _scales(cases: Sequence[CaseRow]) -> Iterator[Point]:
    wanted = [row for row in cases if row.same_mask_db is not None and row.code_scales and row.size_class != WHOLE]
    for system in dict.fromkeys(row.system for row in wanted):
        for scales in sorted({row.code_scales for row in wanted if row.system == system}):
            values = [row.same_mask_db or 0.0 for row in wanted if (row.system, row.code_scales) == (system, scales)]
            yield Point("scales", system, float(scales), mean(values), len(values))


def _invisibility(found: Sequence[Measure]) -> Iterator[Point]:
    numbers = {(one.system, one.metric): one for one in found if one.attack == NO_ATTACK}
    for system in dict.fromkeys(one.system for one in found):
        psnr_db, id_bits, code_bits = (numbers.get((system, name)) for name in ("psnr_db", "id_bits", "code_bits"))
        if psnr_db and id_bits and code_bits:
            yield Point("invisibility", system, id_bits.value + code_bits.value, psnr_db.value, psnr_db.cases)
