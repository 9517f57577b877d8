"""Made-up phases for tests of what is told from them."""

import numpy as np

from underdrawing.channel import Profile
from underdrawing.channel.lattice.design import COEFFICIENTS, DESIGNS, GROUPS, LEVELS, TIERS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, layout_of
from underdrawing.channel.lattice.modulation import PHASE_BINS

GRID = WorkingGrid(512, 32, 48)
LAYOUT = layout_of(GRID, (True,) * TIERS)
DESIGN = DESIGNS[Profile.STANDARD, 512]
SHAPE = (len(COEFFICIENTS), GRID.rows, GRID.columns)
KINDS = len(GROUPS) + 2
SHARED_NOISE = 0.8


def phases(deviation, seed=0):
    """Phases of random bits under Gaussian noise, and the bits; chips that are shared have one phase, of less noise."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, SHAPE)
    noise = rng.normal(0, deviation, SHAPE)
    for lane in GROUPS[:2]:
        bits[lane] = np.where(LAYOUT.shared[lane], bits[lane.start], bits[lane])
        noise[lane] = np.where(LAYOUT.shared[lane], SHARED_NOISE * noise[lane.start], noise[lane])
    bits = np.where(LAYOUT.roles == PILOT, LAYOUT.pilots, bits)
    bins = np.rint((bits / 2 + noise) * PHASE_BINS).astype(np.int64) % PHASE_BINS
    return bins.astype(np.uint8), bits.astype(np.int8)


UNKNOWN = np.where(LAYOUT.roles == PILOT, LAYOUT.pilots.astype(np.int8), np.int8(-1))


def levels(level=None):
    if level is not None:
        return np.full(SHAPE[1:], level)
    return np.random.default_rng(7).integers(0, LEVELS, SHAPE[1:])


def weights(chosen):
    used = (LAYOUT.roles >= 0) | (LAYOUT.roles == PILOT)
    steps = np.repeat(DESIGN.steps.T[:, chosen], [lane.stop - lane.start for lane in GROUPS], axis=0)
    return (np.where(LAYOUT.shared, 0.25, 1.0) * used * (steps > 0)).astype(np.float32)
