"""The steps that change the pixels of a picture and leave every point where it is.

Each takes pixels, the number after its word, and a random generator. :mod:`.pixelwise` makes attacks of these steps; a
new one is one function and one line of ``KINDS``.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from underdrawing.bench.attacks.printing import halftoned, unevenly_lit
from underdrawing.bench.attacks.regeneration import TOKEN_BITS_CHOICES, autoencoder, repainted

__all__ = ["KINDS", "Family", "Kind", "Pixels", "Step", "denoised", "through_file"]

Pixels = NDArray[np.uint8]
Family = Literal["none", "compression", "scale", "filter", "noise", "tone", "regeneration", "print", "compound"]
Step = Callable[[Pixels, float, np.random.Generator], Pixels]


def _from_image(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def through_file(pixels: Pixels, format_name: str, **options: object) -> Pixels:
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
    return through_file(pixels, "JPEG", quality=int(quality), subsampling="4:2:0")


def _webp(pixels: Pixels, quality: float, rng: np.random.Generator) -> Pixels:
    return through_file(pixels, "WEBP", quality=int(quality))


def _avif(pixels: Pixels, quality: float, rng: np.random.Generator) -> Pixels:
    return through_file(pixels, "AVIF", quality=int(quality), max_threads=1)


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


def _wiener(pixels: Pixels, size_px: float, rng: np.random.Generator) -> Pixels:
    return denoised(pixels, int(size_px))


def denoised(pixels: Pixels, window_px: int) -> Pixels:
    """A picture without what looks like noise: each channel by the local Wiener filter, H×W×3 uint8 RGB.

    What is weaker than the mean local variance is taken for noise. Beyond its edges the picture is mirrored.

    Source: Lee, "Digital image enhancement and noise filtering by use of local statistics", 1980.
    """
    values = pixels.astype(np.float32)
    window = (window_px, window_px)
    mean = cv2.boxFilter(values, -1, window)
    variance = np.maximum(cv2.boxFilter(values**2, -1, window) - mean**2, 0)
    noise = variance.mean(axis=(0, 1))
    kept = np.maximum(variance - noise, 0) / np.maximum(np.maximum(variance, noise), 1e-6)
    return _clip(mean + kept * (values - mean))


def _tokens(pixels: Pixels, code_bits: float, rng: np.random.Generator) -> Pixels:
    return repainted(pixels, int(code_bits))


def _autoencoder(pixels: Pixels, value: float, rng: np.random.Generator) -> Pixels:
    return autoencoder().regenerate(pixels)


def _halftone(pixels: Pixels, cell_px: float, rng: np.random.Generator) -> Pixels:
    return halftoned(pixels, cell_px)


def _light(pixels: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    return unevenly_lit(pixels, share, rng)


def _clip(values: NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Kind:
    """One kind of step: what it does, and the numbers it accepts; none where both ends are 0."""

    step: Step
    family: Family
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    choices: tuple[float, ...] = ()


KINDS: dict[str, Kind] = {
    "png": Kind(_png, "none"),
    "jpeg": Kind(_jpeg, "compression", 1, 100, whole=True),
    "webp": Kind(_webp, "compression", 1, 100, whole=True),
    "avif": Kind(_avif, "compression", 1, 100, whole=True),
    "resize": Kind(_resize, "scale", 0.02, 8),
    "blur": Kind(_blur, "filter", 0.1, 50),
    "median": Kind(_median, "filter", 3, 15, choices=(3, 5, 7, 9, 11, 13, 15)),
    "wiener": Kind(_wiener, "filter", 3, 15, choices=(3, 5, 7, 9, 11, 13, 15)),
    "sharpen": Kind(_sharpen, "filter", 0, 10),
    "noise": Kind(_noise, "noise", 0, 255),
    "brightness": Kind(_brightness, "tone", 0, 10),
    "contrast": Kind(_contrast, "tone", 0, 10),
    "saturation": Kind(_saturation, "tone", 0, 10),
    "gamma": Kind(_gamma, "tone", 0.1, 10),
    "hue": Kind(_hue, "tone", -180, 180),
    "tokens": Kind(_tokens, "regeneration", TOKEN_BITS_CHOICES[0], TOKEN_BITS_CHOICES[-1], choices=TOKEN_BITS_CHOICES),
    "autoencoder": Kind(_autoencoder, "regeneration"),
    "halftone": Kind(_halftone, "print", 2, 32),
    "light": Kind(_light, "print", 0, 1),
}
