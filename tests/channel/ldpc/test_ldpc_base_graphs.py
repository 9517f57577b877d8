"""The tables of the standard, as shipped."""

import numpy as np
import pytest

from underdrawing.channel.ldpc.base_graphs import LIFTING_SIZES, BaseGraph, entries, set_index
from underdrawing.channel.ldpc.graph import lift


@pytest.mark.parametrize(
    "base_graph, count, rows, columns", [(BaseGraph.BG1, 316, 46, 68), (BaseGraph.BG2, 197, 42, 52)]
)
def test_shapes(base_graph: BaseGraph, count: int, rows: int, columns: int) -> None:
    table = entries(base_graph, 384)
    assert table.row.size == table.column.size == table.shift.size == count
    np.testing.assert_array_equal(np.unique(table.row), np.arange(rows))
    np.testing.assert_array_equal(np.unique(table.column), np.arange(columns))
    assert (base_graph.rows, base_graph.columns) == (rows, columns)


def test_lifting_sizes_are_the_standards() -> None:
    """51 sizes: a·2^j for the eight odd-or-two bases, up to 384; the set is that of the base."""
    assert len(LIFTING_SIZES) == 51
    bases = (2, 3, 5, 7, 9, 11, 13, 15)
    expected = {base << power: index for index, base in enumerate(bases) for power in range(8) if base << power <= 384}
    assert {size: set_index(size) for size in LIFTING_SIZES} == expected


@pytest.mark.parametrize("base_graph", BaseGraph)
def test_structure(base_graph: BaseGraph) -> None:
    """What encoder and decoder rely on, for every set: an extension row's parity column is its own, unrotated; the
    core's first parity column has two equal shifts and an odd one out."""
    for lifting_size in LIFTING_SIZES:
        table = entries(base_graph, lifting_size)
        parity = table.column >= base_graph.information_columns + 4
        np.testing.assert_array_equal(table.column[parity], base_graph.information_columns + table.row[parity])
        assert not table.shift[parity].any()
        shifts = table.shift[table.column == base_graph.information_columns][:3].tolist()
        assert sorted(map(shifts.count, shifts)) in ([1, 2, 2], [3, 3, 3])


def test_three_entries_against_a_third_transcription() -> None:
    """Read by eye in ldpc-toolbox (Rust, after V18.6.0), among them the entry on which the other two disagree."""
    table = entries(BaseGraph.BG1, 224)
    assert table.shift[(table.row == 6) & (table.column == 0)] == [158]
    table = entries(BaseGraph.BG1, 384)
    assert table.shift[(table.row == 0) & (table.column == 3)] == [369]
    table = entries(BaseGraph.BG2, 208)
    assert table.shift[(table.row == 41) & (table.column == 11)] == [167]


def test_positions_are_rotated_identities() -> None:
    graph = lift(BaseGraph.BG2, 6)
    for entry in (0, 50, 196):
        expected = [graph.column[entry] * 6 + (check + graph.shift[entry]) % 6 for check in range(6)]
        assert graph.positions[entry].tolist() == expected
