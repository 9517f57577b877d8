"""How far the tokens that a suspect gives of itself can be believed: two models, and their numbers.

A fine token is near its neighbours only, so it is whole, touched or gone. A coarse token stands for so much of the
picture that it is rarely whole and rarely all gone, so its entries are held against what is left of its cell.

Distances are in units of latents. The numbers are fitted to copies by ``bench/token_odds.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.messages.token_odds import log_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BELIEFS", "COARSE_BELIEFS", "Belief", "CoarseBelief"]

_SUREST = 0.998


@dataclass(frozen=True)
class Belief:
    """How far the tokens that a suspect gives at one fine scale can be believed.

    A token is one of three: whole, and then the nearest entry is it, or one whose border is near; touched in part, and
    then it is somewhere around; or replaced, and any token is as good.

    Attributes:
        sharp, lead: of a whole token the odds of the nearest entry against another are
            ``exp(sharp · distance from the border between them + lead)``.
        wide: of one touched in part they are ``exp(wide · distance)``.
        whole: slope and offset of the log-odds that a token is whole over those that its area is untouched.
        touched: the same of being touched in part, where it is not whole.
    """

    sharp: float
    lead: float
    wide: float
    whole: tuple[float, float]
    touched: tuple[float, float]

    def log_weights(
        self, distance: NDArray[np.float32], intact: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logarithms of the probabilities of candidates, and of being none of them.

        Args:
            distance: n×candidates, from the border to each; the first candidate is the nearest.
            intact: n, probability that the area of each token is untouched.
        """
        ratio = np.log(intact / (1 - intact))
        whole = np.minimum(_probability(ratio, self.whole), np.float32(_SUREST))
        touched = (1 - whole) * _probability(ratio, self.touched)
        behind = np.arange(distance.shape[1]) > 0
        near = np.exp(-(self.sharp * distance + self.lead * behind))
        around = np.exp(-self.wide * distance)
        weight = (whole / near.sum(axis=1))[:, None] * near + (touched / around.sum(axis=1))[:, None] * around
        return np.log(weight + np.float32(1e-30)), np.log(np.maximum(1 - whole - touched, np.float32(1e-6)))


@dataclass(frozen=True)
class CoarseBelief:
    """The same of a coarse scale.

    Attributes:
        sharp: slope of the log-odds of two entries over half the difference of their squared distances, in a cell of
            which nothing is gone.
        blur: how fast the slope falls with the share of the cell that is gone: it is divided by ``1 + blur · share``.
        astray: log-odds that the token is any one at all, and how they grow with that share.
    """

    sharp: float
    blur: float
    astray: tuple[float, float]

    def log_weights(
        self, closeness: NDArray[np.float32], gone: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logarithms of the probabilities of entries, and of being none of them.

        Args:
            closeness: n×entries, see ``Tokenizer.closeness``; all entries, or those that are near.
            gone: n, share of each cell that was replaced or is not there.
        """
        sharp = self.sharp / (1 + self.blur * gone)
        log_weight = sharp[:, None] * (closeness - closeness.max(axis=1, keepdims=True))
        log_weight -= log_sum(log_weight)[:, None]
        ratio = self.astray[0] + self.astray[1] * gone
        weight = log_weight - np.logaddexp(0, ratio)[:, None]
        return weight.astype(np.float32), -np.logaddexp(0, -ratio).astype(np.float32)


BELIEFS = {
    16: Belief(sharp=1.85, lead=0.13, wide=0.10, whole=(1.94, -2.17), touched=(0.64, -1.18)),
    32: Belief(sharp=2.67, lead=-0.11, wide=0.13, whole=(3.05, -2.83), touched=(0.99, -2.38)),
}
"""Fitted to photographs with a quarter replaced: scale 16 after JPEG 75 to 40, WebP 75, and half the size and JPEG 80
or 75, of steadied pictures; scale 32, which is not steadied, after JPEG 85 to 50 and 0.7 of the size."""

COARSE_BELIEFS = {
    1: CoarseBelief(sharp=0.000324, blur=0.095, astray=(-3.4, 0.0)),
    2: CoarseBelief(sharp=0.000802, blur=5.35, astray=(-2.72, -0.15)),
    4: CoarseBelief(sharp=0.00967, blur=21.6, astray=(-2.9, -1.14)),
    8: CoarseBelief(sharp=0.0246, blur=77.8, astray=(-3.07, -0.57)),
}
"""Fitted to the same pictures, and after the harshest of what a mark should live through: JPEG 25, WebP 50, 0.4 of the
size and JPEG 70, and a changed contrast. Scales 1 and 2 only to the latter, for else the anchor needs no help."""


def _probability(ratio: NDArray[np.float32], line: tuple[float, float]) -> NDArray[np.float32]:
    slope, offset = line
    return np.asarray(1 / (1 + np.exp(-slope * ratio - offset)), dtype=np.float32)
