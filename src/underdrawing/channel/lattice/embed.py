"""Writing a mark: move the coefficients, look where they landed in the file as it will be saved, correct."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, TIERS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import Layout, layout_of
from underdrawing.channel.lattice.masking import masking_levels
from underdrawing.channel.lattice.modulation import lattice_moves, steps_of
from underdrawing.channel.lattice.rehearsal import Score, rehearsed
from underdrawing.channel.lattice.transform import block_coefficients, from_coefficients
from underdrawing.channel.ldpc import Segmented
from underdrawing.channel.profiles import Profile
from underdrawing.errors import CapacityError

__all__ = ["Embedded", "embed"]

Plane = NDArray[np.float32]

_MUCH_WHITE = 0.2
"""Share of a picture that has to be white."""

_EASE = 3.5
"""How much darker a place gets, in means of what is clipped there."""

_MOST_EASE = np.float32(2)
"""And at most, in grey levels."""


@dataclass(frozen=True)
class Embedded:
    """A marked image.

    Attributes:
        pixels: H×W×3 RGB, the type of the input.
        psnr_db: peak signal-to-noise ratio against the input, over all three channels, peak 255 (or 65535).
        grid: the working grid that was used.
    """

    pixels: Pixels
    psnr_db: float
    grid: WorkingGrid


def embed(
    pixels: Pixels,
    tiers: Sequence[NDArray[np.uint8] | None],
    *,
    profile: Profile = Profile.STANDARD,
    key: bytes | None = None,
    also: Callable[[Plane], Plane] | None = None,
    dense: bool = False,
    foreseen: Sequence[int] | None = None,
) -> Embedded:
    """Hide up to four bit strings in the luminance of an image.

    Args:
        pixels: H×W×3 RGB, uint8 or uint16, short side at least 256.
        tiers: bit strings (uint8 0/1), most protected first; the first one is required, others may be None.
        profile: strength of the mark.
        key: secret of the channel; without it the mark is readable by anybody.
        also: what else is to be done to the luminance, given what the mark does to it; both are H×W float32 in grey
            levels, and their sum is rounded and clipped once.
        dense: more chips, see :class:`.capacity.Offer`; the first tier has to tell the reader.
        foreseen: about how many bits of each tier a reader can tell without its chips, from what a copy shows. Where it
            is said, a mark is made just as strong as it takes to be read (see :mod:`.rehearsal`); otherwise as strong
            as its design says.

    Raises:
        ImageTooSmallError: the image is too small or too long.
        CapacityError: the first tier is missing or there are more than four.
    """
    if not tiers or tiers[0] is None or len(tiers) > TIERS:
        raise CapacityError(f"message has {len(tiers)} tiers: expected 1 to {TIERS}, the first one present")
    height, width = pixels.shape[:2]
    grid = WorkingGrid.for_embedding(height, width)
    present = [*tiers, *[None] * (TIERS - len(tiers))]
    layout = layout_of(grid, tuple(tier is not None for tier in present), key, dense=dense)
    layout = layout.shifted(DESIGNS[profile, grid.side_px].offset)
    sizes = [0 if tier is None else tier.size for tier in present]
    unknown = None if foreseen is None else [size - known for size, known in zip(sizes, foreseen, strict=True)]
    host = _Host.of(pixels, grid, profile)
    residual = _fit(host, layout, _chip_bits(layout, present), profile, unknown, also)
    return Embedded(_add(pixels, residual), _psnr_db(residual, pixels.dtype), grid)


def _chip_bits(layout: Layout, tiers: Sequence[NDArray[np.uint8] | None]) -> NDArray[np.uint8]:
    """The bit of every chip."""
    bits = layout.pilots.copy()
    for tier, message in enumerate(tiers):
        if message is not None:
            codeword = Segmented.for_information(message.size, parity_first=tier > 0).encode(message)
            mine = layout.places[tier]
            bits.ravel()[mine] = codeword[layout.positions.ravel()[mine] % codeword.size]
    return bits


@dataclass(frozen=True)
class _Host:
    """A picture that is to be marked. Residuals are H×W float32 in units of its pixel type.

    Attributes:
        pixels: H×W×3 RGB.
        grid: the working grid.
        unit: a grey level in units of the pixel type.
        up, down: how far each pixel may go before a channel clips, H×W float32 in units of the pixel type.
        eased: whether white places are made a little darker, for there is much white.
    """

    pixels: Pixels
    grid: WorkingGrid
    unit: np.float32
    up: Plane
    down: Plane
    eased: bool

    @classmethod
    def of(cls, pixels: Pixels, grid: WorkingGrid, profile: Profile) -> "_Host":
        unit = np.float32(1 if pixels.dtype == np.uint8 else 257)
        up, down = _headroom(pixels)
        much_white = bool(up.size - np.count_nonzero(up) >= _MUCH_WHITE * up.size)
        return cls(pixels, grid, unit, up, down, eased=much_white and profile is Profile.STANDARD)

    def residual(self, moves: Plane) -> Plane:
        """What moves of the coefficients in grey levels add to each pixel, not rounded."""
        height, width = self.pixels.shape[:2]
        residual = from_coefficients(moves, height_px=height, width_px=width) * self.unit
        return _eased(residual, self.up, self.unit, self.grid) if self.eased else residual

    def whole(self, residual: Plane) -> Plane:
        """A residual rounded, and clipped to the headroom; in place."""
        np.rint(residual, out=residual)
        return np.asarray(cv2.max(cv2.min(residual, self.up, residual), self.down, residual), dtype=np.float32)

    def corrected(self, moves: Plane, looks: int) -> Plane:
        """Moves that reach where these are meant to go, after looking so many times where they went."""
        wanted = moves.copy()
        for _ in range(looks):
            residual = self.whole(self.residual(wanted)) / self.unit
            wanted += moves - block_coefficients(residual, rows=self.grid.rows, columns=self.grid.columns)[1]
        return wanted


def _fit(
    host: _Host,
    layout: Layout,
    bits: NDArray[np.uint8],
    profile: Profile,
    unknown: Sequence[int] | None,
    also: Callable[[Plane], Plane] | None,
) -> Plane:
    """The residual, in whole numbers, that puts every chip in place."""
    grid, design = host.grid, DESIGNS[profile, host.grid.side_px]
    picture = luminance(host.pixels)
    means, coefficients = block_coefficients(picture, rows=grid.rows, columns=grid.columns)
    levels = masking_levels(means)
    steps = steps_of(design, levels, layout)
    moves = lattice_moves(coefficients, steps, bits, layout, design.pull) * layout.carrying
    if design.spare_pull is not None and not layout.dense:
        moves[layout.roles == TIERS - 1] *= np.float32(design.spare_pull / design.pull)
    if design.rehearsed and unknown is not None:
        nudge = _besides(host.residual(moves), host, also)
        score = Score(picture, means, coefficients, levels, grid, layout, steps, bits, design.pull, unknown)
        moves = rehearsed(score, lambda moves: picture + host.whole(host.residual(moves) + nudge) / host.unit)
    else:
        moves = host.corrected(moves, design.corrections - 1)
    residual = host.residual(moves)
    return host.whole(residual + _besides(residual, host, also))


def _besides(residual: Plane, host: _Host, also: Callable[[Plane], Plane] | None) -> Plane:
    """What else is to be done to the picture, given what the mark does to it."""
    return np.zeros_like(residual) if also is None else also(residual / host.unit) * host.unit


def _eased(
    residual: NDArray[np.float32], up: NDArray[np.float32], unit: np.float32, grid: WorkingGrid
) -> NDArray[np.float32]:
    """A residual moved a little away from white, where much of the picture is white.

    Half of a mark on pure white is lost, for nothing gets brighter than that. A picture of which a fifth is white
    cannot spare that; so its white is made darker as a whole, by up to two levels that change too slowly to be seen,
    or to be heard by any chip. Black is left alone: there a level is much of what there is.
    """
    lost = np.maximum(residual - up, np.float32(0))
    reach_px = 2 * round(BLOCK * residual.shape[0] / grid.size_px[0]) + 1
    smooth = cv2.blur(cv2.blur(lost, (reach_px, reach_px)), (reach_px, reach_px))
    return np.asarray(residual - np.minimum(np.float32(_EASE) * smooth, _MOST_EASE * unit), dtype=np.float32)


def _headroom(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far each pixel may go up and down before a channel clips, H×W float32 each."""
    red, green, blue = cv2.split(pixels)
    brightest, darkest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    peak = np.float32(np.iinfo(pixels.dtype).max)
    return peak - brightest.astype(np.float32), -darkest.astype(np.float32)


def _add(pixels: Pixels, residual: NDArray[np.float32]) -> Pixels:
    """Pixels with the residual added to every channel. It never leaves their range, so sums modulo it are right."""
    whole = cast(Pixels, residual.astype(np.int32).astype(pixels.dtype))
    return pixels + np.asarray(cv2.merge([whole, whole, whole]))


def _psnr_db(residual: NDArray[np.float32], dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> float:
    mean_square = cv2.norm(residual, cv2.NORM_L2SQR) / residual.size
    return float(10 * np.log10(np.iinfo(dtype).max ** 2 / mean_square)) if mean_square else float("inf")
