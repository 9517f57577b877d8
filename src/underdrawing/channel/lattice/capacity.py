"""How many information bits an image offers to each tier."""

from collections.abc import Sequence

import numpy as np

from underdrawing.channel.lattice.design import DESIGNS, GRIDS, TIERS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import layout_of
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
    return [
        limit if tier < always else bits if bits >= least else 0
        for tier, (limit, bits, least) in enumerate(zip(most, offered, _LEAST_BITS, strict=True))
    ]


def most_bits(grid: WorkingGrid) -> tuple[int, int, int]:
    """What tiers 1, 2 and 3 take at most on a grid, in information bits."""
    return _MOST_BITS[grid.side_px]
