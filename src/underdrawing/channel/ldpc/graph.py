"""A base graph lifted to its parity checks, as index tables that NumPy gathers with."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc.base_graphs import BaseGraph, entries

__all__ = ["LiftedGraph", "lift", "rotations"]


@dataclass(frozen=True, eq=False)
class LiftedGraph:
    """One base graph lifted by Z, its E entries sorted by row, then column.

    Attributes:
        base_graph, lifting_size: what was lifted.
        row, column, shift: E integers each, as in the table; shifts are in 0..Z-1.
        row_starts: rows + 1 integers; the entries of row r are row_starts[r] to row_starts[r + 1].
        positions: E×Z; positions[e, j] is the codeword bit (column·Z + offset) that check j of entry e's row sees.
    """

    base_graph: BaseGraph
    lifting_size: int
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    shift: NDArray[np.intp]
    row_starts: NDArray[np.intp]
    positions: NDArray[np.intp]


@lru_cache(maxsize=16)
def lift(base_graph: BaseGraph, lifting_size: int) -> LiftedGraph:
    """The lifted graph of a base graph; kept, because encoder and decoder ask for it again and again."""
    table = entries(base_graph, lifting_size)
    return LiftedGraph(
        base_graph=base_graph,
        lifting_size=lifting_size,
        row=table.row,
        column=table.column,
        shift=table.shift,
        row_starts=np.searchsorted(table.row, np.arange(base_graph.rows + 1)),
        positions=rotations(table.column, table.shift, lifting_size=lifting_size),
    )


def rotations(block: NDArray[np.intp], shift: NDArray[np.intp], *, lifting_size: int) -> NDArray[np.intp]:
    """Indices that read blocks of Z values rotated: row e is block[e]·Z + (0..Z-1 + shift[e]) mod Z.

    Args:
        block: E block numbers.
        shift: E shifts, 0..Z-1.
        lifting_size: Z.

    Returns:
        E×Z indices.
    """
    twice = np.tile(np.arange(lifting_size), 2)
    every_shift = np.lib.stride_tricks.sliding_window_view(twice, lifting_size)
    turned: NDArray[np.intp] = every_shift[shift]
    turned += block[:, None] * lifting_size
    return turned
