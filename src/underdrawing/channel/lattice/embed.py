"""Writing a mark: move the coefficients, look where they landed in the file as it will be saved, correct."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, GRIDS, TIERS, Filling
from underdrawing.channel.lattice.faint import FAINT_PULL, faint_layout, faint_steps, has_faint
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, strips
from underdrawing.channel.lattice.headroom import added, headroom
from underdrawing.channel.lattice.host import Host
from underdrawing.channel.lattice.layout import PILOT, Layout, layout_of
from underdrawing.channel.lattice.modulation import lattice_moves, steps_of
from underdrawing.channel.lattice.rehearsal import Score, rehearsed
from underdrawing.channel.lattice.transform import block_coefficients, from_coefficients
from underdrawing.channel.ldpc import Segmented
from underdrawing.channel.profiles import Profile
from underdrawing.errors import CapacityError

__all__ = ["Embedded", "embed"]

Plane = NDArray[np.float32]

_LOOKS_AT_FIRST = 2
"""How often embedding looks where chips went that carry the first tier alone, in rehearsed marks, and on the smallest
grid the pilots, too. What is written around them throws them off by more than the pull does, and small crops are found
and read by these few."""

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
    picture: Pixels | Host,
    tiers: Sequence[NDArray[np.uint8] | None],
    *,
    profile: Profile = Profile.STANDARD,
    key: bytes | None = None,
    also: Callable[[Plane], Plane] | None = None,
    filling: Filling = Filling.USUAL,
    foreseen: Sequence[int] | None = None,
) -> Embedded:
    """Hide up to four bit strings in the luminance of an image.

    Args:
        picture: H×W×3 RGB, uint8 or uint16, short side at least 256, or the host they make.
        tiers: bit strings (uint8 0/1), most protected first; the first one is required, others may be None.
        profile: strength of the mark.
        key: secret of the channel; without it the mark is readable by anybody.
        also: what else is to be done to the luminance, given what the mark does to it; both are H×W float32 in grey
            levels, and their sum is rounded and clipped once.
        filling: how places are filled, see :class:`.capacity.Offer`; the first tier has to tell the reader.
        foreseen: about how many bits of each tier a reader can tell without its chips, from what a copy shows. Where it
            is said, a mark is made just as strong as it takes to be read (see :mod:`.rehearsal`); otherwise as strong
            as its design says.

    Raises:
        ImageTooSmallError: the image is too small or too long.
        CapacityError: the first tier is missing or there are more than four.
    """
    if not tiers or tiers[0] is None or len(tiers) > TIERS:
        raise CapacityError(f"message has {len(tiers)} tiers: expected 1 to {TIERS}, the first one present")
    host = Host.of(picture)
    grid = host.grid
    present = [*tiers, *[None] * (TIERS - len(tiers))]
    layout = layout_of(grid, tuple(tier is not None for tier in present), key, filling=filling)
    layout = layout.shifted(DESIGNS[profile, grid.side_px].offset)
    sizes = [0 if tier is None else tier.size for tier in present]
    unknown = None if foreseen is None else [size - known for size, known in zip(sizes, foreseen, strict=True)]
    room = _Room.of(host, profile)
    chips = _Chips.of(layout, steps_of(DESIGNS[profile, grid.side_px], host.levels, layout), present)
    faint = _faint_chips(host, chips, present, profile, key)
    residual = _fit(host, room, chips, faint, profile, unknown, also)
    return Embedded(added(host.pixels, residual), _psnr_db(residual, host.pixels.dtype), grid)


@dataclass(frozen=True)
class _Chips:
    """Chips that are to be written. Planes are 24×rows×columns.

    Attributes:
        layout: which of them carries what.
        steps: float32, lattice step of each in grey levels.
        bits: uint8, the bit of each.
    """

    layout: Layout
    steps: Plane
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, layout: Layout, steps: Plane, tiers: Sequence[NDArray[np.uint8] | None]) -> "_Chips":
        """The chips of a layout that carry these tiers."""
        bits = layout.pilots.copy()
        for tier, message in enumerate(tiers):
            if message is not None:
                codeword = Segmented.for_information(message.size, parity_first=tier > 0).encode(message)
                mine = layout.places[tier]
                bits.ravel()[mine] = codeword[layout.coded_bits_of(mine, codeword.size)]
        return cls(layout, steps, bits)

    def moves(self, coefficients: Plane, pull: float) -> Plane:
        """How far to move these coefficients, all as far on their way to their points."""
        return lattice_moves(coefficients, self.steps, self.bits, self.layout, pull) * self.layout.carrying


def _faint_chips(
    host: Host, chips: _Chips, tiers: Sequence[NDArray[np.uint8] | None], profile: Profile, key: bytes | None
) -> _Chips | None:
    """The faint chips beside these; None where there are none."""
    design = DESIGNS[profile, host.grid.side_px]
    if tiers[-1] is None or not has_faint(design, chips.layout.filling):
        return None
    steps = faint_steps(design, host.levels, chips.layout, chips.steps)
    return _Chips.of(faint_layout(host.grid, chips.layout, steps, key), steps, tiers)


@dataclass(frozen=True)
class _Room:
    """What can be done to the pixels of a picture. Residuals are H×W float32 in units of its pixel type.

    Attributes:
        grid: the working grid.
        unit: a grey level in units of the pixel type.
        up, down: how far each pixel may go before a channel clips, H×W float32 in units of the pixel type.
        eased: whether white places are made a little darker, for there is much white.
    """

    grid: WorkingGrid
    unit: np.float32
    up: Plane
    down: Plane
    eased: bool

    @classmethod
    def of(cls, host: Host, profile: Profile) -> "_Room":
        unit = np.float32(1 if host.pixels.dtype == np.uint8 else 257)
        up, down = headroom(host.pixels)
        much_white = bool(up.size - cv2.countNonZero(up) >= _MUCH_WHITE * up.size)
        return cls(host.grid, unit, up, down, eased=much_white and profile is not Profile.DISCREET)

    def residual(self, moves: Plane) -> Plane:
        """What moves of the coefficients in grey levels add to each pixel, not rounded."""
        height, width = self.up.shape
        residual = from_coefficients(moves, height_px=height, width_px=width)
        residual = residual if self.unit == 1 else residual * self.unit
        return _eased(residual, self.up, self.unit, self.grid) if self.eased else residual

    def whole(self, residual: Plane) -> Plane:
        """A residual rounded, and clipped to the headroom; in place."""
        for rows in strips(residual.shape[0]):
            strip = residual[rows]
            np.rint(strip, out=strip)
            cv2.max(cv2.min(strip, self.up[rows], strip), self.down[rows], strip)
        return residual

    def in_grey_levels(self, residual: Plane) -> Plane:
        """A residual in grey levels."""
        return residual if self.unit == 1 else residual / self.unit

    def corrected(self, moves: Plane, looks: int, *, where: NDArray[np.bool_] | None = None) -> Plane:
        """Moves that reach where these are meant to go, after looking so many times where they went; only those of some
        chips are changed, if it is said which."""
        wanted = moves.copy()
        for _ in range(looks):
            missed = moves - self.measured(self.whole(self.residual(wanted)))
            wanted += missed if where is None else missed * where
        return wanted

    def measured(self, residual: Plane) -> Plane:
        """The coefficients of a residual in grey levels, 24×rows×columns."""
        rows, columns = self.grid.rows, self.grid.columns
        return block_coefficients(self.in_grey_levels(residual), rows=rows, columns=columns)[1]


def _fit(
    host: Host,
    room: _Room,
    chips: _Chips,
    faint: _Chips | None,
    profile: Profile,
    unknown: Sequence[int] | None,
    also: Callable[[Plane], Plane] | None,
) -> Plane:
    """The residual, in whole numbers, that puts every chip in place."""
    design = DESIGNS[profile, host.grid.side_px]
    layout = chips.layout
    moves = chips.moves(host.coefficients, design.pull)
    if design.spare_pull is not None and not layout.filling:
        moves[layout.roles == TIERS - 1] *= np.float32(design.spare_pull / design.pull)
    unknown = unknown if design.rehearsed else None
    if unknown is not None:
        beside = _besides(room.residual(moves), room, also)
        if faint is not None:
            beside = beside + room.residual(faint.moves(host.coefficients, FAINT_PULL))

        def played(moves: Plane) -> Plane:
            return host.luminance + room.in_grey_levels(room.whole(room.residual(moves) + beside))

        moves = rehearsed(Score(host, layout, chips.steps, chips.bits, design.pull, unknown), played)
    else:
        moves = room.corrected(moves, design.corrections - 1)
    if faint is not None:
        moves = moves + faint.moves(host.coefficients + room.measured(room.residual(moves)), FAINT_PULL)
    if unknown is not None:
        moves = room.corrected(moves, _LOOKS_AT_FIRST, where=_exactly_placed(layout, host.grid))
    residual = room.residual(moves)
    return room.whole(residual + _besides(residual, room, also))


def _exactly_placed(layout: Layout, grid: WorkingGrid) -> NDArray[np.bool_]:
    """The chips by which small crops are read, and on the smallest grid those by which they are found, too."""
    exactly: NDArray[np.bool_] = (layout.roles == 0) & ~layout.shared
    if grid.side_px == GRIDS[0]:
        exactly |= layout.shared & (layout.roles == PILOT)
    return exactly


def _besides(residual: Plane, room: _Room, also: Callable[[Plane], Plane] | None) -> Plane | np.float32:
    """What else is to be done to the picture, given what the mark does to it."""
    if also is None:
        return np.float32(0)
    nudge = also(room.in_grey_levels(residual))
    return nudge if room.unit == 1 else nudge * room.unit


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


def _psnr_db(residual: NDArray[np.float32], dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> float:
    mean_square = cv2.norm(residual, cv2.NORM_L2SQR) / residual.size
    return float(10 * np.log10(np.iinfo(dtype).max ** 2 / mean_square)) if mean_square else float("inf")
