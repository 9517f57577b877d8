"""Random regions for training: what somebody might have changed.

Five kinds, as in the literature on inpainting and on image forensics: boxes, brush strokes, blobs like objects, cells
that a carrier lost, and the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["quarter_mask", "random_mask"]

_SIDE = 256
_KINDS = ("box", "boxes", "strokes", "blob", "cells")
_CHANCES = (0.25, 0.1, 0.2, 0.35, 0.1)
_LEAST, _MOST = 0.01, 0.6

Mask = NDArray[np.bool_]


def random_mask(rng: np.random.Generator) -> Mask:
    """A region of 1 to 60 % of the picture, 256×256 bool, True where the picture is hidden."""
    share = float(np.exp(rng.uniform(np.log(_LEAST), np.log(_MOST))))
    make = _MAKERS[rng.choice(_KINDS, p=_CHANCES)]
    return make(share, rng)


def _box(share: float, rng: np.random.Generator) -> Mask:
    mask = np.zeros((_SIDE, _SIDE), np.bool_)
    aspect = float(np.exp(rng.uniform(-0.7, 0.7)))
    height = int(np.clip(_SIDE * (share * aspect) ** 0.5, 4, _SIDE))
    width = int(np.clip(_SIDE * (share / aspect) ** 0.5, 4, _SIDE))
    top, left = rng.integers(0, _SIDE - height + 1), rng.integers(0, _SIDE - width + 1)
    mask[top : top + height, left : left + width] = True
    return mask


def _boxes(share: float, rng: np.random.Generator) -> Mask:
    count = int(rng.integers(2, 6))
    return np.asarray(np.logical_or.reduce([_box(share / count, rng) for _ in range(count)]))


def _strokes(share: float, rng: np.random.Generator) -> Mask:
    canvas = np.zeros((_SIDE, _SIDE), np.uint8)
    width = int(rng.integers(6, 33))
    point, angle = rng.integers(0, _SIDE, 2), rng.uniform(0, 2 * np.pi)
    for _ in range(400):
        angle += rng.normal(0, 0.6)
        step = rng.uniform(10, 40) * np.array([np.cos(angle), np.sin(angle)])
        following = np.clip(point + step, 0, _SIDE - 1).astype(int)
        cv2.line(canvas, point.tolist(), following.tolist(), 1, width)
        point = following
        if canvas.mean() >= share:
            break
    return canvas.astype(np.bool_)


def _blob(share: float, rng: np.random.Generator) -> Mask:
    """The highest part of smooth noise, higher towards a centre: one object with a few lobes."""
    rough = 2.0 ** rng.uniform(3, 5.5)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (_SIDE, _SIDE)), (0, 0), rough)
    centre = rng.uniform(0.2, 0.8, 2) * _SIDE
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    radius = np.hypot(rows - centre[0], columns - centre[1]) / (_SIDE * max(share, 0.02) ** 0.5)
    height = noise / noise.std() * rng.uniform(0.3, 1) - 1.5 * radius
    return np.asarray(height > np.quantile(height, 1 - share))


def _cells(share: float, rng: np.random.Generator) -> Mask:
    side = int(rng.choice([8, 16, 32]))
    scores = rng.random((side, side))
    return (scores <= max(share, scores.min())).repeat(_SIDE // side, axis=0).repeat(_SIDE // side, axis=1)


_MAKERS: dict[str, Callable[[float, np.random.Generator], Mask]] = {
    "box": _box,
    "boxes": _boxes,
    "strokes": _strokes,
    "blob": _blob,
    "cells": _cells,
}


def quarter_mask(rng: np.random.Generator) -> Mask:
    """A region of a quarter of the picture: a box, strokes or a blob, as tests use it."""
    make = _MAKERS[rng.choice(("box", "strokes", "blob"))]
    return make(0.25, rng)
