"""How well pictures are restored: M-PSNR inside masks of a quarter of the picture, by what survived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.copies import compressed
from train.masks import quarter_mask
from train.objective import moved
from train.restorer.training import Joint
from train.tokenizer.codes import Inputs, Lookup, as_tensors
from train.tokenizer.examples import Examples
from train.tokenizer.network import HINTS
from train.tokenizer.training import as_planes, as_targets
from underdrawing.bench.metrics.likeness import masked_psnr_db

__all__ = ["SURVIVORS", "Suspects", "latent_error_db", "masked_psnr", "restored_psnr"]

_QUALITY = 75
SURVIVORS = (0, 2, 3, 4, 5, 6)
"""How many scales arrive, in the tables."""


@dataclass(frozen=True)
class Suspects:
    """Pictures with a quarter hidden, the same ones every time.

    Attributes:
        examples: what they were.
        seen: (n, 256, 256, 3) uint8, after JPEG 75.
        hidden: (n, 256, 256) bool.
    """

    examples: Examples
    seen: NDArray[np.uint8]
    hidden: NDArray[np.bool_]

    @classmethod
    def of(cls, examples: Examples) -> Suspects:
        """Suspects of the examples, one each."""
        hidden = np.stack([quarter_mask(np.random.default_rng(i)) for i in range(len(examples))])
        return cls(examples, np.stack([compressed(p, _QUALITY) for p in examples.pictures]), hidden)


def masked_psnr(picture: NDArray[np.generic], truth: NDArray[np.uint8], hidden: NDArray[np.bool_]) -> float:
    """PSNR in decibels inside a mask, RGB, rounded to 0..255."""
    return masked_psnr_db(np.clip(np.rint(picture), 0, 255), truth, hidden, data_range=255)


@torch.no_grad()
def restored_psnr(
    network: Joint, lookup: Lookup, suspects: Suspects, device: torch.device, *, helped: bool
) -> list[float]:
    """Mean M-PSNR by survivors (0, 2, 3, 4, 5 and 6 scales), with Transformer or without."""
    network.eval()
    scores = np.zeros((len(SURVIVORS), len(suspects.examples)))
    for start in range(0, len(suspects.examples), 16):
        part = slice(start, start + 16)
        truth = suspects.examples.pictures[part]
        seen, hidden = _as_inputs(suspects.seen[part], suspects.hidden[part], device)
        for row, count in enumerate(SURVIVORS):
            inputs = _surviving(suspects.examples, part, count, lookup, device)
            if helped:
                picture, _ = network(inputs, seen, hidden, 0)
            else:
                hints = torch.zeros(len(truth), HINTS, 16, 16, device=device)
                picture = network.decoder(*inputs, seen, hidden, hints)
            pictures = picture.permute(0, 2, 3, 1).cpu().numpy()
            scores[row, part] = [
                masked_psnr(p, t, h) for p, t, h in zip(pictures, truth, suspects.hidden[part], strict=True)
            ]
    return [round(float(value), 2) for value in scores.mean(axis=1)]


@torch.no_grad()
def latent_error_db(network: torch.nn.Module, lookup: Lookup, suspects: Suspects, device: torch.device) -> list[float]:
    """Signal to error of the latents in hidden cells, in decibels, by survivors: what the Transformer alone can do."""
    network.eval()
    sums = np.zeros((len(SURVIVORS), 2))
    for start in range(0, len(suspects.examples), 16):
        part = slice(start, start + 16)
        seen, hidden = _as_inputs(suspects.seen[part], suspects.hidden[part], device)
        truth = lookup.analysed(as_targets(torch.from_numpy(suspects.examples.pictures[part]).to(device)))
        where = torch.nn.functional.max_pool2d(hidden, 16)
        for row, count in enumerate(SURVIVORS):
            inputs = _surviving(suspects.examples, part, count, lookup, device)
            restored = network(inputs.coarse, inputs.fine, inputs.known, seen, hidden)
            sums[row] += [float(((x - truth).square() * where).sum()) for x in (inputs.coarse, restored.coarse)]
    return [round(float(10 * np.log10(said / made)), 2) for said, made in sums]


def _as_inputs(seen: NDArray[np.uint8], hidden: NDArray[np.bool_], device: torch.device) -> tuple[Tensor, Tensor]:
    return as_targets(torch.from_numpy(seen).to(device)), as_planes(torch.from_numpy(hidden).to(device))


def _surviving(examples: Examples, part: slice, count: int, lookup: Lookup, device: torch.device) -> Inputs:
    maps = moved(as_tensors(tuple(tokens[part] for tokens in examples.maps)), device)
    known = torch.zeros(len(maps[0]), 6, 32, 32, device=device)
    known[:, :count] = 1
    return lookup(maps, known)
