"""Time and memory in a process of its own."""

from underdrawing.bench.contest import costs
from underdrawing.bench.contest.costs import measure_cost
from underdrawing.bench.contest.entrants import Ours


def test_reference_a_process_of_its_own_is_measured(dataset_folder, dataset):
    row = measure_cost("fragile self-embedding", dataset=dataset_folder, item=dataset.items[0].name)
    assert row.error is None
    assert (row.height, row.width) == (512, 512)
    assert 0 < row.protect_s < 30
    assert 0 < row.examine_s < 30
    assert 20 * 2**20 < row.idle_bytes <= row.peak_bytes < 4 * 2**30


def test_limits_a_system_that_fails_becomes_a_row(dataset_folder, dataset, monkeypatch):
    def refuse(self, original, name, *, stranger=0):
        raise ValueError("no\nroom")

    monkeypatch.setattr(Ours, "protect", refuse)
    row = costs._measured("underdrawing", dataset_folder, dataset.items[0].name, None)
    assert row.error == "ValueError: no room"
    assert row.system == "underdrawing"
