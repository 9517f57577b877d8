"""What the network for outlines sees of a forgery, and the truth: made once, kept in files.

Pictures are protected, forged, attacked and verified by the package itself; what reaches the last step of its map is
written down by a recorder that stands where the network will.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray

import underdrawing
from train.outliner.forgeries import attacked, forged, random_attack, random_scene, random_size
from train.pictures import Split, load_split
from underdrawing.errors import UnderdrawingError
from underdrawing.examination import examining
from underdrawing.images import Picture
from underdrawing.networks import Network
from underdrawing.tamper import Outliner
from underdrawing.tamper.planes import CANVAS_PX, PLANES

__all__ = ["PLANE_UNIT", "Examples", "load_examples"]

PLANE_UNIT = 64.0
"""Planes are kept as whole numbers of this fraction."""

_FORGERIES_OF_EACH = 5


@dataclass(frozen=True, eq=False)
class Examples:
    """Forgeries as the network sees them.

    Attributes:
        planes: (n, 17, 256, 256) int8, in units of 1 / ``PLANE_UNIT``.
        truth: (n, 256, 256) uint8, share of each place that was changed, of 255.
    """

    planes: NDArray[np.int8]
    truth: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.truth)


def load_examples(data: Path, split: Split, *, cache: Path, count: int, seed: int) -> Examples:
    """So many forgeries of pictures of a split; made if the cache has them not.

    Args:
        data: folder of pictures.
        split: of which.
        cache: folder for the files.
        count: how many.
        seed: decides all of them.
    """
    files = [cache / f"{split}-{count}-{seed}-{name}.npy" for name in ("planes", "truth")]
    if not all(file.exists() for file in files):
        pictures = load_split(data, split)
        _write(files, _made(pictures, np.random.default_rng(seed)), count)
    planes, truth = (np.load(file, mmap_mode="r") for file in files)
    return Examples(planes, truth)


def _write(files: list[Path], examples: Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]], count: int) -> None:
    """Write the first so many; a file has its name only when it is complete."""
    parts = [file.with_suffix(".unfinished") for file in files]
    shape = (CANVAS_PX, CANVAS_PX)
    planes = np.lib.format.open_memmap(parts[0], "w+", np.int8, (count, len(PLANES), *shape))
    truth = np.lib.format.open_memmap(parts[1], "w+", np.uint8, (count, *shape))
    for number, (seen, changed) in zip(range(count), examples, strict=False):
        planes[number] = np.clip(np.rint(seen * PLANE_UNIT), -127, 127)
        truth[number] = changed
    for part, file, array in zip(parts, files, (planes, truth), strict=True):
        array.flush()
        part.replace(file)


def _made(
    pictures: NDArray[np.uint8], rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Forgery after forgery, without end; those that are not noticed have no outline and are left out."""
    while True:
        size = random_size(rng)
        scene, donor = random_scene(pictures, size, rng), random_scene(pictures, size, rng)
        try:
            marked = underdrawing.protect(Picture(scene)).picture.pixels.astype(np.uint8)
        except UnderdrawingError:
            continue
        for _ in range(_FORGERIES_OF_EACH):
            forgery = forged(marked, donor, rng)
            seen = _seen(attacked(forgery, random_attack(rng), rng))
            if seen is not None:
                share = cv2.resize(
                    forgery.mask.astype(np.float32), (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA
                )
                yield seen, np.asarray(share * 255, dtype=np.uint8)


def _seen(suspect: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """What the network is shown of a suspect; None where it is not asked."""
    with _recording() as recorder:
        underdrawing.verify(Picture(suspect))
    return recorder.planes


class _Recorder(Outliner):
    """Stands where the network will, and writes down what it is shown."""

    def __init__(self) -> None:
        super().__init__(Network(b""))
        self.planes: NDArray[np.float32] | None = None

    def draw(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        self.planes = planes
        return np.full((CANVAS_PX, CANVAS_PX), 0.5, dtype=np.float32)


@contextmanager
def _recording() -> Iterator[_Recorder]:
    recorder = _Recorder()
    with patch.object(examining, "outliner", lambda: recorder):
        yield recorder
