"""Regions that follow what is in a picture: an object, or the part of one, from a place that catches the eye.

From a place drawn where there is much detail, in colours that the sides of the picture do not have, a front runs over
the picture, slowly across changes of colour; the region is the given share of places that it reaches first. So it fills
an object up to its edges before it spills.

Source: ours; the distance is that of geodesic segmentation (Criminisi, Sharp and Blake, "GeoS", 2008).
"""

import heapq

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask, lowest_places

__all__ = ["detail", "object_mask"]

_SIDE_PX = 96
_SLOWNESS = 0.25
_LIKENESS = 0.06
_FLAT_PX, _FLAT_LEVELS = 4, 24
_NEIGHBOURS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.414), (1, -1, 1.414))


def object_mask(pixels: Pixels, *, fraction: float, rng: np.random.Generator) -> Mask:
    """A region whose outline follows edges of the picture.

    Args:
        pixels: H×W×3 uint8 RGB.
        fraction: Share of the area, above 0 and below 1; met to the nearest pixel.
        rng: Decides where it begins; the same state gives the same mask on the same picture.

    Returns:
        H×W bool, True inside the region.

    Raises:
        UsageError: The fraction leaves no pixel inside or none outside.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    flat = cv2.pyrMeanShiftFiltering(small, _FLAT_PX, _FLAT_LEVELS)
    colours = cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).astype(np.float32)
    begin = _begin(detail(small) * _unlike_edges(colours), rng)
    arrival = cv2.GaussianBlur(_arrival(colours, begin), (0, 0), 1.0)
    field = cv2.resize(arrival, (width, height), interpolation=cv2.INTER_CUBIC)
    return lowest_places(np.asarray(field, dtype=np.float32), fraction)


def detail(pixels: Pixels) -> NDArray[np.float32]:
    """How much goes on around each place: H×W float32, mean gradient of the luma in grey levels per pixel, ≥ 0."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.GaussianBlur(np.hypot(across, down), (0, 0), max(1.0, min(luma.shape) / 24)), np.float32)


def _unlike_edges(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each place's colour is from the mean colours of the four sides, the nearest of them: H×W×3 → H×W, ≥ 1."""
    sides = [side.mean(axis=(0, 1)) for side in (colours[:4], colours[-4:], colours[:, :4], colours[:, -4:])]
    nearest = np.min([np.linalg.norm(colours - side, axis=2) for side in sides], axis=0)
    return np.asarray(nearest + 1, dtype=np.float32)


def _begin(weights: NDArray[np.float32], rng: np.random.Generator) -> tuple[int, int]:
    """(row, column) of a place away from the edges, drawn by how much goes on there."""
    height, width = weights.shape
    inner = np.zeros_like(weights)
    window = np.s_[height // 6 : max(height // 6 + 1, height - height // 6), width // 6 : max(1, width - width // 6)]
    inner[window] = weights[window] ** 2 + 1e-6
    chosen = int(rng.choice(inner.size, p=(inner / inner.sum(dtype=np.float64)).ravel().astype(np.float64)))
    return chosen // width, chosen % width


def _arrival(colours: NDArray[np.float32], begin: tuple[int, int]) -> NDArray[np.float32]:
    """When the front reaches each place (Dijkstra): H×W×3 CIELAB → H×W float32.

    A step takes its length, more across a change of colour, and more on colours unlike the one it began on.
    """
    height, width = colours.shape[:2]
    row, column = begin
    unlike = (_LIKENESS * np.linalg.norm(colours - colours[row, column], axis=2)).tolist()
    places = colours.tolist()
    arrival = [[np.inf] * width for _ in range(height)]
    arrival[row][column] = 0.0
    front = [(0.0, row, column)]
    steps = [(sign * down, sign * across, length) for down, across, length in _NEIGHBOURS for sign in (1, -1)]
    while front:
        time, y, x = heapq.heappop(front)
        if time > arrival[y][x]:
            continue
        for down, across, length in steps:
            to_y, to_x = y + down, x + across
            if 0 <= to_y < height and 0 <= to_x < width:
                change = sum(abs(a - b) for a, b in zip(places[y][x], places[to_y][to_x], strict=True))
                later = time + length * (1 + _SLOWNESS * change + unlike[to_y][to_x])
                if later < arrival[to_y][to_x]:
                    arrival[to_y][to_x] = later
                    heapq.heappush(front, (later, to_y, to_x))
    return np.array(arrival, dtype=np.float32)
