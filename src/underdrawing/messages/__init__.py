"""Messages in pictures: what goes into a mark, and how it is read back, block by block."""

from underdrawing.messages.carrying import carry, hear, layout_in, matching
from underdrawing.messages.reading import Reading, read_message

__all__ = ["Reading", "carry", "hear", "layout_in", "matching", "read_message"]
