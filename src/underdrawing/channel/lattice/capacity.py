"""How many information bits an image offers to each tier."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import DESIGNS, GRIDS, TIERS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import Layout, layout_of
from underdrawing.channel.lattice.masking import masking_levels
from underdrawing.channel.lattice.modulation import chip_steps
from underdrawing.channel.lattice.transform import block_coefficients
from underdrawing.channel.profiles import Profile

__all__ = ["capacity_bits", "most_bits"]

_RATE = 0.5
"""Information bits per usable chip that still leaves room for a quarter of the picture to be replaced, and for JPEG."""

_MOST_BITS = {GRIDS[0]: (1952, 0, 0), GRIDS[1]: (1888, 3264, 12800), GRIDS[2]: (2304, 4192, 14400)}
"""What tiers 1–3 take at most on each grid; more would go at the cost of what harder channels leave over."""

_LEAST_BITS = (1700, 3136, 3200)
"""Less than this is not worth a tier: its chips protect the others better."""

_ALWAYS = {GRIDS[0]: 0, GRIDS[1]: 2, GRIDS[2]: 2}
"""How many of tiers 1–3 every image on a grid is promised, whatever it shows."""

_NOISE_LEVELS = 3.5
"""Grey levels by which a coefficient is off in a copy that JPEG 75 and an enlargement before left over."""
_DEAF_STEPS = 0.33
"""Deviation from which on a chip tells nothing, in steps."""
_CLIPPED_LEVELS = (12, 243)
"""Blocks that are darker or brighter than this on average lose part of what is added to them."""
_ENOUGH_CHIPS = 18_600
"""Clear chips, of the fine tier of a picture of 1024 pixels, that outlast JPEG 75 with a quarter replaced at its full
length. For each that is missing the tier is two bits shorter. Fitted on enlarged smooth photographs."""
_CAPTION_BITS = 5600
"""What the fine tier takes however smooth a picture is, if it can at all: a quarter of it holds a long caption."""


def capacity_bits(pixels: Pixels, *, profile: Profile = Profile.STANDARD) -> Sequence[int]:
    """Information bits for tiers 1, 2 and 3; tier 0 is always there.

    Args:
        pixels: H×W×3 RGB, uint8 or uint16.
        profile: strength of the mark.

    Raises:
        ImageTooSmallError: the image cannot carry a mark at all.
    """
    grid = WorkingGrid.for_embedding(*pixels.shape[:2])
    means, _ = block_coefficients(luminance(pixels), rows=grid.rows, columns=grid.columns)
    steps = chip_steps(DESIGNS[profile, grid.side_px], masking_levels(means))
    layout = layout_of(grid, (True,) * TIERS)
    most, always = _MOST_BITS[grid.side_px], _ALWAYS[grid.side_px]
    chips = [int(np.count_nonzero((layout.roles == tier) & (steps > 0))) for tier in range(1, TIERS)]
    offered = [min(limit, int(count * _RATE)) for limit, count in zip(most, chips, strict=True)]
    if grid.side_px == GRIDS[-1]:
        offered[-1] = min(offered[-1], _lasting_bits(means, layout))
    return [
        limit if tier < always else bits if bits >= least else 0
        for tier, (limit, bits, least) in enumerate(zip(most, offered, _LEAST_BITS, strict=True))
    ]


def _lasting_bits(means: NDArray[np.float32], layout: Layout) -> int:
    """What the fine tier holds through JPEG 75 with a quarter replaced; short steps count less, clipped blocks not.

    Steps are those of the standard profile, for both: who marks discreetly promises as much less.
    """
    steps = chip_steps(DESIGNS[Profile.STANDARD, GRIDS[-1]], masking_levels(means))
    low, high = _CLIPPED_LEVELS
    heard = steps[(layout.roles == TIERS - 1) & (steps > 0) & ((means > low) & (means < high))]
    worth = float(np.clip(1 - np.square(_NOISE_LEVELS / (_DEAF_STEPS * heard)), 0, None).sum())
    return max(_CAPTION_BITS, _MOST_BITS[GRIDS[-1]][-1] - 2 * max(0, int(_ENOUGH_CHIPS - worth)))


def most_bits(grid: WorkingGrid) -> tuple[int, int, int]:
    """What tiers 1, 2 and 3 take at most on a grid, in information bits."""
    return _MOST_BITS[grid.side_px]
