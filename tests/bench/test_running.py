"""Units of work in this process, on a pool and on a cluster: the same measurements, and errors in one line."""

import math

import pytest

from underdrawing.bench.running import run_all
from underdrawing.errors import UsageError


def measured(units, **options):
    found = []
    run_all(units, math.factorial, add=found.append, **options)
    return sorted(found)


@pytest.mark.parametrize("processes", [0, 2])
def test_reference_every_unit_is_done_once(processes):
    assert measured(range(8), processes=processes, chunk=3) == [1, 1, 2, 6, 24, 120, 720, 5040]


def test_limits_nothing_to_do_is_no_error():
    assert measured([], processes=0, total=5) == []


def test_reference_a_cluster_does_the_same():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        assert measured(range(6), cluster=cluster.scheduler_address) == [1, 1, 2, 6, 24, 120]


def test_rejects_an_address_nobody_answers_at(monkeypatch):
    distributed = pytest.importorskip("distributed")

    def refuse(address):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:1': timed out"):
        measured([1], cluster="tcp://127.0.0.1:1")


def test_rejects_a_cluster_without_dask(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match=r"underdrawing\[dask\]"):
        measured([1], cluster="tcp://127.0.0.1:1")
