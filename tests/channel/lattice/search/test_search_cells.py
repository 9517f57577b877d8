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
    lanes = np.random.default_rng(1).integers(-500, 500, (2, *shape, 4)).astype(np.int16)
    size = tuple(-(-side // (2 * cell)) * 2 * cell for side in shape)
    stretches = [np.diag(scales) for scales in ((0.985, 0.985), (1.0, 1.0), (1.0, 1.016), (0.992, 1.016))]
    for stretch, sums in zip(stretches, summed(lanes, stretches, size, cell), strict=True):
        assert np.array_equal(sums, [sample_by_sample(lane, stretch, size, cell) for lane in lanes])


@pytest.mark.parametrize("cell", [32, 64])
def test_reference_turned_cells_are_folded_where_they_lie(cell):
    """A lane of waves as long as a cell: their sum tells by its phase where the cells were taken to begin."""
    shape, size = (7 * cell, 6 * cell), (8 * cell, 6 * cell)
    row, column = np.mgrid[: shape[0], : shape[1]]
    middle, whole = np.array([[shape[1] - 1], [shape[0] - 1]]) / 2, np.array([[size[1] - 1], [size[0] - 1]]) / 2
    for turn in (-0.014, 1e-9, 0.007):
        stretch = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        x, y = np.linalg.inv(stretch) @ (np.stack([column, row]).reshape(2, -1) - middle) + whole
        waves = [np.cos(np.pi / cell * x), np.cos(np.pi / cell * y)]
        waves += [np.cos(2 * np.pi / cell * x), np.sin(2 * np.pi / cell * y)]
        lane = np.rint(400 * np.stack(waves, axis=-1)).reshape(*shape, 4).astype(np.int16)
        ((folded,),) = summed(lane[None], [stretch], size, cell)
        places = np.mgrid[:cell, :cell]
        for part, wave in ((2, np.cos(2 * np.pi / cell * places[1])), (3, np.sin(2 * np.pi / cell * places[0]))):
            mean = folded[..., part] / (400 * np.prod(shape) / cell**2)
            assert np.abs(mean - wave).max() < 0.12
