"""Whether a suspect shows what a preview shows, and where: points of both that agree on one change of coordinates.

::

    suspect ─► points and their looks ─┐                         ┌─► how many agree: the evidence
    preview ─► points and their looks ─┴─► pairs ─► one affinity ┴─► homography: the geometry

Smooth pictures have too few points. Where nothing was moved, fine structure is also compared in place, tile by tile.

Sources: ORB (Rublee et al., ICCV 2011) for the points, RANSAC (Fischler and Bolles, 1981) for the affinity. The search
draws from a fixed seed, so that the same two pictures give the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["AGREEING", "Landmarks", "Registration", "likeness_aligned", "likeness_in_place", "register"]

AGREEING = 10
"""So many agreeing points make it certain that two pictures show the same: see ``docs/retrieval.md``."""

_CLEAR = 24
_LONG_SIDE_PX = 384
_POINTS, _EDGE_PX = 3000, 12  # how many at most; how far from the edge of the picture at least
_AREAS, _POINTS_OF_AREA = 6, 20  # of 6×6 areas each keeps its best points, so that writing does not take them all
_RATIO = 0.85  # of the distances to the best and second-best partner of a point
_TOLERANCE_PX = 4.0
_EXACT_PX = 1.5  # the same for the homography
_ROUNDS = 500
_CELL_PX = 3  # points nearer to each other than this count once
_ZOOM = (0.15, 6.0)
_SLANT = 2.0  # largest ratio of the stretches along two directions
_TILES, _TILE_PX = 6, 8  # of the small picture that is compared in place
_COARSE_PX = 4.0  # what is coarser than this, of 48, is left out of that
_FAINT = 2.0  # grey levels of fine structure below which two tiles hardly agree
_TILES_KEPT = 7 / 12  # of them: so many best ones count, since the rest may have been replaced
_WARPED_PX = 96  # side of the picture that is laid over another
_EXACT_FROM = 24  # agreeing points from which a homography is fitted


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Points of a picture that are found again in its copies.

    Attributes:
        places: (n, 2) float32, (x, y) in pixels of the picture as it was looked at.
        looks: (n, 32) uint8, what is around each point, turned upright.
        size_px: (width, height) of the picture as it was looked at.
        tiles: (36, 192) float32, fine structure of each of 6×6 tiles of the whole picture.
        small: 96×96×3 float32, the whole picture.
    """

    places: NDArray[np.float32]
    looks: NDArray[np.uint8]
    size_px: tuple[int, int]
    tiles: NDArray[np.float32]
    small: NDArray[np.float32]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_] | None = None) -> Landmarks:
        """Those of H×W×3 RGB uint8 pixels; none where they are ``hidden`` (H×W bool)."""
        grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
        zoom = _LONG_SIDE_PX / max(grey.shape)
        size = tuple(max(1, round(side * zoom)) for side in (grey.shape[1], grey.shape[0]))
        seen = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
        shown = None
        if hidden is not None:
            shown = cv2.resize(255 - hidden.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
        places, looks = _points(seen, shown)
        return cls(places, looks, (size[0], size[1]), _fine_tiles(pixels, hidden), _small(pixels, _WARPED_PX))


def _points(seen: NDArray[Any], shown: NDArray[Any] | None) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places (n, 2) and looks (n, 32) of points of a grey picture where it is ``shown``; none of one that is thin."""
    if min(seen.shape) <= 2 * _EDGE_PX:
        return np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
    finder: Any = cv2.ORB.create(_POINTS, 1.2, 8, edgeThreshold=_EDGE_PX, patchSize=2 * _EDGE_PX, fastThreshold=5)
    points, looks = finder.compute(seen, _spread(finder.detect(seen, shown), seen.shape[::-1]))
    places = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
    return places, np.empty((0, 32), np.uint8) if looks is None else np.asarray(looks, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Registration:
    """How a suspect lies within an original.

    Attributes:
        points: How many places agree; ``AGREEING`` of them are certain.
        matrix: 3×3 float64, takes (x, y, 1) of the suspect to (x, y, w) of the original, both measured in shares of
            width and height from the upper left corner, 0 to 1.
    """

    points: int
    matrix: NDArray[np.float64]

    @property
    def certain(self) -> bool:
        """Whether both show the same."""
        return self.points >= AGREEING

    @property
    def clear(self) -> bool:
        """Whether so many points agree that no other picture need be tried."""
        return self.points >= _CLEAR

    @property
    def mirrored(self) -> bool:
        """Whether left and right are exchanged."""
        return bool(np.linalg.det(self.matrix[:2, :2]) < 0)

    def corners(self) -> NDArray[np.float64]:
        """Where the suspect's corners lie in the original, (4, 2) as (x, y) in shares, clockwise from upper left."""
        square = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
        found = square @ self.matrix.T
        return np.asarray(found[:, :2] / found[:, 2:])

    def share_shown(self) -> float:
        """Which share of the original's area the suspect shows, 0 to 1."""
        frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        corners = self.corners().astype(np.float32)
        if not cv2.isContourConvex(corners[:, None]):
            return 0.0
        return float(min(1.0, cv2.intersectConvexConvex(corners, frame)[0]))


def register(suspects: Sequence[Landmarks], original: Landmarks) -> Registration | None:
    """How a suspect lies within an original; None where nothing agrees.

    Args:
        suspects: landmarks of the suspect and, to find mirrored copies, of its mirror image.
        original: landmarks of the original, or of a preview of it.
    """
    found = [_aligned(suspect, original, mirrored=bool(number)) for number, suspect in enumerate(suspects)]
    return max((one for one in found if one is not None), key=lambda one: one.points, default=None)


def _spread(points: Sequence[Any], size_px: tuple[int, ...]) -> list[Any]:
    """The strongest points of each of 6×6 areas; areas in the order of their strongest."""
    if not points:
        return []
    strength = np.argsort([-point.response for point in points], kind="stable")
    places = np.asarray(cv2.KeyPoint.convert(points), dtype=np.float64)[strength]
    cells = (_AREAS * places / np.asarray(size_px)).astype(np.int64)
    _, first, areas = np.unique(cells[:, 1] * _AREAS + cells[:, 0], return_index=True, return_inverse=True)
    rank = np.empty(len(cells), np.int64)
    for area in range(len(first)):
        mine = areas == area
        rank[mine] = np.arange(np.count_nonzero(mine))
    order = np.argsort(first[areas], kind="stable")
    return [points[strength[one]] for one in order if rank[one] < _POINTS_OF_AREA]


def likeness_in_place(suspects: Sequence[Landmarks], original: Landmarks) -> float:
    """How alike the fine structure is where nothing was moved: 1 in a copy, about 0.2 in strangers.

    Args:
        suspects: landmarks of the suspect and, to know mirrored copies, of its mirror image.
        original: landmarks of the original, or of a preview of it.
    """
    return max(_tiles_alike(suspect.tiles, original.tiles) for suspect in suspects)


def _tiles_alike(some: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """Mean correlation of the tiles that agree best; faint ones count less."""
    products = (some * others).sum(axis=1)
    norms = np.sqrt((some**2).sum(axis=1) * (others**2).sum(axis=1)) + some.shape[1] * _FAINT
    kept = max(1, round(_TILES_KEPT * len(some)))
    return float(np.sort(products / norms)[-kept:].mean())


def likeness_aligned(suspects: Sequence[Landmarks], original: Landmarks, found: Registration) -> float:
    """How alike the fine structure is once the original is laid over the suspect by what was found, as above.

    Two photographs of one thing agree in many points, but not in what is around it; a copy agrees in both. What lies
    outside of the original does not count; where less than a quarter of the suspect is left to compare, it is 0.
    """
    suspect = suspects[int(found.mirrored) % len(suspects)]
    turned = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], np.float64) if found.mirrored else np.eye(3)
    back = _scaled(_WARPED_PX) @ found.matrix @ turned @ np.linalg.inv(_scaled(_TILES * _TILE_PX))
    size, flags = (_TILES * _TILE_PX,) * 2, cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
    smooth = cv2.GaussianBlur(original.small, (0, 0), 1.0)
    laid = cv2.warpPerspective(smooth, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.ones(original.small.shape[:2], np.float32), back, size, flags=flags)
    counts = inside.reshape(_TILES, _TILE_PX, _TILES, _TILE_PX).mean(axis=(1, 3)).ravel() > 0.9
    if counts.sum() < _TILES * _TILES / 4:
        return 0.0
    return _tiles_alike(suspect.tiles[counts], _tiles_of(np.asarray(laid, dtype=np.float32))[counts])


