"""How far each chip can be believed: noise levels of the whole image, and reliability block by block.

Noise is estimated per masking level and coefficient from the phases themselves. A phase doubled does not depend on its
bit, so every chip helps before a single bit is known. A block whose phases fit no lattice while the rest of the image
does was probably replaced; its chips then count as erasures.

Source: ours. The doubled phase is the classical way around unknown binary modulation (e.g. Viterbi & Viterbi 1983).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GROUPS, LEVELS, SPREAD, Design
from underdrawing.channel.lattice.layout import Layout
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_densities

__all__ = ["NoiseModel", "chip_cells", "estimate_noise", "log_intact", "reliability", "told_bits"]

_LEAST_DEVIATION, _MOST_DEVIATION = 0.03, 0.45
_PRIOR, _PRIOR_ALONE = np.float32(0.7), np.float32(1.4)  # log odds that a block is untouched
_POOLED_BLOCKS, _POOLED_ALONE = np.float32(9.0), np.float32(7.2)
_STRONGEST, _SUREST_ODDS = np.float32(20.0), np.float32(4.6)
_COUPLING, _SETTLING_SWEEPS = np.float32(1.0), 6
_NEIGHBOURS = np.array([[0.5, 1, 0.5], [1, 0, 1], [0.5, 1, 0.5]], dtype=np.float32)
_SHARE_TOLD = 0.25
_FEWEST_CHIPS, _CLEARLY = 16, 5.0
_PRIOR_CHIPS = 20
_RARELY_UNEXPLAINED, _OFTEN_UNEXPLAINED = 1e-3, 0.15
_UNHEARD_MARGIN = 1.1
_SHARED_KINDS = 2
_KINDS = len(GROUPS) + _SHARED_KINDS
_BIN_CENTRES = np.arange(PHASE_BINS) / PHASE_BINS


@dataclass(frozen=True)
class NoiseModel:
    """Phase noise of an image, by kind of chip and masking level.

    The kinds are the four groups of chips, and the two strongest groups again for chips they share.

    Attributes:
        deviation: 6×6 float32 (kinds×levels), standard deviation in steps.
        densities: 6×6×64 float32, density of the phase of a bit 0 relative to uniform.
    """

    deviation: NDArray[np.float32]
    densities: NDArray[np.float32]

    @classmethod
    def of(cls, deviation: NDArray[np.float32]) -> "NoiseModel":
        """The model with these deviations."""
        return cls(deviation, phase_densities(deviation))

    def density(self, bins: NDArray[np.uint8], cells: NDArray[np.intp], *, bit: int) -> NDArray[np.float32]:
        """Density of every phase if its bit were ``bit``, relative to uniform, 24×rows×columns float32."""
        table = self.densities if bit == 0 else np.roll(self.densities, PHASE_BINS // 2, axis=-1)
        return np.take(table.reshape(-1), cells * PHASE_BINS + bins)


def chip_cells(layout: Layout, levels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Index of every chip into the noise model's kinds and levels, flattened; 24×rows×columns."""
    group = np.repeat(np.arange(len(GROUPS)), [part.stop - part.start for part in GROUPS])
    kinds = group[:, None, None] + np.where(layout.shared, len(GROUPS), 0)
    return kinds * LEVELS + levels[None]


def estimate_noise(
    bins: NDArray[np.uint8],
    cells: NDArray[np.intp],
    weight: NDArray[np.float32],
    known: NDArray[np.int8],
    layout: Layout,
    design: Design,
) -> NoiseModel:
    """The phase noise of every kind of chip in every masking level.

    Where many bits of a kind are known, their phases tell; else doubled phases do, and pilots where these say nothing.

    Args:
        bins: 24×rows×columns phases.
        cells: from :func:`chip_cells`.
        weight: how much each chip counts: 0 where it carries nothing, else the probability that it is untouched.
        known: the bit of each chip where it is known, −1 where it is not.
        layout: tells pilots and shared chips.
        design: for the steps, which tell the noise of kinds that cannot be heard from that of those that can.
    """
    phases = _histogram(bins, cells, weight)
    doubled, total = _clustering(phases, harmonic=2)
    single, told = _clustering(_known_histogram(bins, cells, weight, known, layout), harmonic=1)
    rough = _rough(single, told)
    clear = (total >= _FEWEST_CHIPS) & (doubled > _CLEARLY / np.sqrt(np.maximum(2 * total, 1)))
    clear &= np.isnan(rough) | (told < _SHARE_TOLD * total)
    known_deviation = np.where(clear, _deviation(doubled, 2), rough)
    if np.isnan(known_deviation).all():
        known_deviation = _of_all_together(doubled, total)
    prior = np.exp(-2 * np.pi**2 * np.square(np.minimum(_filled(known_deviation, design), _MOST_DEVIATION)))
    blended = (single * told + prior * _PRIOR_CHIPS) / (told + _PRIOR_CHIPS)
    deviation = np.where(clear, known_deviation, _deviation(blended, 1))
    return NoiseModel.of(np.clip(deviation, _LEAST_DEVIATION, _MOST_DEVIATION).astype(np.float32))


