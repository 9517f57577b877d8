"""One unit run: a picture marked, edited, attacked and examined, and what was found held against the truth."""

import math
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from underdrawing.bench.attacks import forgery, geometry, suite
from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.contest.asking import asked
from underdrawing.bench.contest.entrants import system_named
from underdrawing.bench.contest.gallery import Gallery, Shelf
from underdrawing.bench.contest.plan import Case, Setting, Unit, aim_of
from underdrawing.bench.contest.rows import CaseRow, MarkRow
from underdrawing.bench.contest.systems import Examined, Marked, System
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.imagenet_s import Dataset, Item, open_dataset
from underdrawing.bench.metrics.decisions import area_under_curve, score_map
from underdrawing.bench.metrics.likeness import gmsd, masked_psnr_db, ms_ssim, psnr_db, ssim
from underdrawing.bench.row_log import failure
from underdrawing.images import Picture
from underdrawing.retrieval import catalogue

__all__ = ["run_unit"]

_WHITE = 255
_LEAST_FOR_MS_SSIM_PX = 176


@dataclass(frozen=True, eq=False)
class _Suspect:
    """What a system gets to see, and the truth about it.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        truth: H×W bool, where it was changed.
        in_place: Whether every point lies where it lay in the original, apart from resizing.
    """

    pixels: Pixels
    truth: Mask
    in_place: bool


def run_unit(unit: Unit, setting: Setting) -> list[MarkRow | CaseRow]:
    """Run one unit; what a system fails at becomes rows that say so."""
    dataset = _dataset(setting.dataset)
    item = next(one for one in dataset.items if one.name == unit.item)
    system = system_named(unit.system, weights=setting.weights)
    original = dataset.original(item)
    started = time.perf_counter()
    try:
        marked = system.protect(original, item.name)
    except Exception as error:  # Other people's systems raise whatever they like; one failure must not end the run.
        failed = failure(error)
        rows = [CaseRow(**_identity(case, item, system), error=failed) for case in unit.cases]
        return [MarkRow(item=item.name, system=system.name, error=failed), *rows]
    cost = _mark_row(item, system, original, marked, time.perf_counter() - started)
    if setting.gallery is not None:
        marked = replace(marked, shelf=_shelf(_gallery(setting.gallery), item, marked))
    stage = _Stage(setting, dataset, item, system, original, marked)
    return [cost, *(_case_row(case, stage) for case in unit.cases)]


@dataclass(frozen=True, eq=False)
class _Stage:
    """Everything the cases of one unit share."""

    setting: Setting
    dataset: Dataset
    item: Item
    system: System
    original: Pixels
    marked: Marked


@cache
def _dataset(folder: Path) -> Dataset:
    return open_dataset(folder)


@cache
def _gallery(folder: Path) -> Gallery:
    return Gallery.open(folder)


def _shelf(gallery: Gallery, item: Item, marked: Marked) -> Shelf:
    """The gallery with the owner's record of a picture as the public sees it."""
    record = catalogue(Picture(marked.pixels), protection=marked.protection)
    return Shelf(gallery, record, "" if item.label == "none" else item.label, gallery.showing(item.source))


def _identity(case: Case, item: Item, system: System) -> dict[str, Any]:
    """The columns that say which case a row is about."""
    edit: dict[str, Any] = {}
    if case.tampered:
        edit = {"kind": item.kind, "fraction": item.fraction, "size_class": item.size_class}
    return {
        "key": case.key(item.name, system.name),
        "item": item.name,
        "system": system.name,
        "attack": case.attack,
        "tampered": case.tampered,
        "label": item.label,
        **edit,
    }


def _mark_row(item: Item, system: System, original: Pixels, marked: Marked, protect_s: float) -> MarkRow:
    held: dict[str, Any] = {"parts": marked.parts, "id_bits": marked.id_bits, "code_bits": marked.code_bits}
    if not system.marks:
        return MarkRow(item=item.name, system=system.name)
    large = min(original.shape[:2]) >= _LEAST_FOR_MS_SSIM_PX
    return MarkRow(
        item=item.name,
        system=system.name,
        **held,
        psnr_db=psnr_db(original, marked.pixels, data_range=_WHITE),
        ssim=ssim(original, marked.pixels, data_range=_WHITE),
        ms_ssim=ms_ssim(original, marked.pixels, data_range=_WHITE) if large else math.nan,
        gmsd=gmsd(original, marked.pixels, data_range=_WHITE),
        protect_s=protect_s,
    )


