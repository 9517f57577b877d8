"""What a picture goes through on its way through the world, as data.

An attack turns one 8-bit RGB picture into another, in memory. Attacks are written as short names, and names chain with
``+``: ``"jpeg75"``, ``"resize0.5+jpeg75"``, ``"jpeg80+jpeg70"``. A new attack is one function and one line of
``_KINDS``.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from underdrawing.errors import UsageError

__all__ = ["Attack", "Family", "Pixels", "Subsampling", "chain", "get", "jpeg", "kinds"]

Pixels = NDArray[np.uint8]
Family = Literal["none", "compression", "scale", "filter", "noise", "tone", "compound"]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
_Transform = Callable[[Pixels, np.random.Generator], Pixels]
_Step = Callable[[Pixels, float, np.random.Generator], Pixels]


@dataclass(frozen=True)
class Attack:
    """One attack: call ``apply(pixels, rng)``.

    Attributes:
        name: What ``get`` takes to make the same attack again, for example ``"resize0.5+jpeg75"``.
        family: What kind of damage it is; ``"compound"`` for a chain.
        parameters: The number of each step, in order: ``(("resize", 0.5), ("jpeg", 75.0))``.
        apply: From H×W×3 uint8 RGB pixels and a random generator to H'×W'×3 uint8 RGB pixels.
    """

    name: str
    family: Family
    parameters: tuple[tuple[str, float], ...]
    apply: _Transform


def _from_image(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _through_file(pixels: Pixels, format_name: str, **options: object) -> Pixels:
    """The pixels after being saved in a format and read again."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format_name, **options)
    buffer.seek(0)
    with Image.open(buffer) as image:
        return _from_image(image)


def _png(pixels: Pixels, value: float, rng: np.random.Generator) -> Pixels:
    """Lossless storage changes nothing, so nothing is encoded."""
    return pixels


def _jpeg(pixels: Pixels, quality: float, rng: np.random.Generator) -> Pixels:
    return _through_file(pixels, "JPEG", quality=int(quality), subsampling="4:2:0")


def _webp(pixels: Pixels, quality: float, rng: np.random.Generator) -> Pixels:
    return _through_file(pixels, "WEBP", quality=int(quality))


def _avif(pixels: Pixels, quality: float, rng: np.random.Generator) -> Pixels:
    return _through_file(pixels, "AVIF", quality=int(quality), max_threads=1)


