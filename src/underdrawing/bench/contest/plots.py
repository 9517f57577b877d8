"""The plots of a report, as SVG files that are the same for the same points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from underdrawing.bench.contest.curves import CURVES, Point
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_SIZE_INCHES, _PANELS_INCHES = (7.2, 4.2), (9.6, 5.6)
_COLUMNS = 3
_MARKERS = "osD^vPX*<>ph"
_MANY_LINES, _MANY_CASES = 8, 10


def draw(points: Sequence[Point], folder: Path, *, prefix: str = "contest") -> list[Path]:
    """Draw every plot that has points. Hollow marks stand for fewer than ten cases.

    Args:
        points: Those of ``curves.points``.
        folder: Where the files go; made if it is not there.
        prefix: What their names begin with.

    Returns:
        The files, in the order of ``CURVES``.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'underdrawing[bench]'") from error
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with matplotlib.rc_context({"svg.hashsalt": prefix, "font.size": 9}):
        for name in CURVES:
            chosen = [point for point in points if point.curve == name]
            if chosen:
                figure = Figure(layout="constrained")
                FigureCanvasSVG(figure)
                _draw_one(figure, name, chosen)
                drawn.append(folder / f"{prefix}-{name}.svg")
                figure.savefig(drawn[-1], format="svg", metadata={"Date": None, "Creator": None})
    return drawn


def _draw_one(figure: Figure, name: str, points: Sequence[Point]) -> None:
    """One plot. Lines that are named "system: what" are drawn apart, what by what, with one legend for all."""
    from matplotlib.ticker import MaxNLocator

    title, across, up = CURVES[name]
    panels = list(dict.fromkeys(_what(point) for point in points))
    lines = list(dict.fromkeys(_system(point) for point in points))
    figure.suptitle(title)
    figure.supxlabel(across)
    figure.supylabel(up)
    if len(panels) == 1:
        figure.set_size_inches(_SIZE_INCHES)
        axes = figure.subplots()
        _draw_lines(axes, points, lines)
        beside = (1, 0.5) if len(lines) >= _MANY_LINES else None
        axes.legend(fontsize="small", loc="center left" if beside else "best", bbox_to_anchor=beside)
        each = [axes]
    else:
        figure.set_size_inches(_PANELS_INCHES)
        rows = -(-(len(panels) + 1) // _COLUMNS)
        *each, last = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True).flat[: len(panels) + 1]
        for axes, panel in zip(each, panels, strict=True):
            axes.set_title(panel)
            _draw_lines(axes, [point for point in points if _what(point) == panel], lines)
        last.axis("off")
        last.legend(*each[0].get_legend_handles_labels(), fontsize="small", loc="center")
    if name == "success":
        each[0].invert_xaxis()
        each[0].set_ylim(-0.02, 1.02)
    if name == "scales":
        each[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    if name == "invisibility":
        each[0].set_xscale("log")


def _draw_lines(axes: Axes, points: Sequence[Point], lines: Sequence[str]) -> None:
    """A line for each name, or a single mark where it has one point; each name looks the same in every panel."""
    for place, line in enumerate(lines):
        own = sorted((point for point in points if _system(point) == line), key=lambda point: point.x)
        look: dict[str, Any] = {"color": f"C{place}", "marker": _MARKERS[place % len(_MARKERS)], "markersize": 4}
        few, many = ([point for point in own if (point.cases >= _MANY_CASES) == is_many] for is_many in (False, True))
        axes.plot([p.x for p in own], [p.y for p in own], color=look["color"], linewidth=1)
        axes.plot([p.x for p in few], [p.y for p in few], linestyle="", markerfacecolor="white", **look)
        axes.plot([p.x for p in many], [p.y for p in many], linestyle="", **look)
        axes.plot([], [], label=line, linewidth=1, **look)
    axes.grid(alpha=0.3)


def _system(point: Point) -> str:
    return point.line.partition(": ")[0]


def _what(point: Point) -> str:
    return point.line.partition(": ")[2]
