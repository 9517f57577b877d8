"""Looking at a suspect: its blocks on a working grid, with a change of tones undone."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, Design
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import Layout
from underdrawing.channel.lattice.masking import activity, levels_of
from underdrawing.channel.lattice.modulation import steps_of
from underdrawing.channel.lattice.search import Placement
from underdrawing.channel.lattice.transform import block_coefficients, block_slopes

__all__ = ["Look", "Suspect", "Tone"]

_DARKEST = 4.0
_WHITE, _BLACK, _FLAT = 254.0, 1.0, 2.0
"""Blocks beyond these means, in which no coefficient is larger than the last, all in grey levels, carry nothing."""
_DARK_END, _BRIGHT_END = 3, 252
"""Where a channel is no darker than the one or no brighter than the other, it may have been cut off there; in 1/255."""
_SQUARED_FREQUENCIES = np.array([v * v + h * h for v, h in COEFFICIENTS], dtype=np.float32) / (2 * BLOCK) ** 2


@dataclass(frozen=True)
class Tone:
    """What was done to the tones of a suspect, as far as the reader has to undo it.

    Attributes:
        gain: factor on the differences between grey levels; 1 is unchanged.
        gamma: exponent on normalised luminance; 1 is unchanged.
        blur_px: standard deviation of a Gaussian blur in grid pixels; 0 is none.
    """

    gain: float = 1.0
    gamma: float = 1.0
    blur_px: float = 0.0


@dataclass(frozen=True, eq=False)
class Look:
    """The blocks of a suspect on a grid.

    Attributes:
        means: rows×columns float32, mean luminance around each block in grey levels.
        activity: rows×columns float32, from :func:`.masking.activity`.
        coefficients: 24×rows×columns float32 in grey levels.
        visible: rows×columns bool, which blocks the suspect shows; None where it shows all.
    """

    means: NDArray[np.float32]
    activity: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    visible: NDArray[np.bool_] | None = None

    @cached_property
    def levels(self) -> NDArray[np.intp]:
        """Masking level of each block, rows×columns."""
        return levels_of(self.activity)

    def steps(self, design: Design, levels: NDArray[np.intp], layout: Layout) -> NDArray[np.float32]:
        """Lattice step of every chip at these levels, 24×rows×columns float32; 0 where there is no chip to be seen."""
        steps, audible = steps_of(design, levels, layout), self.audible
        return steps if audible is None else steps * audible

    @cached_property
    def clipped(self) -> NDArray[np.bool_] | None:
        """Which blocks are white or black all over, as contrast or brightness leave them, rows×columns; None: none."""
        clipped = (self.means > _WHITE) | (self.means < _BLACK)
        clipped[clipped] = np.abs(self.coefficients[:, clipped]).max(axis=0) < _FLAT
        return clipped if clipped.any() else None

    @property
    def audible(self) -> NDArray[np.bool_] | None:
        """Which blocks may carry chips, rows×columns: those that are seen and not clipped; None: all."""
        if self.clipped is None:
            return self.visible
        return ~self.clipped if self.visible is None else self.visible & ~self.clipped

    def undone(self, tone: Tone) -> "Look":
        """About what the look would be with a tone undone: a hundredth of the work of looking again.

        It is exact for a gain; for a gamma it takes the slope at each block's mean, for a blur the loss at each
        coefficient's frequency.
        """
        gain = self._slope(tone.gamma) * np.float32(tone.gain)
        boost = np.exp(np.float32(2 * np.pi**2 * tone.blur_px**2) * _SQUARED_FREQUENCIES)
        coefficients = self.coefficients * boost[: len(self.coefficients), None, None] / gain
        return replace(self, activity=self.activity / gain, coefficients=coefficients)

    def _slope(self, gamma: float) -> NDArray[np.float32]:
        """Factor by which a gamma changed small differences around each block's present mean."""
        present = np.maximum(self.means, np.float32(_DARKEST)) / np.float32(255)
        return np.asarray(gamma * np.power(present, np.float32((gamma - 1) / gamma)), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Suspect:
    """An image that may carry a mark.

    Attributes:
        pixels: H×W×3 RGB, uint8 or uint16, of the whole frame.
        placement: how the pixels came to lie on the frame; None for an image taken as it is.
    """

    pixels: Pixels
    placement: Placement | None = None

    @classmethod
    def placed(cls, pixels: Pixels, placement: Placement) -> "Suspect":
        """An image laid onto the frame that it shows a part of."""
        return cls(placement.onto_frame(pixels), placement)

    @cached_property
    def luma(self) -> NDArray[np.float32]:
        """Luminance, H×W float32 in grey levels."""
        return luminance(self.pixels)

    def cut_off(self, grid: WorkingGrid) -> NDArray[np.float32]:
        """Share of each block that contrast or brightness may have cut off, rows×columns float32, 0..1. A channel that
        is as dark or as bright as it gets counts as much as it counts in luminance."""
        peak = np.iinfo(self.pixels.dtype).max
        values = np.arange(peak + 1) * (255 / peak)
        ends = np.where((values > _DARK_END) & (values < _BRIGHT_END), 0, 255).astype(np.uint8)
        cut = cv2.LUT(self.pixels, ends) if self.pixels.dtype == np.uint8 else ends[self.pixels]
        grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY)
        share = cv2.resize(grey, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA)
        return np.asarray(share / np.float32(255), dtype=np.float32)

    def look(self, grid: WorkingGrid, tone: Tone) -> Look:
        """The suspect on a grid with a tone undone.

        A gamma was applied to each colour, so it is undone on the colours, before they are mixed to luminance.
        """
        luma = self._luma_before(tone)
        means, coefficients = block_coefficients(luma, rows=grid.rows, columns=grid.columns, blur_px=tone.blur_px)
        visible = None if self.placement is None else self.placement.visible_blocks
        look = Look(means, activity(means), coefficients, visible)
        return look if tone.gain == 1.0 else look.undone(Tone(gain=tone.gain))

    def slopes(self, grid: WorkingGrid, tone: Tone) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """By how much each coefficient would change if all were seen a grid pixel further left, and further up.

        24×rows×columns float32 each, in grey levels with the tone undone.
        """
        slopes = block_slopes(self._luma_before(tone), rows=grid.rows, columns=grid.columns, blur_px=tone.blur_px)
        to_left, to_top = (slope / np.float32(tone.gain) for slope in slopes)
        return to_left, to_top

    def _luma_before(self, tone: Tone) -> NDArray[np.float32]:
        """Luminance with a gamma undone."""
        return self.luma if tone.gamma == 1.0 else luminance(_gamma_undone(self.pixels, tone.gamma))


def _gamma_undone(pixels: Pixels, gamma: float) -> Pixels:
    """Pixels of the same type with the inverse of a gamma applied to every colour."""
    peak = np.iinfo(pixels.dtype).max
    table = np.rint(peak * np.power(np.arange(peak + 1) / peak, 1 / gamma)).astype(pixels.dtype)
    return cast(Pixels, cv2.LUT(pixels, table) if pixels.dtype == np.uint8 else table[pixels])
