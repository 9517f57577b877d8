"""Were the tones changed after all? What a decoded message tells about the tones it was read under.

Once the bits are known, every chip's exact lattice point is. If the tones are as they were, how far a coefficient
misses its point has nothing to do with how large it is; if a gain is left to undo, it misses by that share of its size.
A gamma shows as a share that differs from dark to bright blocks, a blur as one that differs from low to high frequency.

Coefficients near zero do not count: embedding pulls them only part of the way to their points, which looks the same.

Source: ours.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GROUPS
from underdrawing.channel.lattice.modulation import PHASE_BINS

if TYPE_CHECKING:
    from underdrawing.channel.lattice.reception import Reception

__all__ = ["TONE_DRIFT_LIMIT", "tone_drift"]

TONE_DRIFT_LIMIT = 0.03
"""Share of its size by which a coefficient may miss its point before the tones count as changed."""

_SMALLEST_STEPS, _LARGEST_STEPS = 0.75, 2.5
_FEWEST_CHIPS = 150
_STANDARD_ERRORS = 4.0


def tone_drift(reception: "Reception") -> float:
    """The largest share by which some kind of chip misses its lattice point, 0 where none does significantly.

    The kinds are dark, middle and bright blocks, and the groups of coefficients. Only chips whose bit is known count.
    """
    size = reception.coefficients / np.maximum(reception.steps, np.float32(1))
    distance = np.abs(size)
    counted = (reception.known >= 0) & (reception.weight > 0) & ~reception.layout.shared & (reception.intact > 0.5)
    chips = np.flatnonzero(counted & (distance > _SMALLEST_STEPS) & (distance < _LARGEST_STEPS))
    turn = reception.bins.take(chips) / np.float32(PHASE_BINS) - np.float32(0.5) * (reception.known.take(chips) == 1)
    size, miss = size.take(chips), turn - np.rint(turn)
    number, block = np.divmod(chips, reception.means.size)
    thirds = np.digitize(reception.means, np.quantile(reception.means, (1 / 3, 2 / 3)), right=True).take(block)
    kinds = [*(thirds == third for third in range(3)), *((number >= of.start) & (number < of.stop) for of in GROUPS)]
    return max(_slope(size[kind], miss[kind]) for kind in kinds)


def _slope(size: NDArray[np.floating], miss: NDArray[np.floating]) -> float:
    """Absolute slope of the miss over the size, 0 where there are too few chips or the slope may be chance."""
    energy = float(np.square(size).sum())
    if size.size < _FEWEST_CHIPS or energy == 0:
        return 0.0
    slope = float((size * miss).sum()) / energy
    error = float(np.sqrt(np.square(miss - slope * size).mean() / energy))
    return abs(slope) if abs(slope) > _STANDARD_ERRORS * error else 0.0
