"""What colours tell: does the suspect, place by place, look like the picture that its mark remembers?

An edit that keeps the brightness, such as another colour for a car, leaves most chips where they were. And where a
picture is clipped to black or white there are no chips at all. The remembered picture helps in both cases.

Brightness and two colour differences are compared after the gain and offset that fit the trusted places best, so that
a change of tone is no evidence. The remembered picture is rough, so its errors are taken to have heavy tails, and
likeness counts for little: much of what a forger paints in has likely colours.

Source: ours; Student's t as an error model as in Lange, Little & Taylor (1989).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["clipped_share", "colour_evidence"]

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
    seen, expected = _opponent(suspect, size), _opponent(remembered, size)
    good = cv2.resize(trusted.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0
    if np.count_nonzero(good) < _FEWEST_TRUSTED:
        return np.zeros(size, dtype=np.float32)
    surprise = np.square(np.stack([_surprise(seen[..., i], expected[..., i], good, i) for i in range(3)]))
    brightness, hue = surprise[0], surprise[1] + surprise[2]
    nats = sum(_SURPRISE - k * np.log1p(part / _FREEDOM) for part, k in ((brightness, 2.5), (hue, 3.0)))
    return np.asarray(np.clip(nats - _SURPRISE, -_MOST_FOR_REPLACED, _MOST_FOR_UNTOUCHED), dtype=np.float32)


def clipped_share(suspect: Pixels, *, size: tuple[int, int]) -> NDArray[np.float32]:
    """Share of each place that is clipped to black or white, rows×columns float32, 0 to 1."""
    unit = np.iinfo(suspect.dtype).max / 255
    brightest = cv2.max(cv2.max(suspect[..., 0], suspect[..., 1]), suspect[..., 2])
    clipped = ((brightest < _BLACKEST * unit) | (brightest > _WHITEST * unit)).astype(np.float32)
    return np.asarray(cv2.resize(clipped, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)


def _opponent(picture: Pixels, size: tuple[int, int]) -> NDArray[np.float32]:
    """Brightness and two colour differences in grey levels of 8 bits, rows×columns×3."""
    unit = np.float32(255 / np.iinfo(picture.dtype).max)
    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) * unit
    return np.asarray(cv2.transform(small, _OPPONENT), dtype=np.float32)


def _surprise(
    seen: NDArray[np.float32], expected: NDArray[np.float32], good: NDArray[np.bool_], channel: int
) -> NDArray[np.float32]:
    """Difference from what was expected, in standard deviations of the trusted places."""
    rough = np.abs(seen - expected)
    fitted = good & (rough <= np.quantile(rough[good], _SURELY_UNTOUCHED))
    for _ in range(_FITTING_ROUNDS):
        x, y = expected[fitted], seen[fitted]
        gain = np.clip(np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + 1), 0.6, 1.6)
        difference = seen - y.mean() - gain * (expected - x.mean())
        typical = float(np.quantile(np.abs(difference[good]), _SURELY_UNTOUCHED)) / _NORMAL_QUANTILE
        deviation = max(typical, float(_LEAST_DEVIATION[channel]))
        fitted = good & (np.abs(difference) < 2.5 * deviation)
    return np.asarray(difference / np.float32(deviation), dtype=np.float32)
