"""Compositing: the picture a hidden code remembers, fitted into the region that was changed.

The remembered picture is small and a little off in colour. Around the region the suspect itself is known to be good,
so the difference between the two, measured there, is carried smoothly into the region (membrane interpolation, the
cheap relative of Poisson blending after Pérez et al. 2003) and added. Pixels outside the region are never touched.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["paint_back"]

_HALVINGS = 6

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def paint_back(suspect: Pixels, remembered: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Pixels:
    """The suspect with the region painted back.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the decoded hidden code of the whole picture, any size.
        mask: H×W bool, True where the suspect was changed.

    Returns:
        H×W×3, the type of the suspect; equal to it wherever the mask is False.
    """
    if not mask.any():
        return suspect.copy()
    top, bottom, left, right = _bounds(mask)
    height, width = mask.shape
    correction = _seam_correction(suspect, remembered, mask)
    small = np.clip(remembered.astype(np.float32) + correction, 0, 255)
    window = _window(small, height, width, top, bottom, left, right)
    unit = np.float32(np.iinfo(suspect.dtype).max / 255)
    result = suspect.copy()
    inside = mask[top:bottom, left:right]
    result[top:bottom, left:right][inside] = np.rint(window[inside] * unit).astype(suspect.dtype)
    return result


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _seam_correction(suspect: Pixels, remembered: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What to add to the remembered picture so that it meets the suspect at the seam, h×w×3 float32 grey levels."""
    height, width = remembered.shape[:2]
    unit = np.float32(255 / np.iinfo(suspect.dtype).max)
    seen = cv2.resize(suspect, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) * unit
    covered = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    good = (cv2.dilate(covered, np.ones((3, 3), np.uint8)) <= 0).astype(np.float32)
    return _carried_inward(seen - remembered.astype(np.float32), good)


def _carried_inward(difference: NDArray[np.float32], good: NDArray[np.float32]) -> NDArray[np.float32]:
    """A difference known where ``good`` is 1, averaged coarser and coarser into where it is 0 (push–pull)."""
    levels = [(difference * good[..., None], good)]
    for _ in range(_HALVINGS):
        values, weights = levels[-1]
        levels.append((cv2.pyrDown(values), cv2.pyrDown(weights)))
    values, weights = levels[-1]
    filled = values / np.maximum(weights, 1e-6)[..., None]
    for values, weights in reversed(levels[:-1]):
        coarse = cv2.pyrUp(filled, dstsize=(weights.shape[1], weights.shape[0]))
        trust = np.minimum(weights, 1)[..., None]
        filled = values / np.maximum(weights, 1e-6)[..., None] * trust + coarse * (1 - trust)
    return np.asarray(filled, dtype=np.float32)


def _window(
    small: NDArray[np.float32], height: int, width: int, top: int, bottom: int, left: int, right: int
) -> NDArray[np.float32]:
    """The part of a picture enlarged to height×width that lies in the window, without enlarging the rest."""
    scale_x, scale_y = small.shape[1] / width, small.shape[0] / height
    transform = np.array(
        [[scale_x, 0, (left + 0.5) * scale_x - 0.5], [0, scale_y, (top + 0.5) * scale_y - 0.5]], dtype=np.float32
    )
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(
        small, transform, (right - left, bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.clip(enlarged, 0, 255), dtype=np.float32)
