"""What was there, fitted into a suspect: painted, or where a region was only given other colours, with these undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.recovery import Recolouring, fitted_recolouring, paint_back
from underdrawing.tokenizer import CANVAS, LADDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.tokenizer import HiddenCode, Tokenizer

    Pixels = NDArray[np.uint8] | NDArray[np.uint16]

__all__ = ["Repainted", "repainted"]

_LARGEST = 8
"""How many regions are looked at, the largest first."""

_FEWEST_PX = 128
_RIM = 1 / 128
"""How far from the edge a map may be off, as a share of the shorter side."""

_TOLD_SCALES = 5
_INSIDE, _AS_IT_WAS, _MOSTLY = 0.5, 15.0, 0.6


@dataclass(frozen=True, eq=False)
class Repainted:
    """A suspect with a region as it was.

    Attributes:
        pixels: H×W×3, the type of the suspect; equal to it outside the region.
        recoloured: H×W bool, the part of the region that was only given other colours, which are undone; None where
            there is none.
    """

    pixels: Pixels
    recoloured: NDArray[np.bool_] | None = None


def repainted(
    suspect: Pixels,
    remembered: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    *,
    canvas: NDArray[np.uint8],
    code: HiddenCode,
    tokenizer: Tokenizer,
) -> Repainted:
    """The suspect with a region as it was.

    That a part of it was only recoloured has to show: with the colours undone, most of its cells get back the tokens
    that the code has for them. Nothing that was put in place of something else does that.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: 256×256×3 RGB uint8, the decoded hidden code.
        mask: H×W bool, True where the suspect was changed.
        canvas: 256×256×3 RGB uint8, the suspect.
        code: the hidden code.
        tokenizer: the tokenizer.
    """
    result = paint_back(suspect, remembered, mask, canvas=canvas)
    if not code.has_whole(_TOLD_SCALES):
        return Repainted(result)
    size, recoloured = mask.shape[::-1], np.zeros_like(mask)
    for region in _regions(mask):
        recolouring = fitted_recolouring(canvas, remembered, region)
        if recolouring is None or not _tokens_back(recolouring, canvas, region, code, tokenizer):
            continue
        where = mask & (cv2.resize(region.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
        undone = recolouring.undone(suspect, where)
        result[where] = _at_the_rim(suspect, undone, result, where)[where]
        recoloured |= where
    return Repainted(result, recoloured if recoloured.any() else None)


def _at_the_rim(suspect: Pixels, undone: Pixels, painted: Pixels, where: NDArray[np.bool_]) -> Pixels:
    """The colours of a region undone; at its rim whichever is nearer to what is painted: these, or the suspect's own.

    The edge of a map is a little off; what it took in by mistake was never recoloured.
    """
    reach = 2 * max(1, round(_RIM * min(where.shape))) + 1
    core = cv2.erode(where.view(np.uint8), np.ones((reach, reach), np.uint8), borderValue=1) > 0
    off_now, off_then = (_off(picture, painted) for picture in (suspect, undone))
    return np.where((where & ~core & (off_now < off_then))[..., None], suspect, undone)


def _off(picture: Pixels, painted: Pixels) -> NDArray[np.float32]:
    """How far the colours of two pictures are apart, H×W float32, averaged over 3×3 pixels."""
    apart = np.square(picture.astype(np.float32) - painted.astype(np.float32)).sum(axis=2)
    return np.asarray(cv2.blur(apart, (3, 3)), dtype=np.float32)


def _regions(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The parts of a mask, 256×256 bool each, the largest first; specks are left out."""
    small = cv2.resize(mask.view(np.uint8), (CANVAS, CANVAS), interpolation=cv2.INTER_NEAREST)
    _count, labels, statistics, _ = cv2.connectedComponentsWithStats(small, connectivity=8)
    order = np.argsort(-statistics[1:, cv2.CC_STAT_AREA])[:_LARGEST] + 1
    return [labels == number for number in order if statistics[number, cv2.CC_STAT_AREA] >= _FEWEST_PX]


def _tokens_back(
    recolouring: Recolouring,
    canvas: NDArray[np.uint8],
    region: NDArray[np.bool_],
    code: HiddenCode,
    tokenizer: Tokenizer,
) -> bool:
    """Whether most cells of a region with its colours undone have the tokens that the code has for them, or nearly."""
    side = LADDER[_TOLD_SCALES - 1]
    inside = cv2.resize(region.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > _INSIDE
    undone = tokenizer.linear.coarse_analysis(recolouring.undone(canvas, region).astype(np.int16))
    beyond = tokenizer.strays(undone, code)[inside]
    return bool(beyond.size > 0 and np.count_nonzero(beyond < _AS_IT_WAS) >= _MOSTLY * beyond.size)
