"""How outlines are learned: from squares cut out of examples, mostly where a region is.

The loss is the cross entropy of all places and, so that small regions count as much as large ones, what the F1 of a
square lacks (arXiv 1606.04797).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from train.objective import Objective
from train.outliner.examples import PLANE_UNIT, Examples
from underdrawing.tamper.planes import PLANES

__all__ = ["drawn_batch", "outline_objective", "shortfall"]

_SIDE = 128
_CANVAS = 256
_NEAR_CHANCE, _WANDER = 0.85, 40
_SWAP_CHANCE, _FORGET_CHANCE, _UNSEEN_CHANCE = 0.5, 0.12, 0.1
_SILENT_CHANCE, _MOST_HEARD, _NO_GRAIN_CHANCE = 0.12, 0.3, 0.1
_F1_WEIGHT, _F1_PLACES = 0.5, 30.0
_REGION = PLANES.index("region")
_SHOWN = slice(PLANES.index("brightness"), PLANES.index("brightness surprise"))
_COMPARED = slice(PLANES.index("brightness surprise"), PLANES.index("remembered") + 1)
_HEARD = slice(PLANES.index("evidence"), PLANES.index("rows"))
_EVIDENCE = slice(PLANES.index("evidence"), PLANES.index("strong evidence") + 1)
_GRAIN = PLANES.index("grain")
_SIGNED = [PLANES.index(name) for name in ("blue", "red", "blue surprise", "red surprise")]

Planes = NDArray[np.float32]


def outline_objective(examples: Examples, batch: int) -> Objective:
    """The outlines of batches of squares from examples."""

    def draw(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        planes, truth = drawn_batch(examples, batch, rng)
        return torch.from_numpy(planes), torch.from_numpy(truth)

    def loss(network: nn.Module, drawn: tuple[Tensor, Tensor]) -> Tensor:
        planes, truth = drawn
        with torch.autocast(planes.device.type, torch.bfloat16):
            odds = network(planes.to(memory_format=torch.channels_last))
        return shortfall(odds.float(), truth)

    return Objective(draw, loss)


def shortfall(odds: Tensor, truth: Tensor) -> Tensor:
    """The loss of log odds against the truth, 0 to 1, both (n, rows, columns)."""
    said = torch.sigmoid(odds)
    both, either = (said * truth).sum(dim=(1, 2)), (said + truth).sum(dim=(1, 2))
    missing = 1 - (2 * both + _F1_PLACES) / (either + _F1_PLACES)
    return functional.binary_cross_entropy_with_logits(odds, truth) + _F1_WEIGHT * missing.mean()


def drawn_batch(examples: Examples, batch: int, rng: np.random.Generator) -> tuple[Planes, Planes]:
    """Random squares of random examples, changed in ways that change no outline.

    Returns:
        Planes (batch, 17, 128, 128) and truth (batch, 128, 128), float32.
    """
    squares = [_square(examples, int(number), rng) for number in rng.integers(len(examples), size=batch)]
    planes, truth = zip(*squares, strict=True)
    return np.stack(planes), np.stack(truth)


def _square(examples: Examples, number: int, rng: np.random.Generator) -> tuple[Planes, Planes]:
    row, column = _corner(examples.planes[number, _REGION], rng)
    window = (slice(row, row + _SIDE), slice(column, column + _SIDE))
    planes = examples.planes[(number, slice(None), *window)].astype(np.float32) / np.float32(PLANE_UNIT)
    truth = examples.truth[(number, *window)].astype(np.float32) / np.float32(255)
    return _varied(*_turned(planes, truth, rng), rng)


def _corner(region: NDArray[np.int8], rng: np.random.Generator) -> tuple[int, int]:
    """Where a square begins: mostly around a place of a region."""
    most = _CANVAS - _SIDE
    if rng.random() >= _NEAR_CHANCE or not region.any():
        return int(rng.integers(most + 1)), int(rng.integers(most + 1))
    rows, columns = np.nonzero(region)
    place = rng.integers(len(rows))
    wander = rng.integers(-_WANDER, _WANDER + 1, 2)
    corner = np.clip(np.array([rows[place], columns[place]]) - _SIDE // 2 + wander, 0, most)
    return int(corner[0]), int(corner[1])


def _turned(planes: Planes, truth: Planes, rng: np.random.Generator) -> tuple[Planes, Planes]:
    """One of the eight ways a square can lie."""
    if rng.random() < 0.5:
        planes, truth = planes[:, ::-1], truth[::-1]
    if rng.random() < 0.5:
        planes, truth = planes[:, :, ::-1], truth[:, ::-1]
    if rng.random() < 0.5:
        planes, truth = planes.transpose(0, 2, 1), truth.T
    return np.ascontiguousarray(planes), np.ascontiguousarray(truth)


def _varied(planes: Planes, truth: Planes, rng: np.random.Generator) -> tuple[Planes, Planes]:
    """Now and then complementary colours, no remembered picture, a side that the suspect does not show, chips that
    hardly say a thing (as where a vault knows the code of a copy whose mark is nearly gone), or one grain everywhere.
    """
    if rng.random() < _SWAP_CHANCE:
        planes[_SIGNED] *= -1
    if rng.random() < _FORGET_CHANCE:
        planes[_COMPARED] = 0
    if rng.random() < _SILENT_CHANCE:
        planes[_EVIDENCE] *= np.float32(rng.uniform(0, _MOST_HEARD))
    if rng.random() < _NO_GRAIN_CHANCE:
        planes[_GRAIN] = planes[_GRAIN].mean()
    if rng.random() < _UNSEEN_CHANCE:
        unseen = int(rng.integers(8, _SIDE // 2))
        planes[_SHOWN, :unseen] = 0
        planes[0, :unseen] = -0.5
        planes[_HEARD, :unseen] = 0
        truth[:unseen] = 0
    return planes, truth
