"""What the texturer learns from: photographs, and half as many that are softer than they were.

Many photographs are soft: enlarged, out of focus, or saved once too often. Their codes paint the same smooth pictures
as those of sharp ones, so it has to be seen around a region, or in what the finest tokens say, that nothing is missing.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from train.tokenizer.examples import Examples, load_examples
from train.tokenizer.linear import encode_pictures
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["load_sharp_and_soft", "softened"]

_SMALLEST, _LARGEST = 1.3, 4.0
"""How many times smaller a picture was, before it was enlarged."""


def load_sharp_and_soft(data: Path, linear: LinearWeights, *, cache: Path, limit: int | None, seed: int) -> Examples:
    """The training pictures with their tokens, every other one softened as well; see ``load_examples``."""
    sharp = load_examples(data, "train", linear, cache=cache, limit=limit, mirrored=False)
    soft = softened(sharp.pictures[::2], np.random.default_rng(seed))
    maps = encode_pictures(soft, linear)
    together = (np.concatenate(pair) for pair in zip(sharp.maps, maps, strict=True))
    return Examples(np.concatenate([sharp.pictures, soft]), tuple(together))


def softened(pictures: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures (n, H, W, 3) uint8 made 1.3 to 4 times smaller by area, and enlarged again (bicubic)."""
    soft = np.empty_like(pictures)
    for made, picture in zip(soft, pictures, strict=True):
        times = np.exp(rng.uniform(np.log(_SMALLEST), np.log(_LARGEST)))
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (round(width / times), round(height / times)), interpolation=cv2.INTER_AREA)
        made[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return soft
