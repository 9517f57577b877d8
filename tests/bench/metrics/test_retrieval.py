import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from underdrawing.bench.metrics import retrieval


@given(seed=st.integers(0, 10_000), queries=st.integers(1, 12), entries=st.integers(3, 20), k=st.integers(1, 5))
def test_top_k_reference(seed, queries, entries, k):
    """Against scikit-learn, where no two distances are equal."""
    rng = np.random.default_rng(seed)
    distances = rng.permuted(np.tile(np.arange(entries, dtype=float), (queries, 1)), axis=1)
    right = rng.integers(0, entries, queries)
    if k >= entries:
        k = entries - 1
    expected = top_k_accuracy_score(right, -distances, k=k, labels=np.arange(entries))
    assert retrieval.top_k(retrieval.ranks(distances, right), k).share == pytest.approx(expected)


@given(seed=st.integers(0, 10_000))
def test_ranks_reference_with_ties(seed):
    rng = np.random.default_rng(seed)
    distances = rng.integers(0, 4, (6, 9))
    right = rng.integers(-1, 9, 6)
    for row, wanted, rank in zip(distances, right, retrieval.ranks(distances, right), strict=True):
        assert rank == (0 if wanted < 0 else sum(value <= row[wanted] for value in row))


@given(seed=st.integers(0, 10_000))
def test_label_ranks_reference(seed):
    rng = np.random.default_rng(seed)
    distances = rng.permuted(np.tile(np.arange(9), (5, 1)), axis=1)
    labels = rng.choice(list("abc"), 9)
    right = rng.choice(list("abcz"), 5)
    for row, wanted, rank in zip(distances, right, retrieval.label_ranks(distances, labels, right), strict=True):
        ordered = list(labels[np.argsort(row)])
        assert rank == (ordered.index(wanted) + 1 if wanted in ordered else retrieval.NOT_FOUND)


def test_a_tie_with_another_label_counts_against_the_query():
    distances = np.array([[1, 1, 3]])
    assert retrieval.label_ranks(distances, ["cat", "dog", "dog"], ["dog"])[0] == 2
    assert retrieval.label_ranks(distances, ["dog", "dog", "cat"], ["dog"])[0] == 1
    assert retrieval.ranks(distances, [0])[0] == 2


def test_what_is_not_found_is_never_among_the_first():
    interval = retrieval.top_k(np.array([1, 0, 6, 5]), 5)
    assert interval.share == 0.5
    assert 0 < interval.low < 0.5 < interval.high < 1
    assert retrieval.top_k(np.array([0, 0]), 100).share == 0


def test_nearest_breaks_ties_by_order():
    np.testing.assert_array_equal(retrieval.nearest(np.array([[2, 1, 1, 0]]), 3), [[3, 1, 2]])
