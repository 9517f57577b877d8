"""The report of one verification, section by section."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import underdrawing
from underdrawing.findings import Verdict
from underdrawing.images import write_atomically
from underdrawing.payload import SignatureStatus
from underdrawing.report import words
from underdrawing.report.lying import lying_section
from underdrawing.report.metadata import metadata_check, metadata_section
from underdrawing.report.pictures import places
from underdrawing.report.shell import as_html, page
from underdrawing.report.viewer import panels_of, viewer, viewer_style

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.findings import Verification
    from underdrawing.images import Picture

__all__ = ["html_report", "write_report"]

_TONES = {
    Verdict.AUTHENTIC: "tone-good",
    Verdict.TAMPERED: "tone-warn",
    Verdict.TRANSPLANTED: "tone-odd",
    Verdict.UNDECIDED: "tone-mute",
    Verdict.UNPROTECTED: "tone-mute",
    Verdict.FORGED: "tone-warn",
}
_SIGNATURE_TONES = {
    SignatureStatus.VALID: "tone-good",
    SignatureStatus.INVALID: "tone-warn",
    SignatureStatus.UNKNOWN_KEY: "tone-mute",
    SignatureStatus.ABSENT: "tone-mute",
}
_STEP_WORDS = {
    "load": "Reading the file",
    "read": "Finding and reading the mark",
    "search": "Searching for it in a part, turned or on a page",
    "presume": "Listening for what the vault presumes",
    "align": "Laying the picture where its mark fits best",
    "examine": "Drawing the map and painting back",
    "vault": "Asking the vault",
}


def html_report(suspect: Picture, verification: Verification, *, name: str = "") -> str:
    """Return the report of a verification as one self-contained HTML document.

    Args:
        suspect: the picture that was verified.
        verification: what was found about it.
        name: what to call the picture, usually its file name. Shown as plain text.
    """
    panels = panels_of(suspect, verification)
    main = "".join(
        [
            _verdict(verification),
            viewer(panels),
            lying_section(suspect, verification),
            '<div class="columns"><div>',
            _facts(verification),
            _vault(verification),
            metadata_section(metadata_check(suspect, verification)),
            _signature(verification),
            "</div><div>",
            _settled(verification),
            _open(verification),
            "</div></div>",
            _details(verification),
        ]
    )
    body = f'{_masthead(suspect, name)}<main class="{_TONES[verification.verdict]}">{main}</main>{_colophon()}'
    title = f"{words.readable(name) or 'A picture'}: {verification.verdict}"
    return page(body, title=title, style=viewer_style(panels))


def write_report(
    suspect: Picture, verification: Verification, path: Path, *, name: str = "", overwrite: bool = False
) -> None:
    """Write :func:`html_report` to a file, atomically.

    Raises:
        OutputExistsError: the file exists and ``overwrite`` is not set.
    """
    write_atomically(path, html_report(suspect, verification, name=name).encode("utf-8"), overwrite=overwrite)


def _masthead(suspect: Picture, name: str) -> str:
    height, width = suspect.pixels.shape[:2]
    what = f"{as_html(name)} · " if name else ""
    return (
        '<header class="masthead"><span class="brand">Underdrawing</span>'
        f'<span class="name">{what}{width} × {height} pixels</span></header>'
    )


def _verdict(verification: Verification) -> str:
    count = 0 if verification.mask is None else places(verification.mask)
    lead = words.lead(verification, places=count)
    return (
        f'<section class="verdict"><div class="word">{_symbol(verification.verdict)}{verification.verdict}</div>'
        f"<h1>{words.headline(verification)}</h1><p>{lead}</p></section>"
    )


def _symbol(verdict: Verdict) -> str:
    """Draw the verdict as a shape, so that it does not hang on colour alone."""
    inside = {
        Verdict.AUTHENTIC: '<path d="M6 10.5l3 3 5.5-6.5"/>',
        Verdict.TAMPERED: '<path d="M10 5.5v5.5M10 14.2v.1"/>',
        Verdict.TRANSPLANTED: '<path d="M5.5 8h9l-2.5-2.5M14.5 12h-9l2.5 2.5"/>',
        Verdict.UNDECIDED: '<path d="M7.5 8a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5M10 14.2v.1"/>',
        Verdict.UNPROTECTED: '<path d="M6 10h8"/>',
        Verdict.FORGED: '<path d="M6.5 6.5l7 7M13.5 6.5l-7 7"/>',
    }[verdict]
    return (
        '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true"><circle cx="10" cy="10" r="9"/>{inside}</svg>'
    )


def _facts(verification: Verification) -> str:
    """List the facts, and say beside them what they are worth."""
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td><bdi>{escape(text)}</bdi></td></tr>'
        for label, text in words.fact_rows(verification.facts)
    )
    if not rows:
        why = f": {words.readable(verification.sealed_note)}" if verification.sealed_note else ""
        return f'<section><h2>Facts</h2><p class="note">None were read{escape(why)}.</p></section>'
    worth = f'<p class="note">{_worth(verification)}</p>'
    return f"<section><h2>Facts</h2><table><tbody>{rows}</tbody></table>{worth}</section>"


def _worth(verification: Verification) -> str:
    """Say where the facts come from and what vouches for them."""
    added = verification.known.added if verification.known is not None else ()
    from_vault = f"{', '.join(map(words.fact_label, added))}: told by the vault; no signature covers that."
    if len(added) == len(verification.facts):
        return "They are what the vault says, not the pixels: no signature covers them."
    worth = (
        "They are covered by the signature."
        if verification.signature is SignatureStatus.VALID
        else "No signature that you trust covers them: treat them as a claim."
    )
    return f"Read from the pixels themselves. {worth}{f' {as_html(from_vault)}' if added else ''}"


def _vault(verification: Verification) -> str:
    """Say what the vault knows; nothing where none was asked."""
    said = words.vault_words(verification)
    if not said:
        return ""
    known = verification.known is not None and verification.known.id is not None
    warns = verification.known is not None and verification.known.contradictions
    tone = "tone-warn" if warns else "tone-good" if known else "tone-mute"
    rest = "".join(f'<p class="note">{as_html(sentence)}</p>' for sentence in said[1:])
    return f'<section class="{tone}"><h2>The vault</h2><p class="seal">{as_html(said[0])}</p>{rest}</section>'


def _signature(verification: Verification) -> str:
    identity = (
        ""
        if verification.id is None
        else f'<p class="note">Id of the mark <span class="mono">{as_html(verification.id)}</span></p>'
    )
    return (
        f'<section class="{_SIGNATURE_TONES[verification.signature]}"><h2>Signature</h2>'
        f'<p class="seal">{escape(words.signature_words(verification))}</p>{identity}</section>'
    )


def _settled(verification: Verification) -> str:
    """Say block by block and scale by scale what came out of the pixels."""
    items = "".join(_tick(statement) for statement in words.settled(verification))
    ladder = "".join(_rung(side, k < verification.code_scales) for k, side in enumerate(words.SCALES))
    return (
        f'<section><h2>What was read</h2><ul class="ticks">{items}</ul><ul class="ladder" '
        f'aria-label="Scales of the hidden code">{ladder}</ul></section>'
    )


def _tick(statement: words.Statement) -> str:
    """Draw one statement with a sign before it."""
    opening, sign = ("<li>", "✓") if statement.holds else ('<li class="no">', "–")
    return (
        f'{opening}<span class="mark" aria-hidden="true">{sign}</span>'
        f"<span><b>{statement.subject}</b> {statement.meaning}</span></li>"
    )


def _rung(side: int, survived: bool) -> str:
    """Draw one scale of the code as its grid."""
    step = 32 / side
    lines = "".join(f"M{step * k:g} 0V32M0 {step * k:g}H32" for k in range(1, side))
    state = "" if survived else ' class="lost"'
    fill = "0.22" if survived else "0"
    said = "read" if survived else "not read"
    return (
        f'<li{state}><svg viewBox="-1 -1 34 34" fill="none" stroke="currentColor" role="img" '
        f'aria-label="{side} by {side}: {said}">'
        f'<rect width="32" height="32" fill="currentColor" fill-opacity="{fill}"/>'
        f'<path d="{lines}" stroke-width="{min(0.7, 5 / side):.2g}"/></svg>{side} × {side}</li>'
    )


def _open(verification: Verification) -> str:
    items = "".join(f"<li>{escape(question)}</li>" for question in words.open_questions(verification))
    return f'<section><h2>What was not decided</h2><ul class="open">{items}</ul></section>'


def _details(verification: Verification) -> str:
    """Give the numbers behind the words."""
    geometry = verification.geometry
    rows = [
        ("Confidence", words.confidence_words(verification)),
        ("Changed area", words.area_words(verification)),
        ("How it was read", geometry.note),
        *((_STEP_WORDS.get(step, step), f"{seconds:.2f} s") for step, seconds in verification.timings_s.items()),
    ]
    cells = "".join(f'<tr><th scope="row">{escape(label)}</th><td>{escape(text)}</td></tr>' for label, text in rows)
    return f'<details><summary>The numbers</summary><table class="times"><tbody>{cells}</tbody></table></details>'


def _colophon() -> str:
    return (
        f'<footer class="colophon">Made by Underdrawing {underdrawing.__version__}. '
        "This page holds everything it shows and loads nothing from anywhere.</footer>"
    )
