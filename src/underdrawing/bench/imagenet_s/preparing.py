"""The first pass: every picture read, brought to its size and kept as the original of its doctored copy."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.faces import face_region, find_faces
from underdrawing.bench.imagenet_s.files import write_pixels
from underdrawing.bench.imagenet_s.plan import SIZE_CLASSES
from underdrawing.bench.imagenet_s.sources import Source
from underdrawing.errors import ImageFormatError, ImageTooSmallError, OutputError, UnderdrawingError
from underdrawing.images import load, to_eight_bits

__all__ = ["LEAST_SIDE_PX", "ORIGINALS", "LeftOut", "Prepared", "prepare", "resized"]

ORIGINALS = "originals"
LEAST_SIDE_PX = 64


@dataclass(frozen=True)
class Prepared:
    """A picture that is in the dataset.

    Attributes:
        source: Its path in the folder of pictures.
        source_sha256: Of its file.
        height: Rows of the original as kept.
        width: Columns.
        original_sha256: Of the pixels as kept.
        face: Whether it shows a face that is large enough to swap.
    """

    source: str
    source_sha256: str
    height: int
    width: int
    original_sha256: str
    face: bool

    @property
    def key(self) -> str:
        """What tells it from others in the log."""
        return f"source {self.source}"


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not in the dataset.

    Attributes:
        source: Its path in the folder of pictures.
        reason: Why, in one line.
        failed: False for one that is in the dataset already under another name.
    """

    source: str
    reason: str
    failed: bool = True

    @property
    def key(self) -> str:
        """What tells it from others in the log."""
        return f"source {self.source}"


def prepare(source: Source, *, images: Path, output: Path, size: int | None, faces: bool) -> Prepared | LeftOut:
    """Keep one picture as an original; one that cannot be read is left out, with the reason.

    Raises:
        OutputError: The original cannot be written.

    Args:
        source: Which.
        images: The folder of pictures.
        output: The dataset, whose folder for originals is there.
        size: Side of the square that it is brought to; None keeps it as it is.
        faces: Whether to look for a face.
    """
    try:
        data = _read(images / source.path)
        pixels = to_eight_bits(load(data).pixels)
        if min(pixels.shape[:2]) < LEAST_SIDE_PX:
            raise ImageTooSmallError(
                f"{pixels.shape[1]}x{pixels.shape[0]} px is too small: expected at least {LEAST_SIDE_PX} on both sides"
            )
        pixels = resized(pixels, size)
        kept = write_pixels(output / ORIGINALS / f"{source.name}.png", pixels)
    except OutputError:
        raise
    except UnderdrawingError as error:
        return LeftOut(source.path, " ".join(str(error).split()))
    height, width = pixels.shape[:2]
    found = Prepared(source.path, hashlib.sha256(data).hexdigest(), height, width, kept, face=False)
    return replace(found, face=_has_face(pixels)) if faces else found


def resized(pixels: Pixels, size: int | None) -> Pixels:
    """The whole picture squeezed to a square, its aspect not kept; None: the picture as it is.

    Sides that shrink are averaged by area, sides that grow are interpolated (bicubic).

    Source: the protocol of EditGuard (arXiv 2312.08883, its published test code), which squeezes too but takes the
    nearest pixel.
    """
    if size is None or pixels.shape[:2] == (size, size):
        return pixels
    height, width = pixels.shape[:2]
    shrunk = pixels
    if height > size or width > size:
        shrunk = np.asarray(
            cv2.resize(pixels, (min(width, size), min(height, size)), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    return np.asarray(cv2.resize(shrunk, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageFormatError(f"cannot open it: {error.strerror or error}") from error


def _has_face(pixels: Pixels) -> bool:
    """Whether the largest face covers a share of the area that belongs to a size class."""
    faces = find_faces(pixels)
    if not faces:
        return False
    low, high = SIZE_CLASSES["small"][0], SIZE_CLASSES["huge"][1]
    return bool(low <= face_region(faces[0], *pixels.shape[:2]).mean() <= high)
