"""Faint chips: the last tier in the places that all others leave empty, for copies that lost little.

On the grid of 512 every chip that outlasts JPEG 50 is needed for the tiers before. But smooth blocks leave their weaker
coefficients empty, for what compression spares there would have to be loud. Chips too short for that cost little, and
there are thousands of them: through JPEG 90 they bring the last tier, or the beginning of it.

They are a mark of their own, on top of the other. Nothing else hangs on them: no mark is found by them, no noise told,
no block judged. So whoever needs no last tier need not know of them.

Source: ours.
"""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, TIERS, Design, Filling
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, UNUSED, Layout, permutation
from underdrawing.channel.lattice.modulation import chip_steps, phase_bins, steps_of
from underdrawing.channel.lattice.noise import estimate_noise

if TYPE_CHECKING:
    from underdrawing.channel.lattice.reception import Reception

__all__ = ["FAINT_PULL", "faint_layout", "faint_steps", "faintly_heard", "has_faint"]

FAINT_PULL = 0.62
"""Fraction of the way to their points that faint chips go: with steps so short, noise takes more than the rest does."""

_ONE_PILOT_IN = 16
"""Of so many chips one is a pilot, to tell how noisy they are."""


def has_faint(design: Design, filling: Filling) -> bool:
    """Whether marks of this design have faint chips; those that are filled in detail have places for the last tier."""
    return design.faint is not None and filling is not Filling.DETAILED


def faint_steps(
    design: Design, levels: NDArray[np.intp], layout: Layout, steps: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lattice step of every faint chip in grey levels, 24×rows×columns float32; 0 where there is none.

    Args:
        design: the numbers of the mark.
        levels: masking level of each block, rows×columns.
        layout: of the other chips.
        steps: theirs, 24×rows×columns; where they have one, no faint chip is.
    """
    return np.where((steps > 0) | layout.shared, np.float32(0), chip_steps(design.faintly(), levels))


def faint_layout(grid: WorkingGrid, layout: Layout, steps: NDArray[np.float32], key: bytes | None = None) -> Layout:
    """What each faint chip carries: the last tier, or nothing new where it is a pilot.

    A place is numbered whether it has a chip or not. So a block whose masking level was misjudged spoils no other.

    Args:
        grid: the working grid.
        layout: of the other chips, on whose lattices these lie.
        steps: of faint chips, 24×rows×columns.
        key: secret of the channel.
    """
    side = grid.side_px // BLOCK
    row, column = np.arange(grid.rows), np.arange(grid.columns)
    tile_of = (row // side)[:, None] + (column // side)[None, :]
    tile = _numbers(grid.side_px, key)
    numbers = tile[np.ix_(np.arange(len(COEFFICIENTS)), row % side, column % side)]
    pilot = numbers % _ONE_PILOT_IN == 0
    there = steps > 0
    roles = np.where(there, np.where(pilot, np.int8(PILOT), np.int8(TIERS - 1)), np.int8(UNUSED))
    positions = numbers + tile_of[None].astype(np.int32) * np.int32(tile.size)
    return replace(
        layout,
        roles=roles,
        positions=np.where(roles == TIERS - 1, positions, np.int32(0)),
        pilots=np.where(roles == PILOT, numbers // _ONE_PILOT_IN % 2, 0).astype(np.uint8),
        signs=np.ones_like(layout.signs),
        shared=np.zeros_like(layout.shared),
    )


def faintly_heard(reception: "Reception") -> "Reception":
    """The reception of the faint chips beside those of a reception."""
    usual = steps_of(reception.design, reception.levels, reception.layout)
    steps = faint_steps(reception.design, reception.levels, reception.layout, usual)
    layout = faint_layout(reception.candidate.grid, reception.layout, steps, reception.key)
    audible = reception.look.audible
    heard = replace(
        reception,
        layout=layout,
        bins=phase_bins(reception.coefficients, steps, layout),
        steps=steps if audible is None else steps * audible,
        known=np.where(layout.roles == PILOT, layout.pilots.astype(np.int8), np.int8(-1)),
    )
    weight, design = heard.weight * reception.intact[None], reception.design.faintly()
    return heard.having(noise=estimate_noise(heard.places, weight, design))


@lru_cache(maxsize=8)
def _numbers(side_px: int, key: bytes | None) -> NDArray[np.int32]:
    """A number for every place of a tile, 24×rows×columns."""
    side = side_px // BLOCK
    shape = (len(COEFFICIENTS), side, side)
    return permutation(key, f"faint {side_px}", int(np.prod(shape))).astype(np.int32).reshape(shape)
