"""What a vault adds to a verification: which original it was, all its facts, and the very pixels of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.errors import UnderdrawingError
from underdrawing.findings import Known, Verdict
from underdrawing.images import load, to_eight_bits
from underdrawing.retrieval.finding import find
from underdrawing.retrieval.registration import Landmarks, Registration, likeness_in_place, register
from underdrawing.vault import fetch_original

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from underdrawing.findings import Verification
    from underdrawing.images import Picture
    from underdrawing.images.picture import Pixels
    from underdrawing.retrieval.finding import Found, Searchable
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.vault import Record

__all__ = ["consult"]

_OTHERS_MARK = (Verdict.TRANSPLANTED, Verdict.FORGED)
"""Verdicts whose mark says nothing of the picture it is in: there the picture's looks are all there is to ask by."""
_SAME_PLACE = 0.7  # likeness in place from which nothing was moved
_SAME_SHARE = 0.02  # of width and height: how far corners may be off where nothing was moved
_CENTRES = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]], np.float64)
"""From places measured from the corner of the first pixel to places measured from its centre."""


def consult(
    vault: Searchable,
    picture: Picture,
    verification: Verification,
    *,
    code: HiddenCode | None = None,
    found: Found | None = None,
    originals: Sequence[str | Path] = (),
) -> Verification:
    """Ask a vault about a suspect that was verified.

    Args:
        vault: where to look.
        picture: the suspect.
        verification: what its pixels said.
        code: the hidden code that was read, if any.
        found: the answer, where the vault was asked already and knew one.
        originals: folders and prefixes of URIs from where originals may be fetched; none: no original is fetched.

    Returns:
        The verification with what the vault says in ``known``; with its facts where the pixels told none or fewer, and
        with the exact original inside the mask where that could be had. The verdict stays as it was.

    Raises:
        VaultDamagedError: a record is not what was kept.
    """
    others = verification.verdict in _OTHERS_MARK
    if found is None or found.record is None or others:
        pixels = to_eight_bits(picture.pixels)
        own = (None, None) if others else (verification.id, code)
        found = find(vault, id=own[0], code=own[1], pixels=pixels, mask=verification.mask)
    record = found.record
    if record is None:
        return replace(verification, known=Known(confidence=found.confidence, note=found.note))
    known = Known(
        id=record.id,
        source=None if found.source is None else found.source.value,
        confidence=found.confidence,
        created=record.created,
        original=record.original,
        note=found.note,
    )
    if others:
        return replace(verification, known=known)
    return _with_original(_with_facts(verification, record, known), record, picture, originals)


def _with_facts(verification: Verification, record: Record, known: Known) -> Verification:
    """The vault's facts beside those of the pixels; what the pixels say themselves stays as they say it."""
    mine = verification.facts
    differ = {name: (text, record.facts[name]) for name, text in mine.items() if record.facts.get(name, text) != text}
    added = {name: text for name, text in record.facts.items() if name not in mine}
    known = replace(known, added=tuple(added), contradictions=differ)
    source = "vault" if added else verification.facts_source
    return replace(verification, facts={**added, **mine}, facts_source=source, known=known)


def _with_original(
    verification: Verification, record: Record, picture: Picture, allowed: Sequence[str | Path]
) -> Verification:
    """The original's own pixels inside the mask and in the whole picture, if they may be fetched and are asked for."""
    known, mask, whole = verification.known, verification.mask, verification.whole
    if known is None or mask is None or not allowed or not (mask.any() or whole is not None):
        return verification
    exact = _exact(record, picture, mask, allowed)
    if isinstance(exact, str):
        return replace(verification, known=replace(known, note="; ".join(filter(None, [known.note, exact]))))
    recovered, original = exact
    if whole is not None:
        whole = replace(whole, pixels=_resized(original.pixels, whole.pixels))
    return replace(
        verification,
        recovered=recovered if mask.any() else None,
        whole=whole,
        recovery_source="vault" if mask.any() else None,
        recovery_setting=None,
        known=replace(known, exact=True),
    )


def _exact(
    record: Record, picture: Picture, mask: NDArray[np.bool_], allowed: Sequence[str | Path]
) -> tuple[Picture, Picture] | str:
    """The suspect with the original's own pixels inside the mask, and the original; or why that cannot be had."""
    if record.original is None:
        return "the vault does not know where the original is"
    try:
        original = load(fetch_original(record, allowed=allowed))
    except UnderdrawingError as error:
        return str(error)
    placed = _placed(original.pixels, picture.pixels, mask)
    if placed is None:
        return "the original could not be laid over the suspect: too little of both is the same"
    return replace(picture, pixels=np.where(mask[..., None], placed, picture.pixels)), original


def _resized(original: Pixels, like: Pixels) -> Pixels:
    """An original at the size and depth of another picture of it."""
    pixels = _as_deep(original, like)
    height, width = like.shape[:2]
    if pixels.shape == like.shape:
        return pixels
    shrinks = width < pixels.shape[1]
    laid: Pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return laid


def _as_deep(pixels: Pixels, like: Pixels) -> Pixels:
    """Pixels at the depth of others: those of 16 bits as they are where both have them."""
    if like.dtype == np.uint8:
        return to_eight_bits(pixels)
    return pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * np.uint16(257)


def _placed(original: Pixels, suspect: Pixels, mask: NDArray[np.bool_]) -> Pixels | None:
    """The original as it lies under the suspect, H×W×3 of the suspect's depth; None where that cannot be told."""
    height, width = suspect.shape[:2]
    shown, kept = to_eight_bits(suspect), to_eight_bits(original)
    seen = [Landmarks.of(shown, mask), Landmarks.of(shown[:, ::-1], mask[:, ::-1])]
    known = Landmarks.of(kept)
    found = register(seen, known)
    if found is not None and found.certain and _moved(found):
        into = np.diag([original.shape[1], original.shape[0], 1.0])
        back = _CENTRES @ into @ found.matrix @ np.diag([1 / width, 1 / height, 1.0]) @ np.linalg.inv(_CENTRES)
        nudge = _nudge(to_eight_bits(_warped(kept, back, (width, height))), shown, mask)
        return _warped(_as_deep(original, suspect), back @ nudge, (width, height))
    if (found is not None and found.certain) or likeness_in_place(seen[:1], known) >= _SAME_PLACE:
        return _resized(original, suspect)
    return None


def _warped(original: Pixels, back: NDArray[np.float64], size_px: tuple[int, int]) -> Pixels:
    """The original at each pixel of the suspect; ``back`` takes the suspect's coordinates, in pixels, to its own."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    laid: Pixels = cv2.warpPerspective(original, back, size_px, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return laid


def _nudge(placed: NDArray[np.uint8], suspect: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The small affinity, 3×3, by which both agree best outside the mask (Evangelidis and Psarakis, TPAMI 2008)."""
    greys = [cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY) for pixels in (suspect, placed)]
    counts = (~mask).astype(np.uint8) * 255
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-5)
    try:
        _, found = cv2.findTransformECC(
            greys[0], greys[1], np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, counts, 5
        )
    except cv2.error:  # it found no better place
        return np.eye(3)
    return np.vstack([found.astype(np.float64), [0, 0, 1]])


def _moved(found: Registration) -> bool:
    """Whether the suspect shows another part of the original than the whole."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    return bool(np.abs(found.corners() - square).max() > _SAME_SHARE)
