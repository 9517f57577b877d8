"""What is found out about a suspect: what was changed, what was there, what it is worth, and what a vault adds."""

from underdrawing.examination.contradictions import FactFinding, MetadataCheck, hold_against

__all__ = ["FactFinding", "MetadataCheck", "hold_against"]
