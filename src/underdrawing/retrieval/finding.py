"""Which original is this? Asked of a vault in the order of how sure the answer is.

::

    id that was read ──────► the record of that id ───────────────────────────┐
    code that was read ────► nearest sketches ─────► most equal tokens ───────┼─► found, or not in the vault
    what is visible ───────► nearest fingerprints ─► agreement with previews ─┘

Each answer says where it comes from and how sure it is; *not in the vault* is an answer, too. How the thresholds were
measured is told in ``docs/retrieval.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.fingerprint import Fingerprinter
from underdrawing.fingerprint.preview import preview_pixels
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.retrieval.registration import Landmarks, Registration, likeness_aligned, likeness_in_place, register
from underdrawing.tokenizer import Tokenizer

if TYPE_CHECKING:
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.tokenizer.weights import LinearWeights
    from underdrawing.vault import Match, Record

__all__ = ["Candidate", "Found", "Searchable", "Source", "find"]

_BITS_ALONE = (23.0, -0.165, 0.0, 0.0)
_WITH_PREVIEW = (0.54, -0.062, 0.555, 6.845)
"""How sure a candidate is, as the logarithm of the odds: a constant, for every bit that differs, for every point that
agrees, for likeness. Without a preview, and with one. Fitted by ``bench/retrieval.py --fit``."""

_MOST_POINTS = 20
_ABSENT = 0.97  # how sure *not in the vault* can be at most: copies beyond recognition look like strangers
_LIKELY = 0.5
_CLEAR = 0.95  # from here on no other view is asked for
_SKETCHES = 50
_LEAST_EQUAL = 0.5
_BORDER_LEVELS = 6
_LEAST_LEFT = 0.3

View: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.bool_] | None]
"""Pixels and what is hidden of them."""


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
        registration: how the suspect lies within the record's preview, believable where it is ``certain``; None when
            that was not tried or found nothing.
    """

    id: str
    source: Source
    confidence: float
    distance_bits: int | None = None
    equal: float | None = None
    likeness: float | None = None
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


def find(
    vault: Searchable,
    *,
    id: str | None = None,
    code: HiddenCode | None = None,
    pixels: NDArray[np.uint8] | None = None,
    mask: NDArray[np.bool_] | None = None,
    k: int = 20,
    fingerprinter: Fingerprinter | None = None,
    linear: LinearWeights | None = None,
) -> Found:
    """Say which record a suspect comes from.

    Args:
        vault: where to look.
        id: the id that was read from the mark, 16 hexadecimal digits.
        code: the beginning of the hidden code that was read; used from two scales on.
        pixels: the suspect, H×W×3 RGB uint8.
        mask: H×W bool, True where the suspect was changed: left out of the comparison.
        k: how many of the nearest fingerprints are held against their previews.
        fingerprinter: the network; the shipped one by default.
        linear: the weights of the code's tokens; the shipped ones by default.

    Raises:
        UsageError: there is nothing to search by.
        VaultDamagedError: a record is not what was kept.
    """
    if id is None and code is None and pixels is None:
        raise UsageError("search: got no id, no code and no pixels; expected at least one of them")
    notes: list[str] = []
    if id is not None and (answer := _by_id(vault, id, code, notes)) is not None:
        return answer
    if code is not None and code.n_scales >= 2:
        answer = _by_code(vault, code, linear or _linear())
        if answer is not None:
            return replace(answer, note="; ".join(notes))
    if pixels is None:
        return Found(record=None, source=None, confidence=_ABSENT, note="; ".join(notes))
    answer = _by_fingerprint(vault, pixels, mask, k, fingerprinter or _fingerprinter())
    return replace(answer, note="; ".join(filter(None, [*notes, answer.note])))


def _by_id(vault: Searchable, id_: str, code: HiddenCode | None, notes: list[str]) -> Found | None:
    """The record of an id, unless the code that came with it is another picture's."""
    record = vault.get(id_)
    if record is None:
        notes.append(f"the id {id_} is not in the vault")
        return None
    equal = _equal_share(code, record)
    if equal is not None and equal < _LEAST_EQUAL:
        notes.append(
            f"the record under the id {id_} describes another picture ({equal:.0%} of the tokens are the same)"
        )
        return None
    candidate = Candidate(id=id_, source=Source.ID, confidence=0.9999, equal=equal)
    return Found(record=record, source=Source.ID, confidence=0.9999, candidates=(candidate,))


def _by_code(vault: Searchable, code: HiddenCode, linear: LinearWeights) -> Found | None:
    """The record whose tokens are most often those that were received, if they are most of them."""
    sketch = sketch_of(code, linear)
    records = [vault.get(match.id) for match in vault.nearest_sketches(sketch.bits, _SKETCHES, mask=sketch.mask)]
    scored = [(share, record) for record in records if record and (share := _equal_share(code, record)) is not None]
    if not scored:
        return None
    scored.sort(key=lambda one: -one[0])
    candidates = tuple(
        Candidate(id=record.id, source=Source.CODE, confidence=_sure_of_code(share, code.n_scales), equal=share)
        for share, record in scored
    )
    best, record = scored[0]
    if best < _LEAST_EQUAL:
        return None
    return Found(record=record, source=Source.CODE, confidence=candidates[0].confidence, candidates=candidates)


def _equal_share(code: HiddenCode | None, record: Record) -> float | None:
    """Share of the received tokens that are the record's; None where there is nothing to compare."""
    tokens = record.tokens
    if code is None or tokens is None:
        return None
    same = [mine == theirs for mine, theirs in zip(code.scales, tokens, strict=False)]
    if code.known is not None:
        same[-1] = same[-1][code.known]
    return float(np.mean(np.concatenate([scale.ravel() for scale in same])))


