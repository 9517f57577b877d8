"""Does the picture show what its mark remembers? A mark copied onto another picture is caught here."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.examination.greyness import LUMA, is_grey

__all__ = ["shows_another_picture"]

_CELLS = 16
_LARGE = 32 * _CELLS
_LEAST_EXPLAINED = 0.3
_FLAT_DEVIATION = 8.0
_FLAT_DIFFERENCE = 45.0
_FEWEST_CELLS = 24


def shows_another_picture(
    suspect: NDArray[np.uint8] | NDArray[np.uint16], remembered: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> bool:
    """Whether what is visible outside the tampered region has nothing to do with what the hidden code remembers.

    The two are compared as 16×16 cells of colour, after the gain and offset that fit best, so that a change of tone is
    not taken for another picture. Of a picture without colours only how bright the cells are is compared.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the decoded hidden code.
        mask: H×W bool, True where the suspect is known to be changed; those cells do not count.
    """
    unit = np.float32(255 / np.iinfo(suspect.dtype).max)
    seen = _cells(suspect) * unit
    expected = _cells(remembered)
    covered = _cells(mask.view(np.uint8) * np.uint8(255))
    counted = covered < 0.25 * 255
    if np.count_nonzero(counted) < _FEWEST_CELLS:
        return False
    if is_grey(seen):
        seen, expected = seen @ LUMA, expected @ LUMA
    x, y = expected[counted].ravel(), seen[counted].ravel()
    if x.std() < _FLAT_DEVIATION or y.std() < _FLAT_DEVIATION:
        return bool(abs(x.mean() - y.mean()) > _FLAT_DIFFERENCE)
    return bool(np.corrcoef(x, y)[0, 1] < np.sqrt(_LEAST_EXPLAINED))


def _cells(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float32]:
    """Mean colour of each cell; large pictures are halved first, which is ten times as fast."""
    while min(pixels.shape[:2]) >= _LARGE:
        size = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = cast(NDArray[np.uint8], cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(pixels, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA), dtype=np.float32)
