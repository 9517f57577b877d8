"""The steps that move a picture: each returns the moved picture, and the homography that took it there.

Points and homographies are as in :mod:`.geometry`, which makes attacks of these steps.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underdrawing.bench.attacks.pixelwise import Pixels

__all__ = ["KINDS", "Draw", "Homography", "Kind", "Step"]

Homography = NDArray[np.float64]
Draw = Callable[[], float]
"""Gives the number of the step, another one each time where it is a range."""
Step = Callable[[Pixels, Draw, np.random.Generator], tuple[Pixels, Homography]]

_ASPECT_SPREAD = 0.15
"""By how much a crop changes the aspect of a picture at most, as a natural logarithm."""


def _shift(x: float, y: float) -> Homography:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _scale(x: float, y: float) -> Homography:
    """Resampling by these factors: corners of pixels, not their centres, stay where they belong."""
    return np.array([[x, 0.0, (x - 1) / 2], [0.0, y, (y - 1) / 2], [0.0, 0.0, 1.0]])


def _resampled(pixels: Pixels, width: int, height: int) -> tuple[Pixels, Homography]:
    size = (max(1, width), max(1, height))
    resized = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)
    return resized, _scale(size[0] / pixels.shape[1], size[1] / pixels.shape[0])


def _cut(pixels: Pixels, left: int, top: int, width: int, height: int) -> tuple[Pixels, Homography]:
    return pixels[top : top + height, left : left + width].copy(), _shift(-left, -top)


def _warped(pixels: Pixels, homography: Homography) -> tuple[Pixels, Homography]:
    """The picture moved within its own frame; where there is no picture it is black."""
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpPerspective(pixels, homography, size, flags=cv2.INTER_CUBIC), np.uint8), homography


def _crop(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    """A window of the given area and about the same aspect."""
    height, width = pixels.shape[:2]
    share = draw()
    aspect = np.exp(rng.uniform(-_ASPECT_SPREAD, _ASPECT_SPREAD))
    across = min(1.0, np.sqrt(share * aspect))
    down = min(1.0, share / across)
    columns, rows = max(1, round(width * min(1.0, share / down))), max(1, round(height * down))
    left, top = (int(rng.integers(0, rest + 1)) for rest in (width - columns, height - rows))
    return _cut(pixels, left, top, columns, rows)


def _resize(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    height, width = pixels.shape[:2]
    factor = draw()
    return _resampled(pixels, round(width * factor), round(height * factor))


def _aspect(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    return _resampled(pixels, round(pixels.shape[1] * draw()), pixels.shape[0])


def _fit(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    """Smaller pictures stay as they are, as in the programs that do this."""
    height, width = pixels.shape[:2]
    factor = draw() / max(height, width)
    if factor >= 1:
        return pixels, np.eye(3)
    return _resampled(pixels, round(width * factor), round(height * factor))


def _mirror(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    return pixels[:, ::-1].copy(), _shift(pixels.shape[1] - 1, 0) @ np.diag([-1.0, 1.0, 1.0])


def _flip(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    return pixels[::-1].copy(), _shift(0, pixels.shape[0] - 1) @ np.diag([1.0, -1.0, 1.0])


def _turn(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    """Quarter turns counter-clockwise: the right edge comes to lie on top."""
    homography = np.eye(3)
    for _ in range(round(draw()) // 90):
        quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        homography = _shift(0, pixels.shape[1] - 1) @ quarter @ homography
        pixels = np.rot90(pixels)
    return np.ascontiguousarray(pixels), homography


def _rotation(pixels: Pixels, degrees: float) -> Homography:
    height, width = pixels.shape[:2]
    affine = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return np.vstack([affine, [0.0, 0.0, 1.0]])


def _rotate(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    return _warped(pixels, _rotation(pixels, draw()))


def _straighten(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    """Rotated, then cut to the largest window of the same aspect that is full of picture."""
    height, width = pixels.shape[:2]
    degrees = draw()
    turned, rotation = _warped(pixels, _rotation(pixels, degrees))
    cosine, sine = np.cos(np.radians(degrees)), abs(np.sin(np.radians(degrees)))
    share = 1 / (cosine + sine * max(height / width, width / height))
    columns, rows = int(width * share), int(height * share)
    window, moved = _cut(turned, (width - columns) // 2, (height - rows) // 2, columns, rows)
    return window, moved @ rotation


def _perspective(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float32)
    share = np.array([[draw(), draw()] for _ in corners])
    moved = corners + share * rng.choice([-1.0, 1.0], size=share.shape) * (width, height)
    return _warped(pixels, np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64))


def _page(pixels: Pixels, draw: Draw, rng: np.random.Generator) -> tuple[Pixels, Homography]:
    """Laid anywhere on a page of plain paper with lines of writing, as in a screenshot."""
    height, width = pixels.shape[:2]
    columns, rows = round(width * draw()), round(height * draw())
    page = _paper(rows, columns, rng)
    left, top = int(rng.integers(0, columns - width + 1)), int(rng.integers(0, rows - height + 1))
    page[top : top + height, left : left + width] = pixels
    return page, _shift(left, top)


def _paper(rows: int, columns: int, rng: np.random.Generator) -> Pixels:
    """A light or dark page: a bar along its top, and text below."""
    paper, ink = ((246, 30), (24, 220))[int(rng.integers(2))]
    page = np.full((rows, columns, 3), paper, np.uint8)
    page[: max(1, rows // 16)] = rng.integers(40, 216, 3, dtype=np.uint8)
    letters = np.array(list("the quick brown fox jumps over a lazy dog, and so on "))
    size = max(0.4, columns / 1600)
    for y in range(rows // 10, rows, max(12, round(36 * size))):
        text = "".join(rng.choice(letters, size=max(4, round(columns / (18 * size) * rng.uniform(0.4, 1)))))
        cv2.putText(page, text, (columns // 40, y), cv2.FONT_HERSHEY_SIMPLEX, size, (ink,) * 3, 1, cv2.LINE_AA)
    return page


@dataclass(frozen=True)
class Kind:
    """One kind of step: what it does, and the numbers it accepts; none where both ends are 0."""

    step: Step
    low: float = 0.0
    high: float = 0.0
    choices: tuple[float, ...] = ()


KINDS: dict[str, Kind] = {
    "crop": Kind(_crop, 0.01, 1),
    "resize": Kind(_resize, 0.02, 8),
    "aspect": Kind(_aspect, 0.2, 5),
    "fit": Kind(_fit, 16, 20000),
    "page": Kind(_page, 1, 5),
    "mirror": Kind(_mirror),
    "flip": Kind(_flip),
    "turn": Kind(_turn, 90, 270, (90, 180, 270)),
    "rotate": Kind(_rotate, -180, 180),
    "straighten": Kind(_straighten, -45, 45),
    "perspective": Kind(_perspective, 0, 0.2),
}
