"""Pictures and masks of a dataset as PNG files."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.imagenet_s.manifest import pixels_sha256
from underdrawing.errors import ImageFormatError
from underdrawing.images import write_atomically

__all__ = ["read_mask", "read_pixels", "write_mask", "write_pixels"]


def write_pixels(path: Path, pixels: Pixels) -> str:
    """Write H×W×3 uint8 RGB as PNG, all or nothing; the SHA-256 of the pixels."""
    return _write(path, pixels)


def write_mask(path: Path, mask: Mask) -> str:
    """Write H×W bool as grey PNG of 0 and 255, all or nothing; the SHA-256 of those values."""
    return _write(path, np.where(mask, np.uint8(255), np.uint8(0)))


def read_pixels(path: Path, sha256: str) -> Pixels:
    """H×W×3 uint8 RGB.

    Raises:
        ImageFormatError: The file is missing, damaged, or holds other pixels than the manifest says.
    """
    return _read(path, "RGB", sha256)


def read_mask(path: Path, sha256: str) -> Mask:
    """H×W bool, True where the file says 255.

    Raises:
        ImageFormatError: The file is missing, damaged, or holds another mask than the manifest says.
    """
    return _read(path, "L", sha256) > 127


def _write(path: Path, values: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=4)
    write_atomically(path, buffer.getvalue(), overwrite=True)
    return pixels_sha256(values)


def _read(path: Path, mode: str, sha256: str) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            values = np.asarray(image.convert(mode), dtype=np.uint8)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise ImageFormatError(f"cannot read {path}: {error}; make the dataset again") from error
    if pixels_sha256(values) != sha256:
        raise ImageFormatError(f"{path} holds other pixels than the manifest says; make the dataset again")
    return values
