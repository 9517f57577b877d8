"""What a vault adds to a verification: which original it was, all its facts, and the very pixels of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.errors import UnderdrawingError
from underdrawing.images import load, to_eight_bits
from underdrawing.registration import Landmarks, Registration, likeness_in_place, register
from underdrawing.retrieval import Found, find
from underdrawing.vault import fetch_original

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from underdrawing.findings import Verification
    from underdrawing.images import Picture
    from underdrawing.retrieval import Searchable
    from underdrawing.tokenizer import HiddenCode
    from underdrawing.vault import Record

__all__ = ["Consultation", "consult"]

_SAME_PLACE = 0.7  # likeness in place from which nothing was moved
_SAME_SHARE = 0.02  # of width and height: how far corners may be off where nothing was moved
_CENTRES = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]], np.float64)
"""From places measured from the corner of the first pixel to places measured from its centre."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Consultation:
    """What a vault says of a suspect.

    Attributes:
        verification: as it was, with the facts of the vault where the pixels told none or fewer, and with the exact
            original inside the mask where it could be had.
        found: which original it is.
        contradictions: facts that pixels and vault tell differently: names with what the pixels and what the vault say.
        exact: whether ``verification.recovered`` shows the pixels of the original inside the mask.
        note: why there is no exact original, in words; empty when nobody asked or there is one.
    """

    verification: Verification
    found: Found
    contradictions: dict[str, tuple[str, str]]
    exact: bool
    note: str = ""


def consult(
    vault: Searchable,
    picture: Picture,
    verification: Verification,
    *,
    code: HiddenCode | None = None,
    originals: Sequence[str | Path] = (),
) -> Consultation:
    """Ask a vault about a suspect that was verified.

    Args:
        vault: where to look.
        picture: the suspect.
        verification: what its pixels said.
        code: the hidden code that was read, if any.
        originals: folders and prefixes of URIs from where originals may be fetched; none: no original is fetched.

    Raises:
        VaultDamagedError: a record is not what was kept.
    """
    pixels = to_eight_bits(picture.pixels)
    found = find(vault, id=verification.id, code=code, pixels=pixels, mask=verification.mask)
    record = found.record
    if record is None:
        return Consultation(verification=verification, found=found, contradictions={}, exact=False)
    contradictions = {
        name: (text, record.facts[name])
        for name, text in verification.facts.items()
        if name in record.facts and record.facts[name] != text
    }
    verification = _with_facts(verification, record)
    if verification.mask is None or not verification.mask.any() or not originals:
        return Consultation(verification=verification, found=found, contradictions=contradictions, exact=False)
    exact, note = _exact(record, picture, verification.mask, originals)
    if exact is not None:
        verification = replace(verification, recovered=exact, recovery_source="vault")
    return Consultation(
        verification=verification, found=found, contradictions=contradictions, exact=exact is not None, note=note
    )


def _with_facts(verification: Verification, record: Record) -> Verification:
    """The vault's facts beside those of the pixels; what the pixels say themselves stays as they say it."""
    added = {name: text for name, text in record.facts.items() if name not in verification.facts}
    if not added:
        return verification
    return replace(verification, facts={**added, **verification.facts}, facts_source="vault")


def _exact(
    record: Record, picture: Picture, mask: NDArray[np.bool_], allowed: Sequence[str | Path]
) -> tuple[Picture | None, str]:
    """The suspect with the original's own pixels inside the mask, or why that cannot be had."""
    if record.original is None:
        return None, "the vault does not know where the original is"
    try:
        original = load(fetch_original(record, allowed=allowed))
    except UnderdrawingError as error:
        return None, str(error)
    pixels = to_eight_bits(picture.pixels)
    placed = _placed(to_eight_bits(original.pixels), pixels, mask)
    if placed is None:
        return None, "the original could not be laid over the suspect: too little of both is the same"
    patched = np.where(mask[..., None], placed, pixels).astype(np.uint8)
    return replace(picture, pixels=patched), ""


def _placed(
    original: NDArray[np.uint8], suspect: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> NDArray[np.uint8] | None:
    """The original as it lies under the suspect, H×W×3; None where that cannot be told."""
    height, width = suspect.shape[:2]
    seen = [Landmarks.of(suspect, mask), Landmarks.of(suspect[:, ::-1], mask[:, ::-1])]
    known = Landmarks.of(original)
    found = register(seen, known)
    if found is not None and found.certain and _moved(found):
        into = np.diag([original.shape[1], original.shape[0], 1.0])
        back = _CENTRES @ into @ found.matrix @ np.diag([1 / width, 1 / height, 1.0]) @ np.linalg.inv(_CENTRES)
        return _warped(
            original, back @ _nudge(_warped(original, back, (width, height)), suspect, mask), (width, height)
        )
    if (found is not None and found.certain) or likeness_in_place(seen[:1], known) >= _SAME_PLACE:
        if original.shape == suspect.shape:
            return original
        smaller = width < original.shape[1]
        return np.asarray(
            cv2.resize(original, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        )
    return None


def _warped(original: NDArray[np.uint8], back: NDArray[np.float64], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """The original at each pixel of the suspect; ``back`` takes the suspect's coordinates, in pixels, to its own."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(original, back, size_px, flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )


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
