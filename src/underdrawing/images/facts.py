"""Facts."""

from underdrawing.images.picture import Metadata


def facts_from_metadata(metadata: Metadata) -> dict[str, str]:
    """Facts."""
    return {}
