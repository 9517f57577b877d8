"""From information bits to codeword columns.

Summing the four core rows cancels every core parity column but the first, which gives that one; the next three follow
by substitution, and each extension row then gives its own parity column directly.

Source: 3GPP TS 38.212, clause 5.3.2 (H·c = 0 over GF(2)).
"""

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc.base_graphs import CORE_ROWS
from underdrawing.channel.ldpc.graph import LiftedGraph

__all__ = ["encode_columns"]


def encode_columns(graph: LiftedGraph, information: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole codeword, column by column.

    Args:
        graph: the lifted graph.
        information: information columns × Z bits (0 or 1), filler bits 0.

    Returns:
        columns × Z bits that satisfy every parity check, the information first.
    """
    first_parity = graph.base_graph.information_columns
    codeword = np.zeros((graph.base_graph.columns, graph.lifting_size), dtype=np.uint8)
    codeword[:first_parity] = information
    codeword[first_parity] = _first_parity_column(graph, codeword)
    for row in range(CORE_ROWS - 1):
        codeword[first_parity + 1 + row] = _row_sums(graph, codeword, row, row + 1)[0]
    rows = graph.base_graph.rows
    codeword[first_parity + CORE_ROWS :] = _row_sums(graph, codeword, CORE_ROWS, rows)
    return codeword


def _first_parity_column(graph: LiftedGraph, codeword: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the one rotation of that column that the sum of the core rows leaves standing."""
    core = slice(0, graph.row_starts[CORE_ROWS])
    total = np.bitwise_xor.reduce(codeword.reshape(-1)[graph.positions[core]], axis=0)
    shifts = graph.shift[core][graph.column[core] == graph.base_graph.information_columns]
    values, counts = np.unique(shifts, return_counts=True)
    return np.roll(total, values[counts % 2 == 1][0])


def _row_sums(graph: LiftedGraph, codeword: NDArray[np.uint8], first_row: int, after_row: int) -> NDArray[np.uint8]:
    """Per row, the sum of all its entries: the parity column that the row determines, while that is still zero."""
    starts = graph.row_starts[first_row : after_row + 1]
    seen = codeword.reshape(-1)[graph.positions[starts[0] : starts[-1]]]
    return np.bitwise_xor.reduceat(seen, starts[:-1] - starts[0], axis=0)
