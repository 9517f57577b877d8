"""Adding up the cells of a window: what is at the same place of every cell, under small changes of scale and turn.

The weave repeats every cell of 64 grid pixels, so what it says is heard in the sums over all cells. The bits of pilots
change from cell to cell like the fields of a chessboard.

Source: ours.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, WEAVE
from underdrawing.channel.lattice.search.window import STRIDE_PX

__all__ = ["CELL", "CELL_PX", "summed"]

CELL_PX = BLOCK * WEAVE
"""Side of a cell of the weave in grid pixels."""

CELL = CELL_PX // STRIDE_PX
"""And in samples of a window."""

Whole = NDArray[np.int16]
Matrix = NDArray[np.float64]

_Place = tuple[slice, ...]
_Piece = tuple[bool, _Place, _Place]
"""A cell of some planes: whether its sign changes, where it goes, and where it comes from."""


def summed(lanes: Whole, stretches: Sequence[Matrix], size: tuple[int, ...], cell: int = CELL) -> Whole:
    """Sums of each lane over all cells under each of some stretches, n×lanes×cell×cell×4.

    Single phases are added up with the signs of a chessboard, doubled ones as they are.

    Args:
        lanes: lanes×h×w×4 int16, weighted cosine and sine of the phase at each sample of a window, then of twice the
            phase.
        stretches: 2×2 float64, near the identity: what a step on the grid is in steps of the window.
        size: rows and columns, in samples, of as many pairs of cells as cover the window.
        cell: side of a cell in samples.
    """
    if any(stretch[0, 1] or stretch[1, 0] for stretch in stretches):
        shifts = _shifts(np.array(stretches).tobytes(), size, lanes.shape[1:3], cell)
        return np.stack([np.array(_turned(lane, shifts, size, cell)) for lane in lanes], axis=1)
    count, rows, columns = lanes.shape[:3]
    sums = np.empty((len(stretches), count, cell, cell * 4), dtype=np.int16)
    between, (high, high_between) = np.empty_like(sums[0]), np.empty((2, count, cell, columns * 4), dtype=np.int16)
    scale = np.nan
    for stretch, total in zip(stretches, sums, strict=True):
        if stretch[1, 1] != scale:
            scale = float(stretch[1, 1])
            _add_up(lanes.reshape(count, rows, -1), _pieces(size[0], rows, scale, cell), high, high_between)
        pieces = _pieces(size[1], columns, float(stretch[0, 0]), cell, across=True)
        _add_up(high, pieces, total, between)
    return sums.reshape(-1, count, cell, cell, 4)


def _add_up(plane: Whole, pieces: Sequence[_Piece], total: Whole, between: Whole) -> None:
    """Add up pieces of some planes, those of every other cell with the signs of a chessboard.

    Args:
        plane: one plane behind the other, four values to a sample.
        pieces: from :func:`_pieces`.
        total: where the sums go.
        between: the same size, room for those of every other cell.
    """
    total.fill(0)
    between.fill(0)
    for is_odd, into, out in pieces:
        part = (between if is_odd else total)[into]
        part += plane[out]
    between *= _signs(between.shape[2])
    total += between


@lru_cache(maxsize=1024)
def _pieces(count: int, length: int, scale: float, cell: int, *, across: bool = False) -> tuple[_Piece, ...]:
    """An axis of ``count`` places laid over ``length`` samples, middle on middle and a little stretched, cell by cell:
    whether it is an odd one, where it goes and where it comes from. Within a cell the stretch does not matter.

    Along rows, or across with four values to a sample.
    """
    pieces = []
    for number in range(count // cell):
        middle = (number * cell + (cell - count) / 2) * scale + length / 2
        start = int(np.rint(middle - cell / 2))
        first, last = max(0, -start), min(cell, length - start)
        if first < last:
            into, out = slice(first, last), slice(start + first, start + last)
            laid = _across if across else _down
            pieces.append((number % 2 == 1, laid(into), laid(out)))
    return tuple(pieces)


def _across(samples: slice) -> _Place:
    return np.s_[:, :, 4 * samples.start : 4 * samples.stop]


def _down(samples: slice) -> _Place:
    return np.s_[:, samples]


def _turned(lane: Whole, shifts: NDArray[np.intp], size: tuple[int, ...], cell: int) -> list[Whole]:
    """The same for grids that are turned or sheared, one after the other.

    Two by two cells are added up once and for all; so near to each other it hardly matters how they are turned. A
    sample that is moved over the edge of its four cells comes back at their other edge.
    """
    shifts = np.clip(shifts, -cell, cell)  # farther apart lie grids of no picture, and their sums say nothing
    most = max(int(np.abs(shifts).max()), 1)
    rows, columns = shifts.shape[1:3]
    fours = _fours(_padded(lane, size), rows, columns, most, cell)
    return [_added(fours, places + most, cell) for places in shifts]


@lru_cache(maxsize=64)
def _shifts(stretches: bytes, size: tuple[int, ...], shape: tuple[int, ...], cell: int) -> NDArray[np.intp]:
    """By how many samples (x, y) each two by two cells of a padded lane move under each stretch, n×rows×columns×2.

    The stretches, n×2×2 float64, are given as bytes, for most are asked for again and again.
    """
    changes = np.frombuffer(stretches).reshape(-1, 2, 2) - np.eye(2)
    whole, inner = np.array(size[::-1]), np.array(shape[::-1])
    pair = 2 * cell
    across, down = (pair * np.arange(length // pair) + (pair - length) / 2 for length in whole)
    middles = np.stack(np.meshgrid(across, down), axis=-1)
    moved = middles @ changes.transpose(0, 2, 1)[:, None] + (inner - whole) / 2 + (whole - inner) // 2
    return np.asarray(np.rint(moved), dtype=np.intp)


def _padded(lane: Whole, size: tuple[int, ...]) -> Whole:
    """A lane in the middle of a larger plane of nothing."""
    rows, columns = (whole - length for whole, length in zip(size, lane.shape, strict=False))
    if rows == columns == 0:
        return lane
    edges = rows // 2, rows - rows // 2, columns // 2, columns - columns // 2
    return np.asarray(cv2.copyMakeBorder(lane, *edges, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)), dtype=np.int16)


def _fours(lane: Whole, rows: int, columns: int, most: int, cell: int) -> Whole:
    """Sums over two by two cells, continued by so many places on every side: with the next cell the sign of single
    phases changes. Rows × places down × columns × (places across · 4)."""
    down = lane.reshape(rows, 2, cell, -1)
    halved = (down[:, 0] + _signs(down.shape[3]) * down[:, 1]).reshape(rows, cell, columns, 2, cell * 4)
    signs, edge = _signs(cell * 4), 4 * most
    sums = halved[..., 0, :] + signs * halved[..., 1, :]
    wide = np.empty((rows, cell + 2 * most, columns, 4 * cell + 2 * edge), dtype=np.int16)
    inner = wide[..., edge:-edge]
    inner[:, most:-most] = sums
    np.multiply(sums[:, -most:], signs, out=inner[:, :most])
    np.multiply(sums[:, :most], signs, out=inner[:, -most:])
    np.multiply(inner[..., -edge:], signs[:edge], out=wide[..., :edge])
    np.multiply(inner[..., :edge], signs[:edge], out=wide[..., -edge:])
    return wide


def _added(fours: Whole, places: NDArray[np.intp], cell: int) -> Whole:
    """Sums over all cells, each two by two of which begin at a place (x, y) of their own; cell×cell×4."""
    total = np.zeros((cell, cell * 4), dtype=np.int16)
    for row, column in np.ndindex(*places.shape[:2]):
        x, y = places[row, column].tolist()
        total += fours[row, y : y + cell, column, 4 * x : 4 * (x + cell)]
    return total.reshape(cell, cell, 4)


@lru_cache(maxsize=64)
def _signs(length: int) -> Whole:
    """With which signs the next cell counts, four by four."""
    return np.tile(np.array([-1, -1, 1, 1], dtype=np.int16), length // 4)
