"""Detail that nobody told, made up: tokens of scale 32 as photographs have them."""

from underdrawing.recovery.imagining.imaginer import IMAGINER_FILE, Imaginer

__all__ = ["IMAGINER_FILE", "Imaginer"]
