"""A lasting mark: one whose anchor is told by an undertone as well, made for a network that paints the picture anew.

The undertone changes what the picture shows by a little, and the code should tell the picture as it will be seen. But
the undertone tells the anchor, and the anchor how the code begins and how long the blocks are. So it is written once to
see what the picture will look like, and once more if the anchor changed over that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel.lattice import Host, undertoned
from underdrawing.images import to_eight_bits
from underdrawing.payload import Block
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.images.picture import Pixels
    from underdrawing.payload import Message
    from underdrawing.tokenizer import HiddenCode

__all__ = ["with_undertone"]

_ASKED_BITS = 190.0
"""What an undertone is to tell of the anchor's 192 bits where our own tokenizer painted the whole picture anew and
nothing else was changed: more than are needed, for most of it has to do where a third was replaced."""


def with_undertone(
    host: Host,
    message: Message,
    compose: Callable[[Host, HiddenCode], Message],
    *,
    channel_key: bytes | None = None,
) -> tuple[Host, HiddenCode, Message]:
    """The picture with an undertone that tells the anchor, what it shows then, and the message that says so.

    Args:
        host: the picture.
        message: its message without an undertone.
        compose: the message for a picture and its code; the same for the same.
        channel_key: secret of the channel.
    """
    write = partial(undertoned, host.pixels, key=channel_key, copy=_painted_anew, asked_bits=_ASKED_BITS)
    first = message.blocks[Block.ANCHOR]
    toned = Host.of(write(first))
    code = tokenizer().encode(to_canvas(to_eight_bits(toned.pixels)))
    message = compose(toned, code)
    if not np.array_equal(message.blocks[Block.ANCHOR], first):
        toned = Host.of(write(message.blocks[Block.ANCHOR]))
    return toned, code, message


def _painted_anew(pixels: Pixels) -> NDArray[np.uint8]:
    """What our own tokenizer makes of a picture, 256×256×3."""
    return tokenizer().decode(tokenizer().encode(to_canvas(to_eight_bits(pixels))))
