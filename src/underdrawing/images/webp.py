"""WebP and AVIF files: what has to be known before their decoders may start.

Source: RFC 9649 (WebP), sections 2.4-2.7; ISO/IEC 23008-12 and the AV1 Image File Format 1.1 (AVIF).
"""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.WebPImagePlugin import WebPImageFile

from underdrawing.errors import ImageFormatError
from underdrawing.images.picture import Limits, Metadata

__all__ = ["open_avif", "open_webp"]


def open_webp(data: bytes, limits: Limits) -> tuple[Image.Image, Metadata]:
    """Picture (not yet decoded) and metadata of a WebP file.

    Raises:
        ImageFormatError: damaged, truncated or animated.
        ImageLimitError: too many pixels, or too much metadata.
    """
    limits.check_pixels(*_webp_size(data))
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data) + 1:
        raise ImageFormatError("the WebP file is truncated: its header announces more bytes")
    image = WebPImageFile(BytesIO(data))
    return _still(image, limits)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height a WebP header announces."""
    kind, body = data[12:16], data[20:30]
    if len(body) == 10:
        if kind == b"VP8X" and data[16:20] == b"\x0a\0\0\0":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", body, 6)
            return width & 0x3FFF, height & 0x3FFF
        if kind == b"VP8L" and body[0] == 0x2F:
            bits = struct.unpack_from("<I", body, 1)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise ImageFormatError("the WebP header is damaged or truncated")


def open_avif(data: bytes, limits: Limits) -> tuple[Image.Image, Metadata]:
    """Picture (not yet decoded) and metadata of an AVIF file; more than 8 bits per sample are read as 8.

    Raises:
        ImageFormatError: damaged, truncated or animated.
        ImageLimitError: too many pixels, or too much metadata.
    """
    # Pillow reads the Exif block to reconcile it with the container's own rotation, and warns about what it finds.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = AvifImageFile(BytesIO(data))
    limits.check_pixels(*image.size)
    return _still(image, limits)


def _still(image: WebPImageFile | AvifImageFile, limits: Limits) -> tuple[Image.Image, Metadata]:
    if image.is_animated:
        raise ImageFormatError(
            f"the {image.format} file is animated; expected a still picture: save the frame you mean"
        )
    blocks = {name: image.info.get(name) for name in ("icc_profile", "exif", "xmp")}
    limits.check_metadata(sum(len(block) for block in blocks.values() if block))
    exif = (blocks["exif"] or b"").removeprefix(b"Exif\0\0")
    return image, Metadata(icc=blocks["icc_profile"], exif=exif or None, xmp=blocks["xmp"])
