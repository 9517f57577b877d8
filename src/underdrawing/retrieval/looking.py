"""Which original does this look like? The nearest fingerprints, held against the small pictures of their records.

::

    suspect, mirrored, within its borders ─► nearest 20 ─► fine structure ─► points that agree ─┐
      │ nothing is clear                                                                        ├─► the likeliest
      └► as if one part after another had been replaced ─► nearest 12 each ─► the same ─────────┘

Most of the time goes into points. So fine structure is compared first, of all that are near: it is enough for copies
that were not cut, and says in which order to try the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from underdrawing.fingerprint.preview import preview_pixels
from underdrawing.retrieval.answers import Candidate, Found, Searchable, Source
from underdrawing.retrieval.registration import Landmarks, likeness_aligned, likeness_in_place, register
from underdrawing.retrieval.structure import SAME_STRUCTURE, alike, structure_of

if TYPE_CHECKING:
    from underdrawing.fingerprint import Fingerprinter
    from underdrawing.vault import Record

__all__ = ["ABSENT", "by_looks"]

_BITS_ALONE = (23.0, -0.165, 0.0, 0.0)
_WITH_PREVIEW = (0.54, -0.062, 0.555, 6.845)
"""How sure a candidate is, as the logarithm of the odds: a constant, for every bit that differs, for every point that
agrees, for likeness. Without a preview, and with one. Fitted by ``bench/retrieval.py --fit``."""
_BY_STRUCTURE = (-46.0, 80.0)
"""The same for fine structure alone, a constant and for its likeness: even in the middle of copies and strangers."""

ABSENT = 0.97
"""How sure *not in the vault* can be at most: copies beyond recognition look like strangers."""

_MOST_POINTS = 20
_LIKELY = 0.5
_CLEAR = 0.95  # from here on no other view is asked for
_BORDER_LEVELS = 6
_LEAST_LEFT = 0.3
_NEAREST_GUESSED = 12  # records asked for by each guess
_LEAST_ALIKE = 0.55  # whose part was pasted in agrees in points, too, and may be near once the rest is left out
_UNLIKELY = 0.4

_QUARTERS = tuple((top, top + 2, left, left + 2) for top in range(3) for left in range(3))
_HALVES = ((0, 2, 0, 4), (2, 4, 0, 4), (0, 4, 0, 2), (0, 4, 2, 4))
_MOST = tuple((top, top + 3, left, left + 3) for top in range(2) for left in range(2))
_REPLACED = (*_QUARTERS, *_MOST, *_HALVES)
"""What may have been replaced where no map tells: (top, bottom, left, right) in quarters of height and width."""

_OTHER_WEIGHTS = (
    "nothing was looked for by what is visible: the vault has fingerprints made with the weights {}, this program "
    "makes them with {}; make those of the vault anew with `underdrawing vault recatalogue`"
)
_UNKNOWN_WEIGHTS = (
    "the vault does not say with which weights its fingerprints were made; if an older version made them, make them "
    "anew with `underdrawing vault recatalogue`"
)

View: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.bool_] | None]
"""Pixels and what is hidden of them."""


def by_looks(
    vault: Searchable, pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None, k: int, fingerprinter: Fingerprinter
) -> Found:
    """The nearest fingerprint whose preview agrees with the suspect.

    Args:
        vault: where to look.
        pixels: H×W×3 RGB uint8, the suspect.
        mask: H×W bool, True where it was changed; None where that is not known.
        k: how many of the nearest are held against their previews.
        fingerprinter: the network.
    """
    noted = vault.fingerprints_by
    if noted not in ("", fingerprinter.name):
        return Found(record=None, source=None, confidence=0.0, note=_OTHER_WEIGHTS.format(noted, fingerprinter.name))
    search = _Search(vault, pixels, mask, k, fingerprinter)
    search.ask(_views(pixels, mask), k)
    if not search.clear:
        for guess in _guesses(pixels, mask):
            search.ask(guess, _NEAREST_GUESSED, guessed=True)
            if search.clear:
                break
        search.try_points(guessed=True)
    answer = search.answer()
    if answer.record is None and not noted and answer.candidates:
        return replace(answer, note=_UNKNOWN_WEIGHTS)
    return answer


@dataclass
class _Search:
    """What was looked at so far.

    Attributes:
        distances: least number of differing bits of each record that came near.
        records: those that were read.
        structures: how alike their fine structure is, where they have a preview.
        candidates: those that were held against their previews in every way.
    """

    vault: Searchable
    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    k: int
    fingerprinter: Fingerprinter
    distances: dict[str, int] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    structures: dict[str, float] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        both = _mirrored(self.pixels, self.mask)
        self._structures = [structure_of(*view) for view in both]
        self._landmarks = [Landmarks.of(*view) for view in both]

    @property
    def clear(self) -> bool:
        """Whether no further view need be asked for."""
        return any(one.confidence >= _CLEAR for one in self.candidates.values())

    def ask(self, views: Sequence[View], k: int, *, guessed: bool = False) -> None:
        """Look at the records nearest to these views; only at their structure, where part of the views is a guess."""
        for pixels, hidden in views:
            for match in self.vault.nearest_fingerprints(self.fingerprinter.describe(pixels, hidden).bits, k):
                self.distances[match.id] = min(match.distance, self.distances.get(match.id, match.distance))
        self._read([id_ for id_ in self.distances if id_ not in self.records])
        for id_ in self._by_structure():
            if self.structures[id_] >= SAME_STRUCTURE:
                self._hold(id_)
        if not guessed and not self.clear:
            self.try_points()

    def try_points(self, *, guessed: bool = False) -> None:
        """Hold the nearest that were not yet looked at closely against their previews; stop at the first clear one."""
        fresh = [id_ for id_ in self.records if id_ not in self.candidates]
        for id_ in sorted(fresh, key=lambda id_: (self.distances[id_], id_))[: self.k]:
            self._hold(id_, guessed=guessed)
            found = self.candidates[id_].registration
            if found is not None and found.clear and self.candidates[id_].confidence >= _CLEAR:
                break

    def _read(self, ids: Sequence[str]) -> None:
        for id_ in ids:
            record = self.vault.get(id_)
            if record is None:
                del self.distances[id_]
                continue
            self.records[id_] = record
            preview = preview_pixels(record.preview)
            if preview is not None:
                structure = structure_of(preview)
                self.structures[id_] = max(alike(one, structure) for one in self._structures)

    def _by_structure(self) -> list[str]:
        fresh = [id_ for id_ in self.structures if id_ not in self.candidates]
        return sorted(fresh, key=lambda id_: -self.structures[id_])

    def _hold(self, id_: str, *, guessed: bool = False) -> None:
        """Make a candidate of a record, unlikely where a guess led to it and most of it looks otherwise."""
        record, distance = self.records[id_], self.distances[id_]
        preview = preview_pixels(record.preview)
        shown = None if preview is None else Landmarks.of(preview)
        found = None if shown is None else register(self._landmarks, shown)
        likeness = None if shown is None else likeness_in_place(self._landmarks, shown)
        if shown is not None and likeness is not None and found is not None and found.certain:
            likeness = max(likeness, likeness_aligned(self._landmarks, shown, found))
        detail = self.structures.get(id_)
        sure = _sure_of_looks(distance, found.points if found else 0, likeness, detail)
        self.candidates[id_] = Candidate(
            id=id_,
            source=Source.FINGERPRINT,
            confidence=min(sure, _UNLIKELY) if guessed and (likeness or 0.0) < _LEAST_ALIKE else sure,
            distance_bits=distance,
            likeness=likeness,
            detail=detail,
            registration=found,
        )

    def answer(self) -> Found:
        """The likeliest candidate, or *not in the vault*."""
        candidates = sorted(self.candidates.values(), key=lambda one: (-one.confidence, one.distance_bits or 0, one.id))
        likeliest = candidates[0].confidence if candidates else 0.0
        if likeliest < _LIKELY:
            absent = ABSENT * (1 - likeliest)
            return Found(record=None, source=None, confidence=absent, candidates=tuple(candidates))
        best = candidates[0]
        return Found(
            record=self.records[best.id],
            source=Source.FINGERPRINT,
            confidence=best.confidence,
            registration=best.registration if best.registration is not None and best.registration.certain else None,
            candidates=tuple(candidates),
        )


def _sure_of_looks(distance: int, points: int, likeness: float | None, detail: float | None) -> float:
    """How probable it is that a candidate is the original, by what differs and what agrees."""
    constant, *weights = _BITS_ALONE if likeness is None else _WITH_PREVIEW
    odds = constant + float(np.dot(weights, (distance, min(points, _MOST_POINTS), likeness or 0.0)))
    if detail is not None:
        odds = max(odds, _BY_STRUCTURE[0] + _BY_STRUCTURE[1] * detail)
    return float(1 / (1 + np.exp(-odds)))


def _views(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> list[View]:
    """What may be the original: the suspect and, where it has even borders, what lies within; both also mirrored."""
    views = _mirrored(pixels, mask)
    inside = _within_borders(pixels)
    if inside is not None:
        views += _mirrored(pixels[inside], None if mask is None else mask[inside])
    return views


def _guesses(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> Iterator[list[View]]:
    """The suspect as if one part of it had been replaced, each in turn; none where the map of that is known."""
    if mask is not None and mask.any():
        return
    height, width = pixels.shape[:2]
    for top, bottom, left, right in _REPLACED:
        hidden = np.zeros((height, width), np.bool_)
        hidden[height * top // 4 : height * bottom // 4, width * left // 4 : width * right // 4] = True
        yield _mirrored(pixels, hidden)


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
