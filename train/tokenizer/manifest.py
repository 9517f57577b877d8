"""The facts about trained weights: where they come from, and how good they are."""

from __future__ import annotations

import argparse
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from train.export import write_manifest
from train.loop import Trainer
from train.pictures import data_hash, load_split
from train.tokenizer.export import FILES
from train.tokenizer.linear import UNIT
from train.tokenizer.robustness import robustness
from underdrawing.tokenizer import CANVAS, LADDER, VOCABULARY, Tokenizer, ladder_bits

__all__ = ["describe", "measure"]

_TEST_PICTURES = 300  # evenly spread over the split


def describe(folder: Path, trainer: Trainer, options: argparse.Namespace) -> None:
    """Write ``weights.json`` for the files in a folder, with scores measured through the package's own runtime."""
    facts: dict[str, Any] = {
        "licence": "Apache-2.0",
        "training_data": {
            "name": "natural: 6,078 photographs from public research collections, 256×256; not redistributed",
            "splits_sha256": data_hash(options.data),
        },
        "training_command": _command(options),
        "training_commit": _commit(),
        "training_steps": trainer.step,
        "training_runs": trainer.runs,
        "config": {
            "ladder": LADDER,
            "vocabulary": VOCABULARY,
            "unit_of_latents": UNIT,
            "parameters": sum(p.numel() for p in trainer.average.parameters()),
            "plan": asdict(trainer.plan),
        },
        "preprocessing": (
            f"RGB, 0..255, resized to {CANVAS}×{CANVAS} without keeping the aspect: by area where it shrinks, "
            "bicubic where it grows (OpenCV)"
        ),
    }
    write_manifest(folder, FILES, facts)
    val = load_split(options.data, "val", limit=options.limit)
    test = load_split(options.data, "test", limit=options.limit or _TEST_PICTURES)
    facts["scores"] = {"val": measure(folder, val), "test": measure(folder, test)}
    facts["robustness"] = robustness(Tokenizer.load(weights=folder), val)
    write_manifest(folder, FILES, facts)


def measure(folder: Path, pictures: np.ndarray) -> dict[str, Any]:
    """Mean PSNR by prefix, share of used entries, and median milliseconds of one thread."""
    tokenizer = Tokenizer.load(weights=folder)
    scores = np.zeros((len(LADDER), len(pictures)))
    times = np.zeros((2, len(pictures)))
    for i, picture in enumerate(pictures):
        started = time.perf_counter()
        code = tokenizer.encode(picture)
        times[0, i] = time.perf_counter() - started
        for n in range(1, len(LADDER) + 1):
            started = time.perf_counter()
            painted = tokenizer.decode(code.prefix(n))
            times[1, i] = time.perf_counter() - started
            error = np.square(painted.astype(np.float64) - picture).mean()
            scores[n - 1, i] = 10 * np.log10(255**2 / max(error, 1e-9))
    return {
        "pictures": len(pictures),
        "psnr_db_rgb_mean_by_bits": {
            str(ladder_bits(n + 1)): round(float(scores[n].mean()), 3) for n in range(len(LADDER))
        },
        "encode_ms_median": round(float(np.median(times[0])) * 1e3, 1),
        "decode_ms_median": round(float(np.median(times[1])) * 1e3, 1),
    }


def _command(options: argparse.Namespace) -> str:
    shown = {"steps": options.steps, "batch": options.batch, "epochs": options.epochs, "seed": options.seed}
    return "python -m train.tokenizer --data DIR --output DIR " + " ".join(f"--{k} {v}" for k, v in shown.items())


def _commit() -> str:
    result = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
