"""One line of the table of promises, and how to make one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

__all__ = ["Line", "count_line", "mean_or_nan", "number_line"]


@dataclass(frozen=True)
class Line:
    """One promise and what became of it.

    Attributes:
        row: Which row of the table of promises it belongs to.
        what: What was measured, with its unit.
        target: What was promised.
        measured: What came out, with how many measurements stand behind it.
        passed: Whether it holds; None when nothing was measured or nothing was promised.
    """

    row: str
    what: str
    target: str
    measured: str
    passed: bool | None


def number_line(
    row: str, what: str, target: str, value: float, *, low: float = -math.inf, high: float = math.inf
) -> Line:
    """A number that must lie between two others; NaN means that nothing was measured."""
    if math.isnan(value):
        return Line(row, what, target, "not measured", None)
    return Line(row, what, target, f"{value:.4g}", low <= value <= high)


def count_line(row: str, what: str, target: str, good: int, total: int, *, rate: float = 1.0) -> Line:
    """A share that must reach a rate; a total of 0 means that nothing was measured."""
    if total == 0:
        return Line(row, what, target, "not measured", None)
    return Line(row, what, target, f"{good} of {total}", good >= rate * total)


def mean_or_nan(values: Sequence[float]) -> float:
    """The mean, or NaN of nothing."""
    return mean(values) if values else math.nan
