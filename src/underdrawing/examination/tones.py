"""Changes of tone undone, as far as the picture that the code remembers tells them.

A change of tone befalls the whole picture and must not count as another content. Guesses are fitted, from the
plainest on: tones are as they were; all channels went through one line; colours were mixed, on a straight scale or on
a curved one. Whoever asks decides which is right, and may vary it. Of a picture without colours these cannot be undone:
there the code is believed about them, and only how bright places are is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.examination.greyness import LUMA, is_grey
from underdrawing.recovery import colour_mixing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Tones", "Toning"]

_BLACK, _WHITE = 1.5, 253.5
_MIDDLE = 128
_FAR_BEYOND = np.float32(4096)
_GREY = np.full((3, 3), 1 / 3)
_TO_GREY = np.repeat(LUMA[:, None], 3, axis=1)
_PLACES = 64
_FEWEST_PLACES = 100
_CALM_DEVIATION = 8.0
_AROUND_PX = 8
_FITTING_ROUNDS = 6
_SURELY_UNTOUCHED, _NORMAL_QUANTILE = 0.4, 0.524
_LEAST_DEVIATION = 3.0
_CURVES = 0.75, 1.33
_LEAST_GAIN = 0.3


@dataclass(frozen=True, eq=False)
class Toning:
    """A change of tone: 255·(seen/255)^(1/curve) = as it was @ mixing + offsets, in grey levels.

    Attributes:
        curve: exponent of a change of gamma, above 0.
        mixing: 3×3, row by row what became of red, green and blue.
        offsets: 3.
    """

    curve: float
    mixing: NDArray[np.float32]
    offsets: NDArray[np.float32]

    @classmethod
    def none(cls) -> Toning:
        """No change."""
        return cls(1.0, np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.float32))

    def undone(self, straight: NDArray[np.float32]) -> NDArray[np.float32]:
        """What colours on a straight scale were before, h×w×3."""
        unmixing = np.linalg.inv(self.mixing.astype(np.float64))
        return _transformed(straight, unmixing, -self.offsets @ unmixing)

    def done(self, before: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has become of colours, on a straight scale, h×w×3."""
        return _transformed(before, self.mixing, self.offsets)

    def varied(self, by: NDArray[np.floating]) -> Toning:
        """One a little different.

        Args:
            by: 7 numbers: logarithms of what the contrast, red alone, blue alone, and the colourfulness are multiplied
                by; grey levels that are added; by how much hues are turned, in radians; logarithm of what the curve is
                multiplied by.
        """
        contrast, red, blue, colourfulness, level, turn, curve = by
        channels = np.exp(contrast + np.array([red, 0, blue]))
        paler = _TO_GREY + np.exp(colourfulness) * (np.eye(3) - _TO_GREY)
        mixing = np.asarray(self.mixing @ _turned(turn) @ paler * channels, dtype=np.float32)
        kept = _MIDDLE * (self.mixing.sum(axis=0) - mixing.sum(axis=0))
        kept += 255 * (_MIDDLE / 255) ** np.exp(-curve) - _MIDDLE
        return Toning(self.curve * float(np.exp(curve)), mixing, np.asarray(self.offsets + kept + level, np.float32))