def _scaled(side_px: int) -> NDArray[np.float64]:
    """From shares of a square picture to its pixels, whose centres lie at half pixels."""
    return np.array([[side_px, 0, -0.5], [0, side_px, -0.5], [0, 0, 1]], np.float64)


def _fine_tiles(pixels: NDArray[np.uint8], hidden: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """Fine structure of 6×6 tiles, (36, 192) float32; 0 where hidden."""
    side = _TILES * _TILE_PX
    tiles = _tiles_of(_small(pixels, side))
    if hidden is None:
        return tiles
    covered = cv2.resize(hidden.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    shown = np.repeat((covered < 0.5)[..., None], 3, axis=2).astype(np.float32)
    return np.asarray(tiles * _cut(shown), dtype=np.float32)


def _tiles_of(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is fine in a picture of 48×48×3, in tiles (36, 192)."""
    return _cut(small - cv2.GaussianBlur(small, (0, 0), _COARSE_PX))


def _cut(small: NDArray[np.float32]) -> NDArray[np.float32]:
    tiles = small.reshape(_TILES, _TILE_PX, _TILES, _TILE_PX, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(tiles.reshape(_TILES * _TILES, -1), dtype=np.float32)


def _small(pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.float32]:
    shrunk = cv2.resize(np.ascontiguousarray(pixels), (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.float32)


def _aligned(suspect: Landmarks, original: Landmarks, *, mirrored: bool) -> Registration | None:
    here, there = _pairs(suspect, original)
    if len(here) < 4:
        return None
    affinity, agree = cv2.estimateAffine2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE_PX, maxIters=_ROUNDS, confidence=0.99
    )
    if affinity is None or not _plausible(affinity[:, :2]):
        return None
    chosen = agree.ravel() > 0
    here, there = here[chosen], there[chosen]
    count = min(_distinct(here), _distinct(there))
    matrix = np.vstack([affinity, [0, 0, 1]])
    if count >= _EXACT_FROM:
        exact, _ = cv2.findHomography(here, there, cv2.RANSAC, _EXACT_PX, maxIters=_ROUNDS)
        matrix = matrix if exact is None else exact
    return Registration(count, _in_shares(matrix, suspect.size_px, original.size_px, mirrored=mirrored))


def _pairs(suspect: Landmarks, original: Landmarks) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places in both whose looks are nearest to each other, and clearly nearer than the next."""
    if min(len(suspect.looks), len(original.looks)) < 2:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    matches: Any = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(suspect.looks, original.looks, k=2)
    good = [best for best, second in matches if best.distance < _RATIO * second.distance]
    here = suspect.places[[match.queryIdx for match in good]]
    there = original.places[[match.trainIdx for match in good]]
    return here, there


def _plausible(affinity: NDArray[Any]) -> bool:
    """Whether an affinity is one that copies go through: no wild zoom, no strong slant, no mirror image."""
    stretches = np.linalg.svd(affinity, compute_uv=False)
    unmirrored = np.linalg.det(affinity) > 0
    inside = _ZOOM[0] <= stretches[1] and stretches[0] <= _ZOOM[1]
    return bool(unmirrored and inside and stretches[0] <= _SLANT * stretches[1])


def _distinct(places: NDArray[np.float32]) -> int:
    return len(np.unique(np.floor(places / _CELL_PX), axis=0))


def _in_shares(
    matrix: NDArray[np.float64], suspect_px: tuple[int, int], original_px: tuple[int, int], *, mirrored: bool
) -> NDArray[np.float64]:
    """The same change of coordinates, in shares of width and height; pixel centres lie at half pixels."""
    turned = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], np.float64) if mirrored else np.eye(3)
    into = np.array([[suspect_px[0], 0, -0.5], [0, suspect_px[1], -0.5], [0, 0, 1]], np.float64)
    out = np.array(
        [[1 / original_px[0], 0, 0.5 / original_px[0]], [0, 1 / original_px[1], 0.5 / original_px[1]], [0, 0, 1]]
    )
    whole = out @ matrix @ into @ turned
    return np.asarray(whole / whole[2, 2])
