"""What colours tell: does the suspect, place by place, look like the picture that its mark remembers?

An edit that keeps the brightness, such as another colour for a car, leaves most chips where they were. And where a
picture is clipped to black or white there are no chips at all. The remembered picture helps in both cases.

Brightness and two colour differences are compared after the gain and offset that fit the trusted places best, so that
a change of tone is no evidence. The remembered picture is rough, so its errors are taken to have heavy tails, and
likeness counts for little: much of what a forger paints in has likely colours.

Source: ours; Student's t as an error model as in Lange, Little & Taylor (1989).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ComparedColours", "clipped_share", "colour_evidence", "compared_colours", "opponent_colours"]

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_OPPONENT = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], dtype=np.float32)
_LEAST_DEVIATION = np.array([11.0, 4.5, 4.5], dtype=np.float32)
_FITTING_ROUNDS = 3
_FEWEST_TRUSTED = 24
_SURELY_UNTOUCHED = 0.4
_NORMAL_QUANTILE = 0.524  # of the absolute value of a standard normal, for that share
_FREEDOM = 4.0
_SURPRISE = 4.0
_MOST_FOR_UNTOUCHED = 0.2
_MOST_FOR_REPLACED = 9.0
_BLACKEST, _WHITEST = 4, 251
_LARGER = 4
_ENOUGH_ROWS = 270
_MOST_FITTED = 2048


def colour_evidence(
    suspect: Pixels, remembered: NDArray[np.uint8], trusted: NDArray[np.bool_], *, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Log-likelihood ratio of untouched against replaced from colours alone, in nats.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        remembered: h×w×3 RGB uint8, the decoded hidden code.
        trusted: any size, True where the suspect is believed untouched; tells how well the two should agree.
        size: rows and columns of the answer.

    Returns:
        rows×columns float32.
    """
    compared = compared_colours(suspect, remembered, trusted, size=size)
    if compared is None:
        return np.zeros(size, dtype=np.float32)
    surprise = np.square(compared.surprise)
    brightness, hue = surprise[0], surprise[1] + surprise[2]
    nats = sum(_SURPRISE - k * np.log1p(part / _FREEDOM) for part, k in ((brightness, 2.5), (hue, 3.0)))
    return np.asarray(np.clip(nats - _SURPRISE, -_MOST_FOR_REPLACED, _MOST_FOR_UNTOUCHED), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class ComparedColours:
    """Brightness and two colour differences, 3×rows×columns float32 each, in grey levels of 8 bits.

    Attributes:
        seen: of the suspect.
        expected: of the remembered picture, with gain and offset as the suspect has them.
        surprise: their difference in standard deviations of the trusted places.
    """

    seen: NDArray[np.float32]
    expected: NDArray[np.float32]
    surprise: NDArray[np.float32]


def opponent_colours(picture: Pixels, *, size: tuple[int, int]) -> NDArray[np.float32]:
    """Brightness and two colour differences in grey levels of 8 bits, 3×rows×columns float32."""
    unit = np.float32(255 / np.iinfo(picture.dtype).max)
    planes = cv2.transform(_averaged(picture, size) * unit, _OPPONENT)
    return np.ascontiguousarray(planes.transpose(2, 0, 1), dtype=np.float32)


def compared_colours(
    suspect: Pixels, remembered: NDArray[np.uint8], trusted: NDArray[np.bool_], *, size: tuple[int, int]
) -> ComparedColours | None:
    """The colours of suspect and remembered picture side by side; None where too few places are trusted to fit tones.

    Args:
        suspect, remembered, trusted, size: as for :func:`colour_evidence`.
    """
    good = cv2.resize(trusted.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0
    chosen = np.flatnonzero(good)
    if chosen.size < _FEWEST_TRUSTED:
        return None
    chosen = chosen[:: -(-chosen.size // _MOST_FITTED)]
    seen, expected = opponent_colours(suspect, size=size), opponent_colours(remembered, size=size)
    surprise = np.empty_like(seen)
    for number, (plane, other) in enumerate(zip(seen, expected, strict=True)):
        gain, offset, deviation = _fitted(plane.ravel()[chosen], other.ravel()[chosen], _LEAST_DEVIATION[number])
        other *= gain
        other += offset
        np.divide(plane - other, deviation, out=surprise[number])
    return ComparedColours(seen, expected, surprise)


def clipped_share(suspect: Pixels, *, size: tuple[int, int]) -> NDArray[np.float32]:
    """Share of each place that is clipped: some channel white or black, or all nearly; rows×columns float32, 0 to 1.

    What would clip in one channel is not embedded in any, so a saturated colour carries no more than white or black. Of
    a large picture not every row is looked at.

    Args:
        suspect: H×W×3 RGB, uint8 or uint16.
        size: rows and columns of the answer.
    """
    unit = np.iinfo(suspect.dtype).max // 255
    suspect = suspect[:: max(1, suspect.shape[0] // _ENOUGH_ROWS)]
    within = cv2.inRange(suspect, _all_channels(unit), _all_channels(_WHITEST * unit))
    dark = cv2.inRange(suspect, _all_channels(0), _all_channels(_BLACKEST * unit - 1))
    clipped = np.asarray(cv2.bitwise_or(dark, cv2.bitwise_not(within)), dtype=np.uint8)
    return _averaged(clipped, size) / np.float32(255)


def _all_channels(value: int) -> tuple[int, int, int]:
    return value, value, value


def _averaged(picture: Pixels, size: tuple[int, int]) -> NDArray[np.float32]:
    """Averages over places, rows×columns(×3) float32; what is much larger is halved first, ten times as fast."""
    while min(picture.shape[0] / size[0], picture.shape[1] / size[1]) >= _LARGER:
        half = picture.shape[1] // 2, picture.shape[0] // 2
        picture = cast(Pixels, cv2.resize(picture, half, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)


def _fitted(
    seen: NDArray[np.float32], expected: NDArray[np.float32], least_deviation: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    """Gain and offset from expected to seen values, and standard deviation around them, all robust."""
    rough = np.abs(seen - expected)
    fitted = rough <= _least_of(rough)
    for _ in range(_FITTING_ROUNDS):
        x, y = expected[fitted], seen[fitted]
        gain = np.clip(np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + 1), 0.6, 1.6)
        offset = y.mean() - gain * x.mean()
        error = np.abs(seen - gain * expected - offset)
        typical = _least_of(error) / _NORMAL_QUANTILE
        deviation = max(typical, least_deviation)
        fitted = error < 2.5 * deviation
    return np.float32(gain), np.float32(offset), np.float32(deviation)


def _least_of(errors: NDArray[np.float32]) -> np.float32:
    """The largest of those errors that are surely of untouched places."""
    last = int(_SURELY_UNTOUCHED * (errors.size - 1))
    return np.float32(np.partition(errors, last)[last])
