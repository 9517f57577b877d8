"""Which original a picture comes from: its record in a vault, and the way back to it."""

from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.retrieval.finding import Found, find

__all__ = ["Found", "catalogue", "find"]
