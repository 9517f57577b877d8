"""The story: protect a picture; later, verify a suspect, see what was changed, paint back what was there.

::

    protect:  picture ─► tokenizer ─► hidden code ─► payload (id, facts, signature, code) ─► channel ─► picture
    verify:   suspect ─► channel ─► payload + evidence ─► tamper map ─► recovery ─► verification
                            vault: the whole code, all facts, the original ─┘
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from underdrawing.channel import Carrier, Profile
from underdrawing.channel.lattice import (
    Filling,
    Host,
    barely_heard,
    embed,
    may_lie_beside,
    nearby,
    receptions,
    searched,
)
from underdrawing.errors import UsageError
from underdrawing.examination.consulting import consult
from underdrawing.examination.examining import COMPARED_SCALES, Testimony, examine
from underdrawing.examination.framing import Framing
from underdrawing.examination.judging import check_signature, judge, judge_heard, unprotected, with_map
from underdrawing.examination.listening import listen, parts_of
from underdrawing.examination.recognising import code_kept, framing_of, outside_testimony, picture_kept
from underdrawing.findings import Protection, RecoverySetting, Verification
from underdrawing.images import Limits, to_eight_bits
from underdrawing.messages.carrying import carry
from underdrawing.messages.lasting import with_undertone
from underdrawing.messages.marking import (
    Confidants,
    added_to,
    foreseen_in,
    identity,
    message_for,
    named,
    psnr_db,
    scales_in,
    signature_in,
    steadying,
    tiers_of,
)
from underdrawing.messages.reading import fuller, fullest, read_on, read_rest
from underdrawing.payload import Opener, Presumed, SigningKey, TrustStore, clean_facts
from underdrawing.retrieval.finding import find
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import LADDER, to_canvas

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.images import Picture
    from underdrawing.messages.reading import Reading
    from underdrawing.retrieval.finding import Found
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.vault import Vault

__all__ = ["protect", "verify"]

_OURS = "lattice"
_MOST_PRESUMED = 4
"""How many records that a suspect looks like are tried."""
_PRESUMED = (
    "the mark is too faint to be read at once: what the vault knows of this picture was presumed, "
    "and the mark proved it"
)


def protect(
    picture: Picture,
    *,
    facts: Mapping[str, str] | None = None,
    key: SigningKey | None = None,
    profile: Profile = Profile.STANDARD,
    channel_key: bytes | None = None,
    confidential: Confidants | None = None,
    with_code: bool = True,
    carrier: Carrier | None = None,
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
        carrier: another carrier than ours (``channel.load_carrier``). It holds the id and the beginning of the code:
            keep the record (``cataloguing.catalogue``) in a vault, or the rest is lost.

    Returns:
        The protected picture, which looks the same, and what was put into it.

    Raises:
        ImageTooSmallError: the picture is too small or too long to carry a mark.
        PayloadError: the facts cannot be written (see ``payload.compose``).
        CapacityError: a confidential mark, or not even an id, has no room in this picture.
        UsageError: another carrier is asked for what only ours can do.
    """
    if carrier is None or carrier.name == _OURS:
        told = clean_facts(facts or {})
        return _marked(picture, told, key, profile, channel_key, confidential, with_code=with_code)
    if confidential is not None or channel_key is not None or not with_code:
        raise UsageError(
            f"{carrier.name} holds an id and the beginning of the code, in the open: leave out confidential, "
            "channel key and no code, or use our own carrier, lattice"
        )
    return _carried(picture, clean_facts(facts or {}), carrier, profile)


def verify(
    picture: Picture,
    *,
    trust: TrustStore | None = None,
    channel_key: bytes | None = None,
    keys: Sequence[Opener] = (),
    vault: Vault | None = None,
    originals: Sequence[str | Path] = (),
    carrier: Carrier | None = None,
    setting: RecoverySetting = RecoverySetting.FIDELITY,
) -> Verification:
    """Say what was changed in a suspect, paint back what was there, and tell the facts it carries.

    Args:
        picture: the suspect, at any size.
        trust: the publishers this reader believes.
        channel_key: secret of the channel, if the mark was written with one.
        keys: what may open a confidential mark.
        vault: knows more than the pixels tell: the whole code, all facts, where the original is; and it knows pictures
            whose mark is gone.
        originals: folders and prefixes of URIs from where the vault's originals may be fetched; none: none is fetched.
        carrier: what the mark was written with, if not with ours.
        setting: whether to make up texture for what is painted back.

    Raises:
        UnsupportedVersionError: the mark was written by a newer version.
        VaultError: the vault cannot be read.
        ImageLimitError: a side is longer than 32,766 pixels.
        UsageError: a channel key is given for another carrier than ours.
    """
    Limits(max_pixels=picture.width * picture.height).check_pixels(picture.width, picture.height)
    case = _Case(picture, vault, originals, setting)
    if carrier is None or carrier.name == _OURS:
        verification = _by_our_mark(case, trust, channel_key, keys)
    elif channel_key is not None:
        raise UsageError(f"{carrier.name} has no channel key: leave it out, or use our own carrier, lattice")
    else:
        verification = _by_carrier(case, carrier)
    return replace(verification, timings_s=case.clock.seconds, transparent_fraction=picture.transparent_fraction)


