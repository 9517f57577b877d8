"""One case run: protect, edit, attack, verify, compare with the truth."""

import math
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

import underdrawing
from underdrawing.bench.attacks import geometry
from underdrawing.bench.attacks.pixelwise import Pixels, get
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.edits.tampering import tamper
from underdrawing.bench.main_job.captions import facts_for
from underdrawing.bench.main_job.plan import Case
from underdrawing.bench.main_job.rows import PictureRow, Row
from underdrawing.bench.metrics.decisions import area_under_curve, score_map
from underdrawing.bench.metrics.likeness import gmsd, masked_psnr_db, psnr_db, smooth_area_residual, ssim
from underdrawing.bench.row_log import failure
from underdrawing.errors import UnderdrawingError
from underdrawing.findings import Profile, Protection, Verification
from underdrawing.images import Picture, encode, load
from underdrawing.payload import Publisher, SigningKey, TrustStore
from underdrawing.tokenizer import Tokenizer

__all__ = ["Setting", "run_case"]

RECOVERY_ATTACK = "jpeg75"
_WHITE = 255


@dataclass(frozen=True)
class Setting:
    """What all cases of a run share: the photographs and the seed everything random comes from."""

    corpus: Corpus
    seed: int = 0


@dataclass(frozen=True, eq=False)
class _Subject:
    """A protected picture, waiting for its cases."""

    original: Picture
    protection: Protection
    saved: bytes
    size_ratio: float
    protect_s: float


@dataclass(frozen=True, eq=False)
class _Suspect:
    """What ``verify`` gets to see, and the truth about it."""

    pixels: Pixels
    truth: Mask | None


def run_case(case: Case, setting: Setting) -> list[Row | PictureRow]:
    """Run one case; an error of the package becomes a row that says so."""
    try:
        if case.profile is None:
            return [_unmarked_row(case, setting)]
        subject = _protected(case.picture, Profile(case.profile), setting)
        row = _row(case, setting, subject)
        return [row, _picture_row(case, subject)] if case.attack == "as-saved" else [row]
    except UnderdrawingError as error:
        return [Row(**_identity(case), error=failure(error))]


def _identity(case: Case) -> dict[str, Any]:
    """The columns that say which case a row is about."""
    edit: dict[str, Any] = {} if case.edit is None else asdict(case.edit)
    shared = {"picture": case.picture, "profile": case.profile, "attack": case.attack, "draw": case.draw}
    return {"key": case.key, **shared, **edit}


@lru_cache(maxsize=1)
def _signer() -> SigningKey:
    return SigningKey.from_seed(bytes(32))


@lru_cache(maxsize=1)
def _trust() -> TrustStore:
    return TrustStore((Publisher("bench", _signer().public()),))


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    return Tokenizer.load()


@lru_cache(maxsize=2)
def _protected(name: str, profile: Profile, setting: Setting) -> _Subject:
    """The last two are kept: the cases of one picture follow one another."""
    file = setting.corpus.read(name)
    original = load(file)
    started = time.perf_counter()
    facts = facts_for(min(original.height, original.width))
    protection = underdrawing.protect(original, facts=facts, key=_signer(), profile=profile)
    protect_s = time.perf_counter() - started
    saved = encode(protection.picture)
    same_format = original.format == "JPEG"
    return _Subject(original, protection, saved, len(saved) / len(file) if same_format else 0.0, protect_s)


def _suspect(case: Case, setting: Setting, subject: _Subject) -> _Suspect:
    """The protected picture after edit and attack."""
    if case.attack == "as-saved":
        return _Suspect(load(subject.saved).pixels.astype(np.uint8), None)
    rng = np.random.default_rng(case.seed(setting.seed))
    pixels: Pixels = subject.protection.picture.pixels.astype(np.uint8)
    truth = None
    if case.edit:
        donor = _donor(case, setting)
        edit = case.edit
        forged = tamper(pixels, kind=edit.kind, rng=rng, donor=donor, fraction=edit.fraction, shape=edit.shape)
        pixels, truth = forged.pixels, forged.mask
    if geometry.is_geometric(case.attack):
        moved = geometry.get(case.attack).apply(pixels, rng)
        return _Suspect(moved.pixels, None if truth is None else moved.carry(truth))
    attacked = get(case.attack).apply(pixels, rng)
    return _Suspect(attacked, None if truth is None else _mask_at(truth, attacked.shape[0], attacked.shape[1]))


def _donor(case: Case, setting: Setting) -> Pixels:
    """The photograph after this one in the corpus, unprotected."""
    names = setting.corpus.protected
    return _donor_pixels(names[(names.index(case.picture) + 1) % len(names)], setting)


@lru_cache(maxsize=2)
def _donor_pixels(name: str, setting: Setting) -> Pixels:
    return setting.corpus.load(name).pixels.astype(np.uint8)


def _mask_at(mask: Mask, height: int, width: int) -> Mask:
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized > 0)