def told_bits(
    bins: NDArray[np.uint8], cells: NDArray[np.intp], bits: NDArray[np.uint8], weight: NDArray[np.float32]
) -> float:
    """How many bits chips tell a reader who knows how noisy each kind of them is: their mutual information with bits.

    Args:
        bins, cells: n phases, and the kinds and levels of their chips.
        bits: n, the bits they stand for.
        weight: n, how much each chip counts.
    """
    phases = _histogram((bins + bits * np.uint8(PHASE_BINS // 2)) & np.uint8(PHASE_BINS - 1), cells, weight)
    clustering, _ = _clustering(phases, harmonic=1)
    deviation = np.clip(_deviation(clustering, 1), _LEAST_DEVIATION, _MOST_DEVIATION).astype(np.float32)
    right = phase_densities(deviation).reshape(phases.shape)
    wrong = np.roll(right, PHASE_BINS // 2, axis=-1)
    return float((phases * np.log2(2 * right / (right + wrong))).sum())


def _of_all_together(doubled: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """The deviation of all kinds and levels together, for each of them: in a small crop perhaps none has enough chips
    to be heard alone. Not-a-number where they say nothing even so."""
    chips = max(float(total.sum()), 1e-9)
    clustering = (doubled * total).sum() / chips
    heard = chips >= _FEWEST_CHIPS and clustering > _CLEARLY / np.sqrt(2 * chips)
    return np.full(doubled.shape, _deviation(clustering, 2) if heard else np.nan)


def _rough(single: NDArray[np.float64], told: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations where enough chips agree with their known bits; not-a-number elsewhere."""
    heard = (told >= _FEWEST_CHIPS) & (single > 2 / np.sqrt(np.maximum(2 * told, 1)))
    return np.where(heard, _deviation(single, 1), np.nan)


def _histogram(bins: NDArray[np.uint8], cells: NDArray[np.intp], weight: NDArray[np.floating]) -> NDArray[np.float64]:
    """Total weight of the chips in each bin of each cell, 36×64."""
    places = (cells * PHASE_BINS + bins).ravel()
    counted = np.bincount(places, weights=weight.ravel(), minlength=_KINDS * LEVELS * PHASE_BINS)
    return np.asarray(counted.reshape(-1, PHASE_BINS), dtype=np.float64)


def _known_histogram(
    bins: NDArray[np.uint8],
    cells: NDArray[np.intp],
    weight: NDArray[np.float32],
    known: NDArray[np.int8],
    layout: Layout,
) -> NDArray[np.float64]:
    """The same for telling chips with known bits alone, their phases turned to where those of bits 0 would be."""
    chosen = np.flatnonzero(layout.telling & (known >= 0))
    turned = bins.ravel()[chosen] + (known.ravel()[chosen] == 1) * np.uint8(PHASE_BINS // 2)
    return _histogram(turned & np.uint8(PHASE_BINS - 1), cells.ravel()[chosen], weight.ravel()[chosen])


def _clustering(histogram: NDArray[np.float64], *, harmonic: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean cosine of a multiple of the phases, and total weight per cell, 6×6 each."""
    total = histogram.sum(axis=1)
    sums = histogram @ np.cos(2 * np.pi * harmonic * _BIN_CENTRES)
    return (sums / np.maximum(total, 1e-9)).reshape(_KINDS, LEVELS), total.reshape(_KINDS, LEVELS)


def _deviation(clustering: NDArray[np.float64], harmonic: int) -> NDArray[np.float64]:
    """Standard deviation of a wrapped Gaussian from the mean cosine of its ``harmonic``-th multiple."""
    logarithm = np.maximum(-np.log(np.clip(clustering, 1e-6, 1)), 0)
    return np.sqrt(logarithm / (2 * np.pi**2 * harmonic**2))


def _filled(deviation: NDArray[np.float64], design: Design) -> NDArray[np.float64]:
    """Deviations with the unheard cells filled in: the noise in grey levels of the kinds heard at the same masking
    level; where no kind is heard, that of the nearest levels. What embedding itself leaves is no such noise."""
    steps = np.concatenate([design.steps.T, design.steps.T[:_SHARED_KINDS] * np.sqrt(SPREAD)])
    own = (1 - design.pull) / np.sqrt(12)
    received = np.sqrt(np.maximum(np.square(deviation) - own**2, 1e-6))
    level_noise = _known_median(np.where(steps > 0, received * steps, np.nan))
    heard = np.flatnonzero(~np.isnan(level_noise))
    if not heard.size:
        return np.full(deviation.shape, _MOST_DEVIATION)
    everywhere = np.interp(np.arange(LEVELS), heard, level_noise[heard])
    guessed = np.sqrt(np.square(_UNHEARD_MARGIN * everywhere[None] / np.maximum(steps, 1)) + own**2)
    return np.where(np.isnan(deviation), guessed, deviation)


def _known_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of the numbers in each column; not-a-number for a column without any."""
    ordered = np.sort(values, axis=0)  # not-a-number comes last
    count = np.count_nonzero(~np.isnan(values), axis=0)
    column = np.arange(values.shape[1])
    below = ordered[np.maximum(count - 1, 0) // 2, column]
    above = ordered[np.minimum(count // 2, len(values) - 1), column]
    return np.asarray((below + above) / 2, dtype=np.float64)


def log_intact(
    bins: NDArray[np.uint8],
    cells: NDArray[np.intp],
    weight: NDArray[np.float32],
    noise: NoiseModel,
    known: NDArray[np.int8],
    *,
    cautious: bool = False,
) -> NDArray[np.float32]:
    """Evidence of each block for being untouched against replaced, rows×columns float32 in nats.

    A share of all chips may be anywhere whatever became of the block (clipping, rounding, a neighbour that was
    replaced), so that no chip says more than the logarithm of that share.

    Args:
        bins, cells: as in :func:`estimate_noise`.
        weight: share of each chip that belongs to the block, 0 where it carries nothing.
        known: 24×rows×columns, the bit of a chip where it is known, −1 where it is not.
        cautious: take that share to be large, for accusing a block rather than for weighing it.
    """
    unexplained = np.float32(_OFTEN_UNEXPLAINED if cautious else _RARELY_UNEXPLAINED)
    zero = noise.densities.reshape(-1)
    one = np.roll(noise.densities, PHASE_BINS // 2, axis=-1).reshape(-1)
    table = np.log((1 - unexplained) * np.concatenate([(zero + one) / 2, zero, one]) + unexplained)
    fit = np.take(table, (known.astype(np.intp) + 1) * zero.size + cells * PHASE_BINS + bins)
    return np.asarray(np.einsum("crb,crb->rb", fit, weight), dtype=np.float32)


def reliability(evidence: NDArray[np.float32], *, regions: bool = True) -> NDArray[np.float32]:
    """Probability that each block is untouched, from its evidence and its neighbours', rows×columns float32.

    Args:
        evidence: rows×columns, as from :func:`log_intact`.
        regions: whether pictures are taken to be replaced in regions: every neighbour that is surely untouched, or
            surely not, then counts one nat, and half of that diagonally. Where little is known yet, whole regions are
            lost that way; then evidence is only pooled over 3×3 blocks.

    Source: the Ising model with external field; damped mean-field equations as in Wainwright & Jordan (2008), 5.3.
    """
    own = np.clip(evidence, -_STRONGEST, _STRONGEST)
    pooled = cv2.blur(own, (3, 3), borderType=cv2.BORDER_REPLICATE)
    if not regions:
        return _logistic(np.minimum(_POOLED_ALONE * pooled + _PRIOR_ALONE, _SUREST_ODDS))
    odds = _POOLED_BLOCKS * pooled + _PRIOR
    for _ in range(_SETTLING_SWEEPS):
        agreed = cv2.filter2D(2 * _logistic(odds) - 1, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        odds = np.float32(0.5) * (odds + own + _PRIOR + _COUPLING * agreed)
    return _logistic(np.minimum(odds, _SUREST_ODDS))


def _logistic(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -8, 8))), dtype=np.float32)
