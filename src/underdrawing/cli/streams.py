"""Standard input and output as bytes, also where whoever started the program closed them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["prepare_streams", "standard_input", "standard_output"]


def prepare_streams() -> None:
    """Make the three streams safe to use: what a terminal cannot show is written in escapes rather than failing.

    The place of a closed one is taken, or the next file that is opened would get it, and with it every complaint that a
    library writes there.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free place, which is this one
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def standard_input() -> BinaryIO:
    """Return standard input.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdin is None:
        raise UsageError("standard input is closed, so nothing can be read from -; give a file")
    return sys.stdin.buffer


def standard_output() -> BinaryIO:
    """Return standard output.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed, so nothing can be written to -; give a file")
    return sys.stdout.buffer
