"""Sheets: a row for each picture, what there is of each system in it."""

import numpy as np

from underdrawing import load
from underdrawing.bench.contest.plan import Setting
from underdrawing.bench.contest.sheets import write_sheet

CELL, TITLE = 180, 22


def test_reference_a_sheet_shows_original_suspect_mask_and_what_each_system_made(dataset_folder, dataset, tmp_path):
    items = [item.name for item in dataset.items[:2]]
    path = tmp_path / "sheet.png"
    write_sheet(path, Setting(dataset_folder), items=items, systems=["fragile self-embedding", "Telea"], attack="png")
    pixels = load(path).pixels
    assert pixels.shape == (TITLE + 2 * CELL, 6 * CELL, 3)
    for place, item in enumerate(dataset.items[:2]):
        original, suspect, truth, found, painted, filled = (
            pixels[TITLE + place * CELL : TITLE + place * CELL + 176, column * CELL : column * CELL + 176].astype(int)
            for column in range(6)
        )
        inside = truth[..., 0] > 127
        assert abs(inside.mean() - item.fraction) < 0.02
        assert (found[..., 0] > 127)[inside].mean() > 0.9
        if item.size_class != "whole":
            assert np.abs(original - suspect)[~inside].mean() < 6
            wrong = [np.abs(original - cell)[inside].mean() for cell in (painted, suspect)]
            assert wrong[0] < wrong[1]
        assert not np.array_equal(painted, filled)


def test_deterministic(dataset_folder, dataset, tmp_path):
    for name in ("a", "b"):
        write_sheet(tmp_path / f"{name}.jpg", Setting(dataset_folder), items=[dataset.items[0].name], systems=["Telea"])
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
