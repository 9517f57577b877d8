"""How strongly a carrier marks an image."""

from enum import StrEnum

__all__ = ["Profile"]


class Profile(StrEnum):
    """How strong the mark is: what it survives against how little it changes."""

    STANDARD = "standard"
    DISCREET = "discreet"
