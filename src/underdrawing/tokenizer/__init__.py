"""The tokenizer: image ⇄ multi-scale tokens. Knows neither channel nor vault."""

from underdrawing.tokenizer.canvas import from_canvas, plane_to_canvas, to_canvas
from underdrawing.tokenizer.ladder import CANVAS, LADDER, TOKEN_BITS, VOCABULARY, HiddenCode, ladder_bits
from underdrawing.tokenizer.painter import Latents, Surroundings
from underdrawing.tokenizer.tokenizer import Tokenizer

__all__ = [
    "CANVAS",
    "LADDER",
    "TOKEN_BITS",
    "VOCABULARY",
    "HiddenCode",
    "Latents",
    "Surroundings",
    "Tokenizer",
    "from_canvas",
    "ladder_bits",
    "plane_to_canvas",
    "to_canvas",
]
