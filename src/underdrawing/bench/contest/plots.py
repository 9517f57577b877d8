"""The plots of a report, as SVG files that are the same for the same points."""

from collections.abc import Sequence
from pathlib import Path

from underdrawing.bench.contest.curves import CURVES, Point
from underdrawing.errors import UsageError

__all__ = ["draw"]

_SIZE_INCHES = (7.2, 4.2)
_MARKERS = "osD^vPX*<>ph"


def draw(points: Sequence[Point], folder: Path, *, prefix: str = "contest") -> list[Path]:
    """Draw every plot that has points.

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
                figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
                FigureCanvasSVG(figure)
                _draw_one(figure.subplots(), name, chosen)
                drawn.append(folder / f"{prefix}-{name}.svg")
                figure.savefig(drawn[-1], format="svg", metadata={"Date": None, "Creator": None})
    return drawn


def _draw_one(axes: object, name: str, points: Sequence[Point]) -> None:
    """One plot: a line for each name, or single marks where each name has one point."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    title, across, up = CURVES[name]
    lines = list(dict.fromkeys(point.line for point in points))
    for place, line in enumerate(lines):
        own = sorted((point for point in points if point.line == line), key=lambda point: point.x)
        style = "-" if len(own) > 1 else ""
        marker = _MARKERS[place % len(_MARKERS)]
        axes.plot([p.x for p in own], [p.y for p in own], style, marker=marker, markersize=4, label=line)
    if name == "success":
        axes.invert_xaxis()
        axes.set_ylim(-0.02, 1.02)
    if name == "invisibility":
        axes.set_xscale("log")
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    axes.legend(
        fontsize=7, loc="best" if len(lines) < 8 else "center left", bbox_to_anchor=None if len(lines) < 8 else (1, 0.5)
    )
