"""The only door for pixels: load, save, colour, alpha, orientation, Exif, ICC, IPTC, XMP and size limits."""

from underdrawing.images.facts import facts_from_metadata
from underdrawing.images.files import write_atomically
from underdrawing.images.picture import (
    DEFAULT_LIMITS,
    ImageFormat,
    JpegCoding,
    Limits,
    Metadata,
    Picture,
    Subsampling,
)
from underdrawing.images.reading import load
from underdrawing.images.writing import Loss, encode, losses, save

__all__ = [
    "DEFAULT_LIMITS",
    "ImageFormat",
    "JpegCoding",
    "Limits",
    "Loss",
    "Metadata",
    "Picture",
    "Subsampling",
    "encode",
    "facts_from_metadata",
    "load",
    "losses",
    "save",
    "write_atomically",
]
