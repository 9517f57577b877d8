"""What is found out about a suspect: what was changed, what was there, what it is worth, and what a vault adds."""

from underdrawing.examination.contradictions import FactFinding, MetadataCheck, hold_against
from underdrawing.examination.examining import repaint

__all__ = ["FactFinding", "MetadataCheck", "hold_against", "repaint"]
