"""What may be left of a hidden code: a prefix of the ladder, scattered tokens, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from train.tokenizer.codes import Arrived
from underdrawing.tokenizer import LADDER

__all__ = ["ALL_SCALES", "FEW_SCALES", "random_survivors"]

ALL_SCALES = (0.12, 0.06, 0.08, 0.10, 0.20, 0.28, 0.16)
"""Chances of 0, 1, … 6 scales that arrived whole: every way that a code may come."""
FEW_SCALES = (0.20, 0.08, 0.22, 0.18, 0.28, 0.04, 0.00)
"""Where the surroundings tell most, and the Transformer paints."""
_SCATTERED_CHANCE = 0.25  # that some tokens of the scale after them arrived too
_PARTIAL_CHANCE = 0.5  # that scale 32 arrived in part: those tokens first that add most


def random_survivors(n: int, rng: np.random.Generator, *, chances: Sequence[float] = ALL_SCALES) -> Arrived:
    """What arrived of a batch of codes.

    Args:
        n: how many codes.
        rng: decides.
        chances: of 0, 1, … 6 scales that arrived whole.
    """
    counts = rng.choice(len(LADDER) + 1, size=n, p=chances)
    flags = np.zeros((n, len(LADDER), 32, 32), np.bool_)
    for i, count in enumerate(counts):
        flags[i, :count] = True
        if count < 5 and rng.random() < _SCATTERED_CHANCE:
            side = LADDER[count]
            survivors = rng.random((side, side)) < rng.random()
            flags[i, count] = survivors.repeat(32 // side, axis=0).repeat(32 // side, axis=1)
    shares = np.where(rng.random(n) < _PARTIAL_CHANCE, rng.random(n), 1.0).astype(np.float32)
    return Arrived(torch.from_numpy(flags), torch.from_numpy(shares))
