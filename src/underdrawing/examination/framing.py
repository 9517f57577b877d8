"""A suspect and the frame it shows a part of: what was found on the one, said of the other.

Everything that is read, mapped and recovered is worked out on the frame, the whole picture that was protected, at about
the suspect's scale. A suspect that shows all of it, upright, is its own frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from underdrawing.findings import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Placement

__all__ = ["Framing"]

_ALL = 0.995
_STRAIGHT_DEGREES = 0.15
_SAME_SHAPE = 0.01


@dataclass(frozen=True, eq=False)
class Framing:
    """How a suspect lies on its frame.

    Attributes:
        suspect: H×W×3 RGB, uint8 or uint16.
        frame: the same laid onto the frame, h×w×3 of the same type; the suspect itself where it is the frame.
        placement: how; None where the suspect is the frame.
    """

    suspect: NDArray[np.uint8] | NDArray[np.uint16]
    frame: NDArray[np.uint8] | NDArray[np.uint16]
    placement: Placement | None

    @property
    def missing(self) -> NDArray[np.bool_] | None:
        """Which pixels of the frame the suspect does not show, h×w bool; None where it shows all."""
        return None if self.placement is None else ~self.placement.visible

    @property
    def foreign(self) -> NDArray[np.bool_] | None:
        """Which pixels of the suspect show nothing of the frame, H×W bool; None where there are none."""
        if self.placement is None or not self.placement.foreign.any():
            return None
        return self.placement.foreign

    def hidden(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the frame together with what the suspect does not show, h×w bool."""
        return mask if self.missing is None else mask | self.missing

    def mask_on_suspect(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the frame as it lies in the suspect, H×W bool."""
        if self.placement is None:
            return mask
        return self.placement.onto_suspect(mask.astype(np.uint8), nearest=True).astype(np.bool_)

    def plane_on_suspect(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """A plane of the frame as it lies in the suspect, H×W float32; 0 on what is foreign."""
        if self.placement is None:
            return plane
        return cast("NDArray[np.float32]", self.placement.onto_suspect(plane))

    def painted(
        self, whole: NDArray[np.uint8] | NDArray[np.uint16], mask: NDArray[np.bool_]
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The suspect with the frame's ``whole`` picture where ``mask`` (of the suspect, H×W bool) is True."""
        laid = whole if self.placement is None else self.placement.onto_suspect(whole)
        painted = self.suspect.copy()
        cv2.copyTo(np.asarray(laid), mask.view(np.uint8), painted)
        return painted

    def geometry(self, note: str) -> Geometry:
        """The finding, beginning with what is known of how the mark was read."""
        if self.placement is None:
            height, width = self.suspect.shape[:2]
            return Geometry(note=note, frame_px=(height, width))
        shown = float(self.placement.visible.mean())
        foreign = float(self.placement.foreign.mean())
        matrix = self.placement.from_frame
        turn, mirrored, _ = _shape_of(matrix)
        *_, stretch = _shape_of(self.placement.matrix)
        words = [
            f"shows {shown:.0%} of the protected picture" if shown < _ALL else "",
            "mirrored" if mirrored else "",
            f"turned by {turn:.1f}°" if abs(turn) > _STRAIGHT_DEGREES else "",
            f"stretched by about {stretch - 1:+.0%}" if abs(stretch - 1) > _rounding(self.placement) else "",
            f"{foreign:.0%} of this image is something else around it" if foreign > 1 - _ALL else "",
        ]
        named = "; ".join(word for word in words if word)
        return Geometry(
            note=f"{note}; {named}" if named else note,
            frame_px=self.placement.frame_px,
            matrix=tuple(float(value) for value in matrix.ravel()),
            shown_fraction=shown,
            foreign_fraction=foreign,
            rotation_degrees=turn,
            mirrored=mirrored,
        )


def _shape_of(matrix: NDArray[np.float64]) -> tuple[float, bool, float]:
    """Turn in degrees (clockwise as seen), whether mirrored left to right, and width over height, of a homography."""
    linear = matrix[:2, :2] - np.outer(matrix[:2, 2], matrix[2, :2])
    mirrored = bool(np.linalg.det(linear) < 0)
    upright = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    turn = float(np.rad2deg(np.arctan2(upright[1, 0] - upright[0, 1], upright[0, 0] + upright[1, 1])))
    across, down = np.linalg.norm(linear, axis=0)
    return turn, mirrored, float(across / down)


def _rounding(placement: Placement) -> float:
    """By how much the steps of a grid may differ across and down without a stretch: its long side is whole blocks."""
    rows, columns = placement.grid.rows, placement.grid.columns
    return _SAME_SHAPE + 0.5 / max(rows, columns)
