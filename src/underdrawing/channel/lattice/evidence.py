"""Which blocks can be believed: those whose phases fit the lattices as well as those of the rest of the image.

A block whose phases fit no lattice while the rest of the image does was probably replaced; its chips then count as
erasures.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.modulation import PHASE_BINS
from underdrawing.channel.lattice.noise import NoiseModel

__all__ = ["guessed_reliabilities", "log_intact", "reliability", "wide_reliability"]

_PRIOR, _PRIOR_ALONE = np.float32(0.7), np.float32(1.4)  # log odds that a block is untouched
_POOLED_BLOCKS, _POOLED_ALONE = np.float32(9.0), np.float32(7.2)
_STRONGEST, _SUREST_ODDS = np.float32(20.0), np.float32(4.6)
_PRIOR_WIDE, _REACH = np.float32(1.1), 1 / 13
_REACHES, _DOUBTS = (0.5, 0.75, 1.0, 1.5), (1.0, 2.0, 3.0)
"""How far to look around, as multiples of the usual reach, and how many nats to add and take away by chance."""
_COUPLING, _SETTLING_SWEEPS = np.float32(1.0), 6
_NEIGHBOURS = np.array([[0.5, 1, 0.5], [1, 0, 1], [0.5, 1, 0.5]], dtype=np.float32)
_RARELY_UNEXPLAINED, _OFTEN_UNEXPLAINED = 1e-3, 0.15


def log_intact(
    places: NDArray[np.intp], weight: NDArray[np.float32], noise: NoiseModel, *, cautious: bool = False
) -> NDArray[np.float32]:
    """Evidence of each block for being untouched against replaced, rows×columns float32 in nats.

    A share of all chips may be anywhere whatever became of the block (clipping, rounding, a neighbour that was
    replaced), so that no chip says more than the logarithm of that share.

    Args:
        places: 24×rows×columns, from :func:`.noise.phase_places`.
        weight: share of each chip that belongs to the block, 0 where it carries nothing.
        noise: of the copy.
        cautious: take that share to be large, for accusing a block rather than for weighing it.
    """
    unexplained = np.float32(_OFTEN_UNEXPLAINED if cautious else _RARELY_UNEXPLAINED)
    zero, one = noise.densities, np.roll(noise.densities, PHASE_BINS // 2, axis=-1)
    table = np.log((1 - unexplained) * np.stack([(zero + one) / 2, zero, one], axis=-2) + unexplained)
    fit = np.take(table, places)
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


def wide_reliability(evidence: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The same where single blocks tell next to nothing: from the evidence of all that lies around each block.

    What replaces a part of a picture is seldom smaller than a twentieth of it, and so many blocks together still tell
    where one does not.

    Args:
        evidence: rows×columns, as from :func:`log_intact`.
        side: rows or columns of the shorter side of the whole picture.
    """
    return _logistic(np.minimum(_wide_odds(evidence, side * _REACH), _SUREST_ODDS))


def guessed_reliabilities(evidence: NDArray[np.float32], side: int, count: int) -> NDArray[np.float32]:
    """Many guesses at the same, where even that tells little, count×rows×columns float32: near and far, and with smooth
    regions added and taken away by chance.

    At the limit of what can be read it is chance which blocks are believed too much; of many guesses one may be lucky,
    and a checksum tells which. They are the same every time.

    Args:
        evidence, side: see :func:`wide_reliability`.
        count: how many guesses; the first ones leave nothing to chance.
    """
    rng, guesses = np.random.default_rng(0), np.empty((count, *evidence.shape), dtype=np.float32)
    for number, guess in enumerate(guesses):
        reach = side * _REACH
        guess[:] = _wide_odds(evidence, reach * _REACHES[number % len(_REACHES)])
        if number >= len(_REACHES):
            by_chance = rng.standard_normal(evidence.shape, dtype=np.float32)
            smooth = cv2.GaussianBlur(by_chance, (0, 0), reach * rng.uniform(1, 2), borderType=cv2.BORDER_REFLECT)
            guess += np.float32(_DOUBTS[number % len(_DOUBTS)]) * smooth / smooth.std()
    return _logistic(np.minimum(guesses, _SUREST_ODDS))


def _wide_odds(evidence: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Log odds that each block is untouched, from the sum of the evidence as far as that around it."""
    own = np.clip(evidence, -_STRONGEST, _STRONGEST)
    around = cv2.GaussianBlur(own, (0, 0), reach, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.float32(4 * np.pi * reach**2) * around + _PRIOR_WIDE, dtype=np.float32)


def _logistic(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -8, 8))), dtype=np.float32)
