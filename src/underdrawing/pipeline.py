"""The story: protect a picture; later, verify a suspect, see what was changed, paint back what was there.

::

    protect:  picture ─► tokenizer ─► hidden code ─► payload (id, facts, signature, code) ─► channel ─► picture
    verify:   suspect ─► channel ─► payload + evidence ─► tamper map ─► recovery ─► verification
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel import Profile
from underdrawing.channel.lattice import TONE_DRIFT_LIMIT, Reception, capacity_bits, embed, receptions, searched
from underdrawing.comparison import compared
from underdrawing.findings import Geometry, Protection, Verdict, Verification
from underdrawing.framing import Framing
from underdrawing.images import to_eight_bits
from underdrawing.likeness import shows_another_picture
from underdrawing.payload import (
    Block,
    Capacity,
    Message,
    Opener,
    Recipient,
    Seal,
    SharedKey,
    SignatureCheck,
    SignatureStatus,
    SigningKey,
    TrustStore,
    clean_facts,
    compose,
    seal_for,
    seal_with,
    verify_signature,
)
from underdrawing.reading import SCALES_UPTO, TIER_OF, Reading, read_message
from underdrawing.recovery import Restorer, paint_back
from underdrawing.remembering import remember, surroundings_of, tells_enough
from underdrawing.tamper import find_tampering
from underdrawing.tokenizer import HiddenCode, Tokenizer, from_canvas, plane_to_canvas, to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.images import Picture
    from underdrawing.tamper import Comparison, TamperFinding

__all__ = ["protect", "verify"]

_CARRIER = "lattice"
_MARGINS = {
    Profile.STANDARD: (0.5, 1.0, 1.0, 1.5, 2.0, 0.0),
    Profile.DISCREET: (0.5, 0.5, 0.5, 0.6, 0.6, 0.0),
}
"""How far a protected picture keeps its tokens of each scale from their borders, see ``Tokenizer.steadying``."""
_CLEAR_EVIDENCE = 1.0
"""Mean evidence per block, in nats, from which an anchor alone can vouch for the picture."""


def protect(
    picture: Picture,
    *,
    facts: Mapping[str, str] | None = None,
    key: SigningKey | None = None,
    profile: Profile = Profile.STANDARD,
    channel_key: bytes | None = None,
    confidential: SharedKey | Sequence[Recipient] | None = None,
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
        code = _tokenizer().encode(canvas)
    with clock("compose"):
        message = _message(picture, code, clean_facts(facts or {}), key, profile, confidential, with_code)
    with clock("embed"):
        tiers = [message.blocks.get(block) for block in TIER_OF]
        also = partial(_steadying, canvas, code.prefix(_scales(message)), profile) if with_code else None
        embedded = embed(picture.pixels, tiers, profile=profile, key=channel_key, also=also)
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
        return _unprotected(seen=heard, timings_s=clock.seconds)
    shown = reading.reception.suspect
    framing = Framing(picture.pixels, shown.pixels, shown.placement)
    pixels = to_eight_bits(shown.pixels)
    with clock("map"):
        code = reading.code
        says = None if code is None else _tokenizer().linear_picture(code)
        remembered = None if code is None else cache(partial(_tokenizer().decode, code))
        finding = find_tampering(
            reading.reception.evidence,
            agreement=reading.reception.agreement,
            suspect=framing.frame,
            comparison=None if says is None else _compared(reading, pixels, says),
            remembered=None if reading.core is None else remembered,
            steady=_is_steady(reading),
            visible=reading.reception.look.visible,
        )
    with clock("recover"):
        hidden = framing.hidden(finding.mask)
        another, whole = False, None
        if code is not None and says is not None and remembered is not None:
            rough = says.astype(np.uint8)
            another = reading.core is not None and shows_another_picture(framing.frame, rough, hidden)
            if not another and hidden.any():
                original = remembered() if tells_enough(code) else _guessed(pixels, code, hidden)
                whole = replace(picture, pixels=paint_back(framing.frame, original, hidden), alpha=None)
    signature = _signature(reading, trust)
    return _verification(picture, reading, framing, finding, signature, another, whole, clock.seconds)


def _read(receptions: Iterable[Reception], keys: Sequence[Opener]) -> tuple[Reading | None, bool]:
    """The fullest reading of some receptions, and whether there was any reception at all."""
    heard, reading = False, None
    for reception in receptions:
        heard = True
        reading = _fuller(reading, read_message(reception, _tokenizer(), keys))
        if reading is not None and reading.is_complete and reading.drift <= TONE_DRIFT_LIMIT:
            break
        if reading is not None and reading.reception.suspect.placement is not None:
            break
    return reading, heard


def _compared(reading: Reading, pixels: NDArray[np.uint8], says: NDArray[np.int16]) -> Comparison | None:
    """The suspect held against its code; None where that is an anchor's alone, too coarse to tell."""
    code = reading.code
    if reading.core is None or code is None:
        return None
    heard = reading.reception
    gamma = heard.candidate.tone.gamma
    return compared(pixels, code, _tokenizer(), says=says, intact=heard.intact, gamma=gamma)


