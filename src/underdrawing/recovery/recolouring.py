"""A change of colours undone: everything else of a region is still in the suspect and need not be painted.

Whoever gives a thing another colour leaves its shape, its texture and its shading where they were. The remembered
picture has too little detail to paint them, but it tells colours well: averaged over small squares it is right to a few
grey levels. So the mixing of the three channels that leads from the suspect's squares to the remembered ones is fitted,
and every pixel of the region goes through it.

Source: ours; a robust affine fit as in colour transfer (Reinhard et al. 2001 match moments, this matches places).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Recolouring", "colour_mixing", "fitted_recolouring"]

_FEWEST_SQUARES, _WHOLLY = 12, 0.95
_PULL_TO_SAME = 25.0
"""Variance in grey levels below which colours do not tell how they were mixed."""

_BEST_SHARE, _OUTLIER, _LEAST_ERROR = 0.6, 2.5, 6.0
_MOST_ERROR, _LEAST_CHANGE = 14.0, 8.0

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Recolouring:
    """How the colours of a region become what they were: colour @ mixing + offsets, in grey levels of 8 bits.

    Attributes:
        mixing: 3×3 float32.
        offsets: 3 float32.
    """

    mixing: NDArray[np.float32]
    offsets: NDArray[np.float32]

    def undone(self, picture: Pixels, mask: NDArray[np.bool_]) -> Pixels:
        """A picture (H×W×3 RGB, uint8 or uint16) with the colours inside a mask (H×W bool) as they were."""
        unit = np.iinfo(picture.dtype).max / 255
        colours = picture[mask].astype(np.float32) @ self.mixing + self.offsets * np.float32(unit)
        result = picture.copy()
        result[mask] = np.rint(np.clip(colours, 0, 255 * unit)).astype(picture.dtype)
        return result


def fitted_recolouring(
    canvas: NDArray[np.uint8], remembered: NDArray[np.uint8], mask: NDArray[np.bool_], *, squares: int = 32
) -> Recolouring | None:
    """What a region would have to go through to look as it is remembered; None if no mixing of colours does it.

    Args:
        canvas: 256×256×3 RGB uint8, the suspect.
        remembered: 256×256×3 RGB uint8, the decoded hidden code.
        mask: 256×256 bool, one region.
        squares: over how many squares a side colours are averaged; a coarse code tells those of large ones only.
            Where too few lie in the region, they are half as large.
    """
    seen, expected = _squares(canvas, remembered, mask, squares)
    if len(seen) < _FEWEST_SQUARES:
        return None
    kept = np.ones(len(seen), dtype=np.bool_)
    for _ in range(2):
        mixing, offsets = colour_mixing(seen[kept], expected[kept])
        error = np.abs(seen @ mixing + offsets - expected).max(axis=1)
        kept = error < _OUTLIER * max(float(np.quantile(error, _BEST_SHARE)), _LEAST_ERROR)
    moved = float(np.abs(seen @ mixing + offsets - seen).mean())
    missed = float(np.sqrt(np.square(seen[kept] @ mixing + offsets - expected[kept]).mean()))
    return Recolouring(mixing, offsets) if missed <= _MOST_ERROR and moved >= _LEAST_CHANGE else None


def _squares(
    canvas: NDArray[np.uint8], remembered: NDArray[np.uint8], mask: NDArray[np.bool_], squares: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colours of the squares that lie in the region, as seen and as remembered, n×3 each; small squares if few."""
    seen = expected = np.zeros((0, 3), dtype=np.float32)
    for side in (squares, 2 * squares):
        inside = _averaged(mask.astype(np.uint8), side) >= _WHOLLY
        seen, expected = _averaged(canvas, side)[inside], _averaged(remembered, side)[inside]
        if len(seen) >= _FEWEST_SQUARES:
            break
    return seen, expected


def colour_mixing(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    *,
    gain: float = 1.0,
    weights: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How colours were mixed: after = before @ mixing + offsets by least squares, 3×3 and 3 float32.

    Args:
        before, after: n×3 float32, RGB in grey levels.
        gain: what a channel was multiplied by as far as the colours do not tell.
        weights: n float32, how much each colour counts; None: alike.
    """
    shares = np.full((len(before), 1), 1 / len(before)) if weights is None else weights[:, None] / weights.sum()
    middle, level = (shares * before).sum(axis=0), (shares * after).sum(axis=0)
    around, pull = before - middle, _PULL_TO_SAME * np.eye(3)
    spread = around.T @ (shares * around) + pull
    mixing = np.linalg.solve(spread, around.T @ (shares * (after - level)) + gain * pull).astype(np.float32)
    return mixing, (level - middle @ mixing).astype(np.float32)


def _averaged(plane: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    return cast("NDArray[np.float32]", cv2.resize(plane.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA))
