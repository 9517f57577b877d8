"""Our own system and the carriers of others, as the contest asks them; and who is there to take part."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np

import underdrawing
from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.baselines.inpainting import Filling
from underdrawing.bench.contest.systems import Examined, Filled, Fragile, Marked, Nothing, System
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.main_job.captions import facts_for
from underdrawing.channel import CARRIERS, Carrier, load_carrier
from underdrawing.errors import UsageError
from underdrawing.examination import repaint
from underdrawing.findings import Profile, Verdict
from underdrawing.images import Picture
from underdrawing.messages import carry, hear
from underdrawing.payload import Publisher, SignatureStatus, SigningKey, TrustStore
from underdrawing.retrieval import catalogue
from underdrawing.tokenizer import HiddenCode, Tokenizer, ladder_bits
from underdrawing.vault import Match, Record, Vault

__all__ = ["CARRIER_PREFIX", "Carried", "Ours", "default_systems", "system_named", "system_names"]

CARRIER_PREFIX = "carrier "
_CHANGED = frozenset({Verdict.TAMPERED, Verdict.TRANSPLANTED, Verdict.FORGED})
_SCALES_UP_TO = {"anchor": 2, "core": 4, "detail": 5, "fine": 6}
"""How many scales of the code a mark with this block holds."""


@dataclass(frozen=True)
class Ours:
    """Underdrawing, signed and with facts, as people use it.

    Attributes:
        name: As it stands in tables.
        profile: How strong the mark is.
        vault: Whether the reader may ask a vault, which has the owner's record: the whole code, though not the
            original. It is the gallery with all of its pictures where there is one, else a vault of this picture alone.
    """

    name: str
    profile: Profile
    vault: bool = False
    marks = True
    hashes = False

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """As ``underdrawing.protect`` does it."""
        facts = {**facts_for(min(original.shape[:2])), **({"jobId": f"stranger {stranger}"} if stranger else {})}
        key = SigningKey.from_seed(stranger.to_bytes(32, "big"))
        made = underdrawing.protect(Picture(original), facts=facts, key=key, profile=self.profile)
        scales = max(_SCALES_UP_TO[block] for block in made.blocks)
        pixels = made.picture.pixels.astype(np.uint8)
        record = _OneRecord(catalogue(made.picture, protection=made)) if self.vault else None
        bits = ladder_bits(scales)
        return Marked(pixels, made.blocks, id_bits=64, code_bits=bits, secret=record, protection=made)

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """As ``underdrawing.verify`` does it, for a reader who trusts the owner."""
        vault = cast("Vault | None", marked.shelf or marked.secret) if self.vault else None
        finding = underdrawing.verify(Picture(suspect), trust=_trust(), vault=vault)
        made = marked.protection
        right = made is not None and finding.id == made.id
        known = made.code if made is not None and right and self.vault else finding.code
        upright = finding.geometry.matrix is None
        return Examined(
            parts=finding.blocks,
            whole=right and made is not None and finding.blocks == made.blocks,
            id_right=right,
            verdict=str(finding.verdict),
            flagged=finding.verdict in _CHANGED,
            believed=finding.verdict is Verdict.AUTHENTIC and finding.signature is SignatureStatus.VALID,
            mask=finding.mask,
            probability=finding.tamper_probability,
            recovered=None if finding.recovered is None else finding.recovered.pixels.astype(np.uint8),
            repaint=None if known is None or not upright else _painter(suspect, known),
            code=finding.code,
        )


@dataclass(frozen=True, eq=False)
class _OneRecord:
    """A vault that knows one picture, by its id alone."""

    record: Record
    fingerprints_by = ""

    def get(self, id_: str) -> Record | None:
        return self.record if id_ == self.record.id else None

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        return ()

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        return ()


@dataclass(frozen=True)
class Carried:
    """Another carrier with the id, or its beginning, and the beginning of the code in it."""

    carrier_name: str
    weights: Path | None = None
    marks = True
    hashes = False

    @property
    def name(self) -> str:
        """That of the carrier, and that it is one."""
        return CARRIER_PREFIX + self.carrier_name

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """The message that fits the carrier."""
        code = _tokenizer().encode(original)
        id = int.from_bytes(hashlib.sha256(f"{name}|{stranger}".encode()).digest()[:8], "big")
        carried = carry(original, _carrier(self.carrier_name, self.weights), id=id, code=code)
        held = code.prefix(max(1, carried.layout.scales))
        parts = ("id", "code") if carried.layout.scales else ("id",)
        secret = _Message(id, carried.layout, held)
        return Marked(
            carried.pixels, parts, id_bits=carried.layout.id_bits, code_bits=carried.layout.code_bits, secret=secret
        )

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """Whether the message came back; no map and no picture."""
        sent, heard = marked.secret, hear(suspect, _carrier(self.carrier_name, self.weights))
        if heard is None or not isinstance(sent, _Message):
            return Examined(whole=False, id_right=False, verdict="nothing read")
        right = heard.message.layout == sent.layout and sent.id in heard.message.id_range
        same = heard.code is None or heard.code == sent.code
        parts = (("id",) if right else ()) + (("code",) if right and same and "code" in marked.parts else ())
        code = heard.code if right else None
        return Examined(parts, whole=right and same, id_right=right, verdict="read", believed=right, code=code)


@dataclass(frozen=True, eq=False)
class _Message:
    """What was put into a carrier."""

    id: int
    layout: object
    code: HiddenCode


def system_names() -> tuple[str, ...]:
    """Everybody who can take part here without weights of his own, ours first."""
    ready = [CARRIER_PREFIX + entry.name for entry in CARRIERS if not entry.missing(None)]
    return (*(system.name for system in _systems()), *ready)


def default_systems() -> tuple[str, ...]:
    """Those that a run takes where nothing else is said: everybody but our lattice as one carrier among others."""
    return tuple(name for name in system_names() if name != f"{CARRIER_PREFIX}lattice")


def system_named(name: str, *, weights: Path | None = None) -> System:
    """The system with this name.

    Args:
        name: As in tables; carriers after the word ``carrier``.
        weights: Folder with weights of carriers that need some.

    Raises:
        UsageError: There is none.
    """
    for system in _systems():
        if system.name == name:
            return system
    if name.startswith(CARRIER_PREFIX) and any(entry.name == name[len(CARRIER_PREFIX) :] for entry in CARRIERS):
        return Carried(name[len(CARRIER_PREFIX) :], weights)
    raise UsageError(f"no system called {name!r} takes part: expected one of {', '.join(system_names())}")


def _systems() -> Sequence[System]:
    return (
        Ours("underdrawing", Profile.STANDARD),
        Ours("underdrawing with its vault", Profile.STANDARD, vault=True),
        Ours("underdrawing discreet", Profile.DISCREET),
        Ours("underdrawing detailed", Profile.DETAILED),
        Ours("underdrawing detailed with its vault", Profile.DETAILED, vault=True),
        Ours("underdrawing lasting", Profile.LASTING),
        Ours("underdrawing lasting with its vault", Profile.LASTING, vault=True),
        Fragile(),
        Filled("Telea", Filling.TELEA),
        Filled("Navier–Stokes", Filling.NAVIER_STOKES),
        Nothing(),
    )


def _painter(suspect: Pixels, code: HiddenCode) -> Callable[[Mask], Pixels]:
    return lambda mask: repaint(suspect, code, mask).astype(np.uint8)


@cache
def _trust() -> TrustStore:
    return TrustStore((Publisher("bench", SigningKey.from_seed(bytes(32)).public()),))


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer.load()


@cache
def _carrier(name: str, weights: Path | None) -> Carrier:
    return load_carrier(name, weights=weights)
