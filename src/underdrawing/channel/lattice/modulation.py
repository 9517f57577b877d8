"""Chips and lattices: where a coefficient has to go for a bit, and what a coefficient says about its bit.

Phases are measured in lattice steps, modulo one: bit 0 lies at phase 0, bit 1 at phase ½.
Log-likelihood ratios are positive for bit 0.
"""

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GROUPS, SPREAD, Design, Filling
from underdrawing.channel.lattice.layout import Layout

__all__ = ["PHASE_BINS", "chip_steps", "chip_values", "lattice_moves", "phase_bins", "phase_densities", "steps_of"]

PHASE_BINS = 64
"""Resolution of a phase: bins per lattice step."""

Levels = NDArray[np.intp]
Plane = NDArray[np.float32]


def chip_steps(design: Design, levels: Levels, filling: Filling = Filling.USUAL) -> Plane:
    """Lattice step of every chip in grey levels, 24×rows×columns float32; 0 where the block carries no chip."""
    steps = design.filled(filling)
    return np.repeat(steps.T[:, levels], [group.stop - group.start for group in GROUPS], axis=0)


def steps_of(design: Design, levels: Levels, layout: Layout) -> Plane:
    """The same for the chips of a layout; pilots and tier 0 have their usual steps, however the rest is filled."""
    steps = chip_steps(design, levels)
    return np.where(layout.roles > 0, chip_steps(design, levels, layout.filling), steps) if layout.filling else steps


def lattice_moves(coefficients: Plane, steps: Plane, bits: NDArray[np.uint8], layout: Layout, pull: float) -> Plane:
    """How far each coefficient should move, 24×rows×columns float32 in grey levels; 0 where the step is 0.

    ``bits`` holds 0 or 1 for every chip. The coefficients that share a chip all move alike.
    """
    values = chip_values(coefficients, steps, layout)
    offset = layout.dither + bits * np.float32(0.5)
    nearest = np.round(values - offset) + offset
    return np.float32(pull) * (nearest - values) * steps * layout.signs


def phase_bins(coefficients: Plane, steps: Plane, layout: Layout) -> NDArray[np.uint8]:
    """Phase of every coefficient on its own lattice, 24×rows×columns uint8 bins of 1/64 step.

    Meaningless where the step is 0. All coefficients that share a spread chip have its phase.
    """
    scaled = (chip_values(coefficients, steps, layout) - layout.dither) * np.float32(PHASE_BINS)
    return np.asarray(np.rint(scaled).astype(np.int32) & (PHASE_BINS - 1), dtype=np.uint8)


def chip_values(coefficients: Plane, steps: Plane, layout: Layout) -> Plane:
    """Value of every chip in steps: c / s for a chip of its own, the signed mean of c / s for one that is spread."""
    values = coefficients / np.maximum(steps, np.float32(1))
    signed = (values * layout.signs).reshape(-1, SPREAD, *values.shape[1:])
    together = np.repeat(signed.mean(axis=1, dtype=np.float32), SPREAD, axis=0)
    return np.where(layout.shared, together, values)


def phase_densities(deviation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Density of the phase of a bit 0 under wrapped Gaussian noise, relative to the uniform density.

    Args:
        deviation: standard deviation in steps, any shape, float32 ≥ 0.01.

    Returns:
        float32, one more axis of 64 bins; the mean over the bins is 1.
    """
    phase = np.arange(PHASE_BINS, dtype=np.float32) / PHASE_BINS
    turns = np.arange(-3, 4, dtype=np.float32)
    distance = phase[:, None] + turns - np.round(phase)[:, None]
    density = np.exp(-0.5 * (distance / deviation[..., None, None]) ** 2).sum(-1) + np.float32(1e-9)
    normalised: NDArray[np.float32] = density / density.mean(-1, keepdims=True)
    return normalised.astype(np.float32)
