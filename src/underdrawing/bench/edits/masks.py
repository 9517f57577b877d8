"""Regions to tamper with: random shapes whose area is exactly what was asked for.

Every shape is a field over the picture that grows with the distance from the shape's core; the mask is the given number
of places where the field is lowest, so the area is exact to the pixel whatever the shape.
"""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError

__all__ = ["Mask", "Shape", "lowest_places", "random_mask"]

Mask = NDArray[np.bool_]
_Field = NDArray[np.float32]
_DRAWING_SIDE_PX = 256


class Shape(StrEnum):
    """What the outline of an edit looks like."""

    BOX = "box"
    ELLIPSE = "ellipse"
    STROKES = "strokes"
    BLOBS = "blobs"


def random_mask(shape: Shape, *, height: int, width: int, fraction: float, rng: np.random.Generator) -> Mask:
    """A random region covering a share of a picture.

    Args:
        shape: The kind of outline.
        height: Rows of the picture.
        width: Columns of the picture.
        fraction: Share of the area, above 0 and below 1; met to the nearest pixel.
        rng: Decides place, size and form; the same state gives the same mask.

    Returns:
        H×W bool, True inside the region.

    Raises:
        UsageError: The fraction leaves no pixel inside or none outside.
    """
    return lowest_places(_FIELDS[shape](height, width, fraction, rng), fraction)


def lowest_places(field: NDArray[np.float32], fraction: float) -> Mask:
    """The given share of places where a field is lowest: H×W float32 → H×W bool, exact to the pixel.

    Raises:
        UsageError: The fraction leaves no pixel inside or none outside.
    """
    height, width = field.shape
    count = round(fraction * height * width)
    if not 0 < count < height * width:
        raise UsageError(
            f"cannot make a mask: got a fraction of {fraction} of {width}x{height} pixels, expected a share above 0 "
            "and below 1 that is at least one pixel"
        )
    mask = np.zeros(height * width, dtype=np.bool_)
    mask[np.argpartition(field.ravel(), count)[:count]] = True
    return mask.reshape(height, width)


def _centred_axes(height: int, width: int, rng: np.random.Generator) -> tuple[_Field, _Field]:
    """Distance from a random centre and for a random aspect, down (H×1) and across (1×W)."""
    centre_y, centre_x = rng.uniform(0.25, 0.75, 2) * (height, width)
    aspect = np.exp(rng.uniform(-0.5, 0.5))
    down = np.abs(np.arange(height, dtype=np.float32)[:, None] - np.float32(centre_y)) * np.float32(aspect)
    across = np.abs(np.arange(width, dtype=np.float32)[None, :] - np.float32(centre_x)) / np.float32(aspect)
    return down, across


def _box(height: int, width: int, fraction: float, rng: np.random.Generator) -> _Field:
    down, across = _centred_axes(height, width, rng)
    return np.maximum(down, across)


def _ellipse(height: int, width: int, fraction: float, rng: np.random.Generator) -> _Field:
    down, across = _centred_axes(height, width, rng)
    return np.asarray(down**2 + across**2, dtype=np.float32)


def _strokes(height: int, width: int, fraction: float, rng: np.random.Generator) -> _Field:
    """Distance from a few wandering pen lines; more area makes the pen thicker."""
    paper = np.full((_DRAWING_SIDE_PX, _DRAWING_SIDE_PX), 255, dtype=np.uint8)
    for _ in range(2 + round(4 * fraction)):
        steps = rng.normal(0, 0.12 * _DRAWING_SIDE_PX, (6, 2))
        points = rng.uniform(0.2, 0.8, 2) * _DRAWING_SIDE_PX + np.cumsum(steps, axis=0)
        cv2.polylines(paper, [points.clip(0, _DRAWING_SIDE_PX - 1).astype(np.int32)], isClosed=False, color=0)
    return _enlarged(cv2.distanceTransform(paper, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), height, width)


def _blobs(height: int, width: int, fraction: float, rng: np.random.Generator) -> _Field:
    """Low-pass noise: a few islands with winding coasts."""
    noise = rng.standard_normal((_DRAWING_SIDE_PX, _DRAWING_SIDE_PX)).astype(np.float32)
    return _enlarged(cv2.GaussianBlur(noise, (0, 0), _DRAWING_SIDE_PX / 12), height, width)


def _enlarged(field: NDArray[np.number], height: int, width: int) -> _Field:
    enlarged = cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, dtype=np.float32)


_FIELDS = {Shape.BOX: _box, Shape.ELLIPSE: _ellipse, Shape.STROKES: _strokes, Shape.BLOBS: _blobs}
