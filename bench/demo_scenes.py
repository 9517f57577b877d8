"""The photographs of the demo and what is done to each: where, and with what.

All come with scikit-image: astronaut is NASA's (public domain), coffee and chelsea are CC0, rocket is in the public
domain; motorcycle belongs to the Middlebury 2014 stereo data, so it is used here and neither shipped in the repository
nor shown in its documentation.
They are smaller than photographs are today, so all are enlarged to a short side of 1024 pixels first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from skimage import data

from underdrawing.bench.edits.tampering import Kind, Tampered, tamper

SHORT_SIDE_PX = 1024
Pixels = np.ndarray
Point = tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """One photograph and its forgery.

    ``source`` reads the photograph as it comes; ``region`` draws the mask from (height, width); ``donor`` makes what a
    splice puts there, of the picture's own size.
    """

    name: str
    source: Callable[[], Pixels]
    facts: dict[str, str]
    edit: str
    kind: Kind
    region: Callable[[int, int], Pixels]
    donor: Callable[[Pixels], Pixels]

    def pixels(self) -> Pixels:
        """The photograph as it is protected: H×W×3 uint8 RGB, short side 1024."""
        return _resized(self.source(), SHORT_SIDE_PX / min(self.source().shape[:2]))


def doctored(scene: Scene, pixels: Pixels) -> Tampered:
    """Doctor a protected photograph (H×W×3 uint8 RGB) as the scene says; the same every time."""
    mask = scene.region(*pixels.shape[:2])
    rng = np.random.default_rng(2026)
    return tamper(pixels, kind=scene.kind, rng=rng, donor=scene.donor(pixels), mask=mask)


def _ellipse(centre: Point, radii: Point) -> Callable[[int, int], Pixels]:
    """A region around (x, y), all in fractions of width and height."""

    def draw(height: int, width: int) -> Pixels:
        down, across = np.mgrid[:height, :width]
        x, y = across / width - centre[0], down / height - centre[1]
        return (x / radii[0]) ** 2 + (y / radii[1]) ** 2 <= 1

    return draw


def _box(left_top: Point, right_bottom: Point) -> Callable[[int, int], Pixels]:
    """A region between two corners (x, y) in fractions of width and height."""

    def draw(height: int, width: int) -> Pixels:
        down, across = np.mgrid[:height, :width]
        x, y = across / width, down / height
        return (left_top[0] <= x) & (x < right_bottom[0]) & (left_top[1] <= y) & (y < right_bottom[1])

    return draw


def _resized(pixels: Pixels, scale: float) -> Pixels:
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4 if scale > 1 else cv2.INTER_AREA)


def _placed(source: Callable[[], Pixels], *, take: Point, put: Point, height: float) -> Callable[[Pixels], Pixels]:
    """Another photograph, as high as ``height`` of the picture, its point ``take`` on ``put`` (all in fractions)."""

    def place(pixels: Pixels) -> Pixels:
        rows, columns = pixels.shape[:2]
        other = _resized(source(), height * rows / source().shape[0])
        shift = (put[0] * columns - take[0] * other.shape[1], put[1] * rows - take[1] * other.shape[0])
        move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
        return cv2.warpAffine(other, move, (columns, rows), borderMode=cv2.BORDER_REFLECT)

    return place


def _shifted(by: Point) -> Callable[[Pixels], Pixels]:
    """The photograph itself, moved by (x, y) in fractions of its size: what a copy-move pastes."""
    return lambda pixels: np.roll(pixels, (round(by[1] * pixels.shape[0]), round(by[0] * pixels.shape[1])), axis=(0, 1))


def _unused(pixels: Pixels) -> Pixels:
    """Removals and other colours look at no donor."""
    return pixels


def _motorcycle() -> Pixels:
    return data.stereo_motorcycle()[0]


SCENES = (
    Scene(
        name="astronaut",
        source=data.astronaut,
        facts={
            "headline": "Eileen Collins, NASA astronaut",
            "creator": "NASA",
            "copyrightNotice": "Public domain",
            "label": "astronaut",
        },
        edit="another face",
        kind=Kind.SPLICE,
        region=_ellipse((0.445, 0.21), (0.135, 0.19)),
        donor=_placed(data.chelsea, take=(0.54, 0.42), put=(0.445, 0.21), height=0.363),
    ),
    Scene(
        name="coffee",
        source=data.coffee,
        facts={"headline": "Coffee with a spoon", "creator": "Rachel Michetti", "label": "espresso"},
        edit="the spoon removed",
        kind=Kind.REMOVAL,
        region=_ellipse((0.615, 0.69), (0.085, 0.15)),
        donor=_unused,
    ),
    Scene(
        name="suit",
        source=data.astronaut,
        facts={
            "headline": "Eileen Collins in the orange suit of a shuttle crew",
            "creator": "NASA",
            "label": "space suit",
        },
        edit="the suit in another colour",
        kind=Kind.RECOLOUR,
        region=_ellipse((0.4, 0.78), (0.28, 0.3)),
        donor=_unused,
    ),
    Scene(
        name="cat",
        source=data.chelsea,
        facts={"headline": "Chelsea, two eyes", "creator": "Stefan van der Walt", "label": "tabby cat"},
        edit="a third eye, copied",
        kind=Kind.SPLICE,
        region=_ellipse((0.545, 0.21), (0.1, 0.14)),
        donor=_shifted((0.16, -0.18)),
    ),
    Scene(
        name="rocket",
        source=data.rocket,
        facts={"headline": "Falcon 9 before the launch of DSCOVR", "creator": "SpaceX", "label": "rocket"},
        edit="the rocket removed",
        kind=Kind.REMOVAL,
        region=_box((0.465, 0.29), (0.54, 0.97)),
        donor=_unused,
    ),
    Scene(
        name="motorcycle",
        source=_motorcycle,
        facts={"headline": "Motorcycle in a garage", "source": "Middlebury stereo data", "label": "motorcycle"},
        edit="the shelves under a night sky",
        kind=Kind.BLENDED_SPLICE,
        region=_box((0.46, 0.0), (0.93, 0.31)),
        donor=_placed(data.rocket, take=(0.5, 0.3), put=(0.7, 0.15), height=0.683),
    ),
)
