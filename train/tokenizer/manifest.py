"""The facts about trained weights: where they come from, and how good they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from train.export import write_manifest
from train.history import Trained
from train.tokenizer.examples import Examples
from train.tokenizer.export import FILES
from train.tokenizer.linear import UNIT
from train.tokenizer.robustness import robustness
from train.tokenizer.separation import separation
from underdrawing.bench.metrics.likeness import gmsd, ms_ssim, psnr_db
from underdrawing.tokenizer import CANVAS, LADDER, VOCABULARY, Tokenizer, ladder_bits

__all__ = ["describe", "measure", "vocabulary_in_use"]

_TEST_PICTURES = 300  # for likeness
_LIKENESS = {"psnr_db_rgb_mean_by_bits": psnr_db, "ms_ssim_mean_by_bits": ms_ssim, "gmsd_mean_by_bits": gmsd}


def describe(folder: Path, trained: Trained, *, train: Examples) -> None:
    """Write ``weights.json`` for the files in a folder, with scores measured through the package's own runtime.

    Args:
        folder: holds the files.
        trained: the decoder.
        train: the pictures it was trained on, with their tokens.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "config": {
            "ladder": LADDER,
            "vocabulary": VOCABULARY,
            "unit_of_latents": UNIT,
            "parameters": trained.parameters,
        },
        "preprocessing": (
            f"RGB, 0..255, resized to {CANVAS}×{CANVAS} without keeping the aspect: by area where it shrinks, "
            "bicubic where it grows (OpenCV)"
        ),
    }
    write_manifest(folder, FILES, facts)
    val, test = trained.pictures("val"), trained.pictures("test")
    tokenizer = Tokenizer.load(weights=folder)
    facts["scores"] = {
        "val": measure(folder, val),
        "test": measure(folder, _some(test, trained.limit or _TEST_PICTURES)),
    }
    facts["vocabulary_in_use"] = vocabulary_in_use(train.maps)
    facts["robustness"] = robustness(tokenizer, val)
    facts["separation_pictures"] = len(test)
    facts["separation"] = separation(tokenizer.linear, test, train.maps)
    write_manifest(folder, FILES, facts)


def measure(folder: Path, pictures: np.ndarray) -> dict[str, Any]:
    """Mean likeness by prefix (PSNR, MS-SSIM, GMSD), and median milliseconds of one thread."""
    tokenizer = Tokenizer.load(weights=folder)
    scores = np.zeros((len(_LIKENESS), len(LADDER), len(pictures)))
    times = np.zeros((2, len(pictures)))
    for i, picture in enumerate(pictures):
        started = time.perf_counter()
        code = tokenizer.encode(picture)
        times[0, i] = time.perf_counter() - started
        for n in range(1, len(LADDER) + 1):
            started = time.perf_counter()
            painted = tokenizer.decode(code.prefix(n))
            times[1, i] = time.perf_counter() - started
            scores[:, n - 1, i] = [score(painted, picture, data_range=255) for score in _LIKENESS.values()]
    bits = [str(ladder_bits(n + 1)) for n in range(len(LADDER))]
    return {
        "pictures": len(pictures),
        **{
            name: dict(zip(bits, (round(float(value), 4) for value in means), strict=True))
            for name, means in zip(_LIKENESS, scores.mean(axis=2), strict=True)
        },
        "encode_ms_median": round(float(np.median(times[0])) * 1e3, 1),
        "decode_ms_median": round(float(np.median(times[1])) * 1e3, 1),
    }


def _some(pictures: np.ndarray, count: int) -> np.ndarray:
    """So many of the pictures, evenly spread."""
    return pictures[np.arange(min(count, len(pictures))) * len(pictures) // min(count, len(pictures))]


def vocabulary_in_use(maps: Sequence[np.ndarray]) -> list[float]:
    """Share of the entries of each scale that some picture uses."""
    return [round(len(np.unique(tokens)) / VOCABULARY, 4) for tokens in maps]