def _is_steady(reading: Reading) -> bool:
    """Whether the suspect was read with its tones as they are, and nothing is left to undo."""
    tone = reading.reception.candidate.tone
    unchanged = (tone.gain, tone.gamma, tone.blur_px) == (1, 1, 0)
    return unchanged and reading.drift <= TONE_DRIFT_LIMIT


def _fuller(one: Reading | None, other: Reading | None) -> Reading | None:
    """The better reading; the first if there is nothing between them."""
    if one is None or other is None:
        return other if one is None else one
    return other if other.is_better_than(one) else one


def _message(
    picture: Picture,
    code: HiddenCode,
    facts: Mapping[str, str],
    key: SigningKey | None,
    profile: Profile,
    confidential: SharedKey | Sequence[Recipient] | None,
    with_code: bool,
) -> Message:
    id = _identity(code, facts) if confidential is None and with_code else secrets.randbits(64)
    return compose(
        id=id,
        tokens=code.scales if with_code else None,
        fine_order=_tokenizer().detail_order(code.prefix(5)) if with_code else None,
        facts=facts,
        key=key,
        capacity=Capacity(*capacity_bits(picture.pixels, profile=profile)),
        seal=None if confidential is None else _seal(confidential, id),
    )


def _seal(confidential: SharedKey | Sequence[Recipient], id: int) -> Seal:
    if isinstance(confidential, SharedKey):
        return seal_with(confidential, id=id)
    return seal_for(confidential, id=id, entropy=secrets.token_bytes(32))


def _scales(message: Message) -> int:
    """How many scales of the code a message carries."""
    return next(n for block, n in reversed(SCALES_UPTO.items()) if block in message.blocks)


