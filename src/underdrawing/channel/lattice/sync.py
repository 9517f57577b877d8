"""Finding a mark: which grid, which profile, and what happened to the tones since.

A pilot is a chip whose bit both sides know. Seen on the right grid with the right steps its phase clusters around zero;
on an unmarked image, whatever it shows, the dither makes it uniform. The sum of the cosines of all pilot phases is
therefore a decision statistic whose distribution on unmarked images is known: divided by its standard deviation it is
a unit normal (:attr:`Candidate.score`).

The common case, an image at any size with its tones intact, is one look per grid. Only when that look is weak are the
likely tone changes tried: a gain (contrast, brightness), a gamma, a blur that an equalizer undoes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import DESIGNS, GRIDS, GROUPS, SHARES, TIERS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import PILOT, Layout, layout_of
from underdrawing.channel.lattice.masking import activity, levels_of
from underdrawing.channel.lattice.transform import block_coefficients
from underdrawing.channel.profiles import Profile

__all__ = ["MARKED_SCORE", "Candidate", "Tone", "find_mark"]

MARKED_SCORE = 5.5
"""Least score of a mark. A unit normal exceeds it once in 50 million looks, a search takes some hundred looks, and the
first block still has to prove itself by its checksum."""

_SHARP_FIT = 0.42
_HEAD_START = 3.0
_REFINEMENTS = (0.02, 0.01, 0.005, 0.0025)
_MAYBE_SCORE = 3.5
_GAINS = (1.0, *(float(g) for g in np.geomspace(0.78, 1.3, 40)))
_GAMMAS = (0.78, 0.82, 0.86, 0.9, 0.94, 1.06, 1.1, 1.14, 1.18, 1.22, 1.26)
_BLURS_PX = (0.6, 0.9, 1.2, 1.5)
_LARGEST_BOOST = 6.0


@dataclass(frozen=True)
class Tone:
    """What was done to the tones of a suspect, as far as the reader has to undo it.

    Attributes:
        gain: factor on the differences between grey levels; 1 is unchanged.
        gamma: exponent on normalised luminance; 1 is unchanged.
        blur_px: standard deviation of a Gaussian blur in grid pixels; 0 is none.
    """

    gain: float = 1.0
    gamma: float = 1.0
    blur_px: float = 0.0

    def undone(self, pixels: Pixels, grid: WorkingGrid) -> NDArray[np.float32]:
        """Luminance on the grid with the gamma and the blur undone; the gain is left to the coefficients.

        A gamma was applied to each colour, so it is undone on the colours, before they are mixed to luminance.
        """
        if self.gamma != 1.0:
            pixels = _gamma_undone(pixels, self.gamma)
        luma = grid.sample(luminance(pixels))
        return _equalized(luma, self.blur_px) if self.blur_px else luma


@dataclass(frozen=True)
class Candidate:
    """One hypothesis about a suspect and how well the pilots support it.

    Attributes:
        grid, profile, tone: the hypothesis.
        score: sum of pilot cosines over its standard deviation on unmarked images (unit normal there).
        clustering: mean cosine of the pilot phases, 1 for untouched, 0 for unmarked.
    """

    grid: WorkingGrid
    profile: Profile
    tone: Tone
    score: float
    clustering: float

    def describe(self) -> str:
        """What was found, in words."""
        found = f"read on the {self.grid.side_px}-pixel grid ({self.profile} profile, pilot score {self.score:.0f})"
        changes = [
            f"contrast ×{self.tone.gain:.2f}" if self.tone.gain != 1 else "",
            f"gamma {self.tone.gamma:.2f}" if self.tone.gamma != 1 else "",
            f"blur of about {self.tone.blur_px:.1f} px" if self.tone.blur_px else "",
        ]
        named = [change for change in changes if change]
        return f"{found}; undone first: {', '.join(named)}" if named else found


def find_mark(pixels: Pixels, *, key: bytes | None = None) -> Candidate | None:
    """The best supported hypothesis about a suspect, or None when it carries no readable mark.

    Args:
        pixels: H×W×3 RGB, uint8 or uint16.
        key: secret of the channel, if the mark has one.
    """
    luma = luminance(pixels)
    best: Candidate | None = None
    for grid in _grids(*luma.shape):
        view = _View.of(grid.sample(luma), grid, key)
        found = max((view.judge(grid, profile, Tone()) for profile in Profile), key=lambda c: c.score)
        best = found if best is None or found.score > best.score else best
        if found.score >= MARKED_SCORE:
            fits = float(view.lattice_fit(grid, found.profile, Tone()).mean()) >= _SHARP_FIT
            return found if fits else _search_tones(pixels, grid, (found.profile,), key)
    assert best is not None
    for grid in _grids(*luma.shape):
        found = _search_tones(pixels, grid, tuple(Profile), key)
        if found.score >= MARKED_SCORE:
            return found
    return None


def _grids(height_px: int, width_px: int) -> Iterator[WorkingGrid]:
    """Grids a mark in this image may have, likeliest first; the image may have been scaled since."""
    short = min(height_px, width_px)
    own = max((side for side in GRIDS if side <= short), default=GRIDS[0])
    for side in sorted(GRIDS, key=lambda side: (side != own, -side)):
        yield WorkingGrid.for_image(height_px, width_px, side_px=side)


@dataclass(frozen=True)
class _Chips:
    """Some chips of one group: their values in grey levels, the phase of a bit 0, and the activity of their blocks."""

    group: int
    values: NDArray[np.float32]
    offset: NDArray[np.float32]
    activity: NDArray[np.float32]

    def cosines(self, steps: NDArray[np.float32], gain: float, harmonic: int) -> NDArray[np.float32]:
        """Cosines of a multiple of their phases, with the steps of a design after a gain is undone."""
        step = steps[levels_of(self.activity / np.float32(gain)), self.group] * np.float32(gain)
        used = step > 0
        phase = self.values[used] / step[used] - self.offset[used]
        return np.asarray(np.cos(np.float32(2 * np.pi * harmonic) * phase), dtype=np.float32)


@dataclass(frozen=True)
class _View:
    """One look at the strongest coefficients of a grid: the pilots, and the chips of which nothing is known yet."""

    pilots: tuple[_Chips, ...]
    others: tuple[_Chips, ...]

    @classmethod
    def of(cls, sampled: NDArray[np.float32], grid: WorkingGrid, key: bytes | None) -> "_View":
        means, coefficients = block_coefficients(sampled)
        layout = layout_of(grid, (True,) * TIERS, key)
        calm = activity(means)
        groups = range(SHARES[grid.side_px].lanes)
        return cls(
            tuple(_pilots(group, coefficients, layout, calm) for group in groups),
            tuple(_others(group, coefficients, layout, calm) for group in groups),
        )

    def judge(self, grid: WorkingGrid, profile: Profile, tone: Tone) -> "Candidate":
        """How well a hypothesis fits."""
        steps = DESIGNS[profile, grid.side_px].steps
        pilots = np.concatenate([chips.cosines(steps, tone.gain, 1) for chips in self.pilots])
        return Candidate(grid, profile, tone, _score(pilots), float(pilots.mean()) if pilots.size else 0.0)

    def lattice_fit(self, grid: WorkingGrid, profile: Profile, tone: Tone) -> NDArray[np.float32]:
        """How well each of the other chips fits its lattice, whatever its bit: cosines of the doubled phases."""
        steps = DESIGNS[profile, grid.side_px].steps
        return np.concatenate([chips.cosines(steps, tone.gain, 2) for chips in self.others])


def _pilots(group: int, coefficients: NDArray[np.float32], layout: Layout, calm: NDArray[np.float32]) -> _Chips:
    """The shared pilots of a group: signed means of its coefficients."""
    lane = GROUPS[group]
    chosen = ((layout.roles == PILOT) & layout.shared)[lane.start]
    together = (coefficients[lane] * layout.signs[lane]).mean(axis=0)
    offset = layout.dither[lane.start] + layout.pilots[lane.start] * np.float32(0.5)
    return _Chips(group, together[chosen], offset[chosen], calm[chosen])


def _others(group: int, coefficients: NDArray[np.float32], layout: Layout, calm: NDArray[np.float32]) -> _Chips:
    """The chips of a group that are not shared."""
    lane = GROUPS[group]
    chosen = ~layout.shared[lane]
    activities = np.broadcast_to(calm, chosen.shape)[chosen]
    return _Chips(group, coefficients[lane][chosen], layout.dither[lane][chosen], activities)


def _score(cosines: NDArray[np.float32]) -> float:
    return float(cosines.sum() / np.sqrt(cosines.size / 2)) if cosines.size else 0.0


def _search_tones(pixels: Pixels, grid: WorkingGrid, profiles: tuple[Profile, ...], key: bytes | None) -> Candidate:
    """The best of the likely tone changes on one grid, refined; unchanged tones unless others are clearly better."""
    search = _ToneSearch(pixels, grid, key)
    for tone in _tones():
        search.look(tone, profiles, _GAINS if tone == Tone() else (1.0,))
    if search.best_total < _MAYBE_SCORE:
        return search.best
    for width in _REFINEMENTS:
        tone, profile = search.best.tone, search.best.profile
        gammas = (tone.gamma * (1 + s * width) for s in (-1, 1)) if tone.gamma != 1.0 else (1.0,)
        gains = [tone.gain * (1 + s * width) for s in (-1, 0, 1)] if tone.gain != 1.0 else [1.0]
        for gamma in gammas:
            search.look(replace(tone, gamma=gamma), (profile,), gains)
    return search.best


class _ToneSearch:
    """Keeps the best of many hypotheses, by pilots and lattice fit together."""

    def __init__(self, pixels: Pixels, grid: WorkingGrid, key: bytes | None) -> None:
        self._pixels, self._grid, self._key = pixels, grid, key
        self.best: Candidate
        self.best_total = -np.inf

    def look(self, tone: Tone, profiles: Sequence[Profile], gains: Sequence[float]) -> None:
        """Try one tone with several profiles and gains; the first hypothesis of all has a head start."""
        view = _View.of(tone.undone(self._pixels, self._grid), self._grid, self._key)
        for profile in profiles:
            for gain in gains:
                changed = replace(tone, gain=gain)
                candidate = view.judge(self._grid, profile, changed)
                total = candidate.score + _score(view.lattice_fit(self._grid, profile, changed))
                total += _HEAD_START if changed == Tone() else 0.0
                if total > self.best_total:
                    self.best, self.best_total = candidate, total


def _tones() -> Iterator[Tone]:
    yield Tone()
    yield from (Tone(gamma=gamma) for gamma in _GAMMAS)
    yield from (Tone(blur_px=blur) for blur in _BLURS_PX)


def _gamma_undone(pixels: Pixels, gamma: float) -> Pixels:
    """Pixels of the same type with the inverse of a gamma applied to every colour."""
    peak = np.iinfo(pixels.dtype).max
    table = np.rint(peak * np.power(np.arange(peak + 1) / peak, 1 / gamma)).astype(pixels.dtype)
    undone: Pixels = cv2.LUT(pixels, table) if pixels.dtype == np.uint8 else table[pixels]
    return undone


def _equalized(luma: NDArray[np.float32], blur_px: float) -> NDArray[np.float32]:
    """The inverse of a Gaussian blur, with the boost limited to 6."""
    height, width = luma.shape
    spectrum = np.fft.rfft2(cv2.copyMakeBorder(luma, 16, 16, 16, 16, cv2.BORDER_REFLECT_101))
    down = np.fft.fftfreq(height + 32)[:, None]
    across = np.fft.rfftfreq(width + 32)[None, :]
    boost = np.minimum(np.exp(2 * np.pi**2 * blur_px**2 * (down**2 + across**2)), _LARGEST_BOOST)
    sharp = np.fft.irfft2(spectrum * boost, s=(height + 32, width + 32))
    return np.ascontiguousarray(sharp[16:-16, 16:-16], dtype=np.float32)
