"""Where a suspect lies on the picture that was protected, and the suspect laid back onto it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, Filling
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid

__all__ = ["Placement", "moved"]

_MOST_FRAME_PIXELS = 48_000_000
_SAME_PLACE_PX = 0.35
_SAME_FRAME_PX = 1.0
_ALIKE_PX = 0.01
_AROUND_BLOCK_PX = 4

Matrix = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)


def moved(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> Matrix:
    """Points N×2 (x, y) sent through a 3×3 homography."""
    sent = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(sent[:, :2] / sent[:, 2:], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Placement:
    """Which part of which frame a suspect shows.

    The frame is the whole picture that was protected, at about the scale of the suspect.

    Attributes:
        grid: the working grid over the whole frame.
        matrix: 3×3 float64 homography from grid pixels (x, y) to suspect pixels, both counted from the top left corner
            of the top left pixel.
        suspect_px: (height, width) of the suspect.
        score: of the search, about a unit normal where there is no mark.
        is_exact: whether it was made exact already, by more chips than settling hears.
        whole_pixels: whether what hardly differs from a shift by whole pixels is taken for one.
        filling: how the mark fills its places, as far as its chips of their own told.
    """

    grid: WorkingGrid
    matrix: Matrix
    suspect_px: tuple[int, int]
    score: float
    is_exact: bool = False
    whole_pixels: bool = True
    filling: Filling = Filling.USUAL

    def laid_at(self, left_px: int, top_px: int, suspect_px: tuple[int, int]) -> "Placement":
        """The placement of a suspect of this size that shows the one placed at this place."""
        shift = np.array([[1.0, 0, left_px], [0, 1, top_px], [0, 0, 1]])
        return replace(self, matrix=shift @ self.matrix, suspect_px=suspect_px)

    def is_like(self, other: "Placement") -> bool:
        """Whether another placement of the same suspect lays every corner to within a hundredth of a grid pixel of
        where this one does."""
        ways = (self.matrix, other.matrix)
        there, here = (moved(np.linalg.inv(matrix), self._suspect_corners) for matrix in ways)
        return self.grid == other.grid and bool(np.abs(there - here).max() < _ALIKE_PX)

    @cached_property
    def frame_px(self) -> tuple[int, int]:
        """(height, width) of the frame in pixels of the suspect's scale."""
        height, width = self.grid.size_px
        x_step, y_step = self._steps
        height_px, width_px = height * y_step, width * x_step
        smaller = min(1.0, float(np.sqrt(_MOST_FRAME_PIXELS / (height_px * width_px))))
        return max(BLOCK, round(height_px * smaller)), max(BLOCK, round(width_px * smaller))

    @property
    def _steps(self) -> tuple[float, float]:
        """Suspect pixels per grid pixel across and down, at the middle of what is seen of the frame."""
        height, width = self.suspect_px
        back = np.linalg.inv(self.matrix)
        middle = moved(back, np.array([[width / 2, height / 2]]))
        across, down = (moved(self.matrix, middle + step) - moved(self.matrix, middle - step) for step in _STEPS)
        return float(np.linalg.norm(across)), float(np.linalg.norm(down))

    @cached_property
    def from_frame(self) -> Matrix:
        """3×3 float64 homography from frame to suspect pixels; a whole shift where it hardly differs from one, unless
        told otherwise."""
        height, width = self.grid.size_px
        frame_height, frame_width = self.frame_px
        matrix = self.matrix @ np.diag([width / frame_width, height / frame_height, 1.0])
        matrix = matrix / matrix[2, 2]
        corners = self._suspect_corners
        there = moved(np.linalg.inv(matrix), corners)
        shift = np.rint(np.median(corners - there, axis=0))
        if not self.whole_pixels or np.abs(there + shift - corners).max() > _SAME_PLACE_PX:
            return np.asarray(matrix, dtype=np.float64)
        return np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]], dtype=np.float64)

    @property
    def as_laid(self) -> Matrix:
        """The matrix by which pixels are laid onto the frame: a whole shift is not quite what was found."""
        height, width = self.grid.size_px
        frame_height, frame_width = self.frame_px
        return self.from_frame @ np.diag([frame_width / width, frame_height / height, 1.0])

    @cached_property
    def is_whole(self) -> bool:
        """Whether the suspect is the whole frame, upright, to within half a pixel."""
        height, width = self.suspect_px
        there = moved(np.linalg.inv(self.from_frame), self._suspect_corners)
        frame = np.array(self.frame_px[::-1]) / [width, height]
        return bool(np.abs(there - self._suspect_corners * frame).max() <= _SAME_FRAME_PX)

    @property
    def _suspect_corners(self) -> Matrix:
        height, width = self.suspect_px
        return np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64)

    def onto_frame(self, pixels: Pixels) -> Pixels:
        """Pixels of the suspect laid onto the frame; what it does not show repeats its border.

        Args:
            pixels: H×W or H×W×C of the suspect's size.
        """
        height, width = self.frame_px
        laid = cv2.warpPerspective(
            pixels,
            _to_centres(self.from_frame),
            (width, height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cast(Pixels, laid)

    def onto_suspect(self, plane: NDArray[_Scalar], *, nearest: bool = False) -> NDArray[_Scalar]:
        """A plane or picture of the frame's size as it lies in the suspect; 0 where that shows something else."""
        height, width = self.suspect_px
        laid = cv2.warpPerspective(
            cast(Pixels, plane),
            _to_centres(self.from_frame),
            (width, height),
            flags=cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return cast("NDArray[_Scalar]", laid)

    @cached_property
    def visible(self) -> NDArray[np.bool_]:
        """Which pixels of the frame the suspect shows, height×width bool of the frame."""
        height, width = self.suspect_px
        shown = np.full((height, width), 255, dtype=np.uint8)
        frame_height, frame_width = self.frame_px
        laid = cv2.warpPerspective(
            shown,
            _to_centres(self.from_frame),
            (frame_width, frame_height),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return np.asarray(laid > 0)

    @cached_property
    def foreign(self) -> NDArray[np.bool_]:
        """Which pixels of the suspect show nothing of the frame, height×width bool of the suspect."""
        frame = np.ones(self.frame_px, dtype=np.uint8)
        return np.asarray(self.onto_suspect(frame, nearest=True) == 0)

    @cached_property
    def visible_blocks(self) -> NDArray[np.bool_]:
        """Which blocks of the grid the suspect shows, with a few pixels around them; rows×columns bool."""
        rows, columns = self.grid.rows, self.grid.columns
        corner = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]) * (BLOCK / 2 + _AROUND_BLOCK_PX)
        centres = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) * BLOCK + BLOCK / 2
        edge = np.array([columns, rows]) * BLOCK
        places = np.clip(centres[:, :, None] + corner, 0, edge).reshape(-1, 2)
        seen = moved(self.matrix, places)
        height, width = self.suspect_px
        slack = 0.5 * max(self._steps)
        inside = (seen >= -slack).all(axis=1) & (seen[:, 0] <= width + slack) & (seen[:, 1] <= height + slack)
        return np.asarray(inside.reshape(rows, columns, 4).all(axis=2))


_STEPS = (np.array([0.5, 0.0]), np.array([0.0, 0.5]))


def _to_centres(matrix: Matrix) -> Matrix:
    """A homography of places counted from corners, as one of places counted from the centres of pixels."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    return np.asarray(np.linalg.inv(half) @ matrix @ half, dtype=np.float64)
