"""The metadata of the suspect beside the facts in its pixels: where they differ, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from underdrawing.examination import FactFinding, hold_against
from underdrawing.findings import Verdict
from underdrawing.images import facts_from_metadata, truncated_facts
from underdrawing.report.shell import as_html

if TYPE_CHECKING:
    from underdrawing.examination import MetadataCheck
    from underdrawing.findings import Verification
    from underdrawing.images import Picture

__all__ = ["metadata_check", "metadata_section"]

_OTHERS_FACTS = (Verdict.TRANSPLANTED, Verdict.FORGED)


def metadata_check(suspect: Picture, verification: Verification) -> MetadataCheck | None:
    """Hold the facts that were read from the pixels against the metadata that the suspect carries.

    What only a vault tells is left out.

    Returns:
        The comparison; None where there are no facts, or none that belong to this picture.
    """
    if not verification.facts or verification.verdict in _OTHERS_FACTS:
        return None
    added = verification.known.added if verification.known is not None else ()
    facts = {name: text for name, text in verification.facts.items() if name not in added}
    if not facts:
        return None
    told = facts_from_metadata(suspect.metadata, position=True, every=True)
    return hold_against(facts, told, truncated=truncated_facts(suspect.metadata))


def metadata_section(check: MetadataCheck | None) -> str:
    """Return the section of the report; nothing where the metadata says nothing that the facts say too."""
    if check is None or not (check.of(FactFinding.CONTRADICTS) or check.of(FactFinding.AGREES)):
        return ""
    rows = "".join(
        f'<tr><th scope="row">{as_html(fact.label)}</th><td>{as_html(fact.metadata or "")}</td>'
        f"<td>{as_html(fact.pixels or '')}</td></tr>"
        for fact in check.of(FactFinding.CONTRADICTS)
    )
    table = (
        '<table><thead><tr><td></td><th scope="col">the metadata says</th><th scope="col">the pixels say</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )
    tone = "tone-warn" if check.contradicts else "tone-good"
    return (
        f'<section class="{tone}"><h2>Metadata of the file</h2><p class="seal">{as_html(check.headline)}</p>'
        f"{table if rows else ''}</section>"
    )
