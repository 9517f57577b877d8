"""Edits that put other content into a region: from another picture, from the same one, drawn, or repainted."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.scene import Scene

__all__ = ["blended_splice", "copy_move", "recolour", "regeneration", "splice", "text"]

_PLACES = 12
_LOOKED_AT_PX = 128
_LEAST_SATURATION = 0.35
_WORDS = (
    *(
        "This",
        "picture",
        "was",
        "taken",
        "before",
        "after",
        "the",
        "river",
        "open",
        "closed",
        "road",
        "market",
        "north",
    ),
    *("No", "entry", "for", "vehicles", "of", "any", "kind", "since", "1968", "winter", "harbour", "and", "garden"),
    *("Sold", "by", "order", "city", "council", "exit", "here", "only", "37", "minutes", "evening", "post", "paper"),
)


def splice(scene: Scene) -> Pixels:
    """A random part of the donor, enlarged only if it is smaller than the picture."""
    height, width = scene.mask.shape
    donor, rng = scene.donor, scene.rng
    scale = max(height / donor.shape[0], width / donor.shape[1], 0.5)
    size = (max(width, round(donor.shape[1] * scale)), max(height, round(donor.shape[0] * scale)))
    covering = cv2.resize(donor, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top = rng.integers(covering.shape[0] - height, endpoint=True)
    left = rng.integers(covering.shape[1] - width, endpoint=True)
    return np.asarray(covering[top : top + height, left : left + width], dtype=np.uint8)


def blended_splice(scene: Scene) -> Pixels:
    """Colours get the mean and deviation of what is around; the edge fades in over 1 % of the short side."""
    pixels, mask = scene.pixels, scene.mask
    spliced = splice(scene).astype(np.float32)
    inside, outside = spliced[mask], pixels[~mask].astype(np.float32)
    gain = np.clip(outside.std(axis=0) / (inside.std(axis=0) + 1.0), 0.5, 2.0)
    matched = (spliced - inside.mean(axis=0)) * gain + outside.mean(axis=0)
    feather_px = max(1.0, 0.01 * min(mask.shape))
    depth_px = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    weight = np.clip(depth_px / feather_px, 0, 1)[..., None]
    return _clip(weight * matched + (1 - weight) * pixels)


def copy_move(scene: Scene) -> Pixels:
    """Content from elsewhere in the same picture: of some places the one that changes the guide most.

    They lie within the picture above and below; to the sides it goes on mirrored, so that large regions can be covered.
    """
    rows = np.nonzero(scene.mask.any(axis=1))[0]
    height, width = scene.mask.shape
    low, high = -int(rows[0]), height - 1 - int(rows[-1])
    places = [
        (
            np.clip(np.arange(height) + scene.rng.integers(low, high, endpoint=True), 0, height - 1),
            _mirrored(width, shift),
        )
        for shift in scene.rng.integers(1, 2 * width, _PLACES)
    ]
    down, across = max(places, key=lambda place: _difference(scene, *place))
    return np.ascontiguousarray(scene.pixels[down][:, across])


def regeneration(scene: Scene) -> Pixels:
    """What is left of the region at 1/12 of the size, with new noise of photographic strength on several scales."""
    height, width = scene.mask.shape
    coarse_size = (max(2, width // 12), max(2, height // 12))
    coarse = cv2.resize(scene.pixels, coarse_size, interpolation=cv2.INTER_AREA)
    redrawn = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    for octave in (1, 2, 4, 8):
        noise = scene.rng.standard_normal((height // octave + 1, width // octave + 1), dtype=np.float32)
        redrawn += 3.0 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return _clip(redrawn)


def text(scene: Scene) -> Pixels:
    """A plate with one to six lines of words, as large as the region lets them be."""
    rng = scene.rng
    paper, ink = ((250, 250, 245), (15, 15, 20)) if rng.random() < 0.5 else ((20, 25, 40), (245, 240, 220))
    left, top, width, height = cv2.boundingRect(scene.mask.astype(np.uint8))
    line_px = max(10, min(width // 4, round(height / int(rng.integers(1, 7)))))
    font = ImageFont.load_default(0.8 * line_px)
    plate = Image.new("RGB", (scene.mask.shape[1], scene.mask.shape[0]), paper)
    drawing = ImageDraw.Draw(plate)
    margin_px = line_px // 5
    for line_top in range(top, top + max(1, height - line_px + 1), line_px):
        words = _filling(font, width - 2 * margin_px, rng)
        drawing.text((left + margin_px, line_top), words, fill=ink, font=font)
    return np.asarray(plate, dtype=np.uint8)


def recolour(scene: Scene) -> Pixels:
    """Hues turned by at least a quarter of the circle, as editors turn them; what is grey gets a colour of its own.

    The largest of the three channels stays as it is, so lightness changes with the colours.
    """
    hue, saturation, value = cv2.split(cv2.cvtColor(scene.pixels.astype(np.float32), cv2.COLOR_RGB2HSV))
    turn, tint = scene.rng.uniform(90, 270), scene.rng.uniform(0, 360)
    turned = saturation * _unit(hue + turn) + np.maximum(_LEAST_SATURATION - saturation, 0) * _unit(tint)
    angle = np.degrees(np.angle(turned)) % 360
    hsv = np.dstack([angle, np.clip(np.abs(turned), 0, 1), value]).astype(np.float32)
    return _clip(np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), dtype=np.float32))


def _mirrored(size: int, shift: int) -> NDArray[np.intp]:
    """Where each place along a side comes from when the side is moved and goes on mirrored."""
    places = (np.arange(size) - shift) % (2 * size)
    return np.minimum(places, 2 * size - 1 - places)


def _difference(scene: Scene, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> float:
    """How much a place would change the guide inside the mask, in grey levels; looked at in about 128×128 points."""
    step = max(1, max(scene.mask.shape) // _LOOKED_AT_PX)
    seen = scene.guide[::step, ::step].astype(np.int16)
    moved = scene.guide[rows[::step]][:, columns[::step]]
    changed = np.abs(seen - moved)[scene.mask[::step, ::step]]
    return float(changed.mean()) if changed.size else 0.0


def _filling(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: float, rng: np.random.Generator) -> str:
    """As many words as fit into a line; at least one."""
    line = str(rng.choice(_WORDS))
    while font.getlength(longer := f"{line} {rng.choice(_WORDS)}") <= width_px:
        line = longer
    return line


def _unit(degrees: NDArray[np.floating] | float) -> NDArray[np.complex128]:
    """The point of the unit circle at an angle."""
    return np.exp(1j * np.radians(degrees, dtype=np.float64))


def _clip(values: NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
