"""What the pixels say against what the file says: the facts of a mark, and the metadata a suspect carries now.

A caption travels with a picture only until somebody writes another one. Facts from the pixels stay, so the two can be
held against each other, name by name: dates as dates, places of the earth as numbers, lists as sets, all else as text.
Nothing here decides who is right; it says that they differ, and in which words.

Source: ours; names from the IPTC Photo Metadata Standard, dates ISO 8601, folding of text Unicode UAX #15 (NFKC) and
section 3.13 of the Unicode Standard (case folding).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

__all__ = ["FactCheck", "FactFinding", "MetadataCheck", "folded", "hold_against"]

MAX_SHOWN_CHARACTERS = 80
_SAME_PLACE_DEGREES = 0.0005
_LISTS = frozenset(["creator", "keywords", "personInImage", "organisationInImage"])
_DEGREES = frozenset(["gpsLatitude", "gpsLongitude"])
_DATES = frozenset(["dateCreated"])
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_ISO_8601 = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)
_ELLIPSIS = re.compile(r"(\u2026|\.\.\.)\Z")
_SHORT = ("city", "provinceState", "country", "dateCreated", "creator", "credit", "source", "headline", "title")
_LABELS = {
    "dateCreated": "date",
    "description": "caption",
    "copyrightNotice": "copyright",
    "provinceState": "state",
    "gpsLatitude": "latitude",
    "gpsLongitude": "longitude",
    "digitalSourceType": "kind of source",
}


class FactFinding(StrEnum):
    """What comes of holding one fact against the metadata."""

    AGREES = "agrees"
    """Both say the same, as far as both say anything."""
    CONTRADICTS = "contradicts"
    """They say different things."""
    MISSING = "missing"
    """The pixels say it, the metadata does not."""
    EXTRA = "extra"
    """The metadata says it, the pixels do not."""


@dataclass(frozen=True)
class FactCheck:
    """One fact, held against the metadata.

    Attributes:
        name: The IPTC name.
        finding: What came of it.
        pixels: What the picture's own facts say; None where they say nothing. Strangers' words, like ``metadata``.
        metadata: What the metadata of the file says; None where it says nothing.
        note: Why two texts that are not the same agree (shorter, less exact); empty otherwise.
    """

    name: str
    finding: FactFinding
    pixels: str | None
    metadata: str | None
    note: str = ""

    @property
    def label(self) -> str:
        """The name as people say it."""
        return _LABELS.get(self.name, re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", self.name))

    @property
    def words(self) -> str:
        """The finding as a sentence. The quoted parts are strangers' words: escape them where you show them."""
        here, there = _shown(self.pixels or ""), _shown(self.metadata or "")
        return {
            FactFinding.AGREES: f"{self.label}: the metadata and the picture's own facts agree",
            FactFinding.CONTRADICTS: f"{self.label}: the metadata says {there}, the picture's own facts say {here}",
            FactFinding.MISSING: f"{self.label}: the picture's own facts say {here}, the metadata says nothing",
            FactFinding.EXTRA: f"{self.label}: the metadata says {there}, the picture's own facts say nothing",
        }[self.finding] + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class MetadataCheck:
    """All facts, held against the metadata; the most telling first: contradictions, then what is missing.

    Attributes:
        facts: One entry for each name that the pixels or the metadata know.
    """

    facts: tuple[FactCheck, ...]

    def of(self, finding: FactFinding) -> tuple[FactCheck, ...]:
        """The entries with that finding."""
        return tuple(fact for fact in self.facts if fact.finding is finding)

    @property
    def contradicts(self) -> bool:
        """Whether any fact is contradicted."""
        return bool(self.of(FactFinding.CONTRADICTS))

    @property
    def headline(self) -> str:
        """The whole in one sentence, for a report; it quotes strangers' words. Empty where there is nothing to say."""
        if against := self.of(FactFinding.CONTRADICTS):
            told = sorted(against, key=lambda fact: (*_SHORT, fact.name).index(fact.name))
            there, here = (", ".join(_shown(getattr(f, side) or "") for f in told) for side in ("metadata", "pixels"))
            return f"The metadata says {there}; the picture's own facts say {here}."
        agreeing, missing = (self.of(finding) for finding in (FactFinding.AGREES, FactFinding.MISSING))
        if agreeing:
            return f"The metadata agrees with the picture's own facts{' as far as it goes' if missing else ''}."
        return "The metadata says nothing of what the picture's own facts say." if missing else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        entries = [
            {"name": f.name, "finding": str(f.finding), "pixels": f.pixels, "metadata": f.metadata, "note": f.note}
            for f in self.facts
        ]
        return {"contradicts": self.contradicts, "headline": self.headline, "facts": entries}


