"""Attacks that move a picture, as data, with the truth about where every point went.

Names are those of :mod:`.pixelwise` and of the kinds here, chained with ``+``: ``"crop0.7+resize0.6..1.6+jpeg75"``. Two
numbers with ``..`` between them are a range that the random generator draws from. A new kind is one function and one
line of ``movements.KINDS``.

Points are (x, y) in pixels, x to the right, y down, and the centre of the top left pixel is (0, 0). A homography is a
3×3 float64 matrix that takes (x, y, 1) of the original to (x', y', 1) of the suspect, up to a factor.
"""

import re
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.attacks.movements import KINDS, Draw, Homography, Kind, Step
from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.errors import UsageError

__all__ = ["Frame", "Homography", "Moved", "Movement", "get", "is_geometric", "kinds"]


@dataclass(frozen=True, eq=False)
class Frame:
    """What a picture was bounded by on its way: what a crop left out does not come back on a page.

    Attributes:
        size: Height and width in pixels.
        homography: From this frame to the suspect.
    """

    size: tuple[int, int]
    homography: Homography

    def holds(self, places: NDArray[np.float64]) -> Mask:
        """H×W bool: which places of the suspect, H×W×2 of (x, y), lie within this frame."""
        x, y = cv2.perspectiveTransform(places, np.linalg.inv(self.homography)).transpose(2, 0, 1)
        return np.asarray(_within(x, y, self.size))


@dataclass(frozen=True, eq=False)
class Moved:
    """A suspect and the truth about its geometry.

    Attributes:
        pixels: H'×W'×3 uint8 RGB.
        frames: The original and the picture after every step that moved it.
    """

    pixels: Pixels
    frames: tuple[Frame, ...]

    @property
    def homography(self) -> Homography:
        """From the original to the suspect."""
        return self.frames[0].homography

    @property
    def original_size(self) -> tuple[int, int]:
        """Height and width of the original in pixels."""
        return self.frames[0].size

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the suspect in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def shows_original(self) -> Mask:
        """H'×W' bool, True where the suspect shows some of the original, False on what was put around it."""
        places = _grid(*self.size)
        return np.asarray(np.logical_and.reduce([frame.holds(places) for frame in self.frames]))

    def carry(self, mask: Mask) -> Mask:
        """A mask of the original, H×W bool, as it lies in the suspect, H'×W' bool; outside the original False."""
        x, y = cv2.perspectiveTransform(_grid(*self.size), np.linalg.inv(self.homography)).transpose(2, 0, 1)
        columns = np.clip(np.rint(x), 0, mask.shape[1] - 1).astype(np.intp)
        rows = np.clip(np.rint(y), 0, mask.shape[0] - 1).astype(np.intp)
        return np.asarray(mask[rows, columns] & self.shows_original())

    def visible_fraction(self) -> float:
        """Share of the original's area that the suspect still shows, 0 to 1; counted on every second pixel."""
        points = _grid(*self.original_size)[::2, ::2].copy()
        places = np.asarray(cv2.perspectiveTransform(points, self.homography), dtype=np.float64)
        x, y = places.transpose(2, 0, 1)
        held = [frame.holds(places) for frame in self.frames]
        return float(np.logical_and.reduce([*held, _within(x, y, self.size)]).mean())


def _grid(rows: int, columns: int) -> NDArray[np.float64]:
    """(x, y) of every pixel, rows×columns×2."""
    return np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)


def _within(x: NDArray[np.float64], y: NDArray[np.float64], size: tuple[int, int]) -> Mask:
    """Which points belong to a pixel; a hair's breadth is left for rounding."""
    edge = 0.5 + 1e-6
    return np.asarray((x >= -edge) & (x <= size[1] - 1 + edge) & (y >= -edge) & (y <= size[0] - 1 + edge))


@dataclass(frozen=True)
class Movement:
    """One attack that may move the picture: call ``apply(pixels, rng)``.

    Attributes:
        name: What ``get`` takes to make the same attack again.
        parameters: Of each step in order its kind and the range its numbers are drawn from, both ends the same where it
            is one number: ``(("crop", 0.7, 0.7), ("resize", 0.6, 1.6), ("jpeg", 75.0, 75.0))``.
    """

    name: str
    parameters: tuple[tuple[str, float, float], ...]
    _steps: tuple[Step, ...]

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Moved:
        """The picture after all steps; the same state of the generator gives the same suspect.

        Args:
            pixels: H×W×3 uint8 RGB; left untouched.
            rng: Everything random comes from it.
        """
        frames = [Frame((pixels.shape[0], pixels.shape[1]), np.eye(3))]
        for step, (_, low, high) in zip(self._steps, self.parameters, strict=True):
            pixels, moved = step(pixels, _drawing(low, high, rng), rng)
            frames = [Frame(frame.size, _normalized(moved @ frame.homography)) for frame in frames]
            frames.append(Frame((pixels.shape[0], pixels.shape[1]), np.eye(3)))
        return Moved(pixels, tuple(frames[:-1]))


