"""The tokenizer: image ⇄ multi-scale tokens. Knows neither channel nor vault."""

from underdrawing.tokenizer.canvas import to_canvas
from underdrawing.tokenizer.ladder import CANVAS, LADDER, TOKEN_BITS, VOCABULARY, HiddenCode, ladder_bits
from underdrawing.tokenizer.tokenizer import Tokenizer

__all__ = ["CANVAS", "LADDER", "TOKEN_BITS", "VOCABULARY", "HiddenCode", "Tokenizer", "ladder_bits", "to_canvas"]
