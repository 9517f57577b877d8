"""How noisy the chips of an image are: a few numbers, told by all of its chips together.

What a copy does to a mark it does to all chips in much the same measure. Counted in grey levels the noise of JPEG,
WebP, rescaling, blur or noise is nearly a plane over the coefficients' frequency and the masking level, if its
logarithm is taken: over pictures and attacks of all kinds three numbers leave a rms error of a tenth. So these three
are what is looked for, and each kind and level then only corrects them as far as its own chips insist. That matters
where it is hardest to hear: a copy that is taken to be noisier than it is, or less noisy, is read with wrong weights.

A phase doubled does not depend on its bit, so every chip helps before a single bit is known; chips whose bits are known
help more, the noisier the copy is.

Source: ours. The doubled phase is the classical way around unknown binary modulation (e.g. Viterbi & Viterbi 1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GROUPS, LEVELS, Design, Filling
from underdrawing.channel.lattice.layout import Layout
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_densities

__all__ = ["NoiseModel", "chip_cells", "estimate_noise", "phase_places", "told_bits"]

_SHARED_KINDS = 2
_USUAL_KINDS = len(GROUPS) + _SHARED_KINDS

_LEAST_DEVIATION, _MOST_DEVIATION = 0.03, 0.45
_DEVIATIONS = np.geomspace(_LEAST_DEVIATION, _MOST_DEVIATION, 32)
"""Deviations that are tried for each cell, in steps."""
_STRAYS = (0.02, 0.08, 0.16, 0.24, 0.34, 0.46, 0.6)
"""Shares that are tried of chips that may be anywhere, for they were replaced and it is not known yet."""
_SUSPICION = 16.0
"""How much less likely, in nats, it is beforehand that all are anywhere than that none is."""
_UNTOLD = 0.3
_LOUDEST_HEARD_DOUBLED = 0.17
"""How much a chip counts whose bit is not known, and the largest deviation that it tells from larger ones: noise is not
quite Gaussian, which a doubled phase takes for more of it."""
_LOUDNESS, _BY_LEVEL, _BY_GROUP = (
    np.log(np.geomspace(0.3, 25, 40)),
    np.linspace(-0.03, 0.21, 4),
    np.linspace(-0.15, 0.25, 5),
)
_USUAL = ((1.5, 0.8), (0.09, 0.06), (0.0, 0.1))
"""What the plane may be: the logarithm of the noise in grey levels at its middle, and how much that rises from one
level to the next and from one group to the next; and the mean and deviation of each over pictures and attacks."""
_SHARED_NOISE = 0.7
"""Noise of the mean of four coefficients against that of one; it would be a half if theirs were independent."""
_LEFT = {False: (0.09, 0.085), True: (0.115, 0.095)}
"""What embedding leaves of the way to the lattice points, as deviation in steps: of chips of their own and of shared
ones; in marks as their design says, and in rehearsed ones."""
_OWN_WAYS = 0.08
"""How far a kind and level is from the plane, as deviation of the logarithm."""


@dataclass(frozen=True)
class NoiseModel:
    """Phase noise of an image, by kind of chip and masking level.

    The kinds are the four groups of chips, and the two strongest groups again for chips they share; in detailed marks
    all four once more for pilots and chips of tier 0 of their own, which have longer steps than the rest.

    Attributes:
        deviation: 6×6 or 10×6 float32 (kinds×levels), standard deviation in steps.
        densities: the same ×64 float32, density of the phase of a bit 0 relative to uniform.
    """

    deviation: NDArray[np.float32]
    densities: NDArray[np.float32]

    @classmethod
    def of(cls, deviation: NDArray[np.float32]) -> "NoiseModel":
        """The model with these deviations."""
        return cls(deviation, phase_densities(deviation))

    def refitted(
        self,
        bins: NDArray[np.uint8],
        cells: NDArray[np.intp],
        ones: NDArray[np.float32],
        weight: NDArray[np.float32],
    ) -> "NoiseModel":
        """The model that fits some chips best of which a decoder tells their bits, more or less.

        Whoever writes a mark leaves chips out where a message can spare them, so that some kinds of chips of a tier are
        right less often than pilots tell. So for each cell a share may lie anywhere. A bit in doubt counts as either,
        which makes that share larger: a decoder believes too much as long as it is wrong.

        Args:
            bins, cells: n phases, and the kinds and levels of their chips.
            ones: n, the probability that the bit is 1.
            weight: n, how much each chip counts.
        """
        turned = _turned(bins, np.ones(bins.shape, dtype=np.bool_))
        count = self.deviation.size
        told = _histogram(bins, cells, weight * (1 - ones), count) + _histogram(turned, cells, weight * ones, count)
        apart = np.log(_DEVIATIONS) - np.log(self.deviation.reshape(-1, 1))
        fits = told @ _log_densities()[0] - np.square(apart / _OWN_WAYS) / 2
        best = fits.transpose(1, 0, 2).reshape(self.deviation.size, -1).argmax(axis=1)
        stray, deviation = np.array(_STRAYS)[best // _DEVIATIONS.size], _DEVIATIONS[best % _DEVIATIONS.size]
        shape = self.deviation.shape
        right = type(self).of(deviation.reshape(shape).astype(np.float32))
        stray = stray.reshape(*shape, 1).astype(np.float32)
        return replace(right, densities=(1 - stray) * right.densities + stray)

    @classmethod
    def together(cls, models: Sequence["NoiseModel"]) -> "NoiseModel":
        """The models of several sorts of blocks, one after another: a chip's cell is as many further on for each sort
        as one of them has."""
        deviation, densities = ([getattr(each, name) for each in models] for name in ("deviation", "densities"))
        return cls(np.concatenate(deviation), np.concatenate(densities))

    @property
    def told_bits(self) -> NDArray[np.float32]:
        """How many bits a chip of each cell tells, float32: the mutual information of its phase and its bit."""
        return np.asarray(_mutual(self.densities, self.densities).ravel() / PHASE_BINS, dtype=np.float32)

    def density(self, bins: NDArray[np.uint8], cells: NDArray[np.intp], *, bit: int) -> NDArray[np.float32]:
        """Density of every phase if its bit were ``bit``, relative to uniform, 24×rows×columns float32."""
        table = self.densities if bit == 0 else np.roll(self.densities, PHASE_BINS // 2, axis=-1)
        return np.take(table.reshape(-1), cells * PHASE_BINS + bins)


def chip_cells(layout: Layout, levels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Index of every chip into the noise model's kinds and levels, flattened; 24×rows×columns."""
    group = np.repeat(np.arange(len(GROUPS)), [part.stop - part.start for part in GROUPS])
    kinds = group[:, None, None] + np.where(layout.shared, len(GROUPS), 0)
    if layout.filling is Filling.DETAILED:
        kinds += np.where((layout.roles <= 0) & ~layout.shared, _USUAL_KINDS, 0)
    return kinds * LEVELS + levels[None]


