"""Listening everywhere at once: what a block at any place of a window would say.

What repeats in a mark (:class:`..layout.Weave`) can be heard before it is known where its blocks lie. So a window of a
suspect is resampled as a grid of some scale and turn would see it, and for a block centred on any of its samples the
value of its shared chips and its masking level are taken.

A window samples the working grid at every other pixel: the analysis functions hear nothing beyond a quarter of a cycle
per pixel, so that is enough. What lies between can be told from that, where places have to be right to a pixel.

Source: ours.
"""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, GRIDS, GROUPS, LEVELS, SPREAD, WEAVE
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.masking import calmest, small_levels_of
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.transform import analysis_functions

__all__ = ["APART", "LANES", "LEVEL_TURN", "STRIDE_PX", "Luma", "Window"]

STRIDE_PX = 2
"""Grid pixels from one sample of a window to the next."""

LANES = 2
"""Planes of a window that hold shared chips; after them come single coefficients."""

APART = LANES * SPREAD
"""Number of coefficients that a window holds one by one, the first of :data:`..design.COEFFICIENTS`."""

LEVEL_TURN = 256
"""Phases that a turn is divided into where they are looked up."""

_FREQUENCIES: tuple[tuple[int, int], ...] = COEFFICIENTS
_BLOCK = BLOCK // STRIDE_PX
_COARSE = 2
_WORTH_SHRINKING = 1.15
_HALF_STEPS = 4
_REACH_PX = 13.0
_LANES_GRID = GRIDS[1]
_SPARE = 2
_MEAN_PX, _STRONG_BELOW, _FITTED = 1.9, 0.02, 64

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Luma:
    """Luminance of a suspect, and copies of it at smaller sizes, made when they are asked for.

    Attributes:
        plane: H×W float32 in grey levels.
    """

    plane: Plane
    _copies: dict[int, Plane] = field(default_factory=dict)

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.plane.shape[0], self.plane.shape[1]

    def shrunk(self, factor: float) -> Plane:
        """A copy that is smaller by about this factor, never by more."""
        steps = int(np.floor(_HALF_STEPS * np.log2(factor) + 1e-6)) if factor > _WORTH_SHRINKING else 0
        return self._smaller(steps)

    def _smaller(self, steps: int) -> Plane:
        """The copy whose sides are that many fourth roots of two smaller; from half of that on made of a larger one."""
        if steps == 0:
            return self.plane
        if steps not in self._copies:
            source = self._smaller(max(0, steps - _HALF_STEPS))
            height, width = (max(1, round(side / 2 ** (steps / _HALF_STEPS))) for side in self.size_px)
            small = cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA)
            self._copies[steps] = np.asarray(small, dtype=np.float32)
        return self._copies[steps]


