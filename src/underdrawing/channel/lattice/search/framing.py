"""Pictures shown on something plain: a page, a slide, bars above and below. Where they end is where the picture ends.

Source: ours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.search.window import Luma

__all__ = ["Box", "framed", "pulled", "tilt"]

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels: columns left to right − 1 and rows top to bottom − 1."""

_RING = 1 / 64
"""How wide the ring around a suspect is that has to be plain for the most part, as a share of its shorter side."""
_MOSTLY, _ALIKE, _PLAIN = 0.6, 10.0, 3.0
_BINS = 64
_THIN_PX = 9
"""What is thinner is writing, and no picture."""
_LEAST_SHARE, _MOST_SHARE, _FILLED = 0.08, 0.97, 0.6
_BOXES = 2
_HALF = 0.5
_LEAST_EDGE, _STRAIGHT = 0.2, 0.02
_FEWEST_EDGES, _SHORTEST_EDGE, _BEYOND, _DEEPEST, _POINTS = 2, 0.08, 0.01, 0.05, 24
_HALF_DRAWN_PX = 0.4

Bits = NDArray[np.bool_]


def framed(luma: Luma) -> list[Box]:
    """The boxes of a suspect that something plain surrounds, the largest first; none where nothing plain does."""
    plane = luma.plane
    height, width = plane.shape
    wide = max(1, round(_RING * min(height, width)))
    ring = np.concatenate([part.ravel() for part in (plane[:wide], plane[-wide:], plane[:, :wide], plane[:, -wide:])])
    counts, edges = np.histogram(ring, bins=_BINS, range=(0, 256))
    paper = float(np.median(ring[np.abs(ring - edges[int(counts.argmax())] - 128 / _BINS) < _ALIKE]))
    if np.mean(np.abs(ring - paper) < _ALIKE) < _MOSTLY:
        return []
    drawn = np.abs(plane - paper) >= _ALIKE
    thick = cv2.morphologyEx(drawn.view(np.uint8), cv2.MORPH_OPEN, np.ones((_THIN_PX, _THIN_PX), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((_THIN_PX, _THIN_PX), np.uint8))
    _, _, statistics, _ = cv2.connectedComponentsWithStats(thick, connectivity=4)
    order = np.argsort(-statistics[1:, cv2.CC_STAT_AREA])[:_BOXES] + 1
    boxes = [box for number in order if (box := _box(statistics[number], drawn)) is not None]
    return list(dict.fromkeys([*boxes, *(_trimmed(box, plane) for box in boxes)]))


def _trimmed(box: Box, plane: NDArray[np.float32]) -> Box:
    """A box without what is of one colour from side to side at its edges: a bar that the picture touches."""
    left, top, right, bottom = box
    inside = plane[top:bottom, left:right]
    rows, columns = (np.flatnonzero(inside.std(axis=axis) >= _PLAIN) for axis in (1, 0))
    if not rows.size or not columns.size:
        return box
    return left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1


def _box(statistics: NDArray[np.integer], drawn: Bits) -> Box | None:
    """The box of something drawn, exact to the pixel; None where it is no picture on a page."""
    left, top, wide, high, area = (int(number) for number in statistics)
    if not _LEAST_SHARE < wide * high / drawn.size < _MOST_SHARE or area < _FILLED * wide * high:
        return None
    inside = drawn[top : top + high, left : left + wide]
    (first, last), (begin, end) = _ends(inside.mean(axis=0)), _ends(inside.mean(axis=1))
    return left + first, top + begin, left + last, top + end


def _ends(shares: NDArray[np.floating]) -> tuple[int, int]:
    """The longest stretch along one side of a box where about as much is drawn as in most of it."""
    full = np.concatenate([[False], shares >= _HALF * np.median(shares), [False]])
    begins, ends = np.flatnonzero(np.diff(full.view(np.int8)) > 0), np.flatnonzero(np.diff(full.view(np.int8)) < 0)
    longest = int((ends - begins).argmax())
    return int(begins[longest]), int(ends[longest])


def tilt(luma: Luma) -> float | None:
    """By which angle a picture is turned that leaves plain corners on its canvas, in radians; None where it does not.

    From x to y, as small as may be; a picture turned by a quarter looks the same.
    """
    plane = luma.plane
    height, width = plane.shape
    corners = np.array([plane[row, column] for row in (0, height - 1) for column in (0, width - 1)])
    paper = float(np.median(corners))
    if np.count_nonzero(np.abs(corners - paper) < _ALIKE) < len(corners) - 1:
        return None
    drawn = (np.abs(plane - paper) >= _ALIKE).view(np.uint8)
    thick = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(thick, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))[:, 0].astype(np.float64)
    sides = np.roll(hull, -1, axis=0) - hull
    inner = (hull > 1).all(axis=1) & (hull < np.array([width, height]) - 2).all(axis=1)
    free = inner | np.roll(inner, -1) | (np.abs(sides) > 1).all(axis=1)
    angles = np.arctan2(sides[:, 1], sides[:, 0])
    lengths = np.hypot(sides[:, 0], sides[:, 1]) * free
    if lengths.sum() < _LEAST_EDGE * min(height, width):
        return None
    turns = np.angle((lengths * np.exp(4j * angles)).sum()) / 4
    near = np.abs(np.angle(np.exp(4j * (angles - turns)))) / 4 < _STRAIGHT
    if (lengths * near).sum() < _MOSTLY * lengths.sum():
        return None
    return float(np.angle((lengths * near * np.exp(4j * angles)).sum()) / 4)


