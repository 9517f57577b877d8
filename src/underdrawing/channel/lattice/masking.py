"""How busy the picture is around a block, from what embedding never touches.

The level is derived from block *means* alone (the DC coefficients), so the reader finds the same level that the
embedder used. A block's activity is the average of the four smallest absolute differences to its eight neighbours: a
block beside a straight edge still counts as smooth, a block inside texture does not.

Source: ours.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import LEVEL_THRESHOLDS

__all__ = ["activity", "calmest", "levels_of", "masking_levels", "small_levels_of"]

_CALM_NEIGHBOURS = 4


def activity(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Local activity of each block in grey levels, rows×columns float32, from block means of the same shape."""
    rows, columns = means.shape
    padded = np.pad(means, 1, mode="edge")
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    return calmest(means, [padded[i : i + rows, j : j + columns] for i, j in shifts])


def calmest(means: NDArray[np.float32], around: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean of the four smallest absolute differences between means and those of their eight neighbours, any shape."""
    near, far = (_sorted([np.abs(neighbour - means) for neighbour in half]) for half in (around[:4], around[4:]))
    first, second, third, fourth = (np.minimum(a, b) for a, b in zip(near, reversed(far), strict=True))
    calm: NDArray[np.float32] = (first + second + third + fourth) * np.float32(1 / _CALM_NEIGHBOURS)
    return calm


def _sorted(planes: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Four planes sorted place by place, by a sorting network: quick, and the same on every machine.

    Of two such lists, one from its end, the smaller of every pair are the four smallest of all eight.
    """
    for one, other in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):
        low, high = np.minimum(planes[one], planes[other]), np.maximum(planes[one], planes[other])
        planes[one], planes[other] = low, high
    return planes


def masking_levels(means: NDArray[np.float32]) -> NDArray[np.intp]:
    """Masking level of each block, 0 (smooth) to 5 (busy), rows×columns."""
    return levels_of(activity(means))


def levels_of(activities: NDArray[np.float32]) -> NDArray[np.intp]:
    """Masking level, 0 to 5, of each activity in grey levels; any shape."""
    return small_levels_of(activities).astype(np.intp)


def small_levels_of(activities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The same in a byte each, where there are many."""
    levels = np.zeros(np.shape(activities), dtype=np.uint8)
    for threshold in LEVEL_THRESHOLDS:
        levels += activities >= np.float32(threshold)
    return levels
