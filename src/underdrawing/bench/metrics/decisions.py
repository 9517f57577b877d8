"""How well a decision matches the truth, and how sure a measured share can be."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Interval",
    "MapScore",
    "area_under_curve",
    "bit_success",
    "false_alarm_rate",
    "payload_success",
    "score_map",
    "wilson_interval",
]

_NORMAL_QUANTILE_95 = 1.959963984540054


@dataclass(frozen=True)
class MapScore:
    """A tamper map against the truth, pixel by pixel.

    Attributes:
        f1: Harmonic mean of precision and recall, 0 to 1; 1 when both masks are empty.
        iou: Intersection over union, 0 to 1; 1 when both masks are empty.
        false_alarm: Share of the untouched pixels that were flagged, 0 to 1.
    """

    f1: float
    iou: float
    false_alarm: float


@dataclass(frozen=True)
class Interval:
    """A share and the range it lies in with 95 % confidence, all 0 to 1."""

    share: float
    low: float
    high: float


def score_map(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> MapScore:
    """Score a mask against the true one; both H×W bool, True where tampered."""
    hits = int(np.count_nonzero(found & truth))
    flagged, tampered = int(np.count_nonzero(found)), int(np.count_nonzero(truth))
    either = flagged + tampered - hits
    untouched = truth.size - tampered
    return MapScore(
        f1=2 * hits / (flagged + tampered) if either else 1.0,
        iou=hits / either if either else 1.0,
        false_alarm=(flagged - hits) / untouched if untouched else 0.0,
    )


def area_under_curve(probability: NDArray[Any], truth: NDArray[np.bool_]) -> float:
    """Area under the receiver operating characteristic: how often a tampered pixel outranks an untouched one.

    Args:
        probability: Any shape, larger means more likely tampered; ties count half.
        truth: Same shape, True where tampered.

    Returns:
        0 to 1; NaN when one of the two classes is missing.
    """
    tampered = int(np.count_nonzero(truth))
    untouched = truth.size - tampered
    if not tampered or not untouched:
        return float("nan")
    _, level, count = np.unique(probability, return_inverse=True, return_counts=True)
    below = np.concatenate(([0], np.cumsum(count)[:-1]))
    middle_rank = below + (count + 1) / 2
    rank_sum = float(middle_rank[level.reshape(truth.shape)][truth].sum())
    return (rank_sum - tampered * (tampered + 1) / 2) / (tampered * untouched)


def wilson_interval(successes: int, trials: int) -> Interval:
    """The share of successes with its Wilson score interval at 95 %; the whole range when nothing was tried.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if trials == 0:
        return Interval(float("nan"), 0.0, 1.0)
    share, square = successes / trials, _NORMAL_QUANTILE_95**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    spread = math.sqrt(share * (1 - share) / trials + square / (4 * trials**2)) * _NORMAL_QUANTILE_95
    spread /= 1 + square / trials
    return Interval(share, centre - spread if successes else 0.0, centre + spread if successes < trials else 1.0)


def payload_success(outcomes: Sequence[bool]) -> Interval:
    """Share of payloads that arrived without an error, with its 95 % interval."""
    return wilson_interval(sum(map(bool, outcomes)), len(outcomes))


def bit_success(pairs: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8] | None]]) -> Interval:
    """Share of bits that arrived as they were sent, with its 95 % interval as if bits failed independently.

    Args:
        pairs: Bits sent and bits received (0 or 1, the same length), one pair a picture; None where nothing was
            received, which counts as half of the bits right: guessing does as well.
    """
    right, sent_bits = 0.0, 0
    for sent, received in pairs:
        sent_bits += sent.size
        right += sent.size / 2 if received is None else int(np.count_nonzero(sent == received))
    return wilson_interval(round(right), sent_bits)


def false_alarm_rate(masks: Iterable[NDArray[np.bool_]]) -> float:
    """Share of all pixels of untouched pictures that were flagged, 0 to 1; NaN of no picture."""
    flagged = pixels = 0
    for mask in masks:
        flagged += int(np.count_nonzero(mask))
        pixels += mask.size
    return flagged / pixels if pixels else float("nan")
