"""What the fingerprint is good for, measured through the package's own runtime."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.export import write_manifest
from train.fingerprint.export import FILES
from train.fingerprint.scores import copies_by_kind
from train.history import Trained
from underdrawing.fingerprint import FINGERPRINT_BITS, Fingerprint, Fingerprinter

__all__ = ["describe", "measure"]

_NEAR_ZERO = 1e-4  # of a number's standard deviation: what another machine may round differently


def describe(folder: Path, trained: Trained) -> None:
    """Write ``weights.json`` for the fingerprint, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the network.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "preprocessing": "256×256 canvas (area, bicubic), means of 2×2 pixels, 0..255; hidden part 1, else 0",
        "config": {"parameters": trained.parameters, "bits": FINGERPRINT_BITS},
    }
    write_manifest(folder, FILES, facts)
    fingerprinter = Fingerprinter.load(weights=folder)
    facts["scores"] = {split: measure(fingerprinter, trained.pictures(split)) for split in ("val", "test")}
    write_manifest(folder, FILES, facts)


def measure(fingerprinter: Fingerprinter, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """How copies of (n, 256, 256, 3) pictures are found among all of them, by the bits alone.

    Returns:
        Number of pictures; for each kind of copy the share whose original is nearest, the median distance to it and to
        the nearest stranger, in bits; the median distance of strangers; milliseconds of one core; share of numbers next
        to zero.
    """
    started = process_time()
    records = [fingerprinter.describe(picture) for picture in pictures]
    milliseconds = (process_time() - started) * 1e3 / len(pictures)
    kinds = {
        kind: _found([fingerprinter.describe(view.pixels) for view in views], records)
        for kind, views in copies_by_kind(pictures).items()
    }
    numbers = np.stack([record.numbers for record in records])
    return {
        "pictures": len(pictures),
        "copies": kinds,
        "strangers_bits_median": float(np.median(_distances(records, records))),
        "describe_ms_mean": round(milliseconds, 1),
        "share_of_numbers_next_to_zero": round(float(np.mean(np.abs(numbers) < _NEAR_ZERO * numbers.std(0))), 6),
    }


def _found(copies: list[Fingerprint], records: list[Fingerprint]) -> dict[str, float]:
    distances = _distances(copies, records)
    own = distances.diagonal().copy()
    np.fill_diagonal(distances, FINGERPRINT_BITS)
    nearest = distances.min(axis=1)
    return {
        "nearest": round(float(np.mean(own < nearest)), 4),
        "own_bits_median": float(np.median(own)),
        "stranger_bits_median": float(np.median(nearest)),
    }


def _distances(some: list[Fingerprint], others: list[Fingerprint]) -> NDArray[np.int64]:
    """Bits that differ, some × others."""
    signs = [
        np.where(np.stack([one.numbers for one in group]) > 0, 1, -1).astype(np.float32) for group in (some, others)
    ]
    return np.rint((FINGERPRINT_BITS - signs[0] @ signs[1].T) / 2).astype(np.int64)