def _steadying(
    canvas: NDArray[np.uint8], code: HiddenCode, profile: Profile, mark: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What keeps the tokens of a picture in its copies, H×W float32 in grey levels, once ``mark`` is added to it."""
    marked = np.rint(canvas + plane_to_canvas(mark)[..., None]).astype(np.int16)
    return from_canvas(_tokenizer().steadying(marked, code, _MARGINS[profile]), *mark.shape)


def _identity(code: HiddenCode, facts: Mapping[str, str]) -> int:
    """64 bits that name this picture with these facts: the same again whenever it is protected."""
    digest = hashlib.sha256(b"underdrawing id 1\0")
    for tokens in code.scales:
        digest.update(tokens.astype("<u2").tobytes())
    for name in sorted(facts):
        digest.update(f"{name}\0{facts[name]}\0".encode())
    return int.from_bytes(digest.digest()[:8], "big")


def _guessed(pixels: NDArray[np.uint8], code: HiddenCode, mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture as it was, from a short code and from what is around the mask."""
    around = surroundings_of(pixels, mask)
    return remember(code, around, tokenizer=_tokenizer(), restorer=_restorer())


def _signature(reading: Reading, trust: TrustStore | None) -> SignatureCheck:
    if reading.core is None:
        there_is_one = "could not be read" if reading.anchor.core_bits else "did not fit into this picture"
        return SignatureCheck(SignatureStatus.ABSENT, note=f"the block that holds facts and signature {there_is_one}")
    store = TrustStore() if trust is None else trust
    today = datetime.now(UTC).date()
    return verify_signature(reading.bits[Block.ANCHOR], reading.bits[Block.CORE], store, on=today)


def _verification(
    picture: Picture,
    reading: Reading,
    framing: Framing,
    finding: TamperFinding,
    signature: SignatureCheck,
    another: bool,
    whole: Picture | None,
    timings_s: dict[str, float],
) -> Verification:
    facts = reading.facts
    verdict = _verdict(reading, signature.status, another=another, tampered=finding.tampered)
    mask = framing.mask_on_suspect(finding.mask)
    recovered = None
    if whole is not None and finding.tampered:
        recovered = replace(picture, pixels=framing.painted(whole.pixels, mask))
    return Verification(
        verdict=verdict,
        confidence=_confidence(verdict, finding),
        id=f"{reading.anchor.id:016x}",
        blocks=reading.blocks,
        code_scales=0 if reading.code is None else reading.code.n_scales,
        facts=facts,
        facts_source="pixels" if facts else None,
        signature=signature.status,
        signer=signature.signer or (signature.key_id.hex() if signature.key_id else None),
        signature_note=signature.note,
        confidential=reading.anchor.confidential,
        sealed_note=reading.refusal,
        tampered_fraction=float(mask.mean()),
        geometry=framing.geometry(reading.reception.candidate.describe()),
        tamper_probability=framing.plane_on_suspect(finding.probability),
        mask=mask,
        recovered=recovered,
        recovery_source="code" if recovered is not None else None,
        timings_s=timings_s,
        whole=None if framing.placement is None else whole,
        foreign=framing.foreign,
    )


def _verdict(reading: Reading, signature: SignatureStatus, *, another: bool, tampered: bool) -> Verdict:
    if signature is SignatureStatus.INVALID:
        return Verdict.FORGED
    if another:
        return Verdict.TRANSPLANTED
    if tampered:
        return Verdict.TAMPERED
    return Verdict.AUTHENTIC if _can_tell(reading) else Verdict.UNDECIDED


def _can_tell(reading: Reading) -> bool:
    """Whether a change would show: the core was read, or the chips of an anchor alone speak clearly enough."""
    if reading.anchor.core_bits:
        return reading.core is not None
    return float(reading.reception.evidence.mean()) >= _CLEAR_EVIDENCE


def _confidence(verdict: Verdict, finding: TamperFinding) -> float:
    if verdict is Verdict.UNDECIDED:
        return 0.5
    return finding.confidence if verdict in (Verdict.AUTHENTIC, Verdict.TAMPERED) else 0.999


def _unprotected(*, seen: bool, timings_s: dict[str, float]) -> Verification:
    note = "a mark was found, but it is too damaged to be read" if seen else "no mark was found"
    return Verification(
        verdict=Verdict.UNPROTECTED,
        confidence=0.9 if seen else 0.99,
        id=None,
        blocks=(),
        code_scales=0,
        facts={},
        facts_source=None,
        signature=SignatureStatus.ABSENT,
        signer=None,
        tampered_fraction=0.0,
        geometry=Geometry(note=note),
        tamper_probability=None,
        mask=None,
        recovered=None,
        recovery_source=None,
        timings_s=timings_s,
    )


@cache
def _tokenizer() -> Tokenizer:
    """The shipped tokenizer, loaded once a process."""
    return Tokenizer.load()


@cache
def _restorer() -> Restorer:
    """The shipped Transformer, loaded once a process."""
    return Restorer.load()


class _Clock:
    """Seconds of each named step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - begin
