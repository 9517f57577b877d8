"""Picture sheets: what each system makes of a few doctored pictures, side by side."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.attacks.suite import apply
from underdrawing.bench.contest.entrants import system_named
from underdrawing.bench.contest.plan import Case, Setting
from underdrawing.bench.contest.systems import System
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.imagenet_s import Dataset, Item, open_dataset
from underdrawing.images import Picture, save

__all__ = ["write_sheet"]

_CELL_PX = 176
_GAP_PX = 4
_TITLE_PX = 22
_QUALITY = 84
_PAPER = 245


def write_sheet(
    path: Path, setting: Setting, *, items: Sequence[str], systems: Sequence[str], attack: str = "jpeg75"
) -> None:
    """Write a sheet: a row for each picture; the original, the suspect, the true mask, then map and recovery by system.

    Args:
        path: The file; its ending tells the format.
        setting: Of the run.
        items: Names in the dataset.
        systems: Names of systems that paint; what one has not is left blank.
        attack: After which attack.
    """
    dataset = open_dataset(setting.dataset)
    chosen = [item for item in dataset.items if item.name in items]
    titles = ["original", f"suspect, {attack}", "true mask"]
    titles += [f"{name.split()[0]}: {what}" for name in systems for what in _shown(system_named(name))]
    rows = [_titles(titles), *(_row(dataset, item, setting, systems, attack) for item in chosen)]
    save(Picture(np.vstack(rows)), path, quality=_QUALITY, overwrite=True)


def _row(dataset: Dataset, item: Item, setting: Setting, systems: Sequence[str], attack: str) -> Pixels:
    original, truth = dataset.original(item), dataset.mask(item)
    cells: list[Pixels] = []
    suspect = original
    for name in systems:
        system = system_named(name, weights=setting.weights)
        marked = system.protect(original, item.name)
        rng = np.random.default_rng(setting.seed_of(item.name, Case(attack, tampered=True)))
        own = apply(attack, dataset.forge(item, marked.pixels), rng)
        suspect = own if not cells else suspect
        examined = system.examine(own, marked, truth)
        recovered = _blank() if examined.recovered is None else _fitted(examined.recovered)
        cells += [{"map": _drawn(examined.mask), "recovered": recovered}[what] for what in _shown(system)]
    return _framed([_fitted(original), _fitted(suspect), _drawn(truth), *cells])


def _shown(system: System) -> tuple[str, ...]:
    """What there is to show of a system: without a mark there is no map."""
    return ("map", "recovered") if system.marks else ("recovered",)


def _fitted(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _drawn(mask: Mask | None) -> Pixels:
    if mask is None:
        return _blank()
    return _fitted(np.repeat(np.where(mask, np.uint8(255), np.uint8(0))[..., None], 3, axis=2))


def _blank() -> Pixels:
    return np.full((_CELL_PX, _CELL_PX, 3), _PAPER, np.uint8)


def _framed(cells: Sequence[Pixels]) -> Pixels:
    """Cells side by side on paper, with a gap around each."""
    framed = [np.pad(cell, ((0, _GAP_PX), (0, _GAP_PX), (0, 0)), constant_values=_PAPER) for cell in cells]
    return np.hstack(framed)


def _titles(titles: Sequence[str]) -> Pixels:
    cells = []
    for title in titles:
        cell = np.full((_TITLE_PX, _CELL_PX + _GAP_PX, 3), _PAPER, np.uint8)
        cv2.putText(cell, title, (2, _TITLE_PX - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (30, 30, 30), 1, cv2.LINE_AA)
        cells.append(cell)
    return np.hstack(cells)
