"""Which original is this? Asked of a vault in the order of how sure the answer is.

::

    id that was read ──────► the record of that id ───────────────────────────┐
    code that was read ────► nearest sketches ─────► most equal tokens ───────┼─► found, or not in the vault
    what is visible ───────► nearest fingerprints ─► agreement with previews ─┘

Each answer says where it comes from and how sure it is; *not in the vault* is an answer, too. How the thresholds were
measured is told in ``docs/retrieval.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from underdrawing import shipped
from underdrawing.errors import UsageError
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.retrieval.answers import Candidate, Found, Searchable, Source
from underdrawing.retrieval.looking import ABSENT, by_looks

if TYPE_CHECKING:
    from underdrawing.fingerprint import Fingerprinter
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.tokenizer.weights import LinearWeights
    from underdrawing.vault import Record

__all__ = ["Found", "Searchable", "Source", "find"]

_SKETCHES = 50
_LEAST_EQUAL = 0.5


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
        answer = _by_code(vault, code, linear or shipped.tokenizer().linear)
        if answer is not None:
            return replace(answer, note="; ".join(notes))
    if pixels is None:
        return Found(record=None, source=None, confidence=ABSENT, note="; ".join(notes))
    answer = by_looks(vault, pixels, mask, k, fingerprinter or shipped.fingerprinter())
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
