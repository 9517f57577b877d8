"""Where a moved copy truly lies: the homographies of the benchmark's movements, in the terms of the search."""

import zlib

import numpy as np

from underdrawing.bench.attacks import geometry
from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.search.placement import moved

TO_CORNERS = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
"""From places counted from the centre of the first pixel to places counted from its corner."""


def movement(name, pixels, *, seed=None):
    """A copy moved in the named way, always the same one: that of its name, or of a seed."""
    return geometry.get(name).apply(pixels, np.random.default_rng(zlib.crc32(name.encode()) if seed is None else seed))


def true_matrix(copy):
    """3×3 from grid pixels of the whole picture to pixels of the copy, corners to corners."""
    height, width = copy.original_size
    rows, columns = grid_of(copy).size_px
    there = TO_CORNERS @ copy.homography @ np.linalg.inv(TO_CORNERS)
    return there @ np.diag([width / columns, height / rows, 1])


def grid_of(copy):
    return WorkingGrid.for_embedding(*copy.original_size)


def errors_px(matrix, copy):
    """How far off, in grid pixels, the blocks lie that the copy shows."""
    grid = grid_of(copy)
    centres = np.stack(np.meshgrid(np.arange(grid.columns), np.arange(grid.rows)), axis=-1).reshape(-1, 2)
    centres = (centres + 0.5) * BLOCK
    seen = moved(true_matrix(copy), centres)
    shown = ((seen > 0) & (seen < copy.size[::-1])).all(axis=1)
    assert shown.sum() > 20
    return np.hypot(*(moved(np.linalg.inv(matrix), seen[shown]) - centres[shown]).T)
