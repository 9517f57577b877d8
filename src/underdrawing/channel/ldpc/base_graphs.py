"""The two base graphs of the standard, read from the table beside this module.

``base_graphs.txt`` holds one line per non-zero entry: graph, row, column, and the cyclic shift for each of the eight
set indices. Every code of this room is one base graph, lifted: each entry becomes a Z×Z identity, rotated by its shift.

Source: 3GPP TS 38.212, clause 5.3.2, Tables 5.3.2-1 (lifting sizes), 5.3.2-2 and 5.3.2-3 (base graphs).
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORE_ROWS", "LIFTING_SIZES", "PUNCTURED_COLUMNS", "BaseGraph", "Entries", "entries", "set_index"]

CORE_ROWS = 4
"""Rows whose parity columns depend on each other; every later row has one parity column that no other row sees."""

PUNCTURED_COLUMNS = 2
"""The first columns, information that is never sent; every graph is built so that they are found first."""

_LIFTING_SIZE_SETS = (
    (2, 4, 8, 16, 32, 64, 128, 256),
    (3, 6, 12, 24, 48, 96, 192, 384),
    (5, 10, 20, 40, 80, 160, 320),
    (7, 14, 28, 56, 112, 224),
    (9, 18, 36, 72, 144, 288),
    (11, 22, 44, 88, 176, 352),
    (13, 26, 52, 104, 208),
    (15, 30, 60, 120, 240),
)

LIFTING_SIZES = tuple(sorted(size for sizes in _LIFTING_SIZE_SETS for size in sizes))
"""The 51 lifting sizes Z of the standard, ascending."""


class BaseGraph(IntEnum):
    """Which of the two base graphs: BG1 for large blocks (mother rate 1/3), BG2 for small or low-rate ones (1/5)."""

    BG1 = 1
    BG2 = 2

    @property
    def rows(self) -> int:
        """Rows of the base graph, each of them Z parity checks."""
        return 46 if self is BaseGraph.BG1 else 42

    @property
    def information_columns(self) -> int:
        """Columns that hold information and filler bits; the parity columns follow, one per row."""
        return 22 if self is BaseGraph.BG1 else 10

    @property
    def columns(self) -> int:
        """All columns, the two that are never sent included."""
        return self.information_columns + self.rows


@dataclass(frozen=True, eq=False)
class Entries:
    """The non-zero entries of one lifted base graph, sorted by row, then column.

    Attributes:
        row, column, shift: E integers each; check j of `row` sees bit (j + shift) mod Z of `column`.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    shift: NDArray[np.intp]


def set_index(lifting_size: int) -> int:
    """Which of the eight columns of shifts a lifting size uses (Table 5.3.2-1)."""
    return next(index for index, sizes in enumerate(_LIFTING_SIZE_SETS) if lifting_size in sizes)


def entries(base_graph: BaseGraph, lifting_size: int) -> Entries:
    """The entries of a base graph with the shifts that belong to a lifting size, already modulo that size."""
    table = _table()
    table = table[table[:, 0] == base_graph]
    return Entries(row=table[:, 1], column=table[:, 2], shift=table[:, 3 + set_index(lifting_size)] % lifting_size)


@cache
def _table() -> NDArray[np.intp]:
    text = files(__package__).joinpath("base_graphs.txt").read_text(encoding="ascii")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return np.array([[int(number) for number in row] for row in rows], dtype=np.intp)