def _sure_of_code(share: float, n_scales: int) -> float:
    """How probable it is that a record with this share of equal tokens is the original."""
    return min(0.9999 if n_scales > 2 else 0.999, share)


def _by_fingerprint(
    vault: Searchable, pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None, k: int, fingerprinter: Fingerprinter
) -> Found:
    """The nearest fingerprint whose preview agrees with the suspect."""
    suspects = [Landmarks.of(*view) for view in _mirrored(pixels, mask)]
    records: dict[str, Record] = {}
    candidates: list[Candidate] = []
    for views in (_views(pixels, mask), _guesses(pixels, mask)):
        distances = _nearest(vault, views, k, fingerprinter)
        fresh = [id_ for id_ in sorted(distances, key=lambda id_: (distances[id_], id_)) if id_ not in records][:k]
        candidates += _compared(vault, fresh, distances, suspects, records)
        candidates.sort(key=lambda one: (-one.confidence, one.distance_bits or 0))
        if candidates and candidates[0].confidence >= _CLEAR:
            break
    if candidates and candidates[0].confidence >= _LIKELY:
        best = candidates[0]
        return Found(
            record=records[best.id],
            source=Source.FINGERPRINT,
            confidence=best.confidence,
            registration=best.registration if best.registration is not None and best.registration.certain else None,
            candidates=tuple(candidates),
        )
    likeliest = candidates[0].confidence if candidates else 0.0
    absent = _ABSENT * (1 - likeliest)
    return Found(record=None, source=None, confidence=absent, candidates=tuple(candidates))


def _nearest(vault: Searchable, views: Sequence[View], k: int, fingerprinter: Fingerprinter) -> dict[str, int]:
    """Ids of the records nearest to any view, with their least distance in bits."""
    distances: dict[str, int] = {}
    for pixels, hidden in views:
        for match in vault.nearest_fingerprints(fingerprinter.describe(pixels, hidden).bits, k):
            distances[match.id] = min(match.distance, distances.get(match.id, match.distance))
    return distances


def _compared(
    vault: Searchable,
    ids: Sequence[str],
    distances: dict[str, int],
    suspects: Sequence[Landmarks],
    records: dict[str, Record],
) -> list[Candidate]:
    """Candidates for ids; their records are added to ``records``. Stops at the first that is clear."""
    candidates = []
    for id_ in ids:
        record = vault.get(id_)
        if record is None:
            continue
        records[id_] = record
        candidates.append(_candidate(record, distances[id_], suspects))
        found = candidates[-1].registration
        if found is not None and found.clear and candidates[-1].confidence >= _CLEAR:
            break
    return candidates


def _candidate(record: Record, distance: int, suspects: Sequence[Landmarks]) -> Candidate:
    """A record whose fingerprint is near, held against its preview."""
    preview = preview_pixels(record.preview)
    shown = None if preview is None else Landmarks.of(preview)
    found = None if shown is None else register(suspects, shown)
    likeness = None if shown is None else likeness_in_place(suspects, shown)
    if shown is not None and likeness is not None and found is not None and found.certain:
        likeness = max(likeness, likeness_aligned(suspects, shown, found))
    return Candidate(
        id=record.id,
        source=Source.FINGERPRINT,
        confidence=_sure_of_looks(distance, found.points if found else 0, likeness),
        distance_bits=distance,
        likeness=likeness,
        registration=found,
    )


def _sure_of_looks(distance: int, points: int, likeness: float | None) -> float:
    """How probable it is that a candidate is the original, by what differs and what agrees."""
    constant, *weights = _BITS_ALONE if likeness is None else _WITH_PREVIEW
    odds = constant + float(np.dot(weights, (distance, min(points, _MOST_POINTS), likeness or 0.0)))
    return float(1 / (1 + np.exp(-odds)))


def _views(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> list[View]:
    """What may be the original: the suspect and, where it has even borders, what lies within; both also mirrored."""
    views = _mirrored(pixels, mask)
    inside = _within_borders(pixels)
    if inside is not None:
        views += _mirrored(pixels[inside], None if mask is None else mask[inside])
    return views


def _guesses(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> list[View]:
    """The suspect as if one of its corners, or its middle, had been replaced; none where the map of that is known."""
    if mask is not None and mask.any():
        return []
    height, width = pixels.shape[:2]
    guesses = []
    for top, left in ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1)):
        hidden = np.zeros((height, width), np.bool_)
        hidden[height * top // 4 : height * (top + 2) // 4, width * left // 4 : width * (left + 2) // 4] = True
        guesses += _mirrored(pixels, hidden)
    return guesses


def _mirrored(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> list[View]:
    return [(pixels, mask), (pixels[:, ::-1], None if mask is None else mask[:, ::-1])]


def _within_borders(pixels: NDArray[np.uint8]) -> tuple[slice, slice] | None:
    """Rows and columns without the even borders of a letterbox or a page; None where there are none."""
    uneven = [np.ptp(pixels, axis=side).max(axis=1) > _BORDER_LEVELS for side in (1, 0)]
    if not (uneven[0].any() and uneven[1].any()):
        return None
    rows, columns = (slice(int(line.argmax()), int(len(line) - line[::-1].argmax())) for line in uneven)
    share = (rows.stop - rows.start) * (columns.stop - columns.start) / (pixels.shape[0] * pixels.shape[1])
    return (rows, columns) if _LEAST_LEFT <= share < 0.98 else None


@cache
def _linear() -> LinearWeights:
    """The shipped weights of the tokens, loaded once a process."""
    return Tokenizer.load().linear


@cache
def _fingerprinter() -> Fingerprinter:
    """The shipped network, loaded once a process."""
    return Fingerprinter.load()
