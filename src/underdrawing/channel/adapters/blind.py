"""The package ``blind-watermark``: a bit in every block of 8×8 pixels, in all three colour planes.

Embedding is the package's own, with its standard password. Reading takes the same transforms all blocks at once, and
keeps how sure each bit is, which the package rounds to quarters.

Source: https://github.com/guofei9987/blind_watermark (MIT).
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.adapters.pieces import Pixels, as_pixels, checked_bits, folded, smoothed
from underdrawing.channel.adapters.singular import phase_agreement, phase_ratios
from underdrawing.channel.carrier import Heard
from underdrawing.errors import UsageError

__all__ = ["BlindWatermark"]

_STEPS = (36.0, 20.0)
_PASSWORD = 1
_BLOCK_PX = 8
_LEAST_SIDE_PX = 64
_REPETITIONS = 4


@dataclass(frozen=True, eq=False)
class BlindWatermark:
    """A bit in four blocks. It needs the very same pixel grid.

    Attributes:
        core: The package's module of that name.
    """

    core: Any
    name: str = "blind-watermark"
    corrects_errors: bool = False

    @classmethod
    def load(cls) -> BlindWatermark:
        """From the installed package. Raises UsageError where there is none."""
        if importlib.util.find_spec("blind_watermark") is None:
            raise UsageError(
                "the package blind-watermark is not installed; install it with: pip install blind-watermark==0.4.4"
            )
        return cls(_imported("blind_watermark.bwm_core"))

    def capacity_bits(self, pixels: Pixels) -> int:
        """A quarter of the blocks; none where a side is below 64 pixels."""
        rows, columns = self._blocks(pixels)
        return rows * columns // _REPETITIONS if min(pixels.shape[:2]) >= _LEAST_SIDE_PX else 0

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """The package's own embedding: the bits block by block, again and again."""
        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        writer = self.core.WaterMarkCore(password_img=_PASSWORD)
        writer.read_img_arr(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        writer.read_wm(bits)
        return as_pixels(writer.embed()[..., ::-1])

    def extract(self, pixels: Pixels) -> Heard | None:
        """The bits, from two singular values in each of three planes."""
        capacity = self.capacity_bits(pixels)
        if not capacity:
            return None
        values = self._singular_values(pixels)
        planes = [(plane, step) for index, step in enumerate(_STEPS) for plane in values[..., index]]
        ratios = np.sum([phase_ratios(plane, step) for plane, step in planes], axis=0)
        agreement = np.mean([phase_agreement(plane, step) for plane, step in planes], axis=0)
        return Heard(folded(ratios.ravel(), capacity), smoothed(agreement))

    @staticmethod
    def _blocks(pixels: Pixels) -> tuple[int, int]:
        """Rows and columns of blocks; a pixel that is missing to an even number counts as there."""
        height, width = pixels.shape[:2]
        return (height + 1) // 2 // 4, (width + 1) // 2 // 4

    def _singular_values(self, pixels: Pixels) -> NDArray[np.float64]:
        """The two largest of every block, 3 planes×rows×columns×2."""
        rows, columns = self._blocks(pixels)
        reader = self.core.WaterMarkCore(password_img=_PASSWORD)
        reader.read_img_arr(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        blocks = np.stack([plane[:rows, :columns] for plane in reader.ca_block]).astype(np.float64)
        cosine = cv2.dct(np.eye(4))
        frequencies = (cosine @ blocks @ cosine.T).reshape(3, rows * columns, 16)
        order = self.core.random_strategy1(_PASSWORD, rows * columns, 16)
        shuffled = np.take_along_axis(frequencies, order[None], axis=-1)
        values = np.linalg.svd(shuffled.reshape(3, rows, columns, 4, 4), compute_uv=False)
        return np.asarray(values[..., : len(_STEPS)])


def _imported(name: str) -> Any:
    """A module of the package, which on import fixes how new processes are started; that is undone."""
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(None, force=True)
    try:
        return importlib.import_module(name)
    finally:
        multiprocessing.set_start_method(before, force=True)
