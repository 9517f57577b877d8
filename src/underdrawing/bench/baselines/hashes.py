"""Perceptual hashes by others, behind one protocol: a picture becomes bits, and bits that differ are counted."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from underdrawing.errors import UsageError

__all__ = ["HASHES", "Hash", "IsccImage", "Pdq", "PerceptualHash", "hash_named", "iscc_bits", "ready_hashes"]

_PHASH_SIDE = 16
_ISCC_SIDE = 32
_ISCC_SLICES = ((0, 0), (0, 8), (8, 0), (8, 8))
"""Row and column of the four 8×8 squares of coefficients, in the order of their bits."""

_ISCC_DECIMALS = 6
"""Coefficients are rounded so far, so that those of an even picture are zero and not the noise of floats."""


class Hash(Protocol):
    """A method that describes a picture in bits."""

    @property
    def name(self) -> str:
        """As it stands in tables."""

    @property
    def needs(self) -> str:
        """The module that has to be installed for it; empty where none has."""

    def describe(self, pixels: NDArray[np.uint8]) -> bytes:
        """The bits of a picture, H×W×3 uint8 RGB, most significant bit first; the number is the same for all."""


class Pdq:
    """PDQ, 256 bits. Source: Meta, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019."""

    name = "PDQ"
    needs = "pdqhash"

    def describe(self, pixels: NDArray[np.uint8]) -> bytes:
        """32 bytes."""
        import pdqhash

        bits, _ = pdqhash.compute(np.ascontiguousarray(pixels))
        return np.packbits(np.asarray(bits, dtype=np.uint8)).tobytes()


class PerceptualHash:
    """The pHash of the package ImageHash at 16×16: signs of low frequencies against their median, 256 bits."""

    name = "pHash"
    needs = "imagehash"

    def describe(self, pixels: NDArray[np.uint8]) -> bytes:
        """32 bytes."""
        import imagehash

        return np.packbits(imagehash.phash(Image.fromarray(pixels), hash_size=_PHASH_SIDE).hash.ravel()).tobytes()


class IsccImage:
    """The Image-Code of the International Standard Content Code at its full 256 bits; our implementation."""

    name = "ISCC"
    needs = ""

    def describe(self, pixels: NDArray[np.uint8]) -> bytes:
        """32 bytes, without the header that a written code begins with.

        Even borders are cut off before the picture becomes 32×32 grey levels, as ISO 24138 wants it.
        """
        image = Image.fromarray(pixels)
        background = Image.new("RGB", image.size, image.getpixel((0, 0)))
        inner = ImageChops.difference(image, background).getbbox()
        grey = image.crop(inner).convert("L").resize((_ISCC_SIDE, _ISCC_SIDE), Image.Resampling.BICUBIC)
        return iscc_bits(np.asarray(grey, dtype=np.uint8))


HASHES: tuple[Hash, ...] = (Pdq(), PerceptualHash(), IsccImage())


def iscc_bits(grey: NDArray[np.uint8]) -> bytes:
    """The Image-Code of 32×32 grey levels, 32 bytes.

    Source: ISO 24138:2024, Image-Code; checked against ``iscc-core``. A discrete cosine transform in both directions;
    the upper left 16×16 coefficients in four squares, each bit saying whether one is above the median of its square.
    """
    basis = _cosines(_ISCC_SIDE)
    matrix = np.round(basis @ grey.astype(np.float64) @ basis.T, _ISCC_DECIMALS)
    squares = [matrix[row : row + 8, column : column + 8].ravel() for row, column in _ISCC_SLICES]
    return np.packbits(np.concatenate([square > np.median(square) for square in squares])).tobytes()


def hash_named(name: str) -> Hash:
    """The hash with this name.

    Raises:
        UsageError: There is none, or what it needs is not installed.
    """
    known = {one.name: one for one in HASHES}
    if name not in known:
        raise UsageError(f"no hash called {name!r}: expected one of {', '.join(known)}")
    if known[name].needs and find_spec(known[name].needs) is None:
        raise UsageError(f"{name} needs a package that is not here: pip install 'underdrawing[bench-retrieval]'")
    return known[name]


def ready_hashes() -> Sequence[Hash]:
    """Those whose packages are installed."""
    return [one for one in HASHES if not one.needs or find_spec(one.needs) is not None]


def _cosines(side: int) -> NDArray[np.float64]:
    """The type II transform without factors: one row per frequency, one column per place."""
    place, frequency = np.arange(side), np.arange(side)[:, None]
    return np.asarray(np.cos(np.pi / (2 * side) * frequency * (2 * place + 1)), dtype=np.float64)
