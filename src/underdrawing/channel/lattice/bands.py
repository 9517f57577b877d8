"""Banded matrices: fast products with a map in which every output depends on a few neighbouring inputs only."""

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.resampling import Taps

__all__ = ["Bands"]

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bands:
    """A banded matrix cut into pieces of consecutive outputs, each a small dense matrix.

    Attributes:
        outputs: number of outputs.
        pieces: for each piece its outputs, the inputs it needs, and the matrix (outputs of the piece × those inputs).
    """

    outputs: int
    pieces: tuple[tuple[slice, slice, Plane], ...]

    @classmethod
    def of(cls, taps: Taps, *, pieces: int) -> "Bands":
        """The matrix of a map whose neighbouring outputs need neighbouring inputs, in so many pieces."""
        outputs = taps.index.shape[0]
        bounds = [outputs * piece // pieces for piece in range(pieces + 1)]
        return cls(outputs, tuple(_piece(taps, slice(*pair)) for pair in pairwise(bounds)))

    def down(self, plane: Plane) -> Plane:
        """The product down the columns: inputs×W → outputs×W."""
        product = np.empty((self.outputs, plane.shape[1]), dtype=np.float32)
        for made, needed, matrix in self.pieces:
            np.matmul(matrix, plane[needed], out=product[made])
        return product

    def across(self, plane: Plane) -> Plane:
        """The product along the rows: H×inputs → H×outputs."""
        return cast(Plane, cv2.transpose(self.down(cast(Plane, cv2.transpose(plane)))))


def _piece(taps: Taps, made: slice) -> tuple[slice, slice, Plane]:
    index, weights = taps.index[made], taps.weights[made]
    used = index[weights != 0]
    start, stop = int(used.min()), int(used.max()) + 1
    height, width = index.shape[0], stop - start
    place = np.arange(height)[:, None] * width + np.clip(index - start, 0, width - 1)
    matrix = np.bincount(place.ravel(), weights=weights.ravel(), minlength=height * width)
    return made, slice(start, stop), matrix.reshape(height, width).astype(np.float32)
