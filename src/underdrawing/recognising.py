"""A suspect that a vault knows: which record it is, and how it lies on the picture that was kept.

What carriers say of a suspect is worth more with a record beside it: an id is enough to have the whole code. A suspect
whose mark is gone, too, is laid onto the picture that it looks like, and held against the code of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.channel.lattice import Placement, WorkingGrid
from underdrawing.examining import Testimony
from underdrawing.fingerprint.preview import preview_pixels
from underdrawing.framing import Framing
from underdrawing.images import to_eight_bits
from underdrawing.registration import Landmarks, register
from underdrawing.tokenizer import HiddenCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.images import Picture
    from underdrawing.vault import Record

__all__ = ["code_kept", "framing_of", "outside_testimony", "placement_of"]

GRID_PX = 512
"""Short side of the grid that places are told on where the carrier has none of its own."""

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
_SAME_SHARE = 0.02
"""Of width and height: how far the corners may be off where nothing was moved."""
_LEAST_SURE = 0.05
_CHIPS = 12.0
"""As how many chips of ours a block counts in which another carrier finds its mark or finds none."""


def code_kept(record: Record | None, carried: HiddenCode | None) -> HiddenCode | None:
    """The whole code of a record; None where it keeps none, or one that begins otherwise than what was carried."""
    if record is None or record.tokens is None:
        return None
    kept = HiddenCode(record.tokens)
    if carried is None:
        return kept
    whole = carried if carried.known is None else carried.prefix(carried.n_scales - 1)
    return kept if kept.prefix(whole.n_scales) == whole else None


def framing_of(picture: Picture, record: Record) -> Framing:
    """A suspect on the frame of a picture that a vault knows; on itself where it shows all of it, upright."""
    placement = placement_of(to_eight_bits(picture.pixels), record)
    if placement is None:
        return Framing(picture.pixels, picture.pixels, None)
    return Framing(picture.pixels, placement.onto_frame(picture.pixels), placement)


def placement_of(pixels: NDArray[np.uint8], record: Record) -> Placement | None:
    """Where a suspect lies on the picture of a record; None where nothing was moved, or that cannot be told.

    Args:
        pixels: H×W×3 RGB uint8, the suspect.
        record: with a preview; nothing can be told without one.
    """
    shown = preview_pixels(record.preview)
    if shown is None:
        return None
    found = register([Landmarks.of(pixels), Landmarks.of(np.ascontiguousarray(pixels[:, ::-1]))], Landmarks.of(shown))
    if found is None or not found.certain or np.abs(found.corners() - _SQUARE).max() <= _SAME_SHARE:
        return None
    grid = WorkingGrid.for_image(*shown.shape[:2], side_px=GRID_PX)
    height, width = pixels.shape[:2]
    rows, columns = grid.size_px
    matrix = np.diag([width, height, 1.0]) @ np.linalg.inv(found.matrix) @ np.diag([1 / columns, 1 / rows, 1.0])
    return Placement(grid, np.asarray(matrix / matrix[2, 2]), (height, width), float(found.points))


def outside_testimony(framing: Framing, agreement: NDArray[np.float32] | None = None) -> Testimony:
    """What a carrier of another make says about places: as much as it can tell, or nothing.

    Args:
        framing: the suspect on its frame.
        agreement: rows×columns float32 over the whole suspect, 1 where the carrier finds its mark and 0 where it finds
            none; None where it does not look place by place.
    """
    placement = framing.placement
    grid = WorkingGrid.for_image(*framing.frame.shape[:2], side_px=GRID_PX) if placement is None else placement.grid
    size = (grid.columns, grid.rows)
    visible = None if placement is None else placement.visible_blocks
    if agreement is None or placement is not None:
        silent = np.zeros((grid.rows, grid.columns), np.float32)
        return Testimony(silent, np.stack([silent, silent]), silent + 1, visible=visible)
    found = np.clip(cv2.resize(agreement, size, interpolation=cv2.INTER_AREA), 0, 1).astype(np.float32)
    told = np.clip(found, _LEAST_SURE, 1 - _LEAST_SURE)
    chips = np.full_like(found, _CHIPS)
    return Testimony(np.log(told / (1 - told)), np.stack([(2 * found - 1) * chips, chips]), found)
