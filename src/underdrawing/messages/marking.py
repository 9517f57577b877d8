"""From a picture to what is put into it: its identity, the message, and the nudges that keep its tokens steady."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel import Profile
from underdrawing.channel.lattice import last_tier_bits, offer
from underdrawing.channel.lattice.grid import strips
from underdrawing.messages.tiers import SCALES_UPTO, TIER_OF
from underdrawing.payload import (
    Block,
    Capacity,
    Message,
    Recipient,
    Seal,
    SharedKey,
    SigningKey,
    compose,
    parse_anchor,
    parse_core,
    seal_for,
    seal_with,
)
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import from_canvas, plane_to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.channel.lattice import Host
    from underdrawing.images.picture import Pixels
    from underdrawing.payload import Bits
    from underdrawing.tokenizer import HiddenCode

__all__ = [
    "Confidants",
    "added_to",
    "foreseen_in",
    "identity",
    "message_for",
    "named",
    "new_identity",
    "psnr_db",
    "scales_in",
    "signature_in",
    "steadying",
    "tiers_of",
]

Confidants = SharedKey | Sequence[Recipient]
"""Who may read a confidential mark: whoever holds one shared key, or one of the private halves of public keys."""

_USUAL_MARGINS = (0.5, 1.0, 1.0, 1.5, 2.0)
_MARGINS = {
    Profile.STANDARD: (*_USUAL_MARGINS, 0.0),
    Profile.DISCREET: (0.5, 0.5, 0.5, 0.6, 0.6, 0.0),
    Profile.DETAILED: (*_USUAL_MARGINS, 0.5),
    Profile.LASTING: (*_USUAL_MARGINS, 0.5),
}
"""How far a protected picture keeps its tokens of each scale from their borders, see ``Tokenizer.steadying``."""

_FORESEEN = {Block.ANCHOR: 30, Block.CORE: 520, Block.DETAIL: 1950, Block.FINE: 0}
"""Bits of the tokens of a block that a copy shows itself with a quarter of it replaced, about (docs/channel.md)."""


def identity(code: HiddenCode, facts: Mapping[str, str]) -> int:
    """64 bits that name a picture with these facts: the same again whenever it is protected."""
    digest = hashlib.sha256(b"underdrawing id 1\0")
    for tokens in code.scales:
        digest.update(tokens.astype("<u2").tobytes())
    for name in sorted(facts):
        digest.update(f"{name}\0{facts[name]}\0".encode())
    return int.from_bytes(digest.digest()[:8], "big")


def new_identity() -> int:
    """64 random bits, for marks whose id must not tell anything of the picture."""
    return secrets.randbits(64)


def message_for(
    host: Host,
    code: HiddenCode,
    *,
    facts: Mapping[str, str],
    id: int,
    seal: Seal | None,
    key: SigningKey | None,
    profile: Profile,
    with_code: bool,
) -> Message:
    """The message that a picture can hold.

    Args:
        host, code: the picture and its code.
        id, seal: its name, and what enciphers it, see :func:`named`.
        facts, key, profile, with_code: those of ``pipeline.protect``.

    Raises:
        PayloadError: the facts cannot be written.
        CapacityError: a confidential mark has no room in this picture.
        ImageTooSmallError: the picture is too small or too long to carry a mark.
    """
    offered = offer(host, profile=profile)
    return compose(
        id=id,
        tokens=code.scales if with_code else None,
        fine_order=tokenizer().detail_order(code.prefix(5)) if with_code else None,
        facts=facts,
        key=key,
        capacity=Capacity(
            *offered.tier_bits, filling=offered.filling, fine_facts=not last_tier_bits(host.grid, profile)
        ),
        seal=seal,
    )


def named(
    code: HiddenCode, facts: Mapping[str, str], confidential: Confidants | None, *, with_code: bool
) -> tuple[int, Seal | None]:
    """The id of a picture's message, and what enciphers it; the arguments are those of ``pipeline.protect``."""
    if confidential is None:
        return identity(code, facts) if with_code else new_identity(), None
    id = new_identity()
    return id, _seal(confidential, id)


def _seal(confidential: Confidants, id: int) -> Seal:
    if isinstance(confidential, SharedKey):
        return seal_with(confidential, id=id)
    return seal_for(confidential, id=id, entropy=secrets.token_bytes(32))


def tiers_of(message: Message) -> list[Bits | None]:
    """The bits for each tier of the channel, best protected first; None where the message has no such block."""
    return [message.blocks.get(block) for block in TIER_OF]


def foreseen_in(message: Message) -> list[int]:
    """About how many bits of each tier a reader can tell from a copy itself, if the code is there and in the open."""
    return [_FORESEEN[block] if block in message.blocks else 0 for block in TIER_OF]


def signature_in(message: Message) -> tuple[bytes, bytes] | None:
    """The signature in a message and the short id of its key; None where it is not signed."""
    if Block.CORE not in message.blocks:
        return None
    core = parse_core(message.blocks[Block.CORE], parse_anchor(message.blocks[Block.ANCHOR], hidden=True))
    return None if core.signature is None or core.key_id is None else (core.signature, core.key_id)


def added_to(picture: Pixels, *, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Pixels:
    """A picture, H×W×3 uint8 or uint16, with what a carrier added to its 8-bit version."""
    if picture.dtype == np.uint8:
        return after
    added = (after.astype(np.int32) - before) * 257
    return np.asarray(np.clip(picture + added, 0, 65535), dtype=np.uint16)


def psnr_db(before: Pixels, after: Pixels) -> float:
    """How near two pictures of one depth are, over all pixels and channels; 100 where they are the same."""
    peak = float(np.iinfo(before.dtype).max)
    squares = (np.square(after[rows].astype(np.float64) - before[rows]).sum() for rows in strips(len(before)))
    error = float(sum(squares)) / before.size
    return 100.0 if error == 0 else 10 * float(np.log10(peak**2 / error))


def scales_in(message: Message) -> int:
    """How many scales of the code a message carries."""
    return next(n for block, n in reversed(SCALES_UPTO.items()) if block in message.blocks)


def steadying(
    canvas: NDArray[np.uint8], code: HiddenCode, profile: Profile, mark: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What keeps the tokens of a picture in its copies, H×W float32 in grey levels, once ``mark`` is added to it.

    Args:
        canvas: 256×256×3 RGB uint8, the picture.
        code: the tokens to keep.
        profile: how much may be spent on it.
        mark: H×W float32 in grey levels, what the channel adds to the brightness.
    """
    marked = np.rint(canvas + plane_to_canvas(mark)[..., None]).astype(np.int16)
    return from_canvas(tokenizer().steadying(marked, code, _MARGINS[profile]), *mark.shape)
