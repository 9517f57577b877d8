"""The story: protect a picture; later, verify a suspect, see what was changed, paint back what was there.

::

    protect:  picture ─► tokenizer ─► hidden code ─► payload (id, facts, signature, code) ─► channel ─► picture
    verify:   suspect ─► channel ─► payload + evidence ─► tamper map ─► recovery ─► verification
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from underdrawing.channel import Profile
from underdrawing.channel.lattice import TONE_DRIFT_LIMIT, Reception, embed, receptions, searched
from underdrawing.examining import Testimony, examine
from underdrawing.findings import Protection, Verification
from underdrawing.framing import Framing
from underdrawing.images import to_eight_bits
from underdrawing.judging import check_signature, judge, unprotected
from underdrawing.marking import Confidants, message_for, scales_in, steadying, tiers_of
from underdrawing.payload import Opener, SigningKey, TrustStore, clean_facts
from underdrawing.reading import Reading, read_message
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import to_canvas

if TYPE_CHECKING:
    from underdrawing.images import Picture

__all__ = ["protect", "verify"]

_CARRIER = "lattice"


def protect(
    picture: Picture,
    *,
    facts: Mapping[str, str] | None = None,
    key: SigningKey | None = None,
    profile: Profile = Profile.STANDARD,
    channel_key: bytes | None = None,
    confidential: Confidants | None = None,
    with_code: bool = True,
) -> Protection:
    """Hide in a picture what it shows, the facts about it, and a signature.

    Args:
        picture: what to protect; short side at least 256 pixels.
        facts: IPTC Photo Metadata names to text.
        key: signs the message; without one it is unsigned.
        profile: strength of the mark.
        channel_key: secret without which the mark can be neither found nor read.
        confidential: a key file, or public keys, without which code and facts cannot be read; the mark is then another
            one each time.
        with_code: without it the mark holds id, facts and signature alone, and nothing can be painted back.

    Returns:
        The protected picture, which looks the same, and what was put into it.

    Raises:
        ImageTooSmallError: the picture is too small or too long to carry a mark.
        PayloadError: the facts cannot be written (see ``payload.compose``).
        CapacityError: a confidential mark has no room in this picture.
    """
    clock = _Clock()
    with clock("encode"):
        canvas = to_canvas(to_eight_bits(picture.pixels))
        code = tokenizer().encode(canvas)
    with clock("compose"):
        message = message_for(
            picture,
            code,
            clean_facts(facts or {}),
            key=key,
            profile=profile,
            confidential=confidential,
            with_code=with_code,
        )
    with clock("embed"):
        also = partial(steadying, canvas, code.prefix(scales_in(message)), profile) if with_code else None
        embedded = embed(picture.pixels, tiers_of(message), profile=profile, key=channel_key, also=also)
    return Protection(
        picture=replace(picture, pixels=embedded.pixels),
        id=f"{message.id:016x}",
        carrier=_CARRIER,
        profile=profile,
        blocks=tuple(str(block) for block in message.blocks),
        left_out=message.left_out,
        psnr_db=embedded.psnr_db,
        code=code,
        timings_s=clock.seconds,
    )


def verify(
    picture: Picture,
    *,
    trust: TrustStore | None = None,
    channel_key: bytes | None = None,
    keys: Sequence[Opener] = (),
) -> Verification:
    """Say what was changed in a suspect, paint back what was there, and tell the facts it carries.

    Args:
        picture: the suspect, at any size.
        trust: the publishers this reader believes.
        channel_key: secret of the channel, if the mark was written with one.
        keys: what may open a confidential mark.

    Raises:
        UnsupportedVersionError: the mark was written by a newer version.
    """
    clock = _Clock()
    with clock("read"):
        reading, heard = _read(receptions(picture.pixels, key=channel_key), keys)
    if reading is None:
        with clock("search"):
            reading, found = _read(searched(picture.pixels, key=channel_key), keys)
            heard = heard or found
    if reading is None:
        return replace(unprotected(seen=heard), timings_s=clock.seconds)
    shown = reading.reception.suspect
    framing = Framing(picture.pixels, shown.pixels, shown.placement)
    with clock("examine"):
        examined = examine(framing, reading.code, Testimony.of(reading))
    signature = check_signature(reading, trust)
    return replace(judge(picture, reading, framing, examined, signature), timings_s=clock.seconds)


def _read(receptions: Iterable[Reception], keys: Sequence[Opener]) -> tuple[Reading | None, bool]:
    """The fullest reading of some receptions, and whether there was any reception at all."""
    heard, reading = False, None
    for reception in receptions:
        heard = True
        reading = _fuller(reading, read_message(reception, tokenizer(), keys))
        if reading is not None and reading.is_complete and reading.drift <= TONE_DRIFT_LIMIT:
            break
        if reading is not None and reading.reception.suspect.placement is not None:
            break
    return reading, heard


def _fuller(one: Reading | None, other: Reading | None) -> Reading | None:
    """The better reading; the first if there is nothing between them."""
    if one is None or other is None:
        return other if one is None else one
    return other if other.is_better_than(one) else one


class _Clock:
    """Seconds of each named step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - begin
