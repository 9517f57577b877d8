"""What ``protect`` and ``verify`` hand back: plain frozen values, shared by the pipeline, the report and the doors.

Importing this module is cheap: the rooms whose types appear here are imported for type checking only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from underdrawing.channel import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from underdrawing.images import Picture
    from underdrawing.payload import SignatureStatus
    from underdrawing.tokenizer import HiddenCode

__all__ = ["Geometry", "Known", "Profile", "Protection", "RecoverySetting", "Verdict", "Verification"]


class Verdict(StrEnum):
    """The one-word answer of ``verify``."""

    AUTHENTIC = "authentic"
    """A mark was read and no place disagrees with it."""
    TAMPERED = "tampered"
    """A mark was read and part of the picture disagrees with it."""
    TRANSPLANTED = "transplanted"
    """A mark was read, but it describes another picture."""
    UNDECIDED = "undecided"
    """A mark was read, but too little of it to say whether the picture was changed."""
    UNPROTECTED = "unprotected"
    """No mark was found, or too little of one to be read. That says nothing about the picture itself."""
    FORGED = "forged"
    """A mark was read whose signature does not belong to its contents."""

    @property
    def is_negative(self) -> bool:
        """Whether this is anything but ``authentic`` (exit code 1 on the command line)."""
        return self is not Verdict.AUTHENTIC


class RecoverySetting(StrEnum):
    """What is painted where nobody knows what was there: finer detail than the code tells."""

    FIDELITY = "fidelity"
    """The mean of what it may have been: nearest on average, and smooth."""
    LOOK = "look"
    """The same with texture that is made up. It looks more like a photograph, and tells no more of this one."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """How the suspect lies against the picture that was protected.

    The frame is the whole protected picture at the suspect's scale; what is said of places in it is in its pixels.

    Attributes:
        note: in words what was found and what was assumed.
        frame_px: (height, width) of the frame; None when no mark was read.
        matrix: 3×3 homography, row by row, from places in the frame (x, y) to places in the suspect, both in pixels
            from the top left corner; None where the suspect is the whole frame, upright.
        shown_fraction: share of the frame's area that the suspect shows, 0 to 1.
        foreign_fraction: share of the suspect's area that is not of the frame, 0 to 1.
        rotation_degrees: how far the suspect is turned, clockwise, after mirroring if it is mirrored.
        mirrored: whether left and right are exchanged.
        suspect_px: (height, width) of the suspect; None when no mark was read.
    """

    note: str = ""
    frame_px: tuple[int, int] | None = None
    matrix: tuple[float, ...] | None = None
    shown_fraction: float = 1.0
    foreign_fraction: float = 0.0
    rotation_degrees: float = 0.0
    mirrored: bool = False
    suspect_px: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "note": self.note,
            "frame_px": None if self.frame_px is None else list(self.frame_px),
            "suspect_px": None if self.suspect_px is None else list(self.suspect_px),
            "matrix": None if self.matrix is None else [round(value, 9) for value in self.matrix],
            "shown_fraction": round(self.shown_fraction, 4),
            "foreign_fraction": round(self.foreign_fraction, 4),
            "rotation_degrees": round(self.rotation_degrees, 3),
            "mirrored": self.mirrored,
        }


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a vault says of a suspect.

    Attributes:
        id: of the record, 16 hexadecimal digits; None where the vault does not know the picture.
        source: what it was found by: ``id`` and ``code`` are of the mark, ``fingerprint`` is what the picture looks
            like; None where it was not found.
        confidence: how probable this answer is, 0 to 1, also that of *not in the vault*.
        created: when the record was made, in UTC; None where there is none.
        original: where the vault says that the original is; a stranger's words.
        added: names of the facts of the verification that only the vault told: no signature covers them.
        contradictions: facts that pixels and vault tell differently: names with what the pixels and what the vault say.
        exact: whether what is shown as it was, changed or cut away, are the very pixels of the original.
        note: what else there is to say, why there is no exact original, for one; empty when nothing.
    """

    id: str | None = None
    source: Literal["id", "code", "fingerprint"] | None = None
    confidence: float
    created: str | None = None
    original: str | None = None
    added: tuple[str, ...] = ()
    contradictions: dict[str, tuple[str, str]] = field(default_factory=dict)
    exact: bool = False
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "found": self.id is not None,
            "id": self.id,
            "source": self.source,
            "confidence": round(self.confidence, 4),
            "created": self.created,
            "original": self.original,
            "added": list(self.added),
            "contradictions": {
                name: {"pixels": pixels, "vault": vault} for name, (pixels, vault) in self.contradictions.items()
            },
            "exact": self.exact,
            "note": self.note,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Protection:
    """A protected picture and what was put into it.

    Attributes:
        picture: the protected picture.
        id: 16 hexadecimal digits.
        carrier: what carries the mark: ``lattice`` is ours.
        profile: how strong the mark is; it means something for ours alone.
        blocks: what the carrier holds, by name.
        left_out: what did not fit.
        psnr_db: the protected pixels against the given ones (RGB, all pixels, peak 255 or 65535).
        code: the whole hidden code, whatever of it the carrier holds.
        facts: all facts that were given, cleaned, also those that did not fit.
        signature: the signature in the mark and the short id of its key; None where it is not signed.
        confidential: whether code and facts are enciphered.
        with_code: whether the mark was to hold the code at all.
        timings_s: seconds of each step.
    """

    picture: Picture
    id: str
    carrier: str
    profile: Profile
    blocks: tuple[str, ...]
    left_out: tuple[str, ...]
    psnr_db: float
    code: HiddenCode
    facts: dict[str, str] = field(default_factory=dict)
    signature: tuple[bytes, bytes] | None = None
    confidential: bool = False
    with_code: bool = True
    timings_s: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``protect --json``, apart from ``output``, which only the writer of a file knows."""
        return {
            "id": self.id,
            "carrier": self.carrier,
            "profile": str(self.profile),
            "blocks": list(self.blocks),
            "left_out": list(self.left_out),
            "psnr_db": round(self.psnr_db, 3),
            "timings_s": {name: round(value, 4) for name, value in self.timings_s.items()},
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification:
    """What the pixels of a suspect say about it.

    Args:
        verdict: the one-word answer.
        confidence: how sure the verdict is, 0 to 1.
        marked: whether there is a mark, be it read or too damaged for that.
        id: 16 hexadecimal digits; None when no mark was read.
        blocks: which of anchor, core, detail, fine were read.
        code_scales: how many scales of the hidden code survived, 0 to 6.
        code: those scales, as they were read from the suspect, whatever a vault adds; None where none was read.
        facts: IPTC Photo Metadata names to text. Written by whoever made the mark: treat them as hostile text.
        facts_source: where the facts came from; None when there are none.
        signature: what the signature is worth to this reader.
        signer: the name the trust store gives the key, or its fingerprint; None without a signature.
        signature_note: why a known key is not believed (revoked, out of date), for which days it is, or why the
            signature was not checked, in words; None when there is nothing to add.
        confidential: whether code and facts are enciphered.
        sealed_note: why a confidential mark was not opened, in words; None where it was, or need not be.
        tampered_fraction: share of the pixels that the mask covers, 0 to 1.
        recoloured_fraction: share of the pixels, part of the former, where only the colours were changed; they are
            undone in ``recovered``, and all detail there is the suspect's own.
        redrawn_fraction: the same of what still shows what the code says that it showed, though its pixels were made
            anew, by a network, say; it is left in ``recovered`` as it is.
        transparent_fraction: share of its pixels that are not wholly opaque: the mark is read from the colours
            stored there, whatever a viewer shows.
        geometry: how the suspect lies against the protected picture.
        tamper_probability: H×W float32, 0 to 1, row-major, of the suspect; None when there is nothing to compare.
        mask: H×W bool, True where tampered; None when there is nothing to compare.
        recovered: the suspect with the tampered region painted back; None when nothing was recovered.
        whole: the whole protected picture at the suspect's scale, what the suspect does not show and what was changed
            painted from the code; None where the suspect shows all of it, upright.
        foreign: H×W bool, True where the suspect shows nothing of the protected picture, a page around it, say; None
            where there is no such place.
        recovery_source: what it was painted from: the code in the pixels, or what the vault keeps: the original itself
            where ``known.exact``, else its small picture or its code; None when nothing was recovered.
        recovery_setting: whether texture was made up for ``recovered`` and ``whole``; None when nothing was painted
            from a code.
        known: what the vault says; None where none was asked.
        carrier: what the mark was read from; None when none was read.
        timings_s: seconds of each step.
    """

    verdict: Verdict
    confidence: float
    marked: bool = True
    id: str | None = None
    blocks: tuple[str, ...] = ()
    code_scales: int = 0
    code: HiddenCode | None = None
    facts: dict[str, str] = field(default_factory=dict)
    facts_source: Literal["pixels", "vault"] | None = None
    signature: SignatureStatus
    signer: str | None = None
    signature_note: str | None = None
    confidential: bool = False
    sealed_note: str | None = None
    tampered_fraction: float = 0.0
    recoloured_fraction: float = 0.0
    redrawn_fraction: float = 0.0
    transparent_fraction: float = 0.0
    geometry: Geometry = field(default_factory=Geometry)
    tamper_probability: NDArray[np.float32] | None = None
    mask: NDArray[np.bool_] | None = None
    recovered: Picture | None = None
    recovery_source: Literal["code", "vault"] | None = None
    recovery_setting: RecoverySetting | None = None
    timings_s: dict[str, float] = field(default_factory=dict)
    whole: Picture | None = None
    foreign: NDArray[np.bool_] | None = None
    known: Known | None = None
    carrier: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``verify --json``, apart from the paths of the files written: mask, recovered, report."""
        return {
            "verdict": str(self.verdict),
            "confidence": round(self.confidence, 4),
            "marked": self.marked,
            "id": self.id,
            "carrier": self.carrier,
            "blocks": list(self.blocks),
            "code_scales": self.code_scales,
            "facts": dict(self.facts),
            "facts_source": self.facts_source,
            "signature": str(self.signature),
            "signer": self.signer,
            "signature_note": self.signature_note,
            "confidential": self.confidential,
            "sealed_note": self.sealed_note,
            "tampered_fraction": round(self.tampered_fraction, 5),
            "recoloured_fraction": round(self.recoloured_fraction, 5),
            "redrawn_fraction": round(self.redrawn_fraction, 5),
            "transparent_fraction": round(self.transparent_fraction, 5),
            "geometry": self.geometry.to_dict(),
            "vault": None if self.known is None else self.known.to_dict(),
            "recovery_source": self.recovery_source,
            "recovery_setting": None if self.recovery_setting is None else str(self.recovery_setting),
            "timings_s": {name: round(value, 4) for name, value in self.timings_s.items()},
        }
