"""Cells of a window, added up: each where it lies, with the sign it has on the chessboard."""

import numpy as np
import pytest

from underdrawing.channel.lattice.search.cells import summed


def sample_by_sample(lane, stretch, size, cell):
    """Sums over cells, one after the other, each as a whole moved to the nearest samples of the lane."""
    sums = np.zeros((cell, cell, 4))
    for row, column in np.ndindex(size[0] // cell, size[1] // cell):
        sign = np.array([1, 1, 1, 1]) if (row + column) % 2 == 0 else np.array([-1, -1, 1, 1])
        middle = np.array([column, row]) * cell + cell / 2 - np.array(size[::-1]) / 2
        x, y = np.rint(stretch @ middle + np.array(lane.shape[1::-1]) / 2 - cell / 2).astype(int)
        rows, columns = (np.arange(first, first + cell) for first in (y, x))
        good = ((rows >= 0) & (rows < lane.shape[0]))[:, None] & ((columns >= 0) & (columns < lane.shape[1]))
        seen = lane[np.clip(rows, 0, lane.shape[0] - 1)][:, np.clip(columns, 0, lane.shape[1] - 1)]
        sums += sign * seen * good[..., None]
    return sums


@pytest.mark.parametrize("cell", [32, 64])
@pytest.mark.parametrize("shape", [(256, 256), (211, 190)])
def test_reference_folding_is_adding_cell_by_cell(shape, cell):
    lane = np.random.default_rng(1).integers(-500, 500, (*shape, 4)).astype(np.int16)
    size = tuple(-(-side // (2 * cell)) * 2 * cell for side in shape)
    stretches = [np.diag(scales) for scales in ((0.985, 0.985), (1.0, 1.0), (1.0, 1.016), (0.992, 1.016))]
    for stretch, sums in zip(stretches, summed(lane, stretches, size, cell), strict=True):
        assert np.array_equal(sums, sample_by_sample(lane, stretch, size, cell))


def test_reference_turned_cells_are_folded_where_they_lie():
    """A lane of waves as long as a cell: their sum tells by its phase where the cells were taken to begin."""
    shape, size = (224, 192), (256, 192)
    row, column = np.mgrid[: shape[0], : shape[1]]
    for turn in (-0.014, 1e-9, 0.007):
        stretch = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        x, y = np.linalg.inv(stretch) @ np.stack([column - 95.5, row - 111.5]).reshape(2, -1) + [[95.5], [127.5]]
        waves = [np.cos(np.pi / 32 * x), np.cos(np.pi / 32 * y), np.cos(np.pi / 16 * x), np.sin(np.pi / 16 * y)]
        lane = np.rint(400 * np.stack(waves, axis=-1)).reshape(*shape, 4).astype(np.int16)
        (folded,) = summed(lane, [stretch], size)
        places = np.mgrid[:32, :32]
        for part, wave in ((2, np.cos(np.pi / 16 * places[1])), (3, np.sin(np.pi / 16 * places[0]))):
            mean = folded[..., part] / (400 * np.prod(shape) / 32**2)
            assert np.abs(mean - wave).max() < 0.12