def _marked(
    picture: Picture,
    facts: dict[str, str],
    key: SigningKey | None,
    profile: Profile,
    channel_key: bytes | None,
    confidential: Confidants | None,
    *,
    with_code: bool,
) -> Protection:
    """A picture protected by our own mark."""
    clock = _Clock()
    with clock("encode"):
        canvas = to_canvas(to_eight_bits(picture.pixels))
        code = tokenizer().encode(canvas)
    with clock("compose"):
        host = Host.of(picture.pixels)
        id, seal = named(code, facts, confidential, with_code=with_code)
        wording = partial(message_for, facts=facts, id=id, seal=seal, key=key, profile=profile, with_code=with_code)
        message = wording(host, code)
    if profile is Profile.LASTING:
        with clock("undertone"):
            host, code, message = with_undertone(host, message, wording, channel_key=channel_key)
            canvas = to_canvas(to_eight_bits(host.pixels))
    with clock("embed"):
        also = partial(steadying, canvas, code.prefix(scales_in(message)), profile) if with_code else None
        embedded = embed(
            host,
            tiers_of(message),
            profile=profile,
            key=channel_key,
            also=also,
            filling=Filling(message.filling),
            foreseen=foreseen_in(message) if with_code and confidential is None else None,
        )
    return Protection(
        picture=replace(picture, pixels=embedded.pixels),
        id=f"{message.id:016x}",
        carrier=_OURS,
        profile=profile,
        blocks=tuple(str(block) for block in message.blocks),
        left_out=message.left_out,
        psnr_db=embedded.psnr_db if host.pixels is picture.pixels else psnr_db(picture.pixels, embedded.pixels),
        code=code,
        facts=facts,
        signature=signature_in(message),
        confidential=confidential is not None,
        with_code=with_code,
        timings_s=clock.seconds,
    )


def _carried(picture: Picture, facts: dict[str, str], carrier: Carrier, profile: Profile) -> Protection:
    """A picture protected through a carrier of another make."""
    clock = _Clock()
    pixels = to_eight_bits(picture.pixels)
    with clock("encode"):
        code = tokenizer().encode(to_canvas(pixels))
    id = identity(code, facts)
    with clock("embed"):
        carried = carry(pixels, carrier, id=id, code=code)
    protected = added_to(picture.pixels, before=pixels, after=carried.pixels)
    layout = carried.layout
    return Protection(
        picture=replace(picture, pixels=protected),
        id=f"{id:016x}",
        carrier=carrier.name,
        profile=profile,
        blocks=parts_of(layout.id_bits, layout.holds_whole_id, layout.scales),
        left_out=carried.left_out,
        psnr_db=psnr_db(picture.pixels, protected),
        code=code,
        facts=facts,
        timings_s=clock.seconds,
    )


def _by_our_mark(
    case: _Case, trust: TrustStore | None, channel_key: bytes | None, keys: Sequence[Opener]
) -> Verification:
    """What our mark says, with what the vault knows of it."""
    reading, heard = _read(case, channel_key, keys)
    if reading is None:
        return _by_looks(case, case.looks, seen=heard)
    carried = reading.code
    known = case.found(id=f"{reading.anchor.id:016x}", code=carried)
    if known is not None:
        known = replace(known, note="; ".join(filter(None, [known.note, _PRESUMED if reading.presumed else None])))
    whole = carried is not None and carried.n_scales == len(LADDER) and carried.known is None
    kept = None if known is None or whole else code_kept(known.record, carried)
    if kept is not None and (reading.core is None or reading.detail is None):
        with case.clock("read"):
            reading = read_rest(reading, kept, tokenizer(), keys)
    shown = reading.reception.suspect
    framing = Framing(case.picture.pixels, shown.pixels, shown.placement)
    with case.clock("examine"):
        small = None if known is None else picture_kept(known.record, carried)
        examined = examine(framing, kept or carried, Testimony.of(reading), setting=case.setting, kept=small)
    signature = check_signature(reading, trust)
    verification = judge(case.picture, reading, framing, examined, signature, source="vault" if kept else "code")
    return case.consulted(verification, known, code=carried)


