"""The undertone: the first tier once more, in so little of a picture that even a network that paints it anew keeps it.

A network that writes a picture from a few thousand bits keeps what is coarse: the tones of places, each some thirtieth
of the picture. All that is finer it makes up, and chips with it. So the undertone moves those tones by a few grey
levels each, to lattices of their own: one chip for each 16×16 block of a grid whose short side is 512, whatever grid
the rest of the mark is on. Such a chip costs as much as a dozen others. It pays where nothing else is left.

The undertone is written first; the rest of the mark takes what is there then for the picture. Whoever does not know of
it reads that as ever. One chip in five is a pilot: these tell whether there is an undertone, and how noisy it is.

Source: quantization-index modulation after Chen & Wornell (2001); the rest is ours, see ``docs/channel.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import LEVELS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.headroom import added, headroom
from underdrawing.channel.lattice.layout import permutation, stream
from underdrawing.channel.lattice.masking import masking_levels
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_densities
from underdrawing.channel.lattice.noise import NoiseModel
from underdrawing.channel.lattice.transform import block_coefficients
from underdrawing.channel.ldpc import Segmented

__all__ = ["Undertone", "undertone_score", "undertoned"]

STEP = np.float32(12)
"""How far lattice points lie apart, in grey levels of the tone of a place. It is the same everywhere: a masking level
would have to be told by the very tones that are moved."""

_SIDE_PX = 512
_PULLS = np.array(
    [
        (0.60, 0.55, 0.50, 0.00, 0.00, 0.00),
        (0.65, 0.65, 0.60, 0.50, 0.00, 0.00),
        (0.70, 0.70, 0.65, 0.60, 0.00, 0.00),
        (0.75, 0.75, 0.75, 0.70, 0.50, 0.00),
        (0.80, 0.80, 0.80, 0.80, 0.70, 0.50),
        (0.85, 0.85, 0.85, 0.85, 0.85, 0.85),
    ],
    dtype=np.float32,
)
"""Fractions of the way to their points that tones are moved, by masking level, at strengths from the least on to the
largest, with others in between. Busy places are made up anew with errors of several grey levels: there a chip costs as
much and tells a tenth."""
_STRENGTHS = 16
_DARK, _NOT_DARK = np.float32(4), np.float32(24)
"""Tones in grey levels up to which they are moved as little as a strength allows, and from which on like any: in the
dark a level is much."""
_LOOKS = 3
"""How often is looked where tones went: places overlap, and white gets no brighter."""
_ONE_PILOT_IN = 5

_DEVIATIONS = np.geomspace(0.04, 0.5, 28).astype(np.float32)
_RISES = (0.0, 0.08, 0.16, 0.25, 0.35)
_STRAYS = (0.02, 0.15, 0.3, 0.45, 0.6)
"""What noise may be like: its deviation in steps on the middle of the masking levels, how much its logarithm rises from
one of them to the next, and the share of chips that may be anywhere, for their place was replaced."""
_LEAST_TOLD = 4.0
"""Nats by which some noise has to fit the pilots better than chance, or there is no undertone to be heard."""
_UNEXPLAINED = np.float32(0.15)

Plane = NDArray[np.float32]


def undertoned(
    picture: Pixels,
    bits: NDArray[np.uint8],
    *,
    key: bytes | None = None,
    copy: Callable[[Pixels], Pixels],
    asked_bits: float,
) -> Pixels:
    """A picture with an undertone, as quiet as a copy allows.

    Args:
        picture: H×W×3 RGB, uint8 or uint16, short side at least 256.
        bits: the first tier, uint8 0 or 1.
        key: secret of the channel.
        copy: what is to be outlasted, from a picture to what is left of it.
        asked_bits: how many bits the undertone is to tell there.
    """
    layout = _layout_of(_grid(*picture.shape[:2]), key)
    written = layout.written(bits)

    def toned(strength: int) -> Pixels:
        return _moved(picture, layout, written, strength / (_STRENGTHS - 1))

    def told_bits(strength: int) -> float:
        return Undertone.in_means(_means(copy(toned(strength)), layout.grid), layout, written).told_bits

    return toned(bisect_left(range(_STRENGTHS - 1), asked_bits, key=told_bits))


@dataclass(frozen=True, eq=False)
class _Layout:
    """What each chip of an undertone carries. Arrays are rows×columns.

    Attributes:
        grid: the blocks.
        dither: float32, shift of each lattice in steps.
        known: int8, the bit of each pilot, −1 for the others.
        positions: int32, which coded bit each of the others carries, to be taken modulo their number.
    """

    grid: WorkingGrid
    dither: Plane
    known: NDArray[np.int8]
    positions: NDArray[np.int32]

    def written(self, bits: NDArray[np.uint8]) -> NDArray[np.int8]:
        """The bit of every chip where the first tier says this."""
        codeword = Segmented.for_information(bits.size).encode(bits)
        return np.where(self.known >= 0, self.known, codeword[self.positions % codeword.size]).astype(np.int8)


@lru_cache(maxsize=8)
def _layout_of(grid: WorkingGrid, key: bytes | None) -> _Layout:
    shape, size = (grid.rows, grid.columns), grid.rows * grid.columns
    purpose = f"undertone {grid.rows} {grid.columns}"
    dither = stream(key, purpose, size).astype(np.float32) / np.float32(256)
    order, pilots = permutation(key, purpose, size), size // _ONE_PILOT_IN
    known = np.full(size, -1, dtype=np.int8)
    known[order[:pilots]] = stream(key, f"{purpose} pilots", pilots) & 1
    positions = np.zeros(size, dtype=np.int32)
    positions[order[pilots:]] = np.arange(size - pilots)
    return _Layout(grid, dither.reshape(shape), known.reshape(shape), positions.reshape(shape))


def undertone_score(means: Plane, grid: WorkingGrid, key: bytes | None) -> float:
    """How surely a picture with these block means (rows×columns, grey levels) has an undertone, a unit normal where it
    has none; 0 on grids that have no undertones."""
    if grid.side_px != _SIDE_PX:
        return 0.0
    layout = _layout_of(grid, key)
    return Undertone.in_means(means, layout, layout.known).score


def _grid(height_px: int, width_px: int) -> WorkingGrid:
    return WorkingGrid.for_image(height_px, width_px, side_px=_SIDE_PX)


def _means(picture: Pixels, grid: WorkingGrid) -> Plane:
    return block_coefficients(luminance(picture), rows=grid.rows, columns=grid.columns)[0]


def _pulls(means: Plane, strength: float) -> Plane:
    """How much of the way to its point each tone is moved at a strength, 0 to 1."""
    rungs = np.linspace(0, 1, len(_PULLS))
    pulls = np.array([np.interp(strength, rungs, each) for each in _PULLS.T], dtype=np.float32)
    lit = np.clip((means - _DARK) / (_NOT_DARK - _DARK), np.float32(strength), 1)
    return np.asarray(lit * pulls[masking_levels(means)], dtype=np.float32)


def _moved(picture: Pixels, layout: _Layout, written: NDArray[np.int8], strength: float) -> Pixels:
    """A picture with its tones moved to their points as far as a strength has it."""
    unit = np.float32(np.iinfo(picture.dtype).max / 255)
    up, down = headroom(picture)
    means = _means(picture, layout.grid)
    offset = layout.dither + written * np.float32(0.5)
    values = means / STEP - offset
    due = _pulls(means, strength) * (np.round(values) - values) * STEP
    moves, toned = due, picture
    for _ in range(_LOOKS):
        # between places by cubics: their own functions have edges, which show as squares in a sky
        residual = cv2.resize(moves * unit, up.shape[::-1], interpolation=cv2.INTER_CUBIC)
        np.clip(np.rint(residual, out=residual), down, up, out=residual)
        toned = added(picture, residual)
        moves = moves + due - (_means(toned, layout.grid) - means)
    return toned


@dataclass(frozen=True, eq=False)
class Undertone:
    """What is heard of an undertone. Arrays are rows×columns.

    Attributes:
        layout: what each chip carries.
        bins: phase of each tone on its lattice, in 1/64 steps.
        levels: masking level around each.
        score: how surely there is one, a unit normal where there is none.
        noise: how noisy chips are, one kind by masking level; None where no undertone is heard.
    """

    layout: _Layout
    bins: NDArray[np.uint8]
    levels: NDArray[np.intp]
    score: float
    noise: NoiseModel | None

    @classmethod
    def of(cls, luma: Plane, key: bytes | None = None) -> Self:
        """The undertone of a whole picture with its tones as they were; H×W float32 luminance in grey levels."""
        layout = _layout_of(_grid(*luma.shape), key)
        means = block_coefficients(luma, rows=layout.grid.rows, columns=layout.grid.columns)[0]
        return cls.in_means(means, layout, layout.known)

    @classmethod
    def in_means(cls, means: Plane, layout: _Layout, known: NDArray[np.int8]) -> Self:
        """The same, told by the chips of which the bit is known (−1 where it is not)."""
        phases = np.rint((means / STEP - layout.dither) * PHASE_BINS).astype(np.int32)
        bins = (phases & (PHASE_BINS - 1)).astype(np.uint8)
        levels, telling = masking_levels(means), known >= 0
        turned = _turned(bins, known)[telling]
        score = float(np.cos(2 * np.pi / PHASE_BINS * turned).sum() / np.sqrt(turned.size / 2))
        return cls(layout, bins, levels, score, _likeliest_noise(turned, levels[telling]))

    @property
    def told_bits(self) -> float:
        """About how many bits its chips tell."""
        return 0.0 if self.noise is None else float(self.noise.told_bits[self.levels[self.layout.known < 0]].sum())

    def soft_bits(self, size: int, intact: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Which coded bit of the first tier each of n chips carries, and what it says of it, m×n log-likelihood ratios,
        positive for 0.

        Args:
            size: number of coded bits.
            intact: m×rows×columns of any grid over the picture, guesses at how reliable each block is.
        """
        if self.noise is None:
            return np.zeros(0, dtype=np.int32), np.zeros((len(intact), 0), dtype=np.float32)
        mine = self.layout.known < 0
        zero, one = (self.noise.density(self.bins[mine], self.levels[mine], bit=bit) for bit in (0, 1))
        kept = np.stack([cv2.resize(each, mine.shape[::-1], interpolation=cv2.INTER_AREA)[mine] for each in intact])
        soft = np.log((kept * zero + (1 - kept)) / (kept * one + (1 - kept)))
        return self.layout.positions[mine] % size, np.asarray(soft, dtype=np.float32)

    def evidence(self, bits: NDArray[np.uint8] | None, size: tuple[int, int]) -> Plane:
        """Log-likelihood ratio of untouched against replaced, in nats.

        Args:
            bits: the first tier where it is known; otherwise pilots alone tell.
            size: rows and columns of the answer, of which each gets its share.
        """
        known = self.layout.known if bits is None else self.layout.written(bits)
        turned = _turned(self.bins, known)
        telling = known >= 0
        noise = self.noise if bits is None else _likeliest_noise(turned[telling], self.levels[telling])
        if noise is None:
            return np.zeros(size, dtype=np.float32)
        density = noise.density(turned, self.levels, bit=0)
        told = np.where(telling, np.log((1 - _UNEXPLAINED) * density + _UNEXPLAINED), np.float32(0))
        shared = np.float32(told.size / (size[0] * size[1]))
        return cv2.resize(told.astype(np.float32), size[::-1], interpolation=cv2.INTER_NEAREST) * shared