@dataclass(frozen=True, eq=False)
class Window:
    """What blocks at all places of a window say.

    Attributes:
        chips: planes×h×w float32 in grey levels, of a block centred on each sample: for each of the two lanes the
            signed mean of its four coefficients, and if they were asked for these eight coefficients themselves.
        levels: h×w uint8, the masking level of such a block.
        heard_levels: the same with one more, the last, for blocks that do not lie in the suspect.
        shares: the share of the blocks at each of these seven.
        matrix: 3×3 float64, from places in the window in grid pixels (x, y) to suspect pixels; corners to corners.
        stride_px: grid pixels from one sample to the next.
    """

    chips: Plane
    levels: NDArray[np.uint8]
    heard_levels: NDArray[np.uint8]
    shares: NDArray[np.float64]
    matrix: Matrix
    stride_px: float = STRIDE_PX

    @classmethod
    def of(
        cls,
        luma: Luma,
        linear: Matrix,
        centre_px: Matrix,
        size_px: tuple[int, int],
        *,
        lanes: int = LANES,
        apart: bool = False,
        finer: int = 1,
        beside: bool = False,
        key: bytes | None = None,
    ) -> "Window":
        """Look at a suspect through a window.

        Args:
            luma: the suspect.
            linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
            centre_px: (x, y) of the window's centre in suspect pixels.
            size_px: (height, width) of the window in grid pixels, even numbers.
            lanes: how many lanes to take, the strongest first.
            apart: whether to take the single coefficients too, after all lanes.
            finer: into how many parts, down and across, to divide every sample.
            beside: whether the window may lie up to a pixel beside that place, which is quicker if it is upright.
            key: secret of the channel.
        """
        rows, columns = size_px[0] // STRIDE_PX, size_px[1] // STRIDE_PX
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = centre_px - linear @ np.array([size_px[1] / 2, size_px[0] / 2])
        if beside and linear[0, 1] == linear[1, 0] == 0 and linear.min() >= 0:
            plane = _reduced(luma, matrix, (columns, rows))
        else:
            plane = _sampled(luma, matrix, (columns, rows))
        chips = _chips(plane, (*_kernels(key), *_apart()) if apart else _kernels(key)[:lanes])
        levels, inside = _levels(plane), _inside(luma.size_px, matrix, (rows, columns))
        heard_levels = levels if inside is None else np.where(inside, levels, np.uint8(LEVELS))
        shares = _shares(heard_levels)
        if finer == 1:
            return cls(chips, levels, heard_levels, shares, matrix)
        fine = _finer(levels, finer)
        heard_fine = fine if inside is None else _finer(heard_levels, finer)
        return cls(_told_between(chips, finer), fine, heard_fine, shares, matrix, STRIDE_PX / finer)

    @cached_property
    def inverse(self) -> Matrix:
        """From suspect pixels to places in the window, 3×3 float64."""
        return np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)

    @cached_property
    def level_turns(self) -> NDArray[np.int32]:
        """The heard levels times :data:`LEVEL_TURN`, h×w int32: where a table over levels and phases begins."""
        return self.heard_levels.astype(np.int32) * np.int32(LEVEL_TURN)

    @property
    def cell(self) -> int:
        """Side of a cell of the weave in samples."""
        return round(WEAVE * BLOCK / self.stride_px)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of samples."""
        return self.levels.shape[0], self.levels.shape[1]


def _sampled(luma: Luma, matrix: Matrix, size: tuple[int, int]) -> Plane:
    """Luminance at the samples of a window of this size (columns, rows)."""
    small = luma.shrunk(STRIDE_PX * float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))))
    factor = np.array([small.shape[1] / luma.size_px[1], small.shape[0] / luma.size_px[0]])
    sampled = np.column_stack([matrix[:2, :2] * STRIDE_PX, matrix[:2, 2]]) * factor[:, None]
    sampled[:, 2] += 0.5 * sampled[:, :2].sum(axis=1) - 0.5  # from corners to the centres of samples
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, sampled, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _reduced(luma: Luma, matrix: Matrix, size: tuple[int, int]) -> Plane:
    """The same for an upright window, moved by up to half a pixel of the copy that is sampled, and quicker.

    The matrix becomes that of where it lies.
    """
    small = luma.shrunk(STRIDE_PX * float(np.sqrt(matrix[0, 0] * matrix[1, 1])))
    factors = np.array([small.shape[1] / luma.size_px[1], small.shape[0] / luma.size_px[0]])
    steps = np.diag(matrix)[:2] * STRIDE_PX * factors
    begins = np.rint(matrix[:2, 2] * factors - _SPARE * steps).astype(int)
    matrix[:2, 2] = (begins + _SPARE * steps) / factors
    counts = np.array(size) + 2 * _SPARE
    ends = begins + np.ceil(counts * steps).astype(int) + 1
    extent = np.array(small.shape[::-1])
    (left, top), (right, bottom) = np.clip(begins, 0, extent), np.clip(ends, 0, extent)
    part = small[top:bottom, left:right]
    (before_x, before_y), (after_x, after_y) = np.maximum(-begins, 0), np.maximum(ends - extent, 0)
    if before_x or before_y or after_x or after_y:
        edges = int(before_y), int(after_y), int(before_x), int(after_x)
        part = np.asarray(cv2.copyMakeBorder(part, *edges, cv2.BORDER_REPLICATE), dtype=np.float32)
    across, down = (1 / steps).tolist()
    reduced = cv2.resize(part, None, fx=across, fy=down, interpolation=cv2.INTER_CUBIC)
    columns, rows = size
    return np.ascontiguousarray(reduced[_SPARE : _SPARE + rows, _SPARE : _SPARE + columns], dtype=np.float32)


def _finer(plane: NDArray[_Scalar], parts: int) -> NDArray[_Scalar]:
    """Every sample several times, down and across."""
    fine = cv2.resize(cast(Plane, plane), None, fx=parts, fy=parts, interpolation=cv2.INTER_NEAREST)
    return cast("NDArray[_Scalar]", fine)


def _told_between(chips: Plane, parts: int) -> Plane:
    """Chips at so many times as many places, down and across, told by a cubic."""
    fine = np.empty((len(chips), chips.shape[1] * parts, chips.shape[2] * parts), dtype=np.float32)
    for coarse, into in zip(chips, fine, strict=True):
        cv2.resize(coarse, into.shape[::-1], dst=into, interpolation=cv2.INTER_CUBIC)
    return fine


def _shares(heard_levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    counts = cv2.calcHist([heard_levels], [0], None, [LEVELS + 1], [0, LEVELS + 1])
    return np.asarray(counts.ravel() / heard_levels.size, dtype=np.float64)


def _inside(size_px: tuple[int, int], matrix: Matrix, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    height, width = size_px
    rows, columns = shape
    corners = np.array([[x, y] for x in (0, columns) for y in (0, rows)], dtype=np.float64) * STRIDE_PX
    least, most = moved(matrix, corners).min(axis=0), moved(matrix, corners).max(axis=0)
    if least.min() >= 0 and most[0] <= width and most[1] <= height:
        return None
    reach = _REACH_PX * float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    across = (np.arange(columns, dtype=np.float32) + 0.5) * STRIDE_PX
    down = ((np.arange(rows, dtype=np.float32) + 0.5) * STRIDE_PX)[:, None]
    (xx, xy, x0), (yx, yy, y0) = matrix[:2].astype(np.float32)
    x, y = xx * across + xy * down + x0, yx * across + yy * down + y0
    return np.asarray((x > reach) & (x < width - reach) & (y > reach) & (y < height - reach))


_Kernel = tuple[tuple[Plane, Plane], ...]
"""Pairs of filters, down and across; what is meant is the sum of what they give."""


def _chips(plane: Plane, kernels: tuple[_Kernel, ...]) -> Plane:
    chips = np.empty((len(kernels), *plane.shape), dtype=np.float32)
    for chip, ((down, across), *others) in zip(chips, kernels, strict=True):
        cv2.sepFilter2D(plane, -1, across, down, dst=chip, borderType=cv2.BORDER_REFLECT)
        for down, across in others:
            chip += cv2.sepFilter2D(plane, -1, across, down, borderType=cv2.BORDER_REFLECT)
    return chips


@lru_cache(maxsize=4)
def _kernels(key: bytes | None) -> tuple[_Kernel, ...]:
    """For each lane the signed mean of its four functions."""
    functions, signs = _functions(), weave_of(_LANES_GRID, key).signs / SPREAD
    lanes = []
    for lane, lane_signs in enumerate(signs):
        across: dict[int, Plane] = {}
        frequencies = _FREQUENCIES[GROUPS[lane]]
        for (down, over), sign in zip(frequencies, lane_signs, strict=True):
            across[down] = across.get(down, np.zeros_like(functions[0])) + sign * functions[over]
        lanes.append(tuple((functions[down], part) for down, part in across.items()))
    return tuple(lanes)


@lru_cache(maxsize=1)
def _apart() -> tuple[_Kernel, ...]:
    """The functions of both lanes one by one."""
    functions = _functions()
    return tuple(((functions[down], functions[across]),) for down, across in _FREQUENCIES[:APART])


@lru_cache(maxsize=1)
def _functions() -> Plane:
    """The analysis functions on a window's samples, 5×17: what these hear of samples, each the mean of a stretch of
    about two pixels, is what the functions hear of pixels, at all frequencies that pictures are strong in.

    The steps are fine: where a coefficient is ten steps, a loss of 5 % moves it by half a step. Hence least squares.
    """
    return _fitted(STRIDE_PX, _MEAN_PX)


@lru_cache(maxsize=1)
def _coarse_mean() -> Plane:
    """The first function, for means, on every other sample, each the mean of two; its sum is 1."""
    mean = _fitted(_COARSE * STRIDE_PX, _COARSE * STRIDE_PX)[0]
    return np.asarray(mean / mean.sum(), dtype=np.float32)


def _fitted(stride_px: int, mean_px: float) -> Plane:
    """The analysis functions on samples that far apart, each the mean of a stretch of so many pixels."""
    full = analysis_functions().astype(np.float64)
    taps = full.shape[1] // stride_px // 2 + 1
    samples = np.arange(-taps, taps + 1) * float(stride_px)
    pixels = np.arange(full.shape[1]) + 0.5 - full.shape[1] / 2
    frequencies = np.linspace(0, 1 / (2 * stride_px), _FITTED)
    weights = 1 / (frequencies + _STRONG_BELOW)
    heard, meant = (np.exp(2j * np.pi * np.outer(frequencies, at)) * weights[:, None] for at in (samples, pixels))
    heard *= np.sinc(mean_px * frequencies)[:, None]
    wanted = meant @ full.T
    fitted, *_ = np.linalg.lstsq(np.concatenate([heard.real, heard.imag]), np.concatenate([wanted.real, wanted.imag]))
    return np.ascontiguousarray(fitted.T, dtype=np.float32)


def _levels(plane: Plane) -> NDArray[np.uint8]:
    """Masking levels, taken at every other sample."""
    rows, columns = plane.shape
    halves = (-(-columns // _COARSE), -(-rows // _COARSE))
    if rows % _COARSE or columns % _COARSE:
        edges = 0, rows % _COARSE, 0, columns % _COARSE
        plane = np.asarray(cv2.copyMakeBorder(plane, *edges, cv2.BORDER_REPLICATE), dtype=np.float32)
    coarse = cv2.resize(plane, halves, interpolation=cv2.INTER_AREA)
    mean = _coarse_mean()
    means = np.asarray(cv2.sepFilter2D(coarse, -1, mean, mean, borderType=cv2.BORDER_REFLECT), dtype=np.float32)
    apart = _BLOCK // _COARSE
    padded = np.asarray(cv2.copyMakeBorder(means, apart, apart, apart, apart, cv2.BORDER_REPLICATE), dtype=np.float32)
    high, wide = means.shape
    around = [padded[i * apart :, j * apart :][:high, :wide] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    full = _finer(small_levels_of(calmest(means, around)), _COARSE)
    return full[:rows, :columns]
