"""Time and memory in a process of its own."""

from underdrawing.bench.contest.costs import measure_cost


def test_reference_a_process_of_its_own_is_measured(dataset_folder, dataset):
    row = measure_cost("fragile self-embedding", dataset=dataset_folder, item=dataset.items[0].name)
    assert row.error is None
    assert (row.height, row.width) == (512, 512)
    assert 0 < row.protect_s < 30
    assert 0 < row.examine_s < 30
    assert 20 * 2**20 < row.idle_bytes <= row.peak_bytes < 4 * 2**30
