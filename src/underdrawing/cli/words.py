"""A verification as lines for a terminal, which neither facts nor names of files, the words of strangers, may steer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from underdrawing.cli.guard import printable
from underdrawing.report import (
    fact_rows,
    headline,
    lying_words,
    percent,
    readable,
    signature_words,
    transparent_words,
    vault_words,
)

if TYPE_CHECKING:
    from underdrawing.findings import Verification

__all__ = ["card", "line"]

_INDENT = "  "


def line(record: dict[str, Any], verification: Verification) -> str:
    """Return the verdict on one line, for a picture among many."""
    changed = f", {percent(verification.tampered_fraction)} changed" if verification.tampered_fraction else ""
    mark = f"; id {verification.id}, signature {verification.signature}" if verification.id else ""
    known = verification.known
    found = "" if known is None else f"; vault: {known.id}" if known.id else "; not in the vault"
    return f"{printable(record['input'])}  {verification.verdict}{changed}{mark}{found}"


def card(record: dict[str, Any], verification: Verification) -> list[str]:
    """Return what follows that line for a picture alone: the finding in words, the facts, the signature, the files."""
    rows = fact_rows(verification.facts)
    wide = max((len(label) for label, _ in rows), default=0)
    facts = [f"{_INDENT}{label:<{wide}}  {text}" for label, text in rows]
    kinds = [kind for kind in ("mask", "recovered", "whole", "report") if record[kind]]
    files = [f"{_INDENT}{kind:<9}  {printable(record[kind])}" for kind in kinds]
    said = [headline(verification)]
    if verification.id:
        said.append(f"Signature: {signature_words(verification)}")
    said += vault_words(verification)
    if verification.geometry.matrix is not None:
        said.append(" ".join(lying_words(verification)))
    if verification.sealed_note:
        said.append(f"Confidential: {readable(verification.sealed_note)}.")
    if record["metadata"] and record["metadata"]["contradicts"]:
        said.append(f"Metadata: {readable(record['metadata']['headline'])}")
    if record["restored"]:
        said.append(f"A copy with these facts in its metadata: {printable(record['restored']['output'])}.")
    if verification.transparent_fraction:
        said.append(f"Note: {transparent_words(verification)}")
    if record["damaged"]:
        said.append(f"Note: unreadable in the file and left out: {', '.join(record['damaged'])}.")
    parts = [[_INDENT + sentence for sentence in said], facts, files]
    return [text for part in parts if part for text in ["", *part]][1:]
