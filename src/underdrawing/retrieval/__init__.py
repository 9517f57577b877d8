"""Which original a picture comes from: its record in a vault, and the way back to it."""

from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.retrieval.finding import Found, find
from underdrawing.retrieval.recataloguing import Recatalogued, recatalogue

__all__ = ["Found", "Recatalogued", "catalogue", "find", "recatalogue"]
