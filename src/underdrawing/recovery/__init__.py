"""Painting back what was there, from hidden code and surroundings; every other pixel stays untouched."""

from underdrawing.recovery.compositing import paint_back
from underdrawing.recovery.recolouring import Recolouring, colour_mixing, fitted_recolouring
from underdrawing.recovery.restorer import Restoration, Restorer

__all__ = ["Recolouring", "Restoration", "Restorer", "colour_mixing", "fitted_recolouring", "paint_back"]
