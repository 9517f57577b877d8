"""Regeneration: a network keeps little of a picture and writes it anew, which looks the same and is other pixels.

Two of them. Our own tokenizer describes the whole picture by tokens and paints it from them: what is finer than its
canvas is gone. A small convolutional autoencoder keeps eight numbers of 15 levels for every 8×8 pixels at full size,
as the autoencoders of picture generators do.
"""

from functools import cache
from importlib.resources.abc import Traversable

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import LADDER, ladder_bits, to_canvas

__all__ = ["AUTOENCODER_FILE", "MARGIN_PX", "TILE_PX", "TOKEN_BITS_CHOICES", "Autoencoder", "autoencoder", "repainted"]

AUTOENCODER_FILE = "autoencoder.onnx"
TILE_PX = 384
"""Side of what the network sees at once."""
MARGIN_PX = 32
"""What every tile sees around its own part, which is more than the network looks aside."""
TOKEN_BITS_CHOICES = tuple(ladder_bits(scales) for scales in range(1, len(LADDER) + 1))
"""How many bits of the hidden code a picture may be painted from."""

_Pixels = NDArray[np.uint8]


class Autoencoder:
    """A picture of any size through the small autoencoder, tile by tile.

    Args:
        network: takes and gives ``pixels``, 3×384×384 float32, RGB, 0 to 255.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> "Autoencoder":
        """The autoencoder with the shipped weights, or with those of another folder.

        Raises:
            WeightsError: The weights are missing or are not those that their manifest names.
        """
        folder = shipped_weights("bench.attacks") if weights is None else weights
        return cls(Network(read_verified(folder, AUTOENCODER_FILE)))

    def regenerate(self, pixels: _Pixels) -> _Pixels:
        """The picture written anew, H×W×3 uint8 RGB; beyond its edges it is mirrored."""
        height, width = pixels.shape[:2]
        own = TILE_PX - 2 * MARGIN_PX
        around = [(MARGIN_PX, MARGIN_PX - size % -own) for size in (height, width)]
        padded = np.pad(pixels, (*around, (0, 0)), mode="symmetric")
        result = np.empty((padded.shape[0] - 2 * MARGIN_PX, padded.shape[1] - 2 * MARGIN_PX, 3), np.uint8)
        for top in range(0, result.shape[0], own):
            for left in range(0, result.shape[1], own):
                tile = self._tile(padded[top : top + TILE_PX, left : left + TILE_PX])
                result[top : top + own, left : left + own] = tile[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        return result[:height, :width].copy()

    def _tile(self, pixels: _Pixels) -> _Pixels:
        (planes,) = self._network.run({"pixels": pixels.transpose(2, 0, 1)})
        return np.clip(np.rint(planes.transpose(1, 2, 0)), 0, 255).astype(np.uint8)


@cache
def autoencoder() -> Autoencoder:
    """The shipped autoencoder, loaded once a process."""
    return Autoencoder.load()


def repainted(pixels: _Pixels, code_bits: int) -> _Pixels:
    """What so many bits of the hidden code say of a picture, at its own size.

    Args:
        pixels: H×W×3 uint8 RGB.
        code_bits: One of ``TOKEN_BITS_CHOICES``.
    """
    code = tokenizer().encode(to_canvas(pixels)).prefix(TOKEN_BITS_CHOICES.index(code_bits) + 1)
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.resize(tokenizer().decode(code), size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
