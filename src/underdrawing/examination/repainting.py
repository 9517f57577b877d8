"""What was there, fitted into a suspect: painted; where a region was only given other colours, with these undone; and
where it was only redrawn, as it is.

A hidden code tells of each cell to within the error of quantization what it showed. Where a region was redrawn by a
network, sharpened, smoothed or compressed on its own, its chips are gone and the map says so, but its cells still have
the tokens of the code. Then it shows what it showed, and in more detail than the code could tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from underdrawing.recovery import fitted_recolouring, paint_back
from underdrawing.recovery.texturing import refined
from underdrawing.tokenizer import CANVAS

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
_FEWEST_CELLS = {4: 12, _TOLD_SCALES: 1}
"""With how many scales of the code it shows that a region was only recoloured, and in how many cells at least: those of
scale 8 are large, and a few of them look like anything."""
_SQUARES = {4: 16, _TOLD_SCALES: 32}
"""Over how many squares a side colours are averaged then."""

_INSIDE, _AS_IT_WAS, _MOSTLY = 0.5, 15.0, 0.6

_REDRAWN, _KEPT, _FEWEST_REDRAWN = 1.0, 3.0, 4
"""How far most cells of a region that was redrawn have strayed at most, in units of latents; up to where a cell of it
is left as it is; and how many cells tell that."""


@dataclass(frozen=True, eq=False)
class Repainted:
    """A suspect with a region as it was.

    Attributes:
        pixels: H×W×3, the type of the suspect; equal to it outside the region.
        recoloured: H×W bool, the part of the region that was only given other colours, which are undone; None where
            there is none.
        redrawn: H×W bool, the part that was only redrawn, which is left as it is; None where there is none.
    """

    pixels: Pixels
    recoloured: NDArray[np.bool_] | None = None
    redrawn: NDArray[np.bool_] | None = None


def repainted(
    suspect: Pixels,
    remembered: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    *,
    canvas: NDArray[np.uint8],
    code: HiddenCode,
    tokenizer: Tokenizer,
    textured: bool = False,
) -> Repainted:
    """The suspect with a region as it was.

    That a part of it was only recoloured has to show: with the colours undone, most of its cells get back the tokens
    that the code has for them. Nothing that was put in place of something else does that. Nor does it keep these tokens
    as it is: of a region of which most cells do, those that do are left.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: 256×256×3 RGB uint8, the decoded hidden code.
        mask: H×W bool, True where the suspect was changed.
        canvas: 256×256×3 RGB uint8, the suspect.
        code: the hidden code.
        tokenizer: the tokenizer.
        textured: whether texture finer than ``remembered`` is to be made up as well.
    """
    result = paint_back(suspect, remembered, mask, canvas=canvas)
    if textured:
        result = refined(result, mask)
    told = next((scales for scales in reversed(_FEWEST_CELLS) if code.has_whole(scales)), None)
    if told is None:
        return Repainted(result)
    code = code.prefix(told)
    strayed = _strayed(canvas, code, tokenizer)
    size, recoloured, redrawn = mask.shape[::-1], np.zeros_like(mask), np.zeros_like(mask)
    reach = max(1, round(_RIM * min(mask.shape)))
    for region in _regions(mask):
        inside = mask & (cv2.resize(region.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
        near = _around(inside, reach + 2)
        where, painted, shown = inside[near], result[near], suspect[near]
        if told == _TOLD_SCALES and _mostly_within(_REDRAWN, strayed, region, fewest=_FEWEST_REDRAWN):
            within = (strayed < _KEPT).astype(np.float32)
            kept = np.asarray(cv2.resize(within, size, interpolation=cv2.INTER_LINEAR)[near], dtype=np.float32)
            painted[where] = _between(painted, shown, kept)[where]
            redrawn[near] |= where & (kept >= _INSIDE)
            continue
        recolouring = fitted_recolouring(canvas, remembered, region, squares=_SQUARES[told])
        if recolouring is None:
            continue
        back = cast("NDArray[np.uint8]", recolouring.undone(canvas, region))
        if _mostly_within(_AS_IT_WAS, _strayed(back, code, tokenizer), region, fewest=_FEWEST_CELLS[told]):
            undone = recolouring.undone(shown, where)
            painted[where] = _at_the_rim(shown, undone, painted, where, reach)[where]
            recoloured |= inside
    return Repainted(result, *(part if part.any() else None for part in (recoloured, redrawn)))


def _between(one: Pixels, other: Pixels, share: NDArray[np.float32]) -> Pixels:
    """Two pictures mixed, with this share of the other one at each pixel."""
    mixed = one + share[..., None] * (other.astype(np.float32) - one)
    return cast("Pixels", np.rint(mixed).astype(one.dtype))


def _around(area: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold all of an area, and so many around it."""
    left, top, width, height = cv2.boundingRect(area.view(np.uint8))
    rows, columns = (slice(max(at - margin, 0), at + n + margin) for at, n in ((top, height), (left, width)))
    return rows, columns


def _at_the_rim(suspect: Pixels, undone: Pixels, painted: Pixels, where: NDArray[np.bool_], reach: int) -> Pixels:
    """The colours of a region undone; at its rim whichever is nearer to what is painted: these, or the suspect's own.

    The edge of a map is a little off; what it took in by mistake was never recoloured.
    """
    size = 2 * reach + 1
    core = cv2.erode(np.ascontiguousarray(where).view(np.uint8), np.ones((size, size), np.uint8), borderValue=1) > 0
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


def _strayed(canvas: NDArray[np.uint8], code: HiddenCode, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """How far the cells of a picture have strayed from the tokens of a code, side×side, see ``Tokenizer.strays``."""
    return tokenizer.strays(tokenizer.linear.coarse_analysis(canvas.astype(np.int16)), code)


def _mostly_within(most: float, strayed: NDArray[np.float32], region: NDArray[np.bool_], *, fewest: int) -> bool:
    """Whether there are so many cells in a region, 256×256 bool, and most have strayed no farther than that."""
    inside = cv2.resize(region.astype(np.float32), strayed.shape[::-1], interpolation=cv2.INTER_AREA) > _INSIDE
    cells = strayed[inside]
    return bool(cells.size >= fewest and np.count_nonzero(cells < most) >= _MOSTLY * cells.size)
