"""Bits ⇄ pixels. A channel does not know what its bits mean.

:mod:`.lattice` is our own carrier, :mod:`.ldpc` its error correction.
"""

from underdrawing.channel.profiles import Profile

__all__ = ["Profile"]