def _resize(pixels: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    """Lanczos resampling to a multiple of the size; the picture stays at the new size."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _from_image(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _blur(pixels: Pixels, sigma_px: float, rng: np.random.Generator) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101), dtype=np.uint8)


def _median(pixels: Pixels, size_px: float, rng: np.random.Generator) -> Pixels:
    return np.asarray(cv2.medianBlur(pixels, int(size_px)), dtype=np.uint8)


def _sharpen(pixels: Pixels, amount: float, rng: np.random.Generator) -> Pixels:
    """Unsharp masking at one pixel: ``amount`` times the fine detail is added."""
    fine = pixels.astype(np.float32)
    return _clip(fine + amount * (fine - cv2.GaussianBlur(fine, (0, 0), 1.0)))


def _noise(pixels: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    """Independent Gaussian noise on every channel, its standard deviation in grey levels."""
    noise = rng.standard_normal(pixels.shape, dtype=np.float32)
    return _clip(pixels + np.float32(sigma) * noise)


def _brightness(pixels: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    return _from_image(ImageEnhance.Brightness(Image.fromarray(pixels)).enhance(factor))


def _contrast(pixels: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    return _from_image(ImageEnhance.Contrast(Image.fromarray(pixels)).enhance(factor))


def _saturation(pixels: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    return _from_image(ImageEnhance.Color(Image.fromarray(pixels)).enhance(factor))


def _gamma(pixels: Pixels, exponent: float, rng: np.random.Generator) -> Pixels:
    table = np.rint(255.0 * (np.arange(256) / 255.0) ** exponent).astype(np.uint8)
    return np.asarray(table[pixels], dtype=np.uint8)


def _hue(pixels: Pixels, degrees: float, rng: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += np.uint8(round(degrees / 360.0 * 256.0) % 256)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def _clip(values: NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class _Kind:
    """One step of an attack name: the word, what it does, and the numbers it accepts."""

    step: _Step
    family: Family
    low: float = 0.0
    high: float = 0.0
    whole: bool = False


_KINDS: dict[str, _Kind] = {
    "png": _Kind(_png, "none"),
    "jpeg": _Kind(_jpeg, "compression", 1, 100, whole=True),
    "webp": _Kind(_webp, "compression", 1, 100, whole=True),
    "avif": _Kind(_avif, "compression", 1, 100, whole=True),
    "resize": _Kind(_resize, "scale", 0.02, 8),
    "blur": _Kind(_blur, "filter", 0.1, 50),
    "median": _Kind(_median, "filter", 3, 15, whole=True),
    "sharpen": _Kind(_sharpen, "filter", 0, 10),
    "noise": _Kind(_noise, "noise", 0, 255),
    "brightness": _Kind(_brightness, "tone", 0, 10),
    "contrast": _Kind(_contrast, "tone", 0, 10),
    "saturation": _Kind(_saturation, "tone", 0, 10),
    "gamma": _Kind(_gamma, "tone", 0.1, 10),
    "hue": _Kind(_hue, "tone", -180, 180),
}
_STEP_NAME = re.compile(r"(?P<kind>[a-z]+)(?P<value>-?\d+(?:\.\d+)?)?")


def kinds() -> tuple[str, ...]:
    """The words an attack name may start with."""
    return tuple(_KINDS)


def get(name: str) -> Attack:
    """The attack with this name.

    Args:
        name: Steps joined by ``+``, each a kind and its number: ``png``, ``jpeg75``, ``webp50``, ``avif60``,
            ``resize0.5``, ``blur1.2`` (standard deviation in pixels), ``median3``, ``sharpen1.5``, ``noise6`` (standard
            deviation in grey levels), ``brightness0.85``, ``contrast1.15``, ``saturation1.3``, ``gamma1.2``, ``hue10``
            (degrees).

    Raises:
        UsageError: A step is unknown or its number is missing or out of range.
    """
    return chain(*(_single(step) for step in name.split("+")))


def chain(*attacks: Attack) -> Attack:
    """Several attacks one after the other, as one."""
    if not attacks:
        raise UsageError("no attack to chain: got none, expected at least one; use get('png') to change nothing")
    if len(attacks) == 1:
        return attacks[0]

    def apply(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        for attack in attacks:
            pixels = attack.apply(pixels, rng)
        return pixels

    parameters = tuple(parameter for attack in attacks for parameter in attack.parameters)
    return Attack("+".join(attack.name for attack in attacks), "compound", parameters, apply)


def jpeg(quality: int, *, subsampling: Subsampling = "4:2:0") -> Attack:
    """JPEG at a quality of 1 to 100 with any chroma subsampling (``get("jpeg75")`` is 4:2:0, as Pillow's default)."""

    def apply(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        return _through_file(pixels, "JPEG", quality=quality, subsampling=subsampling)

    return Attack(f"jpeg{quality}({subsampling})", "compression", (("jpeg", float(quality)),), apply)


def _single(text: str) -> Attack:
    match = _STEP_NAME.fullmatch(text)
    kind = _KINDS.get(match["kind"]) if match else None
    if match is None or kind is None:
        raise UsageError(f"unknown attack: got {text!r}, expected one of {', '.join(_KINDS)} followed by its number")
    value = _checked_value(text, kind, match["value"])
    step = kind.step
    return Attack(
        name=text,
        family=kind.family,
        parameters=((match["kind"], value),),
        apply=lambda pixels, rng: step(pixels, value, rng),
    )


def _checked_value(text: str, kind: _Kind, digits: str | None) -> float:
    if kind.high == kind.low:
        if digits is not None:
            raise UsageError(f"attack {text!r} has a number: this kind takes none; leave it away")
        return 0.0
    value = float("nan") if digits is None else float(digits)
    if not kind.low <= value <= kind.high or (kind.whole and value != int(value)):
        number = "a whole number" if kind.whole else "a number"
        raise UsageError(f"attack {text!r}: expected {number} from {kind.low:g} to {kind.high:g} after the word")
    return value
