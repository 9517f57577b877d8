"""How strong texture is in this very picture: told by what is still to be seen of it.

The same code paints a sharp photograph and a soft one alike, so a network that sees what was painted cannot tell them
apart. But of everything around a region both are known, what the code would have painted there and what is there. By
how much more or less than usual is missing in these places, octave by octave, more or less is made up inside; where
little is expected as in the places around where little is, for a clear sky may stand behind rocks.

Source: ours.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.recovery.texturing.bands import GRID, OCTAVES, sizes

__all__ = ["calibrated"]

_FADING = 8.0
"""Over how many of 64×64 places a place counts less, by a factor of e: what is near is most like the region."""
_APART = 2
"""Places so near to the region do not count: something of it may have been blended into them."""
_PRIOR = 10.0
"""How many places the usual strength counts for."""
_CLASSES = 3
"""Places where little is expected, where more, and where most."""

Planes = NDArray[np.float32]


def calibrated(
    strengths: Planes, usual: Planes, unseen: NDArray[np.uint8], pixels: NDArray[np.uint8], hidden: NDArray[np.bool_]
) -> Planes:
    """Strengths of texture made right for a picture, (18, 64, 64) float32, mean absolute values in grey levels.

    Args:
        strengths: the same shape, what is likely missing inside the region.
        usual: the same shape, what is likely missing in ``unseen``.
        unseen: 256×256×3 RGB uint8, painted from the code alone, as if everything were hidden.
        pixels: 256×256×3 RGB uint8, the suspect; of no account where ``hidden``.
        hidden: 256×256 bool, True where the suspect was changed.
    """
    weights = _weights(hidden)
    if not weights.any():
        return strengths
    shown = np.where(hidden[..., None], unseen, pixels).astype(np.float32)
    missing, result = sizes(shown - unseen), strengths.copy()
    for octave in np.unique(OCTAVES):
        bands = octave == OCTAVES
        there, expected, inside = (planes[bands].mean(axis=0) for planes in (missing, usual, strengths))
        result[bands] *= _times(there, expected, inside, weights)
    return result


def _times(there: Planes, expected: Planes, inside: Planes, weights: Planes) -> Planes:
    """How many times as much as ``inside``, (64, 64), to make up of an octave.

    Args:
        there: what is missing in each place, and
        expected: what would usually be.
        inside: what is likely missing in the region.
        weights: how much each place counts.
    """
    usual = _PRIOR * expected.mean()
    overall = ((there * weights).sum() + usual) / ((expected * weights).sum() + usual)
    places = np.flatnonzero(weights)
    places = places[np.argsort(expected.flat[places], kind="stable")]
    share = np.cumsum(weights.flat[places])
    centres, ratios = [], []
    for chosen in np.split(places, np.searchsorted(share, share[-1] * np.arange(1, _CLASSES) / _CLASSES)):
        if len(chosen):
            weight, is_, was = (planes.flat[chosen] for planes in (weights, there, expected))
            prior = _PRIOR * was.mean()
            centres.append(np.average(was, weights=weight))
            ratios.append(((is_ * weight).sum() + overall * prior) / ((was * weight).sum() + prior))
    return np.asarray(np.exp(np.interp(np.log(inside), np.log(centres), np.log(ratios))), dtype=np.float32)


def _weights(hidden: NDArray[np.bool_]) -> Planes:
    """How much each of 64×64 places counts."""
    side = hidden.shape[0] // GRID
    covered = hidden.reshape(GRID, side, GRID, side).any(axis=(1, 3))
    if not covered.any():
        return np.ones((GRID, GRID), np.float32)
    away = np.asarray(cv2.distanceTransform(np.logical_not(covered).view(np.uint8), cv2.DIST_L2, 5), np.float32)
    return np.where(away > _APART, np.exp(-away / _FADING), 0).astype(np.float32)
