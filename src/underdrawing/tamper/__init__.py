"""From evidence block by block to a calibrated map of what was changed. Knows neither vault nor channel."""

from underdrawing.tamper.content import Comparison, Distances, Strays
from underdrawing.tamper.decision import TamperFinding, find_tampering
from underdrawing.tamper.outliner import OUTLINER_FILE, Outliner

__all__ = ["OUTLINER_FILE", "Comparison", "Distances", "Outliner", "Strays", "TamperFinding", "find_tampering"]
