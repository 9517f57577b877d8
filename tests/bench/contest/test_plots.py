"""The plots of a report."""

import numpy as np
import pytest

from underdrawing.bench.contest import plots
from underdrawing.bench.contest.curves import Point

matplotlib = pytest.importorskip("matplotlib")
PARTS = ("id", "anchor", "core", "detail", "fine")


def many(systems):
    return [
        Point("success", f"system {number}: {part}", quality, 1 / (number + 1), 8 * number)
        for number in range(systems)
        for part in PARTS
        for quality in (75.0, 50.0)
    ]


def test_reference_many_lines_leave_room_for_every_panel(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda figure, *of, **how: (drawn.append(figure), save(figure, *of, **how)))
    (path,) = plots.draw(many(12), tmp_path)
    assert path.read_text().startswith("<?xml")
    (figure,) = drawn
    *panels, legend = figure.axes
    assert [axes.get_title() for axes in panels] == list(PARTS)
    assert all(np.prod(axes.get_position().size) > 0.07 for axes in panels)
    assert [text.get_text() for text in legend.get_legend().get_texts()] == [f"system {n}" for n in range(12)]


def test_the_same_points_give_the_same_file(tmp_path):
    first, second = (plots.draw(many(3), tmp_path / name)[0].read_bytes() for name in ("a", "b"))
    assert first == second