def _case_row(case: Case, stage: _Stage) -> CaseRow:
    try:
        suspect = _suspect(case, stage)
        started = time.perf_counter()
        examined = stage.system.examine(suspect.pixels, stage.marked, suspect.truth)
        examine_s = time.perf_counter() - started
        return CaseRow(
            **_identity(case, stage.item, stage.system),
            embedded=stage.marked.parts,
            parts=examined.parts,
            whole=examined.whole,
            id_right=examined.id_right,
            code_scales=0 if examined.code is None else examined.code.n_scales,
            verdict=examined.verdict,
            flagged=examined.flagged,
            believed=examined.believed,
            **_map_scores(examined, suspect),
            **_recovery_scores(case, examined, suspect, stage),
            found=_found(case, examined, suspect, stage),
            examine_s=examine_s,
        )
    except Exception as error:  # As above.
        return CaseRow(**_identity(case, stage.item, stage.system), error=failure(error))


def _suspect(case: Case, stage: _Stage) -> _Suspect:
    """The marked picture after edit and attack, or what a forger made of it."""
    rng = np.random.default_rng(stage.setting.seed_of(stage.item.name, case))
    pixels = stage.marked.pixels
    if aim_of(case.attack) != "survive":
        forged = forgery.get(case.attack).apply(_scene(stage), rng)
        return _Suspect(forged, np.zeros(forged.shape[:2], np.bool_), in_place=True)
    truth = np.zeros(pixels.shape[:2], np.bool_)
    if case.tampered:
        pixels, truth = stage.dataset.forge(stage.item, pixels), stage.dataset.mask(stage.item)
    if geometry.is_geometric(case.attack):
        moved = geometry.get(case.attack).apply(pixels, rng)
        return _Suspect(moved.pixels, moved.carry(truth), in_place=False)
    attacked = suite.apply(case.attack, pixels, rng)
    return _Suspect(attacked, _mask_at(truth, attacked), in_place=True)


def _scene(stage: _Stage) -> forgery.Scene:
    """What a forger holds: the pair, and the next picture of the dataset as what he wants believed."""
    items = stage.dataset.items
    other = items[(items.index(stage.item) + 1) % len(items)]
    height, width = stage.original.shape[:2]
    target = cv2.resize(stage.dataset.original(other), (width, height), interpolation=cv2.INTER_AREA)

    def mark(pixels: Pixels, stranger: int) -> Pixels:
        return stage.system.protect(pixels, stage.item.name, stranger=stranger).pixels

    return forgery.Scene(stage.original, stage.marked.pixels, np.asarray(target, dtype=np.uint8), mark)


def _mask_at(mask: Mask, pixels: Pixels) -> Mask:
    height, width = pixels.shape[:2]
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized > 0)


def _map_scores(examined: Examined, suspect: _Suspect) -> dict[str, Any]:
    """Nothing for a system without maps; with ours, where nothing could be compared, the map is empty."""
    if examined.flagged is None:
        return {}
    truth = suspect.truth
    found = np.zeros_like(truth) if examined.mask is None else examined.mask
    score = score_map(found, truth)
    scores = {} if truth.all() else {"false_alarm": score.false_alarm}
    if truth.any():
        probability = found.astype(np.float32) if examined.probability is None else examined.probability
        auc = area_under_curve(probability[::2, ::2], truth[::2, ::2])
        scores |= {"f1": score.f1, "iou": score.iou} | ({} if math.isnan(auc) else {"auc": auc})
    return scores


def _recovery_scores(case: Case, examined: Examined, suspect: _Suspect, stage: _Stage) -> dict[str, Any]:
    """Against the picture as it was before it was marked; nothing for systems that cannot paint, or moved pictures."""
    if not case.tampered or not suspect.in_place or not _paints(examined):
        return {}
    original, truth = stage.original, suspect.truth
    recovered = suspect.pixels if examined.recovered is None else examined.recovered
    same = suspect.pixels if examined.repaint is None else examined.repaint(truth)
    height, width = original.shape[:2]
    at_size = cv2.resize(recovered, (width, height), interpolation=cv2.INTER_AREA)
    scores = {
        "recovered_db": masked_psnr_db(original, recovered, truth, data_range=_WHITE),
        "same_mask_db": masked_psnr_db(original, same, truth, data_range=_WHITE),
        "recovered_ssim": ssim(original, np.asarray(at_size, dtype=np.uint8), data_range=_WHITE),
    }
    return {name: value for name, value in scores.items() if math.isfinite(value)}


def _paints(examined: Examined) -> bool:
    """Whether a system can recover at all: it did, it could, or it says where changes are and so would try."""
    return examined.recovered is not None or examined.repaint is not None or examined.flagged is not None


def _found(case: Case, examined: Examined, suspect: _Suspect, stage: _Stage) -> dict[str, Any]:
    """What is found in the gallery, for doctored suspects."""
    shelf = stage.marked.shelf
    if shelf is None or not case.tampered:
        return {}
    return asked(
        shelf,
        original=stage.original,
        marked=stage.marked,
        examined=examined,
        suspect=suspect.pixels,
        system=stage.system,
    )
