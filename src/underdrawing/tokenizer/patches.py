"""Linear transforms between pictures and latents, in whole numbers.

A token must come out the same on every machine, so nothing here depends on the order in which a processor adds: factors
are integers, every product and partial sum fits the 53 bits of a float64, and the one division rounds half up. Matrix
products then are exact, whatever library computes them. Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRACTION_BITS", "PatchAnalysis", "PatchSynthesis", "cut", "join", "neighbourhoods"]

FRACTION_BITS = 16
"""The factors of a transform are stored as integers, this many bits left of the point."""


def cut(picture: NDArray[np.generic], patch: int) -> NDArray[np.generic]:
    """Patches of a picture, each in a row: (H, W, 3) → (H/patch, W/patch, patch·patch·3), dtype kept.

    The numbers of one patch are ordered by row, column, channel.
    """
    height, width, channels = picture.shape
    grid = picture.reshape(height // patch, patch, width // patch, patch, channels)
    return grid.transpose(0, 2, 1, 3, 4).reshape(height // patch, width // patch, patch * patch * channels)


def join(patches: NDArray[np.generic], patch: int) -> NDArray[np.generic]:
    """The picture with these patches; the inverse of ``cut``."""
    rows, columns, _ = patches.shape
    grid = patches.reshape(rows, columns, patch, patch, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * patch, columns * patch, 3)


def neighbourhoods(latents: NDArray[np.generic]) -> NDArray[np.generic]:
    """Each cell with its eight neighbours: (side, side, d) → (side, side, 9·d); edge cells are repeated outwards.

    The nine cells are ordered by row, then column; within a cell the order is that of ``latents``.
    """
    rows, columns, _ = latents.shape
    padded = np.pad(latents, ((1, 1), (1, 1), (0, 0)), mode="edge")
    shifted = [padded[dy : dy + rows, dx : dx + columns] for dy in range(3) for dx in range(3)]
    return np.concatenate(shifted, axis=2)


@dataclass(frozen=True)
class PatchAnalysis:
    """Latents of a picture's patches: ``round(factors · (patch − mean))``.

    Attributes:
        factors: (dims, patch·patch·3) int32, times 2^16.
        mean: (patch·patch·3,) int16, the patch that has the latents 0.
        patch: side of a patch in pixels.
    """

    factors: NDArray[np.int32]
    mean: NDArray[np.int16]
    patch: int

    def __call__(self, picture: NDArray[np.integer]) -> NDArray[np.int32]:
        """Latents (H/patch, W/patch, dims) int32 of a picture (H, W, 3) of integers within ±255."""
        centred = cut(picture, self.patch).astype(np.float64) - self.mean
        return _rounded(centred @ self.factors.T.astype(np.float64)).astype(np.int32)

    def of_luminance(self) -> NDArray[np.float32]:
        """How much the latents change where all three channels change alike: (dims, patch·patch) float32 a grey level.

        The pixels of a patch are ordered by row, then column.
        """
        by_channel = self.factors.astype(np.float64).reshape(len(self.factors), -1, 3)
        return np.asarray(by_channel.sum(axis=2) / (1 << FRACTION_BITS), dtype=np.float32)


@dataclass(frozen=True)
class PatchSynthesis:
    """The picture that latents stand for: each patch is linear in its cell's latents and those of the eight around it.

    Seeing the neighbours takes most of the seams out of the picture, which leaves less for the next scale to code.

    Attributes:
        factors: (patch·patch·3, 9·dims) int32, times 2^16.
        offset: (patch·patch·3,) int32, times 2^16.
        patch: side of a patch in pixels.
    """

    factors: NDArray[np.int32]
    offset: NDArray[np.int32]
    patch: int

    def __call__(self, latents: NDArray[np.integer]) -> NDArray[np.int16]:
        """The picture (side·patch, side·patch, 3) int16, 0..255, of latents (side, side, dims)."""
        sums = neighbourhoods(latents).astype(np.float64) @ self.factors.T.astype(np.float64)
        patches = np.clip(_rounded(sums + self.offset), 0, 255).astype(np.int16)
        return join(patches, self.patch).astype(np.int16)


def _rounded(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.floor(sums / float(1 << FRACTION_BITS) + 0.5)
