"""The fingerprint of the visible picture: 512 bits that its copies share, whether or not a mark is left in them."""

from underdrawing.fingerprint.fingerprinter import (
    FINGERPRINT_BITS,
    FINGERPRINT_FILE,
    SIDE_PX,
    Fingerprint,
    Fingerprinter,
)

__all__ = [
    "FINGERPRINT_BITS",
    "FINGERPRINT_FILE",
    "SIDE_PX",
    "Fingerprint",
    "Fingerprinter",
]
