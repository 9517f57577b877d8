"""How often the right answer is among the first ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.metrics.decisions import Interval, wilson_interval

__all__ = ["NOT_FOUND", "label_ranks", "nearest", "ranks", "top_k"]

NOT_FOUND = 0
"""The rank of an answer that was not given at all."""


def ranks(distances: NDArray[Any], right: Sequence[int]) -> NDArray[np.int64]:
    """The place of the right entry in each query's list, 1 for the nearest.

    A tie counts against the query: what is as near as the right entry stands before it.

    Args:
        distances: queries × entries, any real dtype, smaller is nearer.
        right: For each query the index of the right entry; −1 where the gallery has none.

    Returns:
        One rank per query, int64; ``NOT_FOUND`` where there is no right entry.
    """
    wanted = np.asarray(right, dtype=np.int64)
    own = np.take_along_axis(distances, np.maximum(wanted, 0)[:, None], axis=1)
    place = np.count_nonzero(distances <= own, axis=1)
    return np.where(wanted < 0, NOT_FOUND, place).astype(np.int64)


def label_ranks(distances: NDArray[Any], labels: Sequence[str], right: Sequence[str]) -> NDArray[np.int64]:
    """The place of the first entry with the right label, 1 for the nearest; ties count against the query.

    Args:
        distances: queries × entries, smaller is nearer.
        labels: Of each entry.
        right: The right label of each query.

    Returns:
        One rank per query, int64; ``NOT_FOUND`` where no entry has the label.
    """
    same = np.asarray(labels)[None, :] == np.asarray(right)[:, None]
    there = same.any(axis=1)
    best = np.where(same, distances, np.inf).min(axis=1, initial=np.inf)
    before = np.count_nonzero((distances <= best[:, None]) & ~same, axis=1)
    return np.where(there, before + 1, NOT_FOUND).astype(np.int64)


def top_k(ranks: NDArray[np.int64], k: int) -> Interval:
    """Share of queries whose right answer is among the first ``k``, with its 95 % Wilson interval (Top-1: k = 1)."""
    hits = (ranks != NOT_FOUND) & (ranks <= k)
    return wilson_interval(int(np.count_nonzero(hits)), int(ranks.size))


def nearest(distances: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Indexes of the nearest entries, queries × count, nearest first; of equally near ones the earlier entry."""
    return np.argsort(distances, axis=1, kind="stable")[:, :count].astype(np.int64)