def _read(case: _Case, channel_key: bytes | None, keys: Sequence[Opener]) -> tuple[Reading | None, bool]:
    """The message in a suspect, looked for where it usually lies and then anywhere; and whether a mark was heard."""
    pixels = case.picture.pixels
    read = partial(fullest, tokenizer=tokenizer(), keys=keys, presumptions=lambda: case.presumed)
    with case.clock("read"):
        reading, heard = read(receptions(pixels, key=channel_key))
        if heard is not None and (reading is None or not reading.is_complete):
            reading = fuller(reading, read(nearby(heard))[0])
    if reading is None or not (reading.is_complete or reading.reception.candidate.is_sure):
        with case.clock("search"):
            elsewhere, found = read(searched(pixels, key=channel_key))
            reading, heard = fuller(reading, elsewhere), heard or found
    if reading is None and heard is None and case.presumed:
        with case.clock("presume"):
            reading, _ = read(barely_heard(pixels, key=channel_key), barely=True)
    if reading is not None and may_lie_beside(reading.reception):
        with case.clock("align"):
            reading = read_on(reading, pixels, tokenizer(), keys)
    return reading, heard is not None


def _by_carrier(case: _Case, carrier: Carrier) -> Verification:
    """What a mark through another carrier says, with what the vault knows of it."""
    with case.clock("read"):
        heard = listen(to_eight_bits(case.picture.pixels), carrier, case.vault)
    if heard is None:
        return _by_looks(case, case.looks, seen=False)
    record = None if heard.found is None else heard.found.record
    code = code_kept(record, heard.code) or heard.code
    with case.clock("examine"):
        pixels = case.picture.pixels
        framing = Framing(pixels, pixels, None) if record is None else framing_of(case.picture, record)
        testimony = outside_testimony(framing, heard.agreement)
        small = picture_kept(record, heard.code)
        examined = examine(framing, code, testimony, setting=case.setting, kept=small)
    can_tell = code is not None and code.n_scales >= COMPARED_SCALES
    verification = judge_heard(case.picture, heard, framing, examined, carrier=carrier.name, can_tell=can_tell)
    return case.consulted(verification, heard.found)


def _by_looks(case: _Case, known: Found | None, *, seen: bool) -> Verification:
    """A suspect without a mark: nothing without a vault; else what it knows of the picture that this looks like."""
    verification = unprotected(seen=seen)
    code = None if known is None else code_kept(known.record, None)
    if known is not None and known.record is not None and code is not None:
        with case.clock("examine"):
            framing = framing_of(case.picture, known.record)
            small = picture_kept(known.record, None)
            examined = examine(framing, code, outside_testimony(framing), setting=case.setting, kept=small)
        if not examined.another:
            verification = replace(verification, geometry=framing.geometry(verification.geometry.note))
            verification = with_map(verification, case.picture, framing, examined, source="vault")
    return case.consulted(verification, known)


class _Clock:
    """Seconds of each named step, without those of other steps inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        begin, counted = time.perf_counter(), sum(self.seconds.values())
        yield
        inside = sum(self.seconds.values()) - counted
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - begin - inside


@dataclass(frozen=True)
class _Case:
    """A suspect, the vault that is asked about it, if any, how it is to be painted, and what each step took."""

    picture: Picture
    vault: Vault | None
    originals: Sequence[str | Path]
    setting: RecoverySetting
    clock: _Clock = field(default_factory=_Clock)

    @cached_property
    def looks(self) -> Found | None:
        """What the vault knows of pictures that look like this one; None without a vault."""
        return self.found(pixels=to_eight_bits(self.picture.pixels))

    @cached_property
    def presumed(self) -> list[Presumed]:
        """The messages of the pictures that this one looks like."""
        if self.vault is None or self.looks is None:
            return []
        records = (self.vault.get(candidate.id) for candidate in self.looks.candidates[:_MOST_PRESUMED])
        return [Presumed(int(record.id, 16), record.tokens or ()) for record in records if record is not None]

    def found(self, **by: Any) -> Found | None:
        """What the vault knows by an id, a code or pixels; None without a vault."""
        if self.vault is None:
            return None
        with self.clock("vault"):
            return find(self.vault, **by)

    def consulted(
        self, verification: Verification, known: Found | None, *, code: HiddenCode | None = None
    ) -> Verification:
        """A verification with what the vault says, if there is one."""
        if self.vault is None:
            return verification
        with self.clock("vault"):
            return consult(self.vault, self.picture, verification, code=code, found=known, originals=self.originals)