def phase_places(bins: NDArray[np.uint8], cells: NDArray[np.intp], known: NDArray[np.int8]) -> NDArray[np.intp]:
    """Where chips are found in flat tables of cells, what is known of a bit (nothing, 0, 1) and phases; of any shape.

    Args:
        bins: phases.
        cells: from :func:`chip_cells`.
        known: the bit of each chip where it is known, −1 where it is not.
    """
    places = cells * (3 * PHASE_BINS)
    places += bins + (known + np.int8(1)).view(np.uint8) * np.uint8(PHASE_BINS)
    return places


def estimate_noise(
    places: NDArray[np.intp],
    weight: NDArray[np.float32],
    design: Design,
    filling: Filling = Filling.USUAL,
    *,
    least_stray: float = 0.0,
) -> NoiseModel:
    """The likeliest phase noise of every kind of chip in every masking level.

    Args:
        places: 24×rows×columns, from :func:`phase_places`.
        weight: how much each chip counts: 0 where it carries nothing, else the probability that it is untouched.
        design, filling: for the steps, in which noise is counted.
        least_stray: the least share of chips that is taken to be anywhere.
    """
    steps = _steps_of_kinds(design, filling)
    likelihoods = _likelihoods(places, weight, steps.size)
    planes = _planes(steps.tobytes(), rehearsed=design.rehearsed)
    fits = likelihoods.reshape(len(_STRAYS), -1) @ planes.gather
    fits += planes.prior
    fits -= _SUSPICION * np.array(_STRAYS, dtype=np.float32)[:, None]
    fits[np.array(_STRAYS) < least_stray] = -np.inf
    stray, likeliest = np.unravel_index(np.argmax(fits), fits.shape)
    apart = np.log(_DEVIATIONS) - np.log(planes.deviation[likeliest])[:, None]
    own = np.argmax(likelihoods[stray] - np.square(apart / _OWN_WAYS) / 2, axis=1)
    return NoiseModel.of(_DEVIATIONS[own].reshape(steps.shape).astype(np.float32))