def hold_against(
    facts: Mapping[str, str], metadata: Mapping[str, str], *, truncated: Collection[str] = ()
) -> MetadataCheck:
    """Hold the facts from the pixels against what the metadata says.

    Args:
        facts: What was read from the pixels, by IPTC name.
        metadata: What the metadata of the suspect says, by the same names (``images.facts_from_metadata``).
        truncated: Names whose text in the metadata is known to be cut off (``images.truncated_facts``): it agrees with
            every fact that begins with it. A text that ends in an ellipsis counts as cut off on either side.
    """
    names = [*facts, *(name for name in metadata if name not in facts)]
    checks = [_check(name, facts.get(name), metadata.get(name), name in truncated) for name in names]
    order = list(_ORDER)
    return MetadataCheck(tuple(sorted(checks, key=lambda check: order.index(check.finding))))


def _check(name: str, fact: str | None, claim: str | None, truncated: bool) -> FactCheck:
    if fact is None or claim is None:
        finding = FactFinding.EXTRA if fact is None else FactFinding.MISSING
        return FactCheck(name, finding, fact, claim)
    agrees, note = _agree(name, fact, claim, truncated)
    return FactCheck(name, FactFinding.AGREES if agrees else FactFinding.CONTRADICTS, fact, claim, note)


def _agree(name: str, fact: str, claim: str, truncated: bool) -> tuple[bool, str]:
    """Whether two texts say the same under this name, and why if that does not show."""
    if folded(fact) == folded(claim):
        return True, ""
    if name in _DATES and (dates := _dates_agree(fact, claim)) is not None:
        return dates
    if name in _DEGREES and (same := _same_degrees(fact, claim)) is not None:
        return same, ""
    if name in _LISTS and (one := _items(fact)) and (other := _items(claim)) and (one <= other or other <= one):
        return True, "" if one == other else "one lists more than the other"
    if _is_beginning(claim, fact, known=truncated) or _is_beginning(fact, claim, known=False):
        return True, "one is cut off"
    return False, ""


def folded(text: str) -> str:
    """A text as it is compared: compatible characters as one (NFKC), without case, each white space one blank."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _items(text: str) -> frozenset[str]:
    return frozenset(item for part in re.split(r"[;,]", text) if (item := folded(part)))


def _is_beginning(short: str, long: str, *, known: bool) -> bool:
    """Whether one text is known to be cut off (or says so itself) and the other begins with it."""
    trimmed = _ELLIPSIS.sub("", folded(short))
    if not known and trimmed == folded(short):
        return False
    return bool(trimmed.strip()) and folded(long).startswith(trimmed.strip())


def _same_degrees(fact: str, claim: str) -> bool | None:
    """Whether two positions are the same but for some tens of metres; None if one is no number."""
    try:
        return abs(float(fact) - float(claim)) <= _SAME_PLACE_DEGREES
    except ValueError:
        return None


def _dates_agree(fact: str, claim: str) -> tuple[bool, str] | None:
    """Whether two dates agree as far as both go; None if one is no date. With two time zones, as moments.

    A moment without seconds is that minute.
    """
    one, other = (_ISO_8601.fullmatch(text.strip()) for text in (fact, claim))
    if one is None or other is None:
        return None
    moments = [moment for found in (one, other) if (moment := _moment(found)) is not None]
    if len(moments) == 2:
        if all(found.group(len(_PARTS)) for found in (one, other)):
            return moments[0] == moments[1], ""
        exact = one.group(len(_PARTS)) is other.group(len(_PARTS))
        minutes = [moment.replace(second=0) for moment in moments]
        return minutes[0] == minutes[1], "" if exact else "one goes no further than the minute"
    parts = [[int(part) for part in found.groups()[: len(_PARTS)] if part is not None] for found in (one, other)]
    depth = min(map(len, parts))
    exact = len(parts[0]) == len(parts[1])
    return parts[0][:depth] == parts[1][:depth], "" if exact else f"one goes no further than the {_PARTS[depth - 1]}"


def _moment(found: re.Match[str]) -> datetime | None:
    """The moment, in UTC, of a date with time and time zone; None for one without, and for none of the calendar."""
    *numbers, zone = found.groups()
    if zone is None:
        return None
    text = "{}-{}-{}T{}:{}".format(*numbers[:5]) + (zone if zone == "Z" or ":" in zone else f"{zone[:3]}:{zone[3:]}")
    try:
        moment = datetime.fromisoformat(f"{text[:16]}:{numbers[5] or '00'}{text[16:]}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _shown(text: str) -> str:
    """A text on one line and of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN_CHARACTERS else f"{line[: MAX_SHOWN_CHARACTERS - 1].rstrip()}\u2026"


_ORDER = (FactFinding.CONTRADICTS, FactFinding.MISSING, FactFinding.EXTRA, FactFinding.AGREES)
