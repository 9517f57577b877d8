"""Copies of pictures as they come back: marked, compressed, with a region that is not theirs any more."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["compressed", "random_copy"]

_CLEAN_CHANCE = 0.25
_MARK_SIGMA = 1.5  # grey levels that a mark and its nudges leave on the 256-pixel canvas

Picture = NDArray[np.uint8]


def random_copy(picture: Picture, rng: np.random.Generator) -> Picture:
    """A copy of a picture (256×256×3 RGB uint8): a little noise where the mark sits, then JPEG at a random quality."""
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(_MARK_SIGMA)
    marked = np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
    if rng.random() < _CLEAN_CHANCE:
        return marked
    return compressed(marked, int(rng.integers(40, 96)))


def compressed(picture: Picture, quality: int) -> Picture:
    """The picture after JPEG, 4:2:0."""
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1], dtype=np.uint8)
