"""The package ``invisible-watermark``: its dwtDctSvd and its rivaGan.

The package imports PyTorch as soon as it is imported; neither method needs it. So the one module that embeds dwtDctSvd
is loaded by itself, and the two networks of rivaGan, which come with the package, are run with ONNX Runtime.

Source: https://github.com/ShieldMnt/invisible-watermark (MIT); rivaGan after Zhang et al., "Robust Invisible Video
Watermarking with Attention", 2019 (arXiv 1909.01285).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.adapters.pieces import Pixels, as_pixels, checked_bits, folded
from underdrawing.channel.adapters.singular import phase_ratios
from underdrawing.channel.carrier import Heard
from underdrawing.errors import UsageError
from underdrawing.networks import Network

__all__ = ["DwtDctSvd", "RivaGan", "package_folder"]

_LEAST_PIXELS = 256 * 256
_SCALE = 36.0
_BLOCK_PX = 8
_REPETITIONS = 4
"""Blocks for each bit: a single one is wrong in a quarter of the cases after JPEG 75."""

_THRESHOLD = 0.52
_LONGEST_PX = 1024


def package_folder() -> Path:
    """Where the package lies, found without importing it.

    Raises:
        UsageError: It is not installed.
    """
    spec = importlib.util.find_spec("imwatermark")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "the package invisible-watermark is not installed; install it with: pip install invisible-watermark==0.2.0"
        )
    return Path(next(iter(spec.submodule_search_locations)))


@dataclass(frozen=True)
class DwtDctSvd:
    """dwtDctSvd: a bit in four blocks of 8×8 pixels, in the first chrominance. It needs the very same pixel grid.

    Attributes:
        folder: Of the package.
    """

    folder: Path
    name: str = "dwtDctSvd"
    corrects_errors: bool = False

    @classmethod
    def load(cls) -> DwtDctSvd:
        """From the installed package. Raises UsageError where there is none."""
        return cls(package_folder())

    def capacity_bits(self, pixels: Pixels) -> int:
        """A quarter of the blocks; none below 256×256 pixels."""
        height, width = pixels.shape[:2]
        blocks = (height // _BLOCK_PX) * (width // _BLOCK_PX)
        return blocks // _REPETITIONS if height * width >= _LEAST_PIXELS else 0

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """The package's own embedding: the bits block by block, again and again."""
        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        writer = self._module.EmbedDwtDctSvd(watermarks=bits.tolist(), wmLen=bits.size)
        marked = writer.encode(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        return np.asarray(cv2.cvtColor(marked, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def extract(self, pixels: Pixels) -> Heard | None:
        """The bits with how sure they are, which the package throws away.

        Rounded chrominance is too coarse to tell, block by block, a mark from none; so there is no agreement.
        """
        capacity = self.capacity_bits(pixels)
        if not capacity:
            return None
        values = self._largest_singular_values(pixels)
        return Heard(folded(phase_ratios(values, _SCALE).ravel(), capacity))

    @staticmethod
    def _largest_singular_values(pixels: Pixels) -> NDArray[np.float64]:
        """Of every block of the low half of a Haar transform, rows×columns. The DCT in between does not change them."""
        chroma = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), cv2.COLOR_BGR2YUV)[..., 1].astype(np.float64)
        rows, columns = pixels.shape[0] // _BLOCK_PX, pixels.shape[1] // _BLOCK_PX
        whole = chroma[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
        low = whole.reshape(rows * 4, 2, columns * 4, 2).sum(axis=(1, 3)) / 2
        blocks = low.reshape(rows, 4, columns, 4).swapaxes(1, 2)
        return np.asarray(np.linalg.svd(blocks, compute_uv=False)[..., 0])

    @cached_property
    def _module(self) -> Any:
        spec = importlib.util.spec_from_file_location("_imwatermark_dwt_dct_svd", self.folder / "dwtDctSvd.py")
        if spec is None or spec.loader is None:
            raise UsageError(
                f"the package invisible-watermark in {self.folder} has no dwtDctSvd; install version 0.2.0"
            )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@dataclass(frozen=True)
class RivaGan:
    """rivaGan: 32 bits everywhere, by a trained network.

    Pictures with a longer side than 1024 pixels are marked at that size, and the mark is enlarged; the networks keep
    many full planes in memory.

    Attributes:
        folder: With ``rivagan_encoder.onnx`` and ``rivagan_decoder.onnx``.
    """

    folder: Path
    name: str = "rivaGan"
    corrects_errors: bool = False

    @classmethod
    def load(cls) -> RivaGan:
        """From the installed package. Raises UsageError where there is none."""
        return cls(package_folder())

    def capacity_bits(self, pixels: Pixels) -> int:
        """32; none below 256×256 pixels."""
        return 32 if pixels.shape[0] * pixels.shape[1] >= _LEAST_PIXELS else 0

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """The network's picture, or where the picture is larger, what the network adds to a smaller one."""
        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        small = _limited(pixels)
        output = self._encoder.run({"frame": _frame(small), "data": bits.astype(np.float32)})[0]
        marked = (np.clip(output[:, 0], -1, 1).transpose(1, 2, 0)[..., ::-1] + 1) * 127.5
        if small.shape == pixels.shape:
            return as_pixels(np.floor(marked))
        added = cv2.resize(marked - small, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_CUBIC)
        return as_pixels(pixels + added)

    def extract(self, pixels: Pixels) -> Heard | None:
        """The network's probabilities as log-likelihood ratios, even at the threshold of the package."""
        if not self.capacity_bits(pixels):
            return None
        probability = np.clip(self._decoder.run({"frame": _frame(_limited(pixels))})[0], 1e-4, 1 - 1e-4)
        even = np.log((1 - _THRESHOLD) / _THRESHOLD)
        return Heard(np.asarray(np.log((1 - probability) / probability) - even, dtype=np.float32))

    @cached_property
    def _encoder(self) -> Network:
        return Network((self.folder / "rivagan_encoder.onnx").read_bytes())

    @cached_property
    def _decoder(self) -> Network:
        return Network((self.folder / "rivagan_decoder.onnx").read_bytes())


def _limited(pixels: Pixels) -> Pixels:
    """The picture with a long side of at most 1024 pixels."""
    scale = _LONGEST_PX / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _frame(pixels: Pixels) -> NDArray[np.float32]:
    """3×1×H×W float32, −1 to 1, blue first: one frame of a film."""
    return (pixels[..., ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[:, None]
