"""What a reading and a map amount to: the verdict, how sure it is, what the signature is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from underdrawing.examination.greyness import as_grey
from underdrawing.findings import Geometry, Verdict, Verification
from underdrawing.payload import Block, SignatureCheck, SignatureStatus, TrustStore, verify_signature

if TYPE_CHECKING:
    from underdrawing.examination.examining import Examination
    from underdrawing.examination.framing import Framing
    from underdrawing.examination.listening import Heard
    from underdrawing.images import Picture
    from underdrawing.images.picture import Pixels
    from underdrawing.messages.reading import Reading
    from underdrawing.tamper import TamperFinding

__all__ = ["check_signature", "judge", "judge_heard", "unprotected", "with_map"]

_CLEAR_EVIDENCE = 1.0
"""Mean evidence per block, in nats, from which an anchor alone can vouch for the picture."""


def check_signature(reading: Reading, trust: TrustStore | None) -> SignatureCheck:
    """What the signature of a message is worth to a reader who believes ``trust``."""
    if reading.core is None:
        there_is_one = "could not be read" if reading.anchor.core_bits else "did not fit into this picture"
        return SignatureCheck(SignatureStatus.ABSENT, note=f"the block that holds facts and signature {there_is_one}")
    store = TrustStore() if trust is None else trust
    today = datetime.now(UTC).date()
    return verify_signature(reading.bits[Block.ANCHOR], reading.bits[Block.CORE], store, on=today)


def judge(
    picture: Picture,
    reading: Reading,
    framing: Framing,
    examined: Examination,
    signature: SignatureCheck,
    *,
    source: Literal["code", "vault"] = "code",
) -> Verification:
    """The verification of a suspect whose mark was read; ``source``: where the code it was held against came from."""
    can_tell = source == "vault" or _can_tell(reading)
    verdict = _verdict(signature.status, examined, can_tell=can_tell)
    facts = reading.facts
    verification = Verification(
        verdict=verdict,
        confidence=_confidence(verdict, examined.finding),
        id=f"{reading.anchor.id:016x}",
        blocks=reading.blocks,
        code_scales=0 if reading.code is None else reading.code.n_scales,
        code=reading.code,
        facts=facts,
        facts_source="pixels" if facts else None,
        signature=signature.status,
        signer=signature.signer or (signature.key_id.hex() if signature.key_id else None),
        signature_note=signature.note,
        confidential=reading.anchor.confidential,
        sealed_note=reading.refusal,
        geometry=framing.geometry(reading.reception.candidate.describe()),
        carrier="lattice",
    )
    return with_map(verification, picture, framing, examined, source=source)


def judge_heard(
    picture: Picture, heard: Heard, framing: Framing, examined: Examination, *, carrier: str, can_tell: bool
) -> Verification:
    """The verification of a suspect that was read through a carrier of another make.

    Args:
        picture: the suspect.
        heard: what the carrier said.
        framing: the suspect on its frame.
        examined: what was found there.
        carrier: its name.
        can_tell: whether so much of the code is known, or the carrier looks place by place, that a change would show.
    """
    verdict = _verdict(SignatureStatus.ABSENT, examined, can_tell=can_tell)
    verification = Verification(
        verdict=verdict,
        confidence=_confidence(verdict, examined.finding),
        id=heard.id,
        blocks=heard.parts,
        code_scales=0 if heard.code is None else heard.code.n_scales,
        code=heard.code,
        signature=SignatureStatus.ABSENT,
        signature_note=f"{carrier} has no room for one",
        geometry=framing.geometry(f"read through {carrier}"),
        carrier=carrier,
    )
    kept = heard.found is not None and heard.found.record is not None and heard.found.record.code is not None
    return with_map(verification, picture, framing, examined, source="vault" if kept else "code")


def unprotected(*, seen: bool) -> Verification:
    """The verification of a suspect without a mark that can be read; ``seen``: there was one, though."""
    note = "a mark was found, but it is too damaged to be read" if seen else "no mark was found"
    return Verification(
        verdict=Verdict.UNPROTECTED,
        confidence=0.9 if seen else 0.99,
        marked=seen,
        id=None,
        signature=SignatureStatus.ABSENT,
        geometry=Geometry(note=note),
    )


def with_map(
    verification: Verification,
    picture: Picture,
    framing: Framing,
    examined: Examination,
    *,
    source: Literal["code", "vault"],
) -> Verification:
    """A verification with what was found in places: the map, and the picture painted back.

    Args:
        verification: without these.
        picture: the suspect.
        framing: how it lies on the frame.
        examined: what was found on the frame.
        source: where the code came from that was painted from.
    """
    finding = examined.finding
    mask = framing.mask_on_suspect(finding.mask)
    recovered = whole = None
    if examined.whole is not None and finding.tampered:
        recovered = replace(picture, pixels=_coloured_as(picture, framing.painted(examined.whole, mask)))
    if examined.whole is not None and framing.placement is not None:
        whole = replace(picture, pixels=_coloured_as(picture, examined.whole), alpha=None)
    recoloured, redrawn = (
        0.0 if part is None else float((framing.mask_on_suspect(part) & mask).mean())
        for part in (examined.recoloured, examined.redrawn)
    )
    height, width = framing.suspect.shape[:2]
    return replace(
        verification,
        geometry=replace(verification.geometry, suspect_px=(height, width)),
        tampered_fraction=float(mask.mean()),
        recoloured_fraction=recoloured,
        redrawn_fraction=redrawn,
        tamper_probability=framing.plane_on_suspect(finding.probability),
        mask=mask,
        recovered=recovered,
        recovery_source=None if recovered is None else "vault" if examined.from_kept else source,
        recovery_setting=None if recovered is None and whole is None else examined.setting,
        whole=whole,
        foreign=framing.foreign,
    )


def _coloured_as(picture: Picture, painted: Pixels) -> Pixels:
    """What was painted for a picture: without colours where that has none, whatever its code remembers."""
    return as_grey(painted) if picture.grey else painted


def _verdict(signature: SignatureStatus, examined: Examination, *, can_tell: bool) -> Verdict:
    if signature is SignatureStatus.INVALID:
        return Verdict.FORGED
    if examined.another:
        return Verdict.TRANSPLANTED
    if examined.finding.tampered:
        return Verdict.TAMPERED
    return Verdict.AUTHENTIC if can_tell else Verdict.UNDECIDED


def _can_tell(reading: Reading) -> bool:
    """Whether a change would show: the core was read, or the chips of an anchor alone speak clearly enough."""
    if reading.anchor.core_bits:
        return reading.core is not None
    return float(reading.reception.evidence.mean()) >= _CLEAR_EVIDENCE


def _confidence(verdict: Verdict, finding: TamperFinding) -> float:
    if verdict is Verdict.UNDECIDED:
        return 0.5
    return finding.confidence if verdict in (Verdict.AUTHENTIC, Verdict.TAMPERED) else 0.999