def _turned(bins: NDArray[np.uint8], known: NDArray[np.int8]) -> NDArray[np.uint8]:
    """The phases that chips would have if their bits were 0."""
    turned: NDArray[np.uint8] = (bins + (known == 1) * np.uint8(PHASE_BINS // 2)) & np.uint8(PHASE_BINS - 1)
    return turned


def _likeliest_noise(turned: NDArray[np.uint8], levels: NDArray[np.intp]) -> NoiseModel | None:
    """The noise that n phases tell, turned as if all bits were 0; None where chance explains them as well."""
    deviations, logarithms = _kinds_of_noise()
    fits = logarithms @ np.bincount(levels * PHASE_BINS + turned, minlength=LEVELS * PHASE_BINS).astype(np.float32)
    stray, best = np.unravel_index(np.argmax(fits), fits.shape)
    if fits[stray, best] < _LEAST_TOLD:
        return None
    likeliest, anywhere = NoiseModel.of(deviations[best]), np.float32(_STRAYS[stray])
    return replace(likeliest, densities=(1 - anywhere) * likeliest.densities + anywhere)


@cache
def _kinds_of_noise() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The n ways noise may be: n×1×6 deviations by masking level, and for each share of chips that may be anywhere the
    logarithm of the density of the phases of a bit 0, shares×n×(6·64)."""
    rises = np.exp(np.multiply.outer(_RISES, np.arange(LEVELS) - (LEVELS - 1) / 2))
    deviations = np.clip(np.multiply.outer(_DEVIATIONS, rises), _DEVIATIONS[0], _DEVIATIONS[-1]).astype(np.float32)
    deviations = deviations.reshape(-1, 1, LEVELS)
    densities = phase_densities(deviations).reshape(len(deviations), -1)
    strays = np.array(_STRAYS, dtype=np.float32)[:, None, None]
    return deviations, np.log((1 - strays) * densities + strays)
