"""What a verification means, in plain words. Pure text: nothing here knows HTML.

Every sentence says no more than the verification does; what was *not* decided is written out beside what was.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from underdrawing.findings import RecoverySetting, Verdict, Verification
from underdrawing.payload import SignatureStatus

__all__ = [
    "FACT_LABELS",
    "Statement",
    "area_words",
    "confidence_words",
    "fact_label",
    "fact_rows",
    "headline",
    "lead",
    "lying_words",
    "open_questions",
    "percent",
    "readable",
    "recovered_title",
    "settled",
    "signature_words",
    "transparent_words",
    "vault_words",
]

FACT_LABELS = {
    "headline": "Headline",
    "description": "Description",
    "label": "Shows",
    "creator": "Creator",
    "dateCreated": "Created",
    "credit": "Credit",
    "copyrightNotice": "Copyright",
    "source": "Source",
    "city": "City",
    "provinceState": "State",
    "country": "Country",
    "keywords": "Keywords",
    "title": "Title",
    "gpsLatitude": "Latitude",
    "gpsLongitude": "Longitude",
    "digitalSourceType": "Kind of source",
}
"""How the best-known IPTC names read to people, in the order a report lists them."""

SCALES = (1, 2, 4, 8, 16, 32)
_BLOCKS = {
    "anchor": ("Identity", "the id, and the picture in its coarsest shapes"),
    "core": ("Facts and signature", "the facts, the signature, and the picture in rough shapes"),
    "detail": ("Detail", "the picture as a 16 × 16 code"),
    "fine": ("Fine detail", "the picture as a 32 × 32 code"),
}
_FOUND_BY = {"id": "the id in its mark", "code": "the code in its mark", "fingerprint": "what it looks like"}
_ALL, _NEARLY_ALL = 0.995, 0.9
_STRAIGHT_DEGREES = 0.15
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Statement:
    """One thing that was or was not settled: what it is about, whether it holds, and what that means."""

    subject: str
    holds: bool
    meaning: str


def readable(text: str) -> str:
    """Return text with everything that could hide or reorder it made visible, for text that strangers wrote.

    Control characters, bidirectional overrides and invisible marks become ``\\u....`` (a line break and a tab become
    a space), so that a fact can neither steer a terminal nor read differently from what it says.
    """
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _HIDDEN_CATEGORIES else letter for letter in spaced
    )


def percent(fraction: float) -> str:
    """Return a share of one as people read it: ``14 %``, ``0.3 %``, ``less than 0.1 %``."""
    if 0 < fraction < 0.001:
        return "less than 0.1 %"
    if 0.99 < fraction < 1:
        return f"{min(100 * fraction, 99.9):.1f} %"
    return f"{100 * fraction:.1f} %" if 0 < fraction < 0.095 else f"{100 * fraction:.0f} %"


def fact_label(name: str) -> str:
    """Return how a fact's name reads to people; a name nobody knows stays as it is."""
    return FACT_LABELS.get(name, readable(name))


def fact_rows(facts: dict[str, str]) -> list[tuple[str, str]]:
    """Return (label, text) of every fact, the best-known names first, safe to show."""
    known = [name for name in FACT_LABELS if name in facts]
    other = sorted(set(facts) - set(known))
    return [(fact_label(name), readable(facts[name])) for name in known + other]


def headline(verification: Verification) -> str:
    """Return the verdict as one sentence."""
    found = "A mark was found that cannot be read" if verification.marked else "No mark was found"
    if _is_known_by_looks(verification):
        return f"{found}, but the vault knows this picture."
    return {
        Verdict.AUTHENTIC: "No change was found.",
        Verdict.TAMPERED: "Part of this picture has been changed.",
        Verdict.TRANSPLANTED: "This mark belongs to another picture.",
        Verdict.UNDECIDED: "Too little of the mark is left to judge.",
        Verdict.UNPROTECTED: f"{found}.",
        Verdict.FORGED: "The signature is forged.",
    }[verification.verdict]


def _is_known_by_looks(verification: Verification) -> bool:
    """Whether a vault knows a picture that carries no mark."""
    known = verification.known
    return verification.verdict is Verdict.UNPROTECTED and known is not None and known.id is not None


def lead(verification: Verification, *, places: int) -> str:
    """Return two or three sentences on what the verdict rests on; ``places`` counts the changed regions."""
    share = percent(verification.tampered_fraction)
    where = _COUNTED[places] if places < len(_COUNTED) else str(places)
    region = f"In {where} place{'' if places == 1 else 's'}, {share} of the area,"
    sentences = {
        Verdict.AUTHENTIC: "The picture carries a mark, and nowhere do the pixels disagree with it. "
        "Saving, resizing and the like may have happened since; a change of what it shows was not found.",
        Verdict.TAMPERED: f"{region} the pixels no longer agree with the mark that the picture carries.",
        Verdict.TRANSPLANTED: "The mark can be read, but what it describes is not what this picture shows. "
        "It was lifted from another picture, or nearly everything was replaced.",
        Verdict.UNDECIDED: "A mark was found and tells which picture this was, but it is too damaged to compare "
        "the pixels with. That says nothing for or against the picture.",
        Verdict.UNPROTECTED: _unread_lead(verification),
        Verdict.FORGED: "A mark was read, but its signature does not fit its contents. "
        "Somebody altered a signed mark or made one up, so its facts deserve no trust.",
    }[verification.verdict]
    if _is_known_by_looks(verification):
        sentences = _known_lead(verification, region)
    return f"{sentences} {_recovery_sentence(verification)}".strip()


