"""From pixels to a fingerprint, by a small network.

::

    pixels ─► 256×256 canvas ─► 128×128 ─► network ─► 512 numbers ─► their signs
    hidden ─► 128×128 ────────────────────────┘

The network saw, in training, crops, pasted regions, frames, small turns, compression and changes of tone: see
``docs/models/fingerprint.md``. The numbers are floats, so a number next to zero may fall on the other side on another
machine; that is a bit or two of 512 (see ``docs/retrieval.md``) and never decides anything that is stored in a mark.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.networks import Network, read_verified, shipped_weights
from underdrawing.tokenizer import to_canvas

__all__ = [
    "FINGERPRINT_BITS",
    "FINGERPRINT_FILE",
    "SIDE_PX",
    "Fingerprint",
    "Fingerprinter",
]

FINGERPRINT_BITS = 512
FINGERPRINT_FILE = "fingerprint.onnx"
SIDE_PX = 128
"""Side of what the network sees."""

_NAME_LETTERS = 16
"""Of the SHA-256 of the weights: their name."""

_HALF_HIDDEN = 127
"""A pixel of the small picture is hidden when more than half of what it shows is; of 255."""


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What a picture looks like, for comparison by the number of bits that differ.

    Attributes:
        numbers: (512,) float32; the bit of a number is 1 where it is above 0.
    """

    numbers: NDArray[np.float32]

    @cached_property
    def bits(self) -> bytes:
        """64 bytes, most significant bit first."""
        return np.packbits(self.numbers > 0).tobytes()

    def distance(self, other: Fingerprint) -> int:
        """How many of the 512 bits differ: 0 for the same picture, about 256 for strangers."""
        return (int.from_bytes(self.bits, "big") ^ int.from_bytes(other.bits, "big")).bit_count()


class Fingerprinter:
    """Runs the exported network.

    Args:
        network: takes ``pixels`` (3, 128, 128), 0..255, and ``hidden`` (1, 128, 128), 0 or 1; gives 512 numbers.
        name: of its weights: fingerprints of other ones cannot be compared with these.
    """

    def __init__(self, network: Network, name: str = "") -> None:
        self._network = network
        self.name = name

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Fingerprinter:
        """The network with the shipped weights, or those of another folder.

        Raises:
            WeightsError: the file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("fingerprint") if weights is None else weights
        contents = read_verified(folder, FINGERPRINT_FILE)
        return cls(Network(contents), hashlib.sha256(contents).hexdigest()[:_NAME_LETTERS])

    def describe(self, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_] | None = None) -> Fingerprint:
        """The fingerprint of a picture; its mirror image has another.

        Args:
            pixels: H×W×3 RGB, uint8, any size.
            hidden: H×W bool, True where the picture is known to have been changed: that part does not count. None, or
                everything hidden: all of it counts.

        Raises:
            UsageError: ``pixels`` is no such picture, or ``hidden`` is of another size.
        """
        shown = _halved(to_canvas(pixels))
        left_out = np.zeros((SIDE_PX, SIDE_PX), np.bool_) if hidden is None else _left_out(hidden, pixels)
        numbers = self._network.run({"pixels": shown.transpose(2, 0, 1), "hidden": left_out[None]})[0]
        return Fingerprint(numbers.ravel())


def _halved(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 2×2 pixels, rounded half up, in whole numbers."""
    height, width = (side // 2 for side in canvas.shape[:2])
    sums = canvas.reshape(height, 2, width, 2, 3).sum(axis=(1, 3), dtype=np.uint16)
    return np.asarray((sums + 2) >> 2, dtype=np.uint8)


def _left_out(hidden: NDArray[np.bool_], pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if hidden.shape != pixels.shape[:2]:
        raise UsageError(f"fingerprint: the hidden part is {hidden.shape}, expected {pixels.shape[:2]} as the picture")
    shares = cv2.resize(hidden.astype(np.uint8) * 255, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    small = np.asarray(shares > _HALF_HIDDEN)
    return np.zeros_like(small) if small.all() else small
