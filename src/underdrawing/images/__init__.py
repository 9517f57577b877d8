"""The only door for pixels: load, save, colour, alpha, orientation, Exif, ICC, IPTC, XMP and size limits."""

from underdrawing.images.channels import to_eight_bits
from underdrawing.images.facts import facts_from_metadata, truncated_facts
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
from underdrawing.images.restating import Restated, restate, save_restated
from underdrawing.images.writing import Loss, encode, losses, save

__all__ = [
    "DEFAULT_LIMITS",
    "ImageFormat",
    "JpegCoding",
    "Limits",
    "Loss",
    "Metadata",
    "Picture",
    "Restated",
    "Subsampling",
    "encode",
    "facts_from_metadata",
    "load",
    "losses",
    "restate",
    "save",
    "save_restated",
    "to_eight_bits",
    "truncated_facts",
    "write_atomically",
]
