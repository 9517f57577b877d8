"""What a picture is inside the package, and the limits an image file has to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import ImageFormatError, ImageLimitError, UsageError

__all__ = ["DEFAULT_LIMITS", "ImageFormat", "JpegCoding", "Limits", "Metadata", "Picture", "Subsampling"]

ImageFormat: TypeAlias = Literal["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]
Subsampling: TypeAlias = Literal["4:4:4", "4:2:2", "4:2:0"]
MetadataBlock: TypeAlias = Literal["icc", "exif", "iptc", "xmp"]
Pixels: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class JpegCoding:
    """How a JPEG file was compressed, so that it can be saved the same way again.

    Attributes:
        quantization: one table per colour component (one for greyscale, three for colour), each 64 values 1..65535 in
            natural (row by row) order.
        subsampling: of the chroma; 4:4:4 for greyscale and for the layouts that can not be written again (4:4:0).
        progressive: coded in several scans.
        optimized: the Huffman tables were made for this file, not taken from ITU-T T.81 annex K.
    """

    quantization: tuple[tuple[int, ...], ...]
    subsampling: Subsampling
    progressive: bool = False
    optimized: bool = False


@dataclass(frozen=True)
class Metadata:
    """What travels with the pixels, as the bytes it was stored in (nothing is parsed before somebody asks).

    Attributes:
        icc: ICC profile of ``pixels``; None means sRGB.
        exif: Exif block from its TIFF header on (no ``Exif\\0\\0`` before it). Upright: the Orientation tag is 1, since
            the pixels were turned, and there is no thumbnail, since it would show the picture as it was.
        iptc: IPTC-IIM records (the bytes of Photoshop resource 0x0404).
        xmp: XMP packet, UTF-8.
        jpeg: how the source was compressed, if it was a JPEG.
        dpi: resolution in pixels per inch, (horizontal, vertical).
        png_colour: the chunks by which a PNG without ICC profile tells its colours (gAMA, cHRM, sRGB, cICP).
        damaged: blocks the file had but that were unreadable and are left out.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    iptc: bytes | None = None
    xmp: bytes | None = None
    jpeg: JpegCoding | None = None
    dpi: tuple[float, float] | None = None
    png_colour: bytes | None = None
    damaged: tuple[MetadataBlock, ...] = ()


@dataclass(frozen=True)
class Picture:
    """An image as every other room sees it: upright RGB, however the file stored it.

    Attributes:
        pixels: H×W×3 RGB, uint8 or uint16 over the full range. Read-only for all but its maker.
        alpha: H×W of the same dtype, 0 transparent, straight (not premultiplied); None if the file has none.
        grey: the file was greyscale: the three channels are equal, and it is saved as greyscale again.
        format: of the source file; None for a picture made in memory.
        metadata: ICC, Exif, IPTC, XMP and how the file was compressed.

    Raises:
        UsageError: the arrays are of another shape or dtype.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    format: ImageFormat | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype not in (np.uint8, np.uint16):
            raise UsageError(f"a picture cannot be made of {dtype} {shape}; expected uint8 or uint16 H×W×3")
        if self.alpha is not None and (self.alpha.shape != shape[:2] or self.alpha.dtype != dtype):
            raise UsageError(f"alpha is {self.alpha.dtype} {self.alpha.shape}; expected {dtype} {shape[:2]}")

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def transparent_fraction(self) -> float:
        """Share of the pixels that are not wholly opaque, 0 to 1: what a viewer shows there is not ``pixels`` alone."""
        if self.alpha is None:
            return 0.0
        return float(np.mean(self.alpha < np.iinfo(self.alpha.dtype).max))


@dataclass(frozen=True)
class Limits:
    """How large an image file may be; checked from its header, before anything is decoded.

    Attributes:
        max_bytes: of the file.
        max_pixels: width × height.
        max_side: width or height; what moves pictures about takes no longer ones (OpenCV).
        max_metadata_bytes: of all metadata together, after decompression.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 2**27
    max_side: int = 2**15 - 2
    max_metadata_bytes: int = 16 * 2**20

    def check_bytes(self, count: int) -> None:
        """Raise ImageLimitError if a file of ``count`` bytes is too large."""
        if count > self.max_bytes:
            raise ImageLimitError(f"the file is larger than {self.max_bytes} bytes; raise Limits.max_bytes to read it")

    def check_pixels(self, width: int, height: int) -> None:
        """Raise ImageLimitError if the header announces too many pixels, ImageFormatError if it announces none."""
        if width <= 0 or height <= 0:
            raise ImageFormatError(f"the header says {width}×{height} pixels; expected at least 1×1")
        if width * height > self.max_pixels:
            raise ImageLimitError(
                f"the header says {width}×{height} pixels; at most {self.max_pixels} pixels are read "
                "(raise Limits.max_pixels if you trust the file)"
            )
        if max(width, height) > self.max_side:
            raise ImageLimitError(f"{width}×{height} pixels; expected no side longer than {self.max_side}; cut it up")

    def check_metadata(self, count: int) -> None:
        """Raise ImageLimitError if ``count`` bytes of metadata are too many."""
        if count > self.max_metadata_bytes:
            raise ImageLimitError(
                f"the file carries more than {self.max_metadata_bytes} bytes of metadata; strip it, "
                "or raise Limits.max_metadata_bytes"
            )


DEFAULT_LIMITS = Limits()
