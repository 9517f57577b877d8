"""The way in: any source of bytes becomes a ``Picture``, or one clear error.

bytes ─► which format? ─► header within the limits? ─► decoded without its metadata ─► RGB ─► upright
                                └─► metadata, as bytes ─► settled (orientation 1, no thumbnail)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underdrawing.errors import ImageFormatError, ImageLimitError
from underdrawing.images import exif
from underdrawing.images.channels import Planes, from_image, from_samples, upright
from underdrawing.images.files import Source, read_bytes, source_name
from underdrawing.images.jpeg import open_jpeg
from underdrawing.images.picture import DEFAULT_LIMITS, ImageFormat, Limits, Metadata, MetadataBlock, Picture
from underdrawing.images.png import open_png
from underdrawing.images.tiff import open_tiff
from underdrawing.images.webp import open_avif, open_webp

__all__ = ["load", "stored_metadata"]

Opened: TypeAlias = tuple[Image.Image | NDArray[np.uint16], Metadata]

_OPENERS: dict[ImageFormat, Callable[[bytes, Limits], Opened]] = {
    "JPEG": open_jpeg,
    "PNG": open_png,
    "WEBP": open_webp,
    "AVIF": open_avif,
    "TIFF": open_tiff,
}
_AVIF_BRANDS = (b"avif", b"avis")
_OTHERS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"<svg": "SVG",
    b"II+\0": "BigTIFF",
    b"MM\0+": "BigTIFF",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}
_EXPECTED = "expected a JPEG, PNG, WebP, AVIF or TIFF image: save it as one of these"


def load(source: Source, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """A picture from a file, an open binary file, or the bytes of one.

    The pixels come back upright (Exif orientation applied), as RGB of 8 or 16 bits, with alpha and all metadata kept;
    palettes and single bits are expanded; CMYK is converted to sRGB through the profile the file must embed for that.
    Of a JPEG with more pictures inside (MPO, Ultra HDR), the main one is read.

    Args:
        source: path, binary file, or bytes.
        limits: checked from the header, before anything is decoded.

    Raises:
        UsageError: the path cannot be opened.
        ImageFormatError: empty, truncated, damaged, animated, of several pages, or of a kind that is not read.
        ImageLimitError: more bytes, pixels or metadata than ``limits`` allow.
    """
    try:
        data = read_bytes(source, limits)
        return _picture(data, _format(data), limits)
    except (ImageFormatError, ImageLimitError) as error:
        raise type(error)(f"cannot read {source_name(source)}: {error}") from error.__cause__


def stored_metadata(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> tuple[ImageFormat, Metadata]:
    """The format of a file and its metadata as stored: orientation and thumbnail not yet settled, nothing decoded.

    Raises:
        ImageFormatError, ImageLimitError: as for ``load``, as far as the headers tell.
    """
    image_format = _format(data)
    try:
        return image_format, _OPENERS[image_format](data, limits)[1]
    except (ImageFormatError, ImageLimitError):
        raise
    except Exception as error:  # As in ``_picture``: decoders raise whatever they like.
        raise ImageFormatError(f"the {image_format} file is damaged or truncated; get it again") from error


def _format(data: bytes) -> ImageFormat:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if data[4:8] == b"ftyp":
        brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
        if any(brand in brands for brand in _AVIF_BRANDS):
            return "AVIF"
        raise ImageFormatError(f"a {_printable(data[8:12])} file is not read; {_EXPECTED}")
    known = next((name for magic, name in _OTHERS.items() if data.startswith(magic)), None)
    begin = f"{known} is not read" if known else f"it begins with {_printable(data[:12])}, which is no image we know"
    raise ImageFormatError(f"{begin}; {_EXPECTED}")


def _printable(data: bytes) -> str:
    return repr(re.sub(rb"[^ -~]", b".", data).decode("ascii"))


def _picture(data: bytes, image_format: ImageFormat, limits: Limits) -> Picture:
    try:
        opened, metadata = _OPENERS[image_format](data, limits)
        metadata, orientation = _settled(metadata)
        planes = from_image(opened, metadata.icc) if isinstance(opened, Image.Image) else from_samples(opened)
    except (ImageFormatError, ImageLimitError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageLimitError(f"the {image_format} file has more pixels than its decoder takes") from error
    except Exception as error:  # Decoders raise whatever they like on hostile bytes; a user gets one kind of error.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ImageFormatError(f"the {image_format} file is damaged or truncated ({reason}); get it again") from error
    return _assembled(upright(planes, orientation), image_format, metadata)


def _settled(metadata: Metadata) -> tuple[Metadata, int]:
    """Metadata without what is unreadable or would not be true any more, and the orientation of the stored pixels."""
    settled = exif.settle(metadata.exif) if metadata.exif else None
    damaged: list[MetadataBlock] = list(metadata.damaged)
    icc = metadata.icc if metadata.icc and _plausible_profile(metadata.icc) else None
    damaged += ["icc"] if metadata.icc and icc is None else []
    damaged += ["exif"] if metadata.exif and settled is None else []
    kept = replace(
        metadata,
        icc=icc,
        exif=settled.block if settled else None,
        xmp=_settled_xmp(metadata.xmp) if metadata.xmp else None,
        damaged=tuple(damaged),
    )
    return kept, settled.orientation if settled else 1


def _plausible_profile(icc: bytes) -> bool:
    """Whether a profile has the header of ICC.1:2022, clause 7.2, and the length it says."""
    return len(icc) >= 132 and icc[36:40] == b"acsp" and int.from_bytes(icc[:4], "big") <= len(icc)


def _settled_xmp(xmp: bytes) -> bytes:
    """Packet whose orientation is 1 and that holds no thumbnail, edited without parsing it."""
    xmp = re.sub(rb"""(<tiff:Orientation>\s*|tiff:Orientation=["'])[2-8]""", rb"\g<1>1", xmp)
    for name in (b"xmp:Thumbnails", b"xap:Thumbnails"):
        begin, closing = xmp.find(b"<" + name), b"</" + name + b">"
        end = xmp.find(closing, begin) if begin >= 0 else -1
        xmp = xmp[:begin] + xmp[end + len(closing) :] if end > 0 else xmp
    return xmp


def _assembled(planes: Planes, image_format: ImageFormat, metadata: Metadata) -> Picture:
    if planes.converted:
        metadata = replace(metadata, icc=None, jpeg=None)
    elif metadata.icc and metadata.icc[16:20] != (b"GRAY" if planes.grey else b"RGB "):
        metadata = replace(metadata, icc=None, damaged=(*metadata.damaged, "icc"))
    return Picture(planes.pixels, planes.alpha, planes.grey, image_format, metadata)
