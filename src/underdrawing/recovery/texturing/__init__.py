"""Texture where a code tells none: made up, as strong as photographs have it."""

from underdrawing.recovery.texturing.bands import BANDS, GRID
from underdrawing.recovery.texturing.finer import refined
from underdrawing.recovery.texturing.texturer import TEXTURER_FILE, Texturer

__all__ = ["BANDS", "GRID", "TEXTURER_FILE", "Texturer", "refined"]
