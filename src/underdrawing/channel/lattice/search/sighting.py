"""What a suspect shows to a lead: the blocks of its grid, and how their chips lie on the lattices of a mark."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, GROUPS, WEAVE, Filling
from underdrawing.channel.lattice.masking import activity, levels_of
from underdrawing.channel.lattice.search.folding import Lead
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.window import Luma
from underdrawing.channel.lattice.transform import block_coefficients

__all__ = ["Seen", "Sighted", "laid", "seen_from", "sighted"]

_MOST_SIDE_PX = 4096
_AROUND_BLOCK_PX = 6

Matrix = NDArray[np.float64]
Phasors = NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class Seen:
    """The blocks of a suspect, counted from the origin of a lead.

    Attributes:
        first: (row, column) of the first of them, multiples of four.
        phasors: 24×rows×columns complex64, phase of each coefficient in its step as a unit vector, 0 where the block is
            not seen or has no step.
        pilots: the same if it is a pilot, whose steps are those of a usual mark.
    """

    first: tuple[int, int]
    phasors: Phasors
    pilots: Phasors


def seen_from(lead: Lead, luma: Luma) -> Seen | None:
    """What a suspect shows to a lead; None where that is nothing, or more than can be worked on."""
    there = sighted(lead, luma)
    return None if there is None else there.seen(lead)


@dataclass(frozen=True, eq=False)
class Sighted:
    """The blocks of a suspect from the origin of a lead, before it is said on which lattices their chips lie.

    Attributes:
        first: (row, column) of the first of them, multiples of four.
        coefficients: 24×rows×columns.
        levels: rows×columns masking levels.
        whole: rows×columns, which blocks are seen whole.
    """

    first: tuple[int, int]
    coefficients: NDArray[np.float32]
    levels: NDArray[np.intp]
    whole: NDArray[np.bool_]

    def seen(self, lead: Lead) -> Seen:
        """How the chips lie on the lattices of a lead."""
        design = DESIGNS[lead.voice.profile, lead.voice.side_px]
        usual = self._phasors(design.steps, design.offset)
        if lead.filling is Filling.USUAL:
            return Seen(self.first, usual, usual)
        return Seen(self.first, self._phasors(design.filled(lead.filling), design.offset), usual)

    def _phasors(self, table: NDArray[np.float32], offset: float) -> Phasors:
        steps = np.repeat(table.T[:, self.levels], [g.stop - g.start for g in GROUPS], axis=0)
        turns = self.coefficients / np.maximum(steps, 1) - np.float32(offset)
        return np.where((steps > 0) & self.whole, np.exp(2j * np.pi * turns), 0).astype(np.complex64)


def sighted(lead: Lead, luma: Luma) -> Sighted | None:
    """The blocks of a suspect from the origin of a lead; None where there are none, or more than can be worked on."""
    height, width = luma.size_px
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)
    back = np.linalg.inv(lead.matrix)
    there = moved(back, corners)
    cell = BLOCK * WEAVE
    (left, top), (right, bottom) = np.floor(there.min(axis=0) / cell), np.ceil(there.max(axis=0) / cell)
    columns, rows = int(right - left) * WEAVE, int(bottom - top) * WEAVE
    if max(rows, columns) * BLOCK > _MOST_SIDE_PX or min(rows, columns) <= 0:
        return None
    first = int(top) * WEAVE, int(left) * WEAVE
    start = np.array([[1, 0, first[1] * BLOCK], [0, 1, first[0] * BLOCK], [0, 0, 1]])
    plane = laid(luma, lead.matrix @ start, (rows * BLOCK, columns * BLOCK))
    means, coefficients = block_coefficients(plane)
    whole = _whole_blocks(lead.matrix, first, (rows, columns), luma.size_px)
    return Sighted(first, coefficients, levels_of(activity(means)), whole)


def laid(luma: Luma, matrix: Matrix, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """The suspect's luminance on the grid, (height, width) grid pixels from the origin of a 3×3 homography on."""
    small = luma.shrunk(float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))))
    factor = np.diag([small.shape[1] / luma.size_px[1], small.shape[0] / luma.size_px[0], 1.0])
    to_centres = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    sampled = to_centres @ factor @ matrix @ np.linalg.inv(to_centres)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    plane = cv2.warpPerspective(small, sampled, size_px[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(plane, dtype=np.float32)


def _whole_blocks(
    matrix: Matrix, first: tuple[int, int], blocks: tuple[int, int], size_px: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which blocks lie in the suspect with a few pixels around them."""
    rows, columns = (np.arange(count) + start for count, start in zip(blocks, first, strict=True))
    centres = np.stack(np.meshgrid(columns, rows), axis=-1) * float(BLOCK) + BLOCK / 2
    reach = BLOCK / 2 + _AROUND_BLOCK_PX
    corners = centres[:, :, None] + reach * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    seen = moved(matrix, corners.reshape(-1, 2))
    inside = (seen >= 0).all(axis=1) & (seen[:, 0] <= size_px[1]) & (seen[:, 1] <= size_px[0])
    return np.asarray(inside.reshape(*blocks, 4).all(axis=2))
