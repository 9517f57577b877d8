"""How many information bits an image offers to each tier, and how its mark should fill its places."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, GRIDS, TIERS, Design, Filling
from underdrawing.channel.lattice.faint import faint_steps, has_faint
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid
from underdrawing.channel.lattice.host import Host
from underdrawing.channel.lattice.layout import Layout, layout_of
from underdrawing.channel.lattice.modulation import chip_steps, steps_of
from underdrawing.channel.profiles import Profile

__all__ = ["Offer", "capacity_bits", "last_tier_bits", "most_bits", "offer"]

_RATE = 0.5
"""Information bits per usable chip that still leaves room for a quarter of the picture to be replaced, and for JPEG."""

_MOST_BITS = {GRIDS[0]: (1888, 0, 0), GRIDS[1]: (1888, 3328, 0), GRIDS[2]: (2240, 4192, 14400)}
"""What tiers 1–3 take at most on each grid; more would go at the cost of what harder channels leave over. Faint chips
are not counted: they cost no other tier anything."""

_LEAST_BITS = (1700, 3136, 3200)
"""Less than this is not worth a tier: its chips protect the others better."""

_FAINT_LENGTHS = (1024, 1536, 2304, 3456, 5120)
"""The lengths that the last tier may have where faint chips carry it: few, so that a reader can guess which it is."""

_DETAILED_LENGTHS = (2048, 12352)
"""The least and the most bits that the last tier may have in a detailed mark."""

_DETAILED_BITS_PER_CHIP, _WEB_NOISE_LEVELS = 0.63, 2.5
"""How many of its bits go for each of its chips that is clear in the noise of JPEG 75, with a quarter replaced."""

_FAINT_BITS_PER_CHIP, _LITTLE_NOISE_LEVELS = 0.68, 2.0
"""How many of its bits go for each faint chip that is clear in the noise of JPEG 90, with a quarter replaced."""

_ALWAYS = {GRIDS[0]: 0, GRIDS[1]: 2, GRIDS[2]: 2}
"""How many of tiers 1–3 every image on a grid is promised, whatever it shows."""

_NOISE_LEVELS = 3.5
"""Grey levels by which a coefficient is off in a copy that JPEG 75 and an enlargement before left over."""
_MUCH_NOISE_LEVELS = 5.0
"""The same for half the size and JPEG 80, JPEG 50 or WebP 75: they leave 4 to 7."""
_DEAF_STEPS = 0.33
"""Deviation from which on a chip tells nothing, in steps."""
_CLIPPED_LEVELS = (12, 243)
"""Blocks that are darker or brighter than this on average lose part of what is added to them."""
_ENOUGH_CHIPS = 18_600
"""Clear chips, of the fine tier of a picture of 1024 pixels, that outlast JPEG 75 with a quarter replaced at its full
length. For each that is missing the tier is two bits shorter. Fitted on enlarged smooth photographs."""
_CAPTION_BITS = 5600
"""What the fine tier takes however smooth a picture is, if it can at all: a quarter of it holds a long caption."""
_FAINT_TIER, _FEW_CHIPS = 2, {GRIDS[0]: 0, GRIDS[1]: 5700, GRIDS[2]: 4800}
"""With fewer clear chips than this in much noise the third tier is lost too often, and the mark is made denser,"""
_QUIET_DB = 40.7
"""if it is as quiet as this; denser it is about 0.7 dB louder."""


@dataclass(frozen=True)
class Offer:
    """What an image offers to a message.

    Attributes:
        tier_bits: information bits of tiers 1, 2 and 3 beyond the always present tier 0; 0 where it cannot have one.
        filling: how its mark should fill its places: in detail where the profile asks for it and the grid has room;
            else that of a picture which is smooth for the most part is a dense one, for it has few chips, and its mark
            is quiet enough to be a little louder.
    """

    tier_bits: tuple[int, int, int]
    filling: Filling


def capacity_bits(picture: Pixels | Host, *, profile: Profile = Profile.STANDARD) -> Sequence[int]:
    """What an image offers to tiers 1, 2 and 3, in information bits; arguments and errors as those of ``offer``."""
    return offer(picture, profile=profile).tier_bits


def offer(picture: Pixels | Host, *, profile: Profile = Profile.STANDARD) -> Offer:
    """What an image offers.

    Args:
        picture: H×W×3 RGB, uint8 or uint16, or the host they make.
        profile: strength of the mark.

    Raises:
        ImageTooSmallError: the image cannot carry a mark at all.
    """
    host = Host.of(picture)
    grid, design = host.grid, DESIGNS[profile, host.grid.side_px]
    steps = chip_steps(design, host.levels)
    layout = layout_of(grid, (True,) * TIERS)
    most, always = _MOST_BITS[grid.side_px], _ALWAYS[grid.side_px]
    chips = [int(np.count_nonzero(steps.ravel()[layout.places[tier]])) for tier in range(1, TIERS)]
    offered = [min(limit, int(count * _RATE)) for limit, count in zip(most, chips, strict=True)]
    if grid.side_px == GRIDS[-1]:
        offered[-1] = min(offered[-1], _lasting_bits(host, layout))
    core, detail, fine = (
        limit if tier < always else bits if bits >= least else 0
        for tier, (limit, bits, least) in enumerate(zip(most, offered, _LEAST_BITS, strict=True))
    )
    filling = _filling(host, profile, steps, layout)
    if design.faint is not None:
        fine = _last_bits(host, design, layout_of(grid, (True,) * TIERS, filling=filling))
    return Offer((core, detail, fine), filling)


def _filling(host: Host, profile: Profile, steps: NDArray[np.float32], layout: Layout) -> Filling:
    """How a mark of this profile fills its places, given the steps and the layout of a usual one."""
    side_px = host.grid.side_px
    if profile in (Profile.DETAILED, Profile.LASTING) and Filling.DETAILED in DESIGNS[profile, side_px].others:
        return Filling.DETAILED
    few = profile is not Profile.DISCREET and _heard_in_noise(steps, layout) < _FEW_CHIPS[side_px]
    return Filling.DENSE if few and _is_quiet(steps, DESIGNS[profile, side_px].pull) else Filling.USUAL


def _last_bits(host: Host, design: Design, layout: Layout) -> int:
    """What the last tier of a grid of 512 holds: in faint chips through JPEG 90, in the places of a detailed mark
    through JPEG 75, with a quarter replaced."""
    low, high = _CLIPPED_LEVELS
    steps = steps_of(design, host.levels, layout)
    unclipped = (host.means > low) & (host.means < high)
    if not has_faint(design, layout.filling):
        clear = _clear_chips(steps * unclipped * (layout.roles == TIERS - 1), _WEB_NOISE_LEVELS)
        held, (least, most) = int(_DETAILED_BITS_PER_CHIP * clear), _DETAILED_LENGTHS
        return min(held, most) if held >= least else 0
    clear = _clear_chips(faint_steps(design, host.levels, layout, steps) * unclipped, _LITTLE_NOISE_LEVELS)
    return max((bits for bits in _FAINT_LENGTHS if bits <= int(_FAINT_BITS_PER_CHIP * clear)), default=0)


def _lasting_bits(host: Host, layout: Layout) -> int:
    """What the fine tier holds through JPEG 75 with a quarter replaced; short steps count less, clipped blocks not.

    Steps are those of the standard profile, for both: who marks discreetly promises as much less.
    """
    steps = chip_steps(DESIGNS[Profile.STANDARD, GRIDS[-1]], host.levels)
    low, high = _CLIPPED_LEVELS
    heard = (steps * ((host.means > low) & (host.means < high))).ravel()[layout.places[TIERS - 1]]
    missing = int(_ENOUGH_CHIPS - _clear_chips(heard, _NOISE_LEVELS))
    return max(_CAPTION_BITS, _MOST_BITS[GRIDS[-1]][-1] - 2 * max(0, missing))


def _heard_in_noise(steps: NDArray[np.float32], layout: Layout) -> float:
    """How many chips of the third tier are clear in much noise. Clipped ones count, for more of them would not help."""
    return _clear_chips(steps.ravel()[layout.places[_FAINT_TIER]], _MUCH_NOISE_LEVELS)


def _is_quiet(steps: NDArray[np.float32], pull: float) -> bool:
    """Whether a mark with these steps can be expected to leave a picture at ``_QUIET_DB`` or above.

    A coefficient is moved by up to half a step times the pull, all distances alike likely; each of a block's pixels
    shares in what becomes of its coefficients. On photographs this misses by up to 0.3 dB, where much is clipped 1 dB.
    """
    blocks = steps[0].size
    mean_square = pull**2 / 12 * float(np.square(steps).sum(dtype=np.float64)) / (blocks * BLOCK**2)
    return 10 * math.log10(255**2 / max(mean_square, 1e-6)) > _QUIET_DB


def _clear_chips(steps: NDArray[np.float32], noise_levels: float) -> float:
    """About how many chips with these steps in grey levels a noise leaves; what there is of each counts."""
    there = steps[steps > 0]
    return float(np.clip(1 - np.square(np.float32(noise_levels / _DEAF_STEPS) / there), 0, None).sum())


def most_bits(grid: WorkingGrid) -> tuple[int, int, int]:
    """What tiers 1, 2 and 3 take at most of the ordinary chips of a grid, in information bits."""
    return _MOST_BITS[grid.side_px]


def last_tier_bits(
    grid: WorkingGrid, profile: Profile, filling: Filling = Filling.USUAL
) -> tuple[tuple[int, int], ...]:
    """From and up to which lengths the last tier may have in marks so filled, where it has no place of its own among
    the chips that last; none where it does."""
    design = DESIGNS[profile, grid.side_px]
    if filling is Filling.DETAILED:
        return (_DETAILED_LENGTHS,) if filling in design.others else ()
    return tuple((bits, bits) for bits in _FAINT_LENGTHS) if design.faint is not None else ()
