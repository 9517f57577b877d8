"""From log-likelihood ratios to codeword columns: layered belief propagation (sum-product), vectorised over Z.

Every log-likelihood ratio is ln P(bit = 0) / P(bit = 1): positive means bit 0, zero means nothing was received.

How the inner loop stays free of scatters and of per-edge work: a column's current belief is not kept per column but in
the slot of the entry that updated it last, already rotated as that entry's row saw it. The next row that uses the
column reads it from there with the difference of the two rotations, so that one ``take`` collects the whole row, the
arithmetic is one call each on a degree×Z block, and the result is written where the computing happened::

    slots of row 1 [d×Z] ─┐
    slots of row 0 [d×Z] ─┼─ take ─► beliefs − old messages ─► tanh ─► product of the others ─► atanh ─► new messages
    slots of row 7 [d×Z] ─┘                     └──────────────────────── + ───────────────────────────────┘
                                                                          └─► slots of this row

In NumPy a tanh costs less than finding two minima with ties, so sum-product is both better and faster than min-sum.

Source: F. Kschischang, B. Frey, H.-A. Loeliger, Factor Graphs and the Sum-Product Algorithm (2001); layered schedule:
D. Hocevar, A Reduced Complexity Decoder Architecture via Layered Decoding of LDPC Codes (2004); slots: ours.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc.base_graphs import CORE_ROWS, PUNCTURED_COLUMNS, BaseGraph
from underdrawing.channel.ldpc.graph import lift, rotations

__all__ = ["Codewords", "Schedule", "propagate", "schedule"]

# An erasure would make the product of a row zero and the quotient 0/0, and its neighbours would never hear of each
# other; so every factor is moved this far away from zero.
_OFFSET = np.array(1e-7, dtype=np.float32)
# Keeps the product of the others below 1 whatever offset and rounding did, so that no message exceeds 13 (full units).
_SHRINK = np.array(1 - 5e-6, dtype=np.float32)
# Beliefs weaker than this never met any evidence: their bits are guesses.
_UNDECIDED = 1e-3
# After so many sweeps, and at least this share of those allowed, a codeword whose core checks still fail like a coin
# (one in two) is given up. Measured: where decoding ends well, the share is below 0.42 after 9 sweeps, but for blocks
# at the very limit; without a mark it stays above. Who allows more sweeps hopes for a block at the limit.
_PATIENCE, _PATIENCE_SHARE, _COIN = 9, 0.3, 0.42


@dataclass(frozen=True, eq=False)
class Schedule:
    """Which checks are used, in which order, and where each finds its beliefs; see the module's first lines.

    Attributes:
        lifting_size: Z.
        columns: the C columns that take part, ascending.
        layers: per row in the order of processing, its slots as (start, end).
        sources: E×Z; the element of the slots that entry e of the processing order reads.
        finals: C×Z; the element of the slots with the final belief of each bit.
        checks: E×Z; the bit (index into C×Z) that each check sees, rows in the order of the table.
        check_starts: first entry of each row in `checks`; the core rows come first.
    """

    lifting_size: int
    columns: NDArray[np.intp]
    layers: tuple[tuple[int, int], ...]
    sources: NDArray[np.intp]
    finals: NDArray[np.intp]
    checks: NDArray[np.intp]
    check_starts: NDArray[np.intp]


@lru_cache(maxsize=16)
def schedule(base_graph: BaseGraph, lifting_size: int, *, used_columns: int, rows: tuple[int, ...]) -> Schedule:
    """Plan the decoding of some rows of a base graph.

    Rows that see both never-sent columns come last: they can say nothing before the others have found one of the two.

    Args:
        base_graph, lifting_size: the code.
        used_columns: information columns that hold at least one information bit; the rest is filler, known to be 0.
        rows: the rows to use, ascending, the core rows among them.
    """
    graph = lift(base_graph, lifting_size)
    column, shift = graph.column, graph.shift
    chosen = np.isin(graph.row, rows) & ((column < used_columns) | (column >= base_graph.information_columns))
    starts = np.searchsorted(graph.row[chosen], rows)
    hidden = np.bincount(graph.row[chosen & (column < PUNCTURED_COLUMNS)], minlength=base_graph.rows)
    late = hidden[graph.row[chosen]] == PUNCTURED_COLUMNS
    order = np.flatnonzero(chosen)[np.argsort(late, kind="stable")]
    row, column, shift = graph.row[order], column[order], shift[order]
    previous, final = _chain(column)
    columns = np.unique(column)
    bounds = [0, *(np.flatnonzero(np.diff(row)) + 1), row.size]
    table_order = np.flatnonzero(chosen)
    return Schedule(
        lifting_size=lifting_size,
        columns=columns,
        layers=tuple((int(start), int(end)) for start, end in pairwise(bounds)),
        sources=rotations(previous, (shift - shift[previous]) % lifting_size, lifting_size=lifting_size),
        finals=rotations(final, -shift[final] % lifting_size, lifting_size=lifting_size),
        checks=rotations(
            np.searchsorted(columns, graph.column[table_order]), graph.shift[table_order], lifting_size=lifting_size
        ),
        check_starts=starts,
    )


def _chain(column: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each entry the entry that used its column before (cyclically); for each column, ascending, its last entry."""
    by_column = np.argsort(column, kind="stable")
    group_ends = np.append(np.flatnonzero(np.diff(column[by_column])), column.size - 1)
    group_starts = np.append(0, group_ends[:-1] + 1)
    before = np.roll(by_column, 1)
    before[group_starts] = by_column[group_ends]
    previous = np.empty_like(column)
    previous[by_column] = before
    return previous, by_column[group_ends]


