"""What the network that draws outlines looks at: everything known of each place, on one canvas.

Colours say where an edge is, chips which side of it was replaced. Blocks are laid onto the canvas as the squares they
are, so that the network can tell how far an edge may lie from where a block's evidence changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.colours import Pixels, compared_colours, opponent_colours

__all__ = ["CANVAS_PX", "PLANES", "Places", "outline_planes"]

CANVAS_PX = 256
"""Side of the square canvas on which outlines are drawn."""

PLANES = (
    *("brightness", "blue", "red"),
    *("brightness surprise", "blue surprise", "red surprise", "expected brightness", "remembered"),
    *("evidence", "strong evidence", "belief", "region", "chips", "content", "rows"),
    *("grain", "strays"),
)
"""What the planes are, in order; those of the second line are 0 where no remembered picture is known."""

_GREY, _COLOUR, _SURPRISE = 255.0, 64.0, 3.0
_MOST_SURPRISE, _MOST_STRONG, _MOST_CHIPS, _MOST_CONTENT = 6.0, 1.5, 2.0, 1.5
_EVIDENCE_NATS, _STRONG_NATS, _CONTENT_NATS = 8.0, 40.0, 6.0
_ROWS = 64.0
_GRAIN_UNITS, _LEAST_GRAIN, _MIDDLE_GRAIN = 8, 0.25, 1.0
_LEAST_ROWS, _EIGHT_BITS = 270, 257
_LOGARITHM = ((np.log(np.arange(256) / _GRAIN_UNITS + _LEAST_GRAIN) - _MIDDLE_GRAIN) / 2).astype(np.float32)

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Places:
    """What is known of each block, rows×columns each.

    Attributes:
        evidence: float32, log-likelihood ratio of untouched against replaced from the chips alone, in nats.
        chips: float32, number of known chips, less where the picture is clipped.
        content: float32, nats from what the picture shows.
        belief: float32, probability that the block was changed.
        regions: bool, the blocks of the regions that count.
        strays: side×side float32 cells, nats from tokens that are no longer the nearest; None where nobody looked.
        missing: h×w bool, any size, what the suspect does not show; None where it shows all.
    """

    evidence: Plane
    chips: Plane
    content: Plane
    belief: Plane
    regions: NDArray[np.bool_]
    strays: Plane | None = None
    missing: NDArray[np.bool_] | None = None


def outline_planes(
    places: Places, suspect: Pixels, remembered: NDArray[np.uint8] | None, canvas: NDArray[np.uint8] | None = None
) -> Plane:
    """The input of the network, 17×256×256 float32 in the order of ``PLANES``, each about −2 to 2.

    Args:
        places: what is known of each block.
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the picture the hidden code remembers; None where too little of it is known.
        canvas: 256×256×3 RGB uint8, the suspect at that size, if it is at hand.
    """
    planes = np.zeros((len(PLANES), CANVAS_PX, CANVAS_PX), dtype=np.float32)
    _tell_colours(planes, places, suspect if canvas is None else canvas, remembered)
    evidence, usual = places.evidence, max(float(np.median(places.chips)), 1e-3)
    planes[8] = _squares(np.tanh(evidence / _EVIDENCE_NATS))
    planes[9] = _squares(np.clip(evidence / _STRONG_NATS, -_MOST_STRONG, _MOST_STRONG))
    planes[10] = _smooth(np.where(places.regions, places.belief, 0))
    planes[11] = _squares(places.regions)
    planes[12] = _squares(np.clip(places.chips / usual, 0, _MOST_CHIPS))
    planes[13] = _smooth(np.clip(places.content / _CONTENT_NATS, -_MOST_CONTENT, _MOST_CONTENT))
    planes[14] = evidence.shape[0] / _ROWS
    planes[15] = _grain(suspect)
    if places.strays is not None:
        planes[16] = _squares(np.clip(places.strays / _CONTENT_NATS, -_MOST_CONTENT, _MOST_CONTENT))
    if places.missing is not None:
        _tell_what_is_missing(planes, _smooth(places.missing) > 0)
    return planes


def _tell_what_is_missing(planes: Plane, missing: NDArray[np.bool_]) -> None:
    """Make nothing stand out that is not there to be seen: its brightness is the expected one, its grain the usual."""
    if planes[7].any():
        planes[0, missing] = planes[6, missing]
    planes[1:6, missing] = 0
    if not missing.all():
        planes[15, missing] = planes[15, ~missing].mean()


def _grain(suspect: Pixels) -> Plane:
    """How much the finest detail of the suspect stirs at each place, as a logarithm about 0.

    What was painted, smoothed or drawn by a network has another grain than what is around it, and grain is far finer
    than the canvas. It is taken along rows of the green channel; of a large picture not from every row.
    """
    green = cv2.extractChannel(suspect[:: max(1, suspect.shape[0] // _LEAST_ROWS)], 1)
    if green.dtype != np.uint8:
        green = cv2.convertScaleAbs(green, alpha=1 / _EIGHT_BITS)
    bent = cv2.convertScaleAbs(cv2.Sobel(green, cv2.CV_16S, 2, 0, ksize=1), alpha=_GRAIN_UNITS)
    narrow = (bent.shape[1] // max(1, bent.shape[1] // (2 * CANVAS_PX)), bent.shape[0])
    for size in (narrow, (CANVAS_PX, CANVAS_PX)):
        bent = cv2.resize(bent, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.LUT(bent, _LOGARITHM), dtype=np.float32)


def _tell_colours(planes: Plane, places: Places, suspect: Pixels, remembered: NDArray[np.uint8] | None) -> None:
    """Fill in the first eight planes."""
    size = (CANVAS_PX, CANVAS_PX)
    trusted = (places.evidence > 0) & ~places.regions
    compared = None if remembered is None else compared_colours(suspect, remembered, trusted, size=size)
    seen = opponent_colours(suspect, size=size) if compared is None else compared.seen
    planes[0] = seen[0] / _GREY - 0.5
    planes[1:3] = seen[1:] / _COLOUR
    if compared is not None:
        planes[3:6] = np.clip(compared.surprise, -_MOST_SURPRISE, _MOST_SURPRISE) / _SURPRISE
        planes[6] = compared.expected[0] / _GREY - 0.5
        planes[7] = 1


def _squares(plane: NDArray[np.generic]) -> Plane:
    return _resized(plane, cv2.INTER_NEAREST)


def _smooth(plane: NDArray[np.generic]) -> Plane:
    return _resized(plane, cv2.INTER_LINEAR)


def _resized(plane: NDArray[np.generic], how: int) -> Plane:
    resized = cv2.resize(plane.astype(np.float32), (CANVAS_PX, CANVAS_PX), interpolation=how)
    return np.asarray(resized, dtype=np.float32)
