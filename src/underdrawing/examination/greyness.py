"""Pictures that have lost their colours: only how bright their places are can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from underdrawing.images.picture import Pixels

__all__ = ["LUMA", "as_grey", "is_grey"]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""What red, green and blue add to brightness (ITU-R BT.601)."""

_MOST_COLOUR, _NEARLY_EVERYWHERE = 3.0, 0.98


def is_grey(colours: NDArray[np.float32]) -> bool:
    """Whether there is hardly a colour, but for a few places.

    Args:
        colours: …×3 RGB, mean colours of places, in grey levels.
    """
    return bool(np.quantile(np.ptp(colours, axis=-1), _NEARLY_EVERYWHERE) <= _MOST_COLOUR)


def as_grey(pixels: Pixels) -> Pixels:
    """H×W×3 RGB of its brightness alone: three equal channels; what has them already stays as it is."""
    grey: Pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return grey
