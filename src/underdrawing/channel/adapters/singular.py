"""What two classical watermarks have in common: a bit is the place of a block's largest singular value in its step.

The value is moved to a quarter (0) or three quarters (1) of a step. Both programs read only on which half it lies; its
distance from the middle of that half says how sure the bit is, and whether there is a mark at all.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["phase_agreement", "phase_ratios"]

_LEAST, _MOST = 0.002, 0.98
"""Bounds on how well the phases of a whole picture may be thought to be kept."""


def phase_ratios(values: NDArray[np.float64], step: float) -> NDArray[np.float32]:
    """Log-likelihood ratios of the bits, positive for 0.

    Noise of the phase is taken to be circular and normal, and the same everywhere; how large it is follows from how
    closely the phases lie around the two places where they were put.

    Args:
        values: Singular values, any shape.
        step: The step they were placed in.

    Returns:
        float32 of the same shape.
    """
    phase = values / step % 1
    kept = float(np.clip(-np.cos(4 * np.pi * phase).mean(), _LEAST, _MOST))
    variance = -np.log(kept) / (8 * np.pi**2)
    return np.asarray(_log_density(phase - 0.25, variance) - _log_density(phase - 0.75, variance), dtype=np.float32)


def _log_density(distance: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Logarithm of the wrapped normal density over one step, but for a constant; distance and deviation in steps."""
    images = distance[..., None] + np.arange(-2, 3)
    return np.asarray(np.logaddexp.reduce(-(images**2) / (2 * variance), axis=-1))


def phase_agreement(values: NDArray[np.float64], step: float) -> NDArray[np.float32]:
    """How closely each value lies to one of the two places: 1 there, −1 halfway between, 0 on average without a mark.

    float32 of the same shape.
    """
    return np.asarray(-np.cos(4 * np.pi * (values / step % 1)), dtype=np.float32)