def _unread_lead(verification: Verification) -> str:
    """Say what it rests on where no mark was read, and no vault knows the picture."""
    if not verification.marked:
        return (
            "Either the picture never carried one, or it has been damaged beyond reading. "
            "Most pictures carry none: this says nothing for or against the picture."
        )
    asked = "" if verification.known is not None else " Asked with the vault that keeps its record, it may still tell."
    return (
        "Too little of it is left to say which picture this was. Somebody protected it, and it has been damaged since: "
        f"this says nothing for or against what it shows.{asked}"
    )


def _known_lead(verification: Verification, region: str) -> str:
    """Say what it rests on where only the vault knows the picture."""
    begin = "The picture carries no mark that can be read. By its looks it is one that the vault has a record of."
    if verification.mask is None:
        return f"{begin} The record keeps no code to compare it with."
    if not verification.mask.any():
        return f"{begin} Compared with the code in that record, no change was found."
    return f"{begin} {region} it shows something else than that record."


def _recovery_sentence(verification: Verification) -> str:
    """Say what stands behind the recovered picture, if there is one."""
    if verification.recovered is None:
        return ""
    if verification.known is not None and verification.known.exact:
        return "What was there is shown in the very pixels of the original, to which the vault led."
    if verification.verdict is Verdict.TRANSPLANTED:
        return "The picture that the mark was made for is shown as far as its code tells."
    if verification.recoloured_fraction > _NEARLY_ALL * verification.tampered_fraction:
        return "Only the colours were changed there. They have been undone; every detail is the picture's own."
    if verification.redrawn_fraction > _NEARLY_ALL * verification.tampered_fraction:
        return (
            "The pixels there are not those of the protected picture, but they still show what its code says that it "
            "showed. They have been left as they are, for they tell more of it than the code does."
        )
    kept = verification.recovery_source == "vault"
    source = "what the vault keeps of the picture" if kept else "the code in the remaining pixels"
    painted = f"What was there has been painted back from {source}"
    if verification.recoloured_fraction:
        painted += f"; where only colours were changed, {percent(verification.recoloured_fraction)}, they were undone"
    if verification.redrawn_fraction:
        painted += f"; what was redrawn and shows what it showed, {percent(verification.redrawn_fraction)}, was left"
    if verification.recovery_setting is RecoverySetting.LOOK:
        painted += ", with texture that is made up"
    return f"{painted}."


def vault_words(verification: Verification) -> list[str]:
    """Return what the vault says of the picture, sentence by sentence; nothing where none was asked."""
    known = verification.known
    if known is None:
        return []
    if known.id is None:
        said = [f"The vault does not know this picture ({percent(known.confidence)} sure)."]
    else:
        by = _FOUND_BY[known.source or "fingerprint"]
        said = [f"The vault knows this picture as {known.id}, found by {by} ({percent(known.confidence)} sure)."]
    if known.original:
        said.append(f"Its original is at {readable(known.original)}.")
    for name, (pixels, vault) in known.contradictions.items():
        said.append(f"{fact_label(name)}: the pixels say {readable(pixels)}, the vault says {readable(vault)}.")
    if known.exact and verification.recovered is None:
        said.append("The whole picture is shown in the very pixels of the original.")
    elif known.exact:
        said.append("What was changed is shown in the very pixels of the original.")
    elif verification.recovery_source == "vault":
        said.append("What was changed is painted from the small picture or the code that it keeps.")
    return [*said, *([f"Note: {readable(known.note)}."] if known.note else [])]


def lying_words(verification: Verification) -> list[str]:
    """Return how the suspect lies on the protected picture, sentence by sentence; nothing where it is all of it."""
    geometry = verification.geometry
    if geometry.matrix is None:
        return []
    said = []
    if geometry.shown_fraction < _ALL:
        missing = percent(1 - geometry.shown_fraction)
        said.append(f"This is a part: {missing} of the picture that was protected is missing.")
    if geometry.mirrored:
        said.append("It is mirrored: left and right are exchanged.")
    if abs(geometry.rotation_degrees) > _STRAIGHT_DEGREES:
        way = "clockwise" if geometry.rotation_degrees > 0 else "anticlockwise"
        said.append(f"It is turned by {abs(geometry.rotation_degrees):.1f}° {way}.")
    if geometry.foreign_fraction > 1 - _ALL:
        said.append(f"{percent(geometry.foreign_fraction)} of this image is something else around the picture.")
    return said or ["All of the picture that was protected is here, a little out of place."]


def recovered_title(verification: Verification) -> str:
    """Return what the recovered picture is, in three words."""
    return "What was marked" if verification.verdict is Verdict.TRANSPLANTED else "What was there"