@dataclass(frozen=True, eq=False)
class _End:
    """Where a picture is black or white: what is clipped may have been anything further on.

    Attributes:
        at: h×w×3 bool.
        value: 0 or 255.
        way: -1 where further on is darker, 1 where it is brighter.
    """

    at: NDArray[np.bool_]
    value: int
    way: int

    def further(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first picture, or, where it is clipped, what is further on of both. (Selection by a sum is twice as fast
        as by an index.)"""
        if self.way > 0:
            return np.asarray(np.maximum(one, other - self._aside), dtype=np.float32)
        return np.asarray(np.minimum(one, other + self._aside), dtype=np.float32)

    @cached_property
    def share(self) -> NDArray[np.float32]:
        """1 where it is clipped, 0 elsewhere."""
        return self.at.astype(np.float32)

    @cached_property
    def _aside(self) -> NDArray[np.float32]:
        return _FAR_BEYOND * (1 - self.share)


class Tones:
    """The tones of a suspect, and what they may have been by its code."""

    def __init__(
        self, canvas: NDArray[np.uint8], says: NDArray[np.int16], intact: NDArray[np.float32], gamma: float
    ) -> None:
        """Those of one suspect.

        Args:
            canvas: 256×256×3 RGB uint8.
            says: what the code says of it, 256×256×3.
            intact: rows×columns float32, probability that each block of a grid over the image is untouched.
            gamma: change of tone that is known from elsewhere and is undone in every guess.
        """
        self._canvas, self._says, self._gamma = canvas, says.astype(np.float32), gamma
        ends = _End(canvas <= _BLACK, 0, -1), _End(canvas >= _WHITE, 255, 1)
        self._clipped = [end for end in ends if end.at.any()]
        self._places, self._weight = _trusted(canvas, intact)

    def as_they_are(self) -> NDArray[np.int16]:
        """The canvas with no more undone than is known from elsewhere, 256×256×3."""
        if self._gamma == 1.0:
            return self._canvas.astype(np.int16)
        return self._believed(self._straight(1.0))

    def guesses(self) -> Iterator[Toning]:
        """Changes that fit, the plainest first; none where too little is known, or of a picture without colours."""
        if len(self._weight) < _FEWEST_PLACES or self.grey:
            return
        expected = _averaged(self._says)[self._places]
        gain, offset = _line(expected, _averaged(self._straight(1.0))[self._places], self._weight)
        yield Toning(1.0, np.float32(gain) * np.eye(3, dtype=np.float32), np.full(3, offset, dtype=np.float32))
        for curve in (1.0, *_CURVES):
            sample = _averaged(self._straight(curve))[self._places]
            yield Toning(curve, *_mixed(expected, sample, self._weight))

    def undone(self, toning: Toning) -> NDArray[np.int16]:
        """The canvas as it was before a change, 256×256×3. What is clipped now may have been any brighter or darker, so
        there the code is believed."""
        straight = self._straight(toning.curve)
        told = toning.done(self._says) if self._clipped else straight
        for end in self._clipped:
            straight = end.further(straight, told)
        return self._believed(toning.undone(straight))

    def _straight(self, curve: float) -> NDArray[np.float32]:
        """The canvas without what is known of its gamma, and without a curve."""
        table = 255 * (np.arange(256) / 255) ** (1 / (self._gamma * curve))
        return np.asarray(table.astype(np.float32)[self._canvas])

    def _believed(self, undone: NDArray[np.float32]) -> NDArray[np.int16]:
        """Tones undone, in whole grey levels. What is clipped was anything from there to black or white: what the code
        says of the pixel, and, as far as there is room, what makes its surroundings as bright as the code says."""
        for end in self._clipped:
            undone = end.further(undone, self._says)
            room = np.maximum(end.way * (end.value - undone), 0) * end.share
            share = end.way * _around(self._says - undone) / (_around(room) + np.float32(1e-3))
            undone += end.way * np.clip(share, 0, 1) * room
        return np.asarray(np.rint(np.clip(undone, 0, 255)), dtype=np.int16)

    @cached_property
    def grey(self) -> tuple[NDArray[np.int16], ...]:
        """The canvas with the colours of the code, 256×256×3 each, if it is a picture that has lost its own: as it fits
        best, and as it would if it had been turned grey as is usual."""
        seen = self._straight(1.0)
        sample = _averaged(seen)[self._places]
        if len(sample) < _FEWEST_PLACES or not is_grey(sample):
            return ()
        expected = _averaged(self._says)[self._places]
        gain, offset = _line(expected @ _TO_GREY, sample, self._weight)
        usual = np.float32(gain) * _TO_GREY, np.full(3, offset, dtype=np.float32)
        fits = usual, _mixed(expected, sample, self._weight)
        return tuple(self._believed(_coloured(seen, self._says, *fit)) for fit in fits)


def _transformed(
    colours: NDArray[np.float32], mixing: NDArray[np.floating], offsets: NDArray[np.floating]
) -> NDArray[np.float32]:
    return np.asarray(cv2.transform(colours, np.column_stack([mixing.T, offsets])), dtype=np.float32)


def _turned(angle: float) -> NDArray[np.float64]:
    """Colours turned about grey, 3×3."""
    across = (np.roll(np.eye(3), 1, axis=1) - np.roll(np.eye(3), -1, axis=1)) / np.sqrt(3)
    return np.asarray(_GREY + np.cos(angle) * (np.eye(3) - _GREY) + np.sin(angle) * across)


def _coloured(
    seen: NDArray[np.float32], says: NDArray[np.float32], mixing: NDArray[np.float32], offsets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """A grey picture with the colours of the code, and as much brighter or darker than it as it is itself than the code
    would be in grey."""
    grey = (says @ mixing + offsets).mean(axis=2, keepdims=True)
    brighter = (seen.mean(axis=2, keepdims=True) - grey) / np.clip(mixing.sum() / 3, _LEAST_GAIN, None)
    return np.asarray(says + brighter, dtype=np.float32)


def _around(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(plane.astype(np.float32), (_AROUND_PX, _AROUND_PX)), dtype=np.float32)


def _averaged(picture: NDArray[np.generic]) -> NDArray[np.float32]:
    """Mean colours of places, 64×64×3."""
    return np.asarray(cv2.resize(picture.astype(np.float32), (_PLACES, _PLACES), interpolation=cv2.INTER_AREA))


def _trusted(canvas: NDArray[np.uint8], intact: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which of 64×64 places are untouched, and what each of them weighs: less where it is busy, for of busy places the
    code does not tell the mean exactly, and some of their pixels may be clipped."""
    chosen = cv2.resize(intact, (_PLACES, _PLACES), interpolation=cv2.INTER_LINEAR) > 0.5
    pixels = canvas.astype(np.float32)
    variance = (_averaged(pixels**2) - _averaged(pixels) ** 2).max(axis=2)[chosen]
    return chosen, np.asarray(1 / (1 + variance / np.float32(_CALM_DEVIATION**2)), dtype=np.float32)


def _uncensored(seen: NDArray[np.float32], predicted: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is clipped may have been any brighter or darker, so it contradicts no prediction beyond."""
    brighter = np.where(seen >= _WHITE, np.maximum(predicted, seen), seen)
    return np.asarray(np.where(seen <= _BLACK, np.minimum(predicted, seen), brighter), dtype=np.float32)


def _line(expected: NDArray[np.float32], seen: NDArray[np.float32], weight: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset from expected to seen values, robust."""
    target, weights = seen, np.broadcast_to(weight[:, None], seen.shape)
    error = np.abs(seen - expected)
    fitted = error <= np.quantile(error, 1.5 * _SURELY_UNTOUCHED)
    gain, offset = 1.0, 0.0
    for _ in range(_FITTING_ROUNDS):
        x, y, w = expected[fitted], target[fitted], weights[fitted] / weights[fitted].sum()
        around = x - (w * x).sum()
        gain = float(np.clip((w * around * y).sum() / ((w * around**2).sum() + 1), 0.6, 1.6))
        offset = float((w * (y - gain * x)).sum())
        predicted = np.float32(gain) * expected + np.float32(offset)
        target = _uncensored(seen, predicted)
        error = np.abs(target - predicted)
        fitted = error < 2.5 * _typical(error)
    return gain, offset


def _mixed(
    expected: NDArray[np.float32], seen: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How colours were mixed: seen = expected @ mixing + offsets, robust; 3×3 and 3."""
    gain, offset = _line(expected, seen, weight)
    mixing, offsets = np.float32(gain) * np.eye(3, dtype=np.float32), np.full(3, offset, dtype=np.float32)
    for _ in range(_FITTING_ROUNDS):
        predicted = expected @ mixing + offsets
        target = _uncensored(seen, predicted)
        error = np.abs(target - predicted).max(axis=1)
        fitted = error < 2.5 * _typical(error)
        mixing, offsets = colour_mixing(expected[fitted], target[fitted], gain=gain, weights=weight[fitted])
    return mixing, offsets


def _typical(error: NDArray[np.float32]) -> float:
    return max(float(np.quantile(error, _SURELY_UNTOUCHED)) / _NORMAL_QUANTILE, _LEAST_DEVIATION)
