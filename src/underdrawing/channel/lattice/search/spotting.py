"""Spotting: a small patch of a suspect held against every place of a frame, by all of its chips.

The weave (:mod:`.folding`) is a small part of a mark, and where that part is weak it drowns. Chips of their own are
many, but their lattices differ from block to block, so that they can only be heard where the place in the frame is
right as well. For a patch of twelve by twelve blocks that is one product of two matrices: places in the frame by chips,
and chips by where a block may begin.

Single coefficients change with every quarter of a pixel, and the scale has to be right to a quarter of a percent. So
this is for suspects that were cut out of a picture of a usual size and not resized.

Source: ours.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, SPREAD, TIERS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import layout_of
from underdrawing.channel.lattice.masking import calmest, levels_of
from underdrawing.channel.lattice.search.folding import DOUBLED_WEIGHTS, Lead, Voice, angles_of
from underdrawing.channel.lattice.search.locating import laid
from underdrawing.channel.lattice.search.window import Luma
from underdrawing.channel.lattice.transform import analysis_functions

__all__ = ["SPOT_PX", "spotted"]

_PATCH = 12
SPOT_PX = (_PATCH + 1) * BLOCK
"""Side of what is looked at, in grid pixels: a patch, wherever its first block begins."""

_CHIPS = 2 * SPREAD
"""Coefficients that are listened to, the first of COEFFICIENTS."""

_MARGIN_PX = 2 * BLOCK
"""What is seen around a patch: the blocks next to it, for the masking levels, and what the functions lap over."""
_LAP_PX = (analysis_functions().shape[1] - BLOCK) // 2
_LONGEST = 1.8
_LEAST_POWER = 0.05

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]


def spotted(luma: Luma, linear: Matrix, centre_px: Matrix, voice: Voice, *, key: bytes | None = None) -> Lead | None:
    """The place of the frame that a patch agrees with best, or None where the patch says nothing.

    Args:
        luma: the suspect.
        linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
        centre_px: (x, y) of the patch's middle in suspect pixels.
        voice: what to listen for.
        key: secret of the channel.

    Returns:
        A lead whose matrix begins at the corner of the frame; its score is about a unit normal for each place where
        there is no mark, so some five for the best place of many.
    """
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = centre_px - linear @ np.full(2, SPOT_PX / 2 + _MARGIN_PX)
    values, power = _values(laid(luma, matrix, (_SEEN_PX, _SEEN_PX)), voice)
    if power.min() < _LEAST_POWER:
        return None
    frame = _frame(voice.side_px, key)
    scores = (frame.lattices @ values) / np.sqrt(frame.chips[:, None] * power / 2)
    place, phase = divmod(int(scores.argmax()), BLOCK**2)
    row, column = divmod(phase, BLOCK)
    shift = np.eye(3)
    shift[:2, 2] = np.array([column, row]) + _MARGIN_PX - frame.places[place][::-1] * float(BLOCK)
    return Lead(voice, matrix @ shift, float(scores[place, phase]))


_SEEN_PX = SPOT_PX + 2 * _MARGIN_PX


def _values(plane: Plane, voice: Voice) -> tuple[Plane, Plane]:
    """Doubled phases of all chips of a patch, (8·64·2)×256, and their mean power, 256: for every pixel where its first
    block may begin, row by row."""
    functions = analysis_functions()
    inner = np.s_[_MARGIN_PX : _MARGIN_PX + _PATCH * BLOCK, _MARGIN_PX : _MARGIN_PX + _PATCH * BLOCK]
    levels = _levels(_heard(plane, functions[0], functions[0]) / functions[0].sum() ** 2)[inner]
    weights = DOUBLED_WEIGHTS[levels]
    planes = np.empty((_CHIPS, 2, *levels.shape), dtype=np.float32)
    for coefficient, (down, across) in enumerate(COEFFICIENTS[:_CHIPS]):
        values = _heard(plane, functions[down], functions[across])[inner]
        angles = 2 * angles_of(values, levels, voice, coefficient // SPREAD)
        planes[coefficient, 0], planes[coefficient, 1] = np.cos(angles) * weights, np.sin(angles) * weights
    apart = planes.reshape(_CHIPS, 2, _PATCH, BLOCK, _PATCH, BLOCK).transpose(0, 2, 4, 1, 3, 5)
    power = np.square(weights).reshape(_PATCH, BLOCK, _PATCH, BLOCK).mean(axis=(0, 2)).ravel()
    return np.ascontiguousarray(apart).reshape(-1, BLOCK**2), power


def _heard(plane: Plane, down: Plane, across: Plane) -> Plane:
    """What a function says of a block that begins at each pixel."""
    return np.asarray(cv2.sepFilter2D(plane, -1, across, down, anchor=(_LAP_PX, _LAP_PX)), dtype=np.float32)


def _levels(means: Plane) -> NDArray[np.intp]:
    """Masking levels of blocks that begin at each pixel; those at the border are not to be used."""
    around = [
        np.roll(means, (i * BLOCK, j * BLOCK), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
    ]
    return levels_of(calmest(means, around))


class _Frame:
    """All places of a patch in a frame.

    Attributes:
        places: n×2, (row, column) of the first block.
        lattices: n×(8·64·2) float32, doubled phases of its chips; 0 where a chip is shared.
        chips: n float32, how many chips that are.
    """

    def __init__(self, places: NDArray[np.intp], lattices: Plane) -> None:
        self.places = places
        self.lattices = lattices
        self.chips = np.square(lattices).sum(axis=1)


@lru_cache(maxsize=2)
def _frame(side_px: int, key: bytes | None) -> _Frame:
    side, length = side_px // BLOCK, int(_LONGEST * side_px // BLOCK)
    parts = [_along(side_px, side, length, key), _along(side_px, length, side, key)]
    places = np.concatenate([places for places, _ in parts])
    lattices = np.concatenate([lattices for _, lattices in parts])
    _, first = np.unique(places, axis=0, return_index=True)
    return _Frame(places[first], lattices[first])


def _along(side_px: int, rows: int, columns: int, key: bytes | None) -> tuple[NDArray[np.intp], Plane]:
    layout = layout_of(WorkingGrid(side_px, rows, columns), (True,) * TIERS, key)
    turns = 4 * np.pi * layout.dither[:_CHIPS]
    planes = np.where(layout.shared[:_CHIPS], 0, np.stack([np.cos(turns), np.sin(turns)])).astype(np.float32)
    patches = np.lib.stride_tricks.sliding_window_view(planes, (_PATCH, _PATCH), axis=(2, 3))
    down, across = patches.shape[2:4]
    places = np.stack(np.meshgrid(np.arange(down), np.arange(across), indexing="ij"), axis=-1).reshape(-1, 2)
    return places, np.ascontiguousarray(patches.transpose(2, 3, 1, 4, 5, 0)).reshape(len(places), -1)
