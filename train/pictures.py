"""The training pictures."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tokenizer import to_canvas

__all__ = ["Split", "data_hash", "load_split"]

Split = Literal["train", "val", "test"]


def load_split(data: Path, split: Split, *, limit: int | None = None) -> NDArray[np.uint8]:
    """All pictures of one split on the canvas: (n, 256, 256, 3) RGB uint8, in the order of ``splits.csv``.

    Args:
        data: folder with ``splits.csv`` (columns ``file`` and ``split``) and the files it names.
        limit: take only so many, evenly spread.
    """
    cv2.setNumThreads(1)
    with (data / "splits.csv").open(newline="", encoding="utf-8") as table:
        names = [row["file"] for row in csv.DictReader(table) if row["split"] == split]
    if limit is not None and limit < len(names):
        names = [names[i * len(names) // limit] for i in range(limit)]
    return np.stack([_load(data / name) for name in names])


def data_hash(data: Path) -> str:
    """SHA-256 of ``splits.csv``: which pictures the weights come from."""
    return hashlib.sha256((data / "splits.csv").read_bytes()).hexdigest()


def _load(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(f"training pictures: cannot read {path}")
    return to_canvas(np.ascontiguousarray(pixels[:, :, ::-1], dtype=np.uint8))