def signature_words(verification: Verification) -> str:
    """Return what the signature is worth to this reader."""
    signer = readable(verification.signer or "an unnamed key")
    if verification.signature is SignatureStatus.ABSENT and "core" not in verification.blocks:
        return f"Not checked: {readable(verification.signature_note or 'no mark was read')}."
    return {
        SignatureStatus.VALID: _valid_words(signer, verification.signature_note),
        SignatureStatus.INVALID: "Invalid. The signature does not belong to this mark. Do not trust its facts.",
        SignatureStatus.UNKNOWN_KEY: _unknown_key_words(signer, verification.signature_note),
        SignatureStatus.ABSENT: "None. The mark was not signed: anybody could have written these facts.",
    }[verification.signature]


def _valid_words(signer: str, note: str | None) -> str:
    """Say who signed, and that this is believed because the reader said so."""
    days = f", {readable(note)}" if note else ""
    return f"Valid. The mark was signed by {signer}, whose key you trust: it is in your trust file{days}."


def _unknown_key_words(signer: str, note: str | None) -> str:
    """Say why a key is not believed: it was withdrawn or is out of date, or nobody ever said it is."""
    if note:
        return f"Signed with a key that you know but do not trust now: {readable(note)}. So it proves nothing."
    return (
        f"Signed with a key that you have not said you trust ({signer}). "
        "Who holds that key is not known, so the signature proves nothing yet."
    )


def confidence_words(verification: Verification) -> str:
    """Return how sure the verdict is; one that decides nothing has nothing to be sure of."""
    if verification.verdict is Verdict.UNDECIDED:
        return "none: nothing was decided"
    return f"{percent(verification.confidence)} that the verdict is right"


def area_words(verification: Verification) -> str:
    """Return how much was changed; where nothing was decided, an empty map is no measurement."""
    if verification.mask is None or verification.verdict is Verdict.UNDECIDED:
        return "not measured"
    return percent(verification.tampered_fraction)


def settled(verification: Verification) -> list[Statement]:
    """Return, block by block, what was read out of the pixels."""
    return [
        Statement(
            title, block in verification.blocks, f"{'read' if block in verification.blocks else 'not read'}: {what}"
        )
        for block, (title, what) in _BLOCKS.items()
    ]


def transparent_words(verification: Verification) -> str:
    """Say what is not opaque in a suspect, and what that leaves open; no sentence where nothing is."""
    share = verification.transparent_fraction
    if not share:
        return ""
    return f"{percent(share)} of it is transparent, and only the colours stored beneath were compared."


def open_questions(verification: Verification) -> list[str]:
    """Return what this verification does not decide, as full sentences."""
    questions = ["Whether the scene was real, or the facts were true, when the mark was made: a mark only fixes them."]
    if verification.verdict is Verdict.UNPROTECTED:
        if not _is_known_by_looks(verification):
            left = "too little of its mark is left" if verification.marked else "without a mark there is nothing"
            return [f"Whether the picture was changed: {left} to compare with.", *questions]
        questions.insert(0, "Who made this copy of the known picture: it carries no mark that would say so.")
        questions.append("Small changes: without a mark only places that show something clearly different are found.")
    if verification.verdict is Verdict.AUTHENTIC:
        questions.append("Changes smaller than a few cells of the map, or in flat black or white: they may not show.")
    if verification.verdict is Verdict.UNDECIDED:
        questions.insert(0, "Whether the picture was changed: too little of the mark is left to compare with.")
    if verification.transparent_fraction:
        questions.insert(0, f"What the picture shows where it is not opaque: {transparent_words(verification)}")
    if verification.mask is not None and verification.mask.any():
        questions.append(
            "The exact border of a change: the map is drawn in cells, and its edge is good to about one cell."
        )
    if verification.recovered is not None and verification.recovery_source == "code":
        questions.append(
            f"Fine features inside the recovered region: it is painted from {_code_size(verification.code_scales)}, "
            "enough for what stood there and in which colours, not for reading letters or telling faces apart."
        )
    elif verification.recovered is not None and not (verification.known is not None and verification.known.exact):
        questions.append(
            "Fine features inside the recovered region: it is painted from the little that the vault keeps, enough for "
            "what stood there, not for reading small letters or telling faces apart."
        )
    if verification.recovery_setting is RecoverySetting.LOOK:
        questions.append("The texture of what was painted back: it is made up, so that it looks like a photograph.")
    if verification.signature is not SignatureStatus.VALID:
        questions.append("Who made the mark: no signature from a key you trust vouches for it.")
    if verification.tamper_probability is None:
        questions.append("Where a change would be: too little of the mark was read to draw a map.")
    return questions


def _code_size(code_scales: int) -> str:
    """Say how much of the picture's code survived."""
    if code_scales < 1:
        return "no code at all"
    bits = 12 * sum(side * side for side in SCALES[:code_scales])
    side = SCALES[min(code_scales, len(SCALES)) - 1]
    return f"a code of up to {side} × {side} places ({bits:,} bits at most)"
