"""Texture: what photographs have where a code tells nothing, made up."""

from underdrawing.recovery.texturing.texturer import TEXTURER_FILE, Texturer

__all__ = ["TEXTURER_FILE", "Texturer"]