def pulled(luma: Luma) -> NDArray[np.float64] | None:
    """Where the corners of a picture lie that were pulled about, so that something plain shows along some sides.

    Where nothing shows along a side, it is taken to lie a little beyond the canvas.

    Returns:
        4×2 float64, (x, y) in pixels of the top left, top right, bottom right and bottom left corner; None where too
        little plain is to be seen.
    """
    plane = luma.plane
    for paper in dict.fromkeys(float(plane[row, column]) for row in (0, -1) for column in (0, -1)):
        turned = [np.rot90(plane, quarter) for quarter in range(4)]  # top, right, bottom and left side uppermost
        edges = [_edge(side, paper) for side in turned]
        if sum(edge is not None for edge in edges) >= _FEWEST_EDGES:
            known = [edge or (-_BEYOND * len(side), 0.0) for edge, side in zip(edges, turned, strict=True)]
            return _corners(known, plane.shape)
    return None


def _edge(plane: NDArray[np.float32], paper: float) -> tuple[float, float] | None:
    """The line y = a + b·x along which something drawn on paper begins at the top, as (a, b); None where it shows none.

    The line that most pairs of a few points agree on: what is drawn may be as dark as what is not.
    """
    drawn = np.abs(plane[: max(2, round(_DEEPEST * len(plane)))] - paper) >= _ALIKE
    top = drawn.argmax(axis=0)
    x = np.flatnonzero((top > 0) & drawn.any(axis=0))
    if x.size < _SHORTEST_EDGE * drawn.shape[1]:
        return None
    y = top[x] + _HALF_DRAWN_PX
    some = np.linspace(0, x.size - 1, _POINTS).astype(np.intp)
    one, other = (some[part] for part in np.triu_indices(_POINTS, _POINTS // 4))
    slope = (y[other] - y[one]) / np.maximum(x[other] - x[one], 1)
    off = np.abs(y - (y[one] + slope * (0 - x[one]))[:, None] - slope[:, None] * x) < 1
    best = off[int(off.sum(axis=1).argmax())]
    if best.sum() < _MOSTLY * x.size:
        return None
    b, a = np.polyfit(x[best] + 0.5, y[best], 1)
    return float(a), float(b)


def _corners(edges: list[tuple[float, float]], size_px: tuple[int, ...]) -> NDArray[np.float64]:
    """Where the lines along the top, the right, the bottom and the left side of a (height, width) meet."""
    height, width = size_px
    (top, top_slope), (right, right_slope), (bottom, bottom_slope), (left, left_slope) = edges
    lines = np.array(
        [
            [-top_slope, 1, top],
            [1, right_slope, width - right],
            [-bottom_slope, 1, height - bottom - bottom_slope * width],
            [1, left_slope, left + left_slope * height],
        ]
    )
    pairs = ((3, 0), (0, 1), (1, 2), (2, 3))
    return np.array([np.linalg.solve(lines[list(pair), :2], lines[list(pair), 2]) for pair in pairs])
