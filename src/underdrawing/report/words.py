"""What a verification means, in plain words. Pure text: nothing here knows HTML.

Every sentence says no more than the verification does; what was *not* decided is written out beside what was.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from underdrawing.findings import Verdict, Verification
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
    "open_questions",
    "percent",
    "readable",
    "recovered_title",
    "settled",
    "signature_words",
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
    "country": "Country",
    "keywords": "Keywords",
}
"""How the best-known IPTC names read to people, in the order a report lists them."""

SCALES = (1, 2, 4, 8, 16, 32)
_BLOCKS = {
    "anchor": ("Identity", "the id, and the picture in its coarsest shapes"),
    "core": ("Facts and signature", "the facts, the signature, and the picture in rough shapes"),
    "detail": ("Detail", "the picture as a 16 × 16 code"),
    "fine": ("Fine detail", "the picture as a 32 × 32 code"),
}
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
    return {
        Verdict.AUTHENTIC: "No change was found.",
        Verdict.TAMPERED: "Part of this picture has been changed.",
        Verdict.TRANSPLANTED: "This mark belongs to another picture.",
        Verdict.UNDECIDED: "Too little of the mark is left to judge.",
        Verdict.UNPROTECTED: "No mark was found.",
        Verdict.FORGED: "The signature is forged.",
    }[verification.verdict]


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
        Verdict.UNPROTECTED: "Either the picture never carried one, or it has been damaged beyond reading. "
        "Most pictures carry none: this says nothing for or against the picture.",
        Verdict.FORGED: "A mark was read, but its signature does not fit its contents. "
        "Somebody altered a signed mark or made one up, so its facts deserve no trust.",
    }[verification.verdict]
    return f"{sentences} {_recovery_sentence(verification)}".strip()


def _recovery_sentence(verification: Verification) -> str:
    """Say what stands behind the recovered picture, if there is one."""
    if verification.recovered is None:
        return ""
    if verification.recovery_source == "vault":
        return "What was there is shown from the original kept in the vault."
    if verification.verdict is Verdict.TRANSPLANTED:
        return "The picture that the mark was made for is shown as far as its code tells."
    return "What was there has been painted back from the code in the remaining pixels."


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


def open_questions(verification: Verification) -> list[str]:
    """Return what this verification does not decide, as full sentences."""
    questions = ["Whether the scene was real, or the facts were true, when the mark was made: a mark only fixes them."]
    if verification.verdict is Verdict.UNPROTECTED:
        return ["Whether the picture was changed: without a mark there is nothing to compare with.", *questions]
    if verification.verdict is Verdict.AUTHENTIC:
        questions.append("Changes smaller than a few cells of the map, or in flat black or white: they may not show.")
    if verification.verdict is Verdict.UNDECIDED:
        questions.insert(0, "Whether the picture was changed: too little of the mark is left to compare with.")
    if verification.mask is not None and verification.mask.any():
        questions.append(
            "The exact border of a change: the map is drawn in cells, and its edge is good to about one cell."
        )
    if verification.recovered is not None and verification.recovery_source == "code":
        questions.append(
            f"Fine features inside the recovered region: it is painted from {_code_size(verification.code_scales)}, "
            "enough for what stood there and in which colours, not for reading letters or telling faces apart."
        )
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
