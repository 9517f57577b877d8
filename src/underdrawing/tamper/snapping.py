"""The edge of a map moved by a pixel or two, to where the picture itself has it.

Outlines are drawn on a canvas of 256×256, so they run a pixel or two beside the edge of what was put there, and a line
of it is left when the region is painted back. Near the outline every pixel is held against what lies a little farther
in and a little farther out. Where these two are of clearly different colours and the pixel is a mixture of both, it
belongs to the one of which it has more.

Soft edges, and what was painted in the colours of its surroundings, stay as they were drawn.

Source: ours; alpha mattes are told from mixtures of two near colours in the same way (Porter & Duff 1984 for the
mixture, Berman et al. 2000 for the colours).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.images import to_eight_bits
from underdrawing.tamper.colours import Pixels
from underdrawing.tamper.planes import CANVAS_PX

__all__ = ["snapped"]

_LEAST_REACH_PX = 2
"""How far from the outline pixels are asked: a place of the canvas it was drawn on, and at least so many."""
_LEAST_CONTRAST, _FEWEST = 60.0, 4
"""By how many grey levels, in all three channels together, the two sides have to differ, and of how many pixels each
has to be the mean."""
_INSIDE, _OUTSIDE = 0.65, 0.35
"""Shares of the inner colour from which a pixel goes in, and up to which it goes out."""
_ROUNDS = 2
"""The second reaches what the first made near: corners, which the canvas rounds."""
_OPAQUE = 255
_JUST_IN, _JUST_OUT = np.float32(0.5), np.float32(0.49)

Colours = NDArray[np.float32]
Places = NDArray[np.intp]


def snapped(probability: NDArray[np.float32], suspect: Pixels) -> NDArray[np.float32]:
    """The probability with its edges at one half where the suspect has them.

    Args:
        probability: H×W float32, 0 to 1, that each pixel was changed.
        suspect: H×W×3 RGB, uint8 or uint16.

    Returns:
        H×W float32, the same but for pixels within reach of the outline.
    """
    reach = max(_LEAST_REACH_PX, round(min(probability.shape) / CANVAS_PX))
    window = _around((probability >= _JUST_IN).astype(np.uint8), (_ROUNDS + 2) * reach + 1)
    result = probability.copy()
    seen = cv2.cvtColor(_smooth(suspect[window]), cv2.COLOR_RGB2RGBA)
    for _ in range(_ROUNDS):
        _move(result[window], np.asarray(seen, np.uint8), reach)
    return result


def _move(probability: NDArray[np.float32], seen: NDArray[np.uint8], reach: int) -> None:
    """One round of :func:`snapped`, in place, with the picture in RGBA, opaque."""
    area = (probability >= _JUST_IN).astype(np.uint8)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    inner, wide = (np.asarray(change(area, kernel), np.uint8) for change in (cv2.erode, cv2.dilate))
    places = np.flatnonzero(wide > inner)
    own = seen.reshape(-1, 4).take(places, axis=0)[:, :3].astype(np.float32)
    corners, table = _corners(places, area.shape, reach + 1), np.empty((len(area) + 1, area.shape[1] + 1, 4), np.int32)
    (within, many_within), (beyond, many_beyond) = (_means(seen, side, corners, table) for side in (inner, 1 - wide))
    apart, off = within - beyond, own - beyond
    contrast = _products(apart, apart)
    share = _products(off, apart) / np.maximum(contrast, 1)
    rest = _products(off, off) - np.square(share) * contrast
    told = many_within & many_beyond & (contrast > _LEAST_CONTRAST**2) & (rest < contrast)
    at = np.unravel_index(places, area.shape)
    before = probability[at]
    after = np.where(told & (share > _INSIDE), np.maximum(before, _JUST_IN), before)
    probability[at] = np.where(told & (share < _OUTSIDE), np.minimum(after, _JUST_OUT), after)


def _around(area: NDArray[np.uint8], margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold all of an area, and so many around it."""
    left, top, width, height = cv2.boundingRect(area)
    rows, columns = (slice(max(at - margin, 0), at + n + margin) for at, n in ((top, height), (left, width)))
    return rows, columns


def _corners(places: Places, shape: tuple[int, ...], reach: int) -> NDArray[np.intp]:
    """Where sums over everything above and to the left are read off for the squares around n places, 4×n: those to be
    added, then those to be taken away."""
    rows, columns = np.unravel_index(places, shape)
    top, bottom = (np.clip(rows + by, 0, shape[0]) * (shape[1] + 1) for by in (-reach, reach + 1))
    left, right = (np.clip(columns + by, 0, shape[1]) for by in (-reach, reach + 1))
    return np.stack([bottom + right, top + left, top + right, bottom + left])


def _means(
    seen: NDArray[np.uint8], side: NDArray[np.uint8], corners: NDArray[np.intp], table: NDArray[np.int32]
) -> tuple[Colours, NDArray[np.bool_]]:
    """The mean colour of one side in each of n squares, n×3 in grey levels; and where there is enough of it.

    Sums over everything above and to the left are written into the table. Those of very large pictures wrap around,
    those of squares, which are their differences, do not.
    """
    cv2.integral(cv2.copyTo(seen, side), table, cv2.CV_32S)
    bottom_right, top_left, top_right, bottom_left = (table.reshape(-1, 4).take(corner, axis=0) for corner in corners)
    sums = bottom_right + top_left - top_right - bottom_left
    counts = sums[:, 3] // _OPAQUE
    return (sums[:, :3] / np.maximum(counts, 1)[:, None]).astype(np.float32), counts >= _FEWEST


def _products(one: Colours, other: Colours) -> NDArray[np.float32]:
    """The scalar products of n pairs of colours."""
    return np.asarray(np.einsum("ij,ij->i", one, other), dtype=np.float32)


def _smooth(suspect: Pixels) -> NDArray[np.uint8]:
    """The suspect in eight bits, with what compression leaves of single pixels evened out."""
    return np.asarray(cv2.GaussianBlur(to_eight_bits(suspect), (0, 0), 0.5), dtype=np.uint8)
