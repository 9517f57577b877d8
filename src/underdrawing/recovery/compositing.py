"""Compositing: the picture a hidden code remembers, fitted into the region that was changed.

The remembered picture is small and a little off in colour. Around the region the suspect itself is known to be good,
so the difference between the two, measured there, is carried smoothly into the region (membrane interpolation, the
cheap relative of Poisson blending after Pérez et al. 2003) and added: once at the size of the remembered picture, from
a little way off the seam, far into the region; and once at the size of the suspect, from the very pixels at the seam,
for the few pixels that look like these. Pixels outside the region are never touched.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["paint_back"]

_HALVINGS = 6
_MOST_CORRECTION = np.float32(16)
"""Grey levels; what differs more is not an error of colour, but something beside the region that was missed."""
_SEAM_PX, _MOST_AT_SEAM = 6, 48
"""How many pixels from the seam on are led over to what they meet there, and by how many grey levels at most."""
_FOUR = ((-1, 0), (1, 0), (0, -1), (0, 1))
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def paint_back(
    suspect: Pixels,
    remembered: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    *,
    canvas: NDArray[np.uint8] | None = None,
) -> Pixels:
    """The suspect with the region painted back.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the decoded hidden code of the whole picture, any size.
        mask: H×W bool, True where the suspect was changed.
        canvas: h×w×3 RGB uint8, the suspect at the size of ``remembered``, if it is at hand; saves the time to make it.

    Returns:
        H×W×3, the type of the suspect; equal to it wherever the mask is False.
    """
    if not mask.any():
        return suspect.copy()
    window = _bounds(mask)
    seen = _in_grey_levels(suspect, remembered.shape[:2]) if canvas is None else canvas.astype(np.float32)
    small = np.clip(remembered.astype(np.float32) + _seam_correction(seen, remembered, mask), 0, 255)
    enlarged = _enlarged(_in_units_of(small, suspect), mask.shape)
    result = suspect.copy()
    cv2.copyTo(enlarged[window], mask[window].view(np.uint8), result[window])
    around = _bounds(mask, margin=1)
    _lead_over(result[around], enlarged[around], mask[around])
    return result


def _bounds(mask: NDArray[np.bool_], *, margin: int = 0) -> tuple[slice, slice]:
    """The rows and the columns that hold the whole region, and so many around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    around = (slice(max(int(at[0]) - margin, 0), int(at[-1]) + margin + 1) for at in (rows, columns))
    return next(around), next(around)


def _lead_over(result: Pixels, painted: Pixels, mask: NDArray[np.bool_]) -> None:
    """Lead the pixels of a region that lie next to its seam over to those they meet there, in place.

    By how much the painted picture is off outside is known. Inside, each pixel is as far off as its four neighbours in
    the mean, and from a few pixels on not at all.

    Args:
        result: h×w×3, the region painted, and the suspect around it.
        painted: h×w×3, the painted picture everywhere.
        mask: h×w bool, the region.
    """
    area = mask.view(np.uint8)
    reach = np.ones((2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1), np.uint8)
    deep = cv2.erode(area, reach, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    inside, rim = np.flatnonzero(area > deep), np.flatnonzero(cv2.dilate(area, _CROSS) > area)
    peak = float(np.iinfo(result.dtype).max)
    most = _MOST_AT_SEAM * peak / 255
    at_rim, at_seam = np.unravel_index(rim, mask.shape), np.unravel_index(inside, mask.shape)
    off = np.zeros((inside.size + rim.size + 1, 4), dtype=np.float32)  # four numbers are looked up faster than three
    off[inside.size : -1, :3] = np.clip(result[at_rim] - painted[at_rim].astype(np.float32), -most, most)
    beside = _beside(inside, rim, mask.shape)
    for _ in range(_SEAM_PX):
        total = off.take(beside[0], axis=0)
        for places in beside[1:]:
            total += off.take(places, axis=0)
        off[: inside.size] = total / len(beside)
    led = np.rint(result[at_seam] + off[: inside.size, :3])
    result[at_seam] = np.clip(led, 0, peak).astype(result.dtype)


def _beside(inside: NDArray[np.intp], rim: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Where the four neighbours of places inside are found, 4×n: among these, then among those of the rim, and one
    after both for all others. At the edge of the picture a place is its own neighbour."""
    order = np.full(shape, inside.size + rim.size, dtype=np.int32)
    order.ravel()[inside] = np.arange(inside.size)
    order.ravel()[rim] = np.arange(inside.size, inside.size + rim.size)
    rows, columns = np.unravel_index(inside, shape)
    found = [
        order[np.clip(rows + down, 0, shape[0] - 1), np.clip(columns + across, 0, shape[1] - 1)]
        for down, across in _FOUR
    ]
    return np.array(found, dtype=np.intp)


def _in_grey_levels(suspect: Pixels, size: tuple[int, ...]) -> NDArray[np.float32]:
    """The suspect at another size, h×w×3 float32 grey levels of 8 bits."""
    return _shrunk(suspect, size[0], size[1]) * np.float32(255 / np.iinfo(suspect.dtype).max)


def _seam_correction(
    seen: NDArray[np.float32], remembered: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """What to add to the remembered picture so that it meets the suspect at the seam, h×w×3 float32 grey levels."""
    height, width = remembered.shape[:2]
    covered = _shrunk(mask.view(np.uint8) * np.uint8(255), height, width)
    good = (cv2.dilate(covered, np.ones((3, 3), np.uint8)) <= 0).astype(np.float32)
    correction = _carried_inward(seen - remembered.astype(np.float32), good)
    return np.clip(correction, -_MOST_CORRECTION, _MOST_CORRECTION)


def _carried_inward(difference: NDArray[np.float32], good: NDArray[np.float32]) -> NDArray[np.float32]:
    """A difference known where ``good`` is 1, averaged coarser and coarser into where it is 0 (push–pull)."""
    levels = [(difference * good[..., None], good)]
    for _ in range(_HALVINGS):
        values, weights = levels[-1]
        levels.append((np.asarray(cv2.pyrDown(values), np.float32), np.asarray(cv2.pyrDown(weights), np.float32)))
    values, weights = levels[-1]
    filled = values / np.maximum(weights, 1e-6)[..., None]
    for values, weights in reversed(levels[:-1]):
        coarse = cv2.pyrUp(filled, dstsize=(weights.shape[1], weights.shape[0]))
        trust = np.minimum(weights, 1)[..., None]
        filled = values / np.maximum(weights, 1e-6)[..., None] * trust + coarse * (1 - trust)
    return np.asarray(filled, dtype=np.float32)


def _in_units_of(grey_levels: NDArray[np.integer | np.floating], suspect: Pixels) -> Pixels:
    """Grey levels 0–255 in the type and range of the suspect, rounded and clipped in one pass."""
    peak, depth = (255, cv2.CV_8U) if suspect.dtype == np.uint8 else (65535, cv2.CV_16U)
    return cast(Pixels, cv2.addWeighted(grey_levels, peak / 255, grey_levels, 0, 0, dtype=depth))


def _enlarged(picture: Pixels, size: tuple[int, ...]) -> Pixels:
    return cast(Pixels, cv2.resize(picture, size[::-1], interpolation=cv2.INTER_CUBIC))


def _shrunk(plane: Pixels, height: int, width: int) -> NDArray[np.float32]:
    """A picture or mask averaged by area, float32; large ones are halved first, which is ten times as fast."""
    while plane.shape[0] >= 4 * height and plane.shape[1] >= 4 * width:
        size = plane.shape[1] // 2, plane.shape[0] // 2
        plane = cast(Pixels, cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
