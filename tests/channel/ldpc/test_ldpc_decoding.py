"""Belief propagation against exact inference, and the readings of the ratios."""

import itertools

import numpy as np
import pytest

from underdrawing.channel.ldpc.base_graphs import BaseGraph
from underdrawing.channel.ldpc.decoding import propagate, schedule
from underdrawing.channel.ldpc.graph import lift
from underdrawing.channel.ldpc.readings import READINGS, Reading

CORE = (0, 1, 2, 3)


def layered_by_loops(checks: list[list[int]], ratios: np.ndarray, order: list[int], sweeps: int) -> np.ndarray:
    """Layered sum-product, one edge at a time in double precision, as the textbook writes it."""
    beliefs = ratios.astype(np.float64).copy()
    messages = {(check, bit): 0.0 for check, bits in enumerate(checks) for bit in bits}
    for _ in range(sweeps):
        for check in order:
            extrinsic = {bit: beliefs[bit] - messages[check, bit] for bit in checks[check]}
            for bit in checks[check]:
                product = np.prod([np.tanh(extrinsic[other] / 2) for other in checks[check] if other != bit])
                messages[check, bit] = 2 * np.arctanh(product)
                beliefs[bit] = extrinsic[bit] + messages[check, bit]
    return beliefs


@pytest.mark.parametrize("base_graph, lifting_size", [(BaseGraph.BG2, 5), (BaseGraph.BG1, 3)])
@pytest.mark.parametrize("sweeps", [1, 2, 4])
def test_agrees_with_edge_by_edge_sum_product(base_graph: BaseGraph, lifting_size: int, sweeps: int) -> None:
    """The same schedule (rows that see both hidden columns last) gives the same decisions."""
    graph = lift(base_graph, lifting_size)
    checks = [
        [int(position) for position in graph.positions[graph.row == row, check]]
        for row in range(base_graph.rows)
        for check in range(lifting_size)
    ]
    late = [row for row in range(base_graph.rows) if {0, 1} <= set(graph.column[graph.row == row].tolist())]
    rows = [row for row in range(base_graph.rows) if row not in late] + late
    order = [row * lifting_size + check for row in rows for check in range(lifting_size)]
    rng = np.random.default_rng(5)
    ratios = rng.normal(1.0, 1.5, base_graph.columns * lifting_size).astype(np.float32)
    ratios[: 2 * lifting_size] = 0
    expected = layered_by_loops(checks, ratios, order, sweeps)
    plan = schedule(
        base_graph, lifting_size, used_columns=base_graph.information_columns, rows=tuple(range(base_graph.rows))
    )
    found = propagate(plan, ratios.reshape(base_graph.columns, lifting_size, 1), max_iterations=sweeps)
    clear = np.abs(expected) > 1e-2
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(found.bits[0][clear], (expected < 0)[clear])


def test_unreceived_extension_rows_change_nothing() -> None:
    rng = np.random.default_rng(6)
    ratios = rng.normal(0.8, 1.5, (52, 16, 1)).astype(np.float32)
    ratios[:2] = 0
    ratios[14:] = 0
    few = schedule(BaseGraph.BG2, 16, used_columns=10, rows=CORE)
    every = schedule(BaseGraph.BG2, 16, used_columns=10, rows=tuple(range(42)))
    first = propagate(few, ratios, max_iterations=3)
    second = propagate(every, ratios, max_iterations=3)
    np.testing.assert_array_equal(first.bits[0, 32 : 14 * 16], second.bits[0, 32 : 14 * 16])


def test_schedule_reads_each_column_where_it_was_written_last() -> None:
    """Follow the chain of slots by hand: every read finds the column's own latest slot."""
    plan = schedule(BaseGraph.BG2, 4, used_columns=10, rows=tuple(range(42)))
    owner = np.full(plan.sources.size, -1)
    owner[plan.finals.reshape(-1)] = np.arange(plan.finals.size)
    for start, end in plan.layers:
        seen = owner[plan.sources[start:end]]
        assert (seen >= 0).all()
        owner[plan.sources[start:end]] = -1
        owner[start * 4 : end * 4] = seen.reshape(-1)
    np.testing.assert_array_equal(owner[plan.finals.reshape(-1)], np.arange(plan.finals.size))


def test_readings_limit_doubtful_ratios() -> None:
    """Bayes by enumeration: a bit seen through 'right with probability 1 - doubt, else a coin'."""
    for ratio, doubt in itertools.product((-20.0, -1.5, 0.0, 0.3, 6.0), (0.01, 0.15, 0.4)):
        zero = (1 - doubt) / (1 + np.exp(-ratio)) + doubt / 2
        expected = np.log(zero / (1 - zero))
        found = Reading(scale=1.0, doubt=doubt).apply(np.array([ratio], dtype=np.float32))
        assert found[0] == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_readings_keep_erasures_and_stay_finite() -> None:
    ratios = np.array([0.0, 1e-30, 1e30, -1e30], dtype=np.float32)
    for reading in READINGS:
        taken = reading.apply(ratios)
        assert taken[0] == 0
        assert np.isfinite(taken).all()
        assert np.abs(taken).max() <= 2 * np.arctanh(1 - reading.doubt) * 1.001