@dataclass(frozen=True, eq=False)
class Codewords:
    """What belief propagation found for B codewords.

    Attributes:
        bits: B×(columns·Z) decisions (0 or 1), columns that took no part 0.
        beliefs: B×(columns·Z) float32 log-likelihood ratios after decoding, columns that took no part 0.
        converged: B; True where every check in use holds and every bit met evidence.
        iterations: B; sweeps made.
    """

    bits: NDArray[np.uint8]
    beliefs: NDArray[np.float32]
    converged: NDArray[np.bool_]
    iterations: NDArray[np.intp]


def propagate(plan: Schedule, ratios: NDArray[np.float32], *, max_iterations: int) -> Codewords:
    """Decode B codewords of one code side by side.

    Args:
        plan: which checks to use.
        ratios: columns×Z×B log-likelihood ratios, positive means bit 0, finite.
        max_iterations: sweeps over all the rows before giving up; earlier where it looks hopeless.
    """
    batch = ratios.shape[2]
    final = np.zeros(ratios.shape, dtype=np.float32)
    converged, iterations = np.zeros(batch, dtype=np.bool_), np.zeros(batch, dtype=np.intp)
    running = np.arange(batch)
    beliefs = _Beliefs(plan, ratios[plan.columns])
    patience = max(_PATIENCE, _PATIENCE_SHARE * max_iterations)
    # Underflow is wanted: the product of many unknowns is zero.
    with np.errstate(under="ignore"):
        for iteration in range(1, max_iterations + 1):
            beliefs.sweep()
            belief, valid, hopeless = beliefs.decide()
            finished = valid | (hopeless & (iteration >= patience)) | (iteration == max_iterations)
            if not finished.any():
                continue
            chosen, running = running[finished], running[~finished]
            final[plan.columns[:, None], :, chosen] = 2 * belief[..., finished].transpose(0, 2, 1)
            converged[chosen], iterations[chosen] = valid[finished], iteration
            if not running.size:
                break
            beliefs.keep(~finished)
    by_block = final.reshape(-1, batch).T
    return Codewords(bits=(by_block < 0).view(np.uint8), beliefs=by_block, converged=converged, iterations=iterations)


class _Beliefs:
    """The slots, the messages and the work space of B codewords; everything in half units (ratio / 2)."""

    def __init__(self, plan: Schedule, ratios: NDArray[np.float32]) -> None:
        slots = np.zeros((plan.sources.size, ratios.shape[2]), dtype=np.float32)
        slots[plan.finals] = ratios * np.float32(0.5)
        self._plan = plan
        self._arrange(slots, np.zeros_like(slots))

    def _arrange(self, slots: NDArray[np.float32], messages: NDArray[np.float32]) -> None:
        """Cut slots and messages (E·Z × B each) into views, one set per layer, so that the loop only calls NumPy."""
        size, batch = self._plan.lifting_size, slots.shape[1]
        width = size * batch
        self._slots, self._messages = slots, messages
        self._product = np.empty(width, dtype=np.float32)
        work = np.empty((2, max(end - start for start, end in self._plan.layers), width), dtype=np.float32)
        slots_of, messages_of = slots.reshape(-1, width), messages.reshape(-1, width)
        self._layers = [
            (
                self._plan.sources[start:end],
                work[0, : end - start].reshape(end - start, size, batch),
                work[0, : end - start],
                work[1, : end - start],
                messages_of[start:end],
                slots_of[start:end],
            )
            for start, end in self._plan.layers
        ]

    def sweep(self) -> None:
        """One pass over all the layers."""
        product, multiply, take = self._product, np.multiply.reduce, self._slots.take
        for sources, gathered, belief, factor, message, slot in self._layers:
            take(sources, 0, gathered, "clip")
            np.subtract(belief, message, belief)
            np.tanh(belief, message)
            np.copysign(_OFFSET, message, factor)
            np.add(message, factor, factor)
            multiply(factor, 0, out=product)
            np.multiply(product, _SHRINK, product)
            np.divide(product, factor, message)
            np.arctanh(message, message)
            np.add(belief, message, slot)

    def decide(self) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """The beliefs, C×Z×B, for which of the B codewords they decide every bit, and which look hopeless."""
        belief = self._slots.take(self._plan.finals, 0)
        bits = (belief < 0).view(np.uint8)
        failing = self._failing(bits, CORE_ROWS)
        valid = failing == 0
        if valid.any():
            valid &= self._failing(bits, self._plan.check_starts.size) == 0
            valid &= (np.abs(belief) > _UNDECIDED).all(axis=(0, 1))
        return belief, valid, failing > _COIN

    def _failing(self, bits: NDArray[np.uint8], rows: int) -> NDArray[np.float64]:
        """For each of the B codewords, the share of the checks of the first rows that fail."""
        starts = self._plan.check_starts
        checks = self._plan.checks[: starts[rows] if rows < starts.size else None]
        seen = bits.reshape(-1, bits.shape[2]).take(checks, 0)
        share: NDArray[np.float64] = np.mean(np.bitwise_xor.reduceat(seen, starts[:rows], axis=0), axis=(0, 1))
        return share

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Go on with some of the codewords only."""
        if not chosen.all():
            # Contiguous, because the views of the layers are reshaped out of them.
            slots, messages = self._slots[:, chosen], self._messages[:, chosen]
            self._arrange(np.ascontiguousarray(slots), np.ascontiguousarray(messages))
