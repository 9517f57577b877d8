"""Finding a mark: which grid, which profile, and what happened to the tones since.

A pilot is a chip whose bit both sides know. Seen on the right grid with the right steps its phase clusters around zero;
on an unmarked image, whatever it shows, the dither makes it uniform. The sum of the cosines of all pilot phases is
therefore a decision statistic whose distribution on unmarked images is known: divided by its standard deviation it is
a unit normal (:attr:`Candidate.score`).

The common case, an image at any size with its tones intact, is one look per grid. Only when that look is weak are the
likely tone changes tried: a gain (contrast, brightness), a gamma, a blur that an equalizer undoes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import DESIGNS, GRIDS, GROUPS, TIERS
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.layout import PILOT, layout_of
from underdrawing.channel.lattice.masking import activity, levels_of
from underdrawing.channel.lattice.transform import block_coefficients
from underdrawing.channel.profiles import Profile

__all__ = ["MARKED_SCORE", "Candidate", "Tone", "find_mark"]

MARKED_SCORE = 7.0
"""Least score of a mark. A unit normal exceeds it once in 10¹² looks; a search takes at most about 2000 looks."""

_STRONG_CLUSTERING = 0.6
_WORTH_A_CHANGE = 2.0
_REFINEMENTS = (0.02, 0.01, 0.005, 0.0025)
_MAYBE_SCORE = 3.5
_GAINS = tuple(float(g) for g in np.geomspace(0.78, 1.3, 27))
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
        best = _better(best, _best_profile(grid.sample(luma), grid, Tone(), key))
        if _convincing(best):
            return best
    assert best is not None
    for grid in (best.grid,) if best.score >= MARKED_SCORE else _grids(*luma.shape):
        best = _better(best, _search_tones(pixels, grid, key))
        if _convincing(best):
            break
    return best if best.score >= MARKED_SCORE else None


def _convincing(candidate: Candidate) -> bool:
    return candidate.clustering > _STRONG_CLUSTERING and candidate.score >= MARKED_SCORE


def _better(one: Candidate | None, other: Candidate) -> Candidate:
    """The better supported one; a hypothesis that changes the tones has to be clearly better than one that does not."""
    if one is None:
        return other
    handicap = _WORTH_A_CHANGE if other.tone != Tone() and one.tone == Tone() else 0.0
    return other if other.score > one.score + handicap else one


def _grids(height_px: int, width_px: int) -> Iterator[WorkingGrid]:
    """Grids a mark in this image may have, likeliest first; the image may have been scaled since."""
    short = min(height_px, width_px)
    own = max((side for side in GRIDS if side <= short), default=GRIDS[0])
    for side in sorted(GRIDS, key=lambda side: (side != own, -side)):
        yield WorkingGrid.for_image(height_px, width_px, side_px=side)


@dataclass(frozen=True)
class _PilotView:
    """The pilots of one look, one entry each.

    Attributes:
        coefficients: signed mean of the coefficients that share the pilot, in grey levels.
        activity: of the pilot's block.
        offset: the phase at which the pilot should lie.
    """

    coefficients: NDArray[np.float32]
    activity: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def of(cls, luma: NDArray[np.float32], grid: WorkingGrid, key: bytes | None) -> "_PilotView":
        means, coefficients = block_coefficients(luma)
        layout = layout_of(grid, (True,) + (False,) * (TIERS - 1), key)
        lanes = slice(GROUPS[0].start, GROUPS[0].stop, layout.spread)
        leaders = ((layout.roles == PILOT) & layout.shared)[lanes]
        signed = (coefficients * layout.signs)[GROUPS[0]]
        together = signed.reshape(leaders.shape[0], layout.spread, *leaders.shape[1:]).mean(axis=1)
        offset = layout.dither[lanes] + layout.pilots[lanes] * np.float32(0.5)
        calm = np.broadcast_to(activity(means), leaders.shape)
        return cls(together[leaders], calm[leaders], offset[leaders])

    def score(self, profile: Profile, side_px: int, gain: float) -> tuple[float, float]:
        """(score, clustering) with the steps of a profile after a gain is undone."""
        steps = DESIGNS[profile, side_px].steps[levels_of(self.activity / np.float32(gain)), 0]
        cosines = np.cos(2 * np.pi * (self.coefficients / (np.float32(gain) * steps) - self.offset))
        return float(cosines.sum() / np.sqrt(cosines.size / 2)), float(cosines.mean())


def _best_profile(sampled: NDArray[np.float32], grid: WorkingGrid, tone: Tone, key: bytes | None) -> Candidate:
    """The better profile for one grid and tone."""
    view = _PilotView.of(sampled, grid, key)
    return max((_candidate(view, grid, profile, tone) for profile in Profile), key=lambda c: c.score)


def _candidate(view: _PilotView, grid: WorkingGrid, profile: Profile, tone: Tone) -> Candidate:
    score, clustering = view.score(profile, grid.side_px, tone.gain)
    return Candidate(grid, profile, tone, score, clustering)


def _search_tones(pixels: Pixels, grid: WorkingGrid, key: bytes | None) -> Candidate:
    """The best of the likely tone changes on one grid."""
    best: Candidate | None = None
    for tone in _tones():
        view = _PilotView.of(tone.undone(pixels, grid), grid, key)
        for profile in Profile:
            for gain in _GAINS if tone == Tone() else (1.0,):
                best = _better(best, _candidate(view, grid, profile, replace(tone, gain=gain)))
    assert best is not None
    return _refined(pixels, best, key)


def _tones() -> Iterator[Tone]:
    yield Tone()
    yield from (Tone(gamma=gamma) for gamma in _GAMMAS)
    yield from (Tone(blur_px=blur) for blur in _BLURS_PX)


def _refined(pixels: Pixels, best: Candidate, key: bytes | None) -> Candidate:
    """A finer look around a hypothesis that has some support."""
    if best.score < _MAYBE_SCORE:
        return best
    for width in _REFINEMENTS:
        tone = best.tone
        gammas = (tone.gamma * (1 + s * width) for s in (-1, 1)) if tone.gamma != 1.0 else (1.0,)
        for gamma in gammas:
            nearby = replace(tone, gamma=gamma)
            view = _PilotView.of(nearby.undone(pixels, best.grid), best.grid, key)
            for gain in (tone.gain * (1 + s * width) for s in (-1, 0, 1)) if tone.gain != 1.0 else (1.0,):
                best = _better(best, _candidate(view, best.grid, best.profile, replace(nearby, gain=gain)))
    return best


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
