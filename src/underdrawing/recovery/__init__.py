"""Painting back what was there: the decoded hidden code inside the map, every other pixel untouched."""

from underdrawing.recovery.compositing import paint_back

__all__ = ["paint_back"]
