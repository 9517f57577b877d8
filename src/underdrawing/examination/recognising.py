"""A suspect that a vault knows: which record it is, and how it lies on the picture that was kept.

What carriers say of a suspect is worth more with a record beside it: an id is enough to have the whole code. A suspect
whose mark is gone, too, is laid onto the picture that it looks like, and held against the code of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice import Placement, WorkingGrid
from underdrawing.examination.examining import Testimony
from underdrawing.examination.framing import Framing
from underdrawing.fingerprint.preview import preview_pixels
from underdrawing.images import to_eight_bits
from underdrawing.retrieval.registration import Landmarks, register
from underdrawing.tokenizer import HiddenCode, to_canvas

if TYPE_CHECKING:
    from underdrawing.images import Picture
    from underdrawing.vault import Record

Grey = NDArray[np.integer[Any] | np.floating[Any]]

__all__ = ["code_kept", "framing_of", "outside_testimony", "picture_kept", "placement_of"]

GRID_PX = 512
"""Short side of the grid that places are told on where the carrier has none of its own."""

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
_SAME_SHARE = 0.02
"""Of width and height: how far the corners may be off where nothing was moved."""
_PREVIEW_ZOOM = 2.0
_LEAST_PX, _LEAST_AREA, _LEAST_ALIKE = 32, 1e-3, 0.5
_ROUGH_PX, _SHARE_ALIKE = 6.0, 0.65
_STRAIGHT_SHARE = 0.004
"""Of width and height: turns and overhangs below this are taken for errors of the registration."""
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


def picture_kept(record: Record | None, carried: HiddenCode | None) -> NDArray[np.uint8] | None:
    """The small picture of a record on the canvas, 256×256×3 RGB; None where it keeps none, or where its code begins
    otherwise than what was carried.

    It tells more than the code, which is made for carriers: 33 against 26 dB at this size.
    """
    if record is None or code_kept(record, carried) is None:
        return None
    shown = preview_pixels(record.preview)
    return None if shown is None else to_canvas(shown)


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
    lies = _straightened(_nudged(pixels, shown, found.matrix))
    grid = WorkingGrid.for_image(*shown.shape[:2], side_px=GRID_PX)
    height, width = pixels.shape[:2]
    rows, columns = grid.size_px
    matrix = np.diag([width, height, 1.0]) @ np.linalg.inv(lies) @ np.diag([1 / columns, 1 / rows, 1.0])
    return Placement(grid, np.asarray(matrix / matrix[2, 2]), (height, width), float(found.points))


def _nudged(pixels: NDArray[np.uint8], shown: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A registration by points made exact by what lies between them; the given one where that finds nothing better.

    Points of a small preview are good to a pixel of it, which is many of the suspect; grey levels are good to less.

    Args:
        pixels: H×W×3 RGB uint8, the suspect.
        shown: h×w×3 RGB uint8, the preview.
        matrix: 3×3, from shares of the suspect to shares of the preview.

    Source: Evangelidis and Psarakis, TPAMI 2008.
    """
    height, width = (round(_PREVIEW_ZOOM * side) for side in shown.shape[:2])
    large = cv2.resize(shown, (width, height), interpolation=cv2.INTER_CUBIC)
    across, down = (float(np.linalg.norm(matrix[:2, axis] * [width, height])) for axis in (0, 1))
    size = (max(_LEAST_PX, round(across)), max(_LEAST_PX, round(down)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    into, out = _pixels_of(*size), _pixels_of(width, height)
    begin = out @ matrix @ np.linalg.inv(into)
    if abs(np.linalg.det(begin[:2, :2])) < _LEAST_AREA:
        return matrix
    greys = [cv2.cvtColor(np.ascontiguousarray(some), cv2.COLOR_RGB2GRAY) for some in (small, large)]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    affinity = np.asarray((begin / begin[2, 2])[:2], dtype=np.float32)
    alike = _alike(greys[0], greys[1], begin)
    try:
        likeness, nudged = cv2.findTransformECC(greys[0], greys[1], affinity, cv2.MOTION_AFFINE, stop, alike, 5)
    except cv2.error:  # it found no better place
        return matrix
    exact = np.linalg.inv(out) @ np.vstack([nudged, [0, 0, 1]]) @ into
    return np.asarray(exact, dtype=np.float64) if likeness >= _LEAST_ALIKE else matrix


def _alike(suspect: Grey, preview: Grey, matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Where a preview, h×w, looks like the suspect that ``matrix`` lays over it, roughly: 255 there, 0 elsewhere.

    What was changed would pull at the rest; what is only out of place by a little looks alike once it is blurred.
    """
    height, width = preview.shape[:2]
    laid = cv2.warpPerspective(suspect, matrix, (width, height))
    covered = cv2.warpPerspective(np.full(suspect.shape[:2], 255, np.uint8), matrix, (width, height)) > 0
    smooth = [cv2.GaussianBlur(np.asarray(some, np.float32), (0, 0), _ROUGH_PX) for some in (laid, preview)]
    difference = np.abs(smooth[0] - smooth[1])
    if not covered.any():
        return np.full((height, width), 255, np.uint8)
    least = difference <= np.quantile(difference[covered], _SHARE_ALIKE)
    return np.where(covered & least, np.uint8(255), np.uint8(0))


def _pixels_of(width: int, height: int) -> NDArray[np.float64]:
    """From shares of a picture to its pixels, whose centres lie at whole numbers."""
    return np.array([[width, 0, -0.5], [0, height, -0.5], [0, 0, 1]], dtype=np.float64)


def _straightened(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A registration, 3×3 in shares, without turns and overhangs so small that they are errors of the preview."""
    sent = np.column_stack([_SQUARE, np.ones(4)]) @ matrix.T
    corners = sent[:, :2] / sent[:, 2:]
    left, right = corners[[0, 3], 0].mean(), corners[[1, 2], 0].mean()
    top, bottom = corners[[0, 1], 1].mean(), corners[[2, 3], 1].mean()
    upright = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if np.abs(corners - upright).max() > _STRAIGHT_SHARE:
        return matrix
    left, right, top, bottom = (
        float(np.rint(edge)) if abs(edge - np.rint(edge)) <= _STRAIGHT_SHARE else float(edge)
        for edge in (left, right, top, bottom)
    )
    return np.array([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1]], dtype=np.float64)


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