def _verified(pixels: Pixels) -> tuple[Verification, float]:
    started = time.perf_counter()
    finding = underdrawing.verify(Picture(pixels), trust=_trust())
    return finding, time.perf_counter() - started


def _unmarked_row(case: Case, setting: Setting) -> Row:
    picture = setting.corpus.load(case.picture)
    finding, verify_s = _verified(get(case.attack).apply(picture.pixels.astype(np.uint8), np.random.default_rng(0)))
    return Row(
        **_identity(case),
        short_side_px=min(picture.height, picture.width),
        verdict=str(finding.verdict),
        blocks=finding.blocks,
        verify_s=verify_s,
    )


def _picture_row(case: Case, subject: _Subject) -> PictureRow:
    original, protected = subject.original.pixels, subject.protection.picture.pixels
    smooth = smooth_area_residual(original, protected)
    return PictureRow(
        picture=case.picture,
        profile=str(case.profile),
        height=original.shape[0],
        width=original.shape[1],
        blocks=subject.protection.blocks,
        left_out=subject.protection.left_out,
        psnr_db=psnr_db(original, protected, data_range=_WHITE),
        ssim=ssim(original, protected, data_range=_WHITE),
        gmsd=gmsd(original, protected, data_range=_WHITE),
        smooth_rms=smooth.rms,
        smooth_windows=smooth.windows,
        size_ratio=subject.size_ratio,
        protect_s=subject.protect_s,
    )


def _row(case: Case, setting: Setting, subject: _Subject) -> Row:
    suspect = _suspect(case, setting, subject)
    finding, verify_s = _verified(suspect.pixels)
    given = facts_for(min(subject.original.height, subject.original.width))
    wrong = sum(given.get(name) != value for name, value in finding.facts.items())
    return Row(
        **_identity(case),
        short_side_px=min(subject.original.height, subject.original.width),
        verdict=str(finding.verdict),
        embedded=subject.protection.blocks,
        blocks=finding.blocks,
        id_right=finding.id == subject.protection.id,
        signature=str(finding.signature),
        facts_right=finding.facts == given,
        facts_wrong=wrong,
        code_scales=finding.code_scales,
        tampered_fraction=finding.tampered_fraction,
        outside_identical=_outside_identical(finding, suspect.pixels),
        verify_s=verify_s,
        **_map_scores(finding, suspect),
        **_recovery_scores(case, finding, suspect, subject),
    )


def _map_scores(finding: Verification, suspect: _Suspect) -> dict[str, Any]:
    """Where nothing was flagged or compared, the map is empty."""
    height, width = suspect.pixels.shape[:2]
    truth = np.zeros((height, width), np.bool_) if suspect.truth is None else suspect.truth
    found = np.zeros_like(truth) if finding.mask is None else finding.mask
    score = score_map(found, truth)
    scores: dict[str, Any] = {"pixel_false_alarm": score.false_alarm}
    if suspect.truth is not None:
        probability = found.astype(np.float32) if finding.tamper_probability is None else finding.tamper_probability
        auc = area_under_curve(probability[::2, ::2], truth[::2, ::2])
        scores |= {"f1": score.f1, "iou": score.iou}
        scores |= {} if math.isnan(auc) else {"auc": auc}
    return scores


def _outside_identical(finding: Verification, suspect: Pixels) -> bool | None:
    if finding.recovered is None or finding.mask is None:
        return None
    same = (finding.recovered.pixels == suspect).all(axis=2)
    return bool((same | finding.mask).all())


def _recovery_scores(case: Case, finding: Verification, suspect: _Suspect, subject: _Subject) -> dict[str, Any]:
    """Inside the true mask, against the picture as it was before it was protected.

    A suspect that nothing was recovered from counts as it is.
    """
    if suspect.truth is None or case.attack != RECOVERY_ATTACK:
        return {}
    recovered = suspect.pixels if finding.recovered is None else finding.recovered.pixels
    candidates = {
        "recovered_db": recovered,
        "telea_db": _telea_canvas(suspect.pixels, suspect.truth),
        "code_16_db": _tokenizer().decode(subject.protection.code.prefix(5)),
        "code_32_db": _tokenizer().decode(subject.protection.code),
    }
    original = subject.original.pixels
    return {
        name: masked_psnr_db(original, candidate, suspect.truth, data_range=_WHITE)
        for name, candidate in candidates.items()
    }


def _telea_canvas(pixels: Pixels, mask: Mask) -> Pixels:
    """OpenCV's inpainting of the true mask on the 256×256 canvas; every canvas pixel the edit touched is filled in."""
    canvas = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)
    touched = cv2.resize(mask.astype(np.float32), (256, 256), interpolation=cv2.INTER_AREA) > 0
    return np.asarray(cv2.inpaint(canvas, touched.astype(np.uint8), 3.0, cv2.INPAINT_TELEA), dtype=np.uint8)
