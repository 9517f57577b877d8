"""From whatever a file stores (grey, palette, CMYK, alpha, 8 or 16 bits) to upright RGB, and back to what it stored."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from underdrawing.errors import ImageFormatError
from underdrawing.images.picture import Picture, Pixels

__all__ = ["Planes", "from_image", "from_samples", "samples_of", "to_eight_bits", "upright"]

_TURNS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_MIRRORS = {2: 1, 4: 0}


@dataclass(frozen=True)
class Planes:
    """Pixels and alpha as in ``Picture``; ``converted`` tells that they are sRGB now, whatever the profile said."""

    pixels: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    converted: bool = False


def from_image(image: Image.Image, icc: bytes | None) -> Planes:
    """Planes of an opened Pillow image, which is decoded here.

    Raises:
        ImageFormatError: the file stores its pixels in a way that is not read.
    """
    mode = image.mode
    if mode == "RGB" and "transparency" not in image.info:
        return Planes(np.asarray(image))
    if mode.startswith("I;16"):
        return _from_deep_grey(image)
    if mode in ("CMYK", "YCbCr"):
        return _from_print(image, icc) if mode == "CMYK" else Planes(np.asarray(image.convert("RGB")))
    if mode in ("1", "L", "LA"):
        transparent = mode == "LA" or "transparency" in image.info
        return from_samples(np.atleast_3d(np.asarray(image.convert("LA" if transparent else "L"))))
    if mode in ("P", "PA", "RGB", "RGBA"):
        transparent = mode in ("PA", "RGBA") or "transparency" in image.info
        return from_samples(np.asarray(image.convert("RGBA" if transparent else "RGB")))
    raise ImageFormatError(f"pixels of the kind {mode!r} are not read; expected 8 or 16 bit grey, palette, RGB or CMYK")


def _from_deep_grey(image: Image.Image) -> Planes:
    grey = np.asarray(image).astype(np.uint16)
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return from_samples(grey[..., None])
    alpha = np.where(grey == clear, 0, 65535).astype(np.uint16)
    return from_samples(np.stack((grey, alpha), axis=2))


def _from_print(image: Image.Image, icc: bytes | None) -> Planes:
    """CMYK through its own profile; without one nobody knows what its inks look like."""
    if icc is None:
        raise ImageFormatError("CMYK without an ICC profile is not read; convert it to RGB, or embed the profile")
    try:
        source, target = ImageCms.ImageCmsProfile(BytesIO(icc)), ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        rgb = ImageCms.profileToProfile(image, source, target, intent, "RGB", flags=flags)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        raise ImageFormatError(f"the CMYK profile is damaged ({error}); convert the image to RGB") from error
    assert rgb is not None
    return Planes(np.asarray(rgb), converted=True)


def from_samples(samples: Pixels) -> Planes:
    """Planes of interleaved samples H×W×C: C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha."""
    channels = samples.shape[2]
    alpha = np.ascontiguousarray(samples[..., -1]) if channels in (2, 4) else None
    if channels < 3:
        return Planes(np.repeat(samples[..., :1], 3, axis=2), alpha, grey=True)
    return Planes(np.ascontiguousarray(samples[..., :3]), alpha)


def upright(planes: Planes, orientation: int) -> Planes:
    """Planes turned and mirrored as an Exif orientation (1..8) asks for."""
    if orientation == 1:
        return planes
    alpha = None if planes.alpha is None else _turned(planes.alpha, orientation)
    return Planes(_turned(planes.pixels, orientation), alpha, planes.grey, planes.converted)


def _turned(array: Pixels, orientation: int) -> Pixels:
    if orientation in _TURNS:
        turned = cv2.rotate(array, _TURNS[orientation])
    elif orientation in _MIRRORS:
        turned = cv2.flip(array, _MIRRORS[orientation])
    else:
        turned = cv2.transpose(array)
        if orientation == 7:
            turned = cv2.rotate(turned, cv2.ROTATE_180)
    return np.asarray(turned, array.dtype)


def samples_of(picture: Picture) -> Pixels:
    """Interleaved samples H×W×C of a picture: C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.

    A grey picture is stored by its luma, which is its grey value as long as its channels are equal.
    """
    colour = picture.pixels
    if picture.grey:
        colour = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), colour.dtype)[..., None]
    return colour if picture.alpha is None else np.concatenate((colour, picture.alpha[..., None]), axis=2)


def to_eight_bits(samples: Pixels) -> NDArray[np.uint8]:
    """Nearest 8-bit value of 16-bit samples (65535 becomes 255); 8-bit samples as they are."""
    if samples.dtype == np.uint8:
        return samples.astype(np.uint8, copy=False)
    return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
