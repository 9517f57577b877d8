"""The shipped networks, each loaded once a process, when it is first asked for."""

from __future__ import annotations

from functools import cache

from underdrawing.fingerprint import Fingerprinter
from underdrawing.recovery import Restorer
from underdrawing.recovery.texturing import Texturer
from underdrawing.tamper import Outliner
from underdrawing.tokenizer import Tokenizer

__all__ = ["fingerprinter", "outliner", "restorer", "texturer", "tokenizer"]


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer: pictures to hidden codes and back."""
    return Tokenizer.load()


@cache
def restorer() -> Restorer:
    """The Transformer that predicts what did not arrive."""
    return Restorer.load()


@cache
def texturer() -> Texturer:
    """The network that makes up the texture that a code does not tell."""
    return Texturer.load()


@cache
def fingerprinter() -> Fingerprinter:
    """The network that says in bits what a picture looks like."""
    return Fingerprinter.load()


@cache
def outliner() -> Outliner:
    """The network that draws the outlines of what was changed."""
    return Outliner.load()
