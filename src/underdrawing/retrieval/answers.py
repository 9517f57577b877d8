"""What a search gives back, and what it needs of a vault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from underdrawing.retrieval.registration import Registration
    from underdrawing.vault import Match, Record

__all__ = ["Candidate", "Found", "Searchable", "Source"]


class Source(StrEnum):
    """What a record was found by."""

    ID = "id"
    """The id that the mark carries."""
    CODE = "code"
    """The hidden code that the mark carries."""
    FINGERPRINT = "fingerprint"
    """What the picture looks like."""


class Searchable(Protocol):
    """What a search needs of a vault."""

    @property
    def fingerprints_by(self) -> str:
        """Name of the weights that made the fingerprints; empty where that was not noted."""
        ...

    def get(self, id_: str) -> Record | None:
        """The record of an id."""
        ...

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records whose fingerprints differ least."""
        ...

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records whose sketches differ least."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidate:
    """A record that the suspect may come from.

    Attributes:
        id: 16 hexadecimal digits.
        source: what it was found by.
        confidence: how probable it is that the suspect shows this picture, 0 to 1.
        distance_bits: how many bits of the fingerprint differ; None when it was found by something else.
        equal: share of the received tokens that are the record's; None likewise.
        likeness: how alike suspect and preview are in place, or laid over each other; None without a preview.
        detail: how alike they are in place in what is finest; None likewise.
        registration: how the suspect lies within the record's preview, believable where it is ``certain``; None when
            that was not tried or found nothing.
    """

    id: str
    source: Source
    confidence: float
    distance_bits: int | None = None
    equal: float | None = None
    likeness: float | None = None
    detail: float | None = None
    registration: Registration | None = None

    def to_dict(self) -> dict[str, Any]:
        """The keys of one candidate of ``search --json``."""
        placed = self.registration if self.registration is not None and self.registration.certain else None
        return {
            "id": self.id,
            "source": str(self.source),
            "confidence": round(self.confidence, 4),
            "distance_bits": self.distance_bits,
            "equal_tokens": None if self.equal is None else round(self.equal, 4),
            "likeness": None if self.likeness is None else round(self.likeness, 4),
            "detail_likeness": None if self.detail is None else round(self.detail, 4),
            "agreeing_points": None if self.registration is None else self.registration.points,
            "share_shown": None if placed is None else round(placed.share_shown(), 4),
            "mirrored": None if placed is None else placed.mirrored,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """The answer of a search.

    Attributes:
        record: the original's record; None: not in the vault.
        source: what it was found by; None likewise.
        confidence: how probable the answer is, 0 to 1, also that of *not in the vault*.
        registration: how the suspect lies within the record's preview; None when that is not known.
        candidates: what was looked at, likeliest first; the first is the answer where there is one.
        note: what else there is to say, in words; empty when nothing.
    """

    record: Record | None
    source: Source | None
    confidence: float
    registration: Registration | None = None
    candidates: tuple[Candidate, ...] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``search --json``, apart from ``input``."""
        return {
            "found": self.record is not None,
            "id": self.record.id if self.record else None,
            "source": str(self.source) if self.source else None,
            "confidence": round(self.confidence, 4),
            "facts": dict(self.record.facts) if self.record else {},
            "created": self.record.created if self.record else None,
            "original": self.record.original if self.record else None,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "note": self.note,
        }
