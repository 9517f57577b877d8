"""From evidence block by block to a calibrated map of what was changed. Knows neither vault nor channel."""

from underdrawing.tamper.content import Comparison, Distances
from underdrawing.tamper.decision import TamperFinding, find_tampering

__all__ = ["Comparison", "Distances", "TamperFinding", "find_tampering"]