def kinds() -> tuple[str, ...]:
    """The words that move a picture; those of ``pixelwise.kinds`` may stand between them."""
    return tuple(KINDS)


def is_geometric(name: str) -> bool:
    """Whether an attack does more to the geometry than resize the picture, and so needs ``get`` of this module."""
    words = (re.match("[a-z]*", step) for step in name.split("+"))
    return ".." in name or any(word is not None and word[0] in KINDS and word[0] != "resize" for word in words)


def get(name: str) -> Movement:
    """The attack with this name.

    Args:
        name: Steps joined by ``+``: those of ``pixelwise.get``, and ``crop0.7`` (to this share of the area, at a random
            place), ``resize0.6..1.6`` (uniformly), ``aspect0.9..1.1`` (the width alone), ``fit1600`` (the long side is
            reduced to so many pixels), ``page1.2..1.8`` (laid somewhere on a page whose sides are so many times
            longer), ``mirror`` (left and right), ``flip`` (up and down), ``turn90``, ``turn180``, ``turn270``,
            ``rotate-10..10`` (degrees counter-clockwise; the size stays, the corners are black), ``straighten3``
            (rotated, then cropped to where there is picture) and ``perspective0..0.02`` (each corner moves by so
            much of the sides, in or out).

    Raises:
        UsageError: A step is unknown or its number is missing or out of range.
    """
    parsed = [_parsed(step) for step in name.split("+")]
    return Movement(name, tuple(parameter for _, parameter in parsed), tuple(step for step, _ in parsed))


def _normalized(homography: Homography) -> Homography:
    return np.asarray(homography / homography[2, 2])


def _drawing(low: float, high: float, rng: np.random.Generator) -> Draw:
    """What gives the number of a step: always the same, or each time another one of its range."""
    return (lambda: low) if low == high else (lambda: float(rng.uniform(low, high)))


_NUMBER = r"-?\d+(?:\.\d+)?"
_STEP_NAME = re.compile(rf"(?P<kind>[a-z]+)(?:(?P<low>{_NUMBER})(?:\.\.(?P<high>{_NUMBER}))?)?")


def _parsed(text: str) -> tuple[Step, tuple[str, float, float]]:
    match = _STEP_NAME.fullmatch(text)
    kind = KINDS.get(match["kind"]) if match else None
    if match is None or (kind is None and match["kind"] not in pixelwise.kinds()):
        known = ", ".join((*KINDS, *pixelwise.kinds()))
        raise UsageError(f"unknown attack: got {text!r}, expected one of {known} followed by its number")
    if kind is None:
        return _standing_still(text)
    low, high = _checked_range(text, kind, match["low"], match["high"])
    return kind.step, (match["kind"], low, high)


def _standing_still(text: str) -> tuple[Step, tuple[str, float, float]]:
    """A step that leaves every point where it is."""
    attack = pixelwise.get(text)
    ((kind, value),) = attack.parameters
    return lambda pixels, _, rng: (attack.apply(pixels, rng), np.eye(3)), (kind, value, value)


def _checked_range(text: str, kind: Kind, low_digits: str | None, high_digits: str | None) -> tuple[float, float]:
    if kind.high == kind.low:
        if low_digits is not None:
            raise UsageError(f"attack {text!r} has a number: this kind takes none; leave it away")
        return 0.0, 0.0
    low = float("nan") if low_digits is None else float(low_digits)
    high = low if high_digits is None else float(high_digits)
    if not kind.low <= low <= high <= kind.high or (kind.choices and not {low, high} <= {*kind.choices}):
        raise UsageError(f"attack {text!r}: expected a number from {kind.low:g} to {kind.high:g}, or a range in it")
    if kind.choices and low != high:
        raise UsageError(f"attack {text!r}: expected one of {', '.join(f'{n:g}' for n in kind.choices)}, not a range")
    return low, high
