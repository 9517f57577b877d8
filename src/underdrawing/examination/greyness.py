"""Pictures that have lost their colours: only how bright their places are can be compared."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LUMA", "is_grey"]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""What red, green and blue add to brightness (ITU-R BT.601)."""

_MOST_COLOUR, _NEARLY_EVERYWHERE = 3.0, 0.98


def is_grey(colours: NDArray[np.float32]) -> bool:
    """Whether there is hardly a colour, but for a few places.

    Args:
        colours: …×3 RGB, mean colours of places, in grey levels.
    """
    return bool(np.quantile(np.ptp(colours, axis=-1), _NEARLY_EVERYWHERE) <= _MOST_COLOUR)