def _steps_of_kinds(design: Design, filling: Filling) -> NDArray[np.float32]:
    """The lattice step of each kind of chips at each level."""
    strong = slice(0, _SHARED_KINDS)
    if filling is Filling.DETAILED:
        return np.concatenate([design.filled(filling).T, design.steps.T[strong], design.steps.T])
    steps = design.filled(filling).T
    return np.concatenate([steps, steps[strong]])


def told_bits(
    bins: NDArray[np.uint8], cells: NDArray[np.intp], bits: NDArray[np.uint8], weight: NDArray[np.float32]
) -> float:
    """How many bits chips tell a reader who knows how noisy each kind of them is: their mutual information with bits.

    Args:
        bins, cells: n phases, and the kinds and levels of their chips.
        bits: n, the bits they stand for.
        weight: n, how much each chip counts.
    """
    phases = _histogram(_turned(bins, bits), cells, weight, int(cells.max(initial=0)) + 1)
    return float(_mutual(phases, phase_densities(_deviation(phases))).sum())


def _mutual(phases: NDArray[np.floating], right: NDArray[np.float32]) -> NDArray[np.floating]:
    """How many bits phases of a bit 0, so many in each of 64 bins, tell whoever takes these densities for right."""
    wrong = np.roll(right, PHASE_BINS // 2, axis=-1)
    told: NDArray[np.floating] = (phases * np.log2(2 * right / (right + wrong))).sum(axis=-1)
    return told


def _turned(bins: NDArray[np.uint8], bits: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The phases that chips would have if their bits were 0."""
    return (bins + bits * np.uint8(PHASE_BINS // 2)) & np.uint8(PHASE_BINS - 1)


def _deviation(phases: NDArray[np.float64]) -> NDArray[np.float32]:
    """Standard deviation of a wrapped Gaussian from each row of a histogram of phases, by their mean cosine."""
    cosine = np.cos(2 * np.pi * np.arange(PHASE_BINS) / PHASE_BINS)
    clustering = phases @ cosine / np.maximum(phases.sum(axis=1), 1e-9)
    deviation = np.sqrt(np.maximum(-np.log(np.clip(clustering, 1e-6, 1)), 0) / (2 * np.pi**2))
    return np.asarray(np.clip(deviation, _LEAST_DEVIATION, _MOST_DEVIATION), dtype=np.float32)


def _likelihoods(places: NDArray[np.intp], weight: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Logarithm of how likely the phases of each of so many cells are with each share of strays under each deviation,
    7×cells×32."""
    counted = np.bincount(places.ravel(), weights=weight.ravel(), minlength=count * 3 * PHASE_BINS)
    unknown, zero, one = counted.reshape(count, 3, PHASE_BINS).transpose(1, 0, 2)
    told = zero + np.roll(one, PHASE_BINS // 2, axis=1)
    of_known, of_unknown = _log_densities()
    return np.asarray(told @ of_known + _UNTOLD * (unknown @ of_unknown), dtype=np.float32)


@cache
def _log_densities() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the density of each phase with each share of strays under each deviation, 7×64×32 each: where the
    bit is known, and where it is not."""
    one = phase_densities(_DEVIATIONS.astype(np.float32)).astype(np.float64).T
    either = (one + np.roll(one, PHASE_BINS // 2, axis=0)) / 2
    stray = np.array(_STRAYS)[:, None, None]
    louder = np.minimum(np.arange(_DEVIATIONS.size), np.searchsorted(_DEVIATIONS, _LOUDEST_HEARD_DOUBLED))
    return np.log((1 - stray) * one + stray), np.log((1 - stray) * either + stray)[..., louder]


@dataclass(frozen=True, eq=False)
class _Planes:
    """The n ways that the noise may lie.

    Attributes:
        deviation: n×cells, deviation of every cell in steps.
        prior: n, logarithm of how likely each is beforehand.
        gather: 32·cells×n float32; the likelihoods of cells under 32 deviations times this are those of the ways.
    """

    deviation: NDArray[np.float64]
    prior: NDArray[np.float32]
    gather: NDArray[np.float32]


@lru_cache(maxsize=8)
def _planes(steps: bytes, *, rehearsed: bool) -> _Planes:
    """The ways where the kinds of chips have these steps (kinds×levels float32)."""
    axes = np.meshgrid(_LOUDNESS, _BY_LEVEL, _BY_GROUP, indexing="ij")
    loudness, by_level, by_group = (axis.ravel()[:, None, None] for axis in axes)
    level = np.arange(LEVELS) - (LEVELS - 1) / 2
    group = np.arange(len(GROUPS)) - (len(GROUPS) - 1) / 2
    grey = np.exp(loudness + by_level * level + by_group * group[:, None])
    in_grey = np.maximum(np.frombuffer(steps, dtype=np.float32).reshape(-1, LEVELS), 1)
    kinds = len(in_grey)
    grey = np.concatenate([grey, grey[:, :_SHARED_KINDS] * _SHARED_NOISE, grey], axis=1)[:, :kinds]
    own, shared = _LEFT[rehearsed]
    left = np.repeat([own, shared, own], [len(GROUPS), _SHARED_KINDS, len(GROUPS)])[:kinds, None]
    deviation = np.clip(np.hypot(grey / in_grey, left), _LEAST_DEVIATION, _MOST_DEVIATION).reshape(-1, in_grey.size)
    unusual = [(axis.ravel() - mean) / spread for axis, (mean, spread) in zip(axes, _USUAL, strict=True)]
    prior = -np.sum(np.square(unusual), axis=0) / 2
    return _Planes(deviation, prior.astype(np.float32), _gather(deviation))


def _gather(deviation: NDArray[np.float64]) -> NDArray[np.float32]:
    """What picks the likelihoods at these deviations, n×cells, between those that are tried."""
    places = np.interp(np.log(deviation), np.log(_DEVIATIONS), np.arange(_DEVIATIONS.size))
    below = np.minimum(places.astype(np.intp), _DEVIATIONS.size - 2)
    gather = np.zeros((*deviation.shape, _DEVIATIONS.size), dtype=np.float32)
    np.put_along_axis(gather, below[..., None], (1 - places + below)[..., None].astype(np.float32), axis=-1)
    np.put_along_axis(gather, below[..., None] + 1, (places - below)[..., None].astype(np.float32), axis=-1)
    return np.ascontiguousarray(gather.reshape(len(deviation), -1).T)


def _histogram(
    bins: NDArray[np.uint8], cells: NDArray[np.intp], weight: NDArray[np.floating], count: int
) -> NDArray[np.float64]:
    """Total weight of the chips in each bin of each cell, cells×64."""
    places = (cells * PHASE_BINS + bins).ravel()
    counted = np.bincount(places, weights=weight.ravel(), minlength=count * PHASE_BINS)
    return np.asarray(counted.reshape(-1, PHASE_BINS), dtype=np.float64)
