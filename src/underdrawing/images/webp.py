"""WebP and AVIF files: what has to be known before their decoders may start.

Source: RFC 9649 (WebP), sections 2.4-2.7; ISO/IEC 23008-12 and the AV1 Image File Format 1.1 (AVIF).
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from io import BytesIO

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.WebPImagePlugin import WebPImageFile

from underdrawing.errors import ImageFormatError
from underdrawing.images.picture import Limits, Metadata

__all__ = ["open_avif", "open_webp", "replace_webp_metadata"]

_HAS_EXIF, _HAS_XMP, _HAS_ALPHA = 0x08, 0x04, 0x10


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


def replace_webp_metadata(data: bytes, metadata: Metadata) -> bytes:
    """A WebP file with the Exif and XMP blocks of ``metadata`` in place of its own; None there leaves one alone.

    The chunks that hold the picture stay as they are, byte for byte.
    """
    chunks = list(_riff_chunks(data))
    flags, canvas = _canvas(data, chunks)
    parts = [chunk for chunk in chunks if chunk[0] != b"VP8X"]
    new = ((b"EXIF", metadata.exif, _HAS_EXIF), (b"XMP ", metadata.xmp, _HAS_XMP))
    for name, block, flag in new:
        if block is not None:
            parts = [*(chunk for chunk in parts if chunk[0] != name), (name, block)]
            flags |= flag
    body = b"WEBP" + _packed(b"VP8X", bytes((flags, 0, 0, 0)) + canvas) + b"".join(_packed(*part) for part in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each chunk."""
    at, end = 12, min(len(data), struct.unpack_from("<I", data, 4)[0] + 8)
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > len(data):
            raise ImageFormatError("the WebP file is truncated: a chunk announces more bytes")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _packed(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _canvas(data: bytes, chunks: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """The flags of the extended header, and its width and height (each less 1, in 3 bytes); made up if it has none."""
    if chunks and chunks[0][0] == b"VP8X":
        return chunks[0][1][0], chunks[0][1][4:10]
    has_alpha = bool(chunks) and chunks[0][0] == b"VP8L" and chunks[0][1][4] >> 4 & 1
    sides = b"".join((side - 1).to_bytes(3, "little") for side in _webp_size(data))
    return _HAS_ALPHA if has_alpha else 0, sides


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
