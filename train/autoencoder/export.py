"""The autoencoder's file, and the facts about it."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.autoencoder.network import LATENTS, LEVEL, STRIDE, Autoencoded
from train.export import export_network, halved, write_manifest
from train.history import Trained
from underdrawing.bench.attacks.regeneration import AUTOENCODER_FILE, TILE_PX, Autoencoder
from underdrawing.bench.metrics.likeness import gmsd, ms_ssim, psnr_db

__all__ = ["FILES", "describe", "measure", "write_autoencoder"]

FILES = (AUTOENCODER_FILE,)
_LIKENESS = {"psnr_db_rgb_mean": psnr_db, "ms_ssim_mean": ms_ssim, "gmsd_mean": gmsd}
_TEST_PICTURES = 300


def write_autoencoder(network: Autoencoded, folder: Path) -> None:
    """Write the network, in numbers of half precision, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {"pixels": (1, 3, TILE_PX, TILE_PX)}
    export_network(halved(network).eval(), shapes, ["pixels_anew"], folder / AUTOENCODER_FILE)


def describe(folder: Path, trained: Trained) -> None:
    """Write ``weights.json`` for the file in a folder, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the network.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "preprocessing": f"RGB, 0..255, tiles of {TILE_PX}×{TILE_PX} pixels, mirrored beyond the edges",
        "config": {
            "parameters": trained.parameters,
            "stride_px": STRIDE,
            "latents": LATENTS,
            "levels": 2 * LEVEL + 1,
            "bits_per_pixel": round(LATENTS * float(np.log2(2 * LEVEL + 1)) / STRIDE**2, 3),
        },
    }
    write_manifest(folder, FILES, facts)
    autoencoder = Autoencoder.load(weights=folder)
    facts["scores"] = {
        "val": measure(autoencoder, trained.pictures("val")),
        "test": measure(autoencoder, trained.pictures("test", at_most=_TEST_PICTURES)),
    }
    write_manifest(folder, FILES, facts)


def measure(autoencoder: Autoencoder, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """Mean likeness of (n, 256, 256, 3) pictures to what is written of them, and milliseconds of one core."""
    started = process_time()
    written = [autoencoder.regenerate(picture) for picture in pictures]
    milliseconds = (process_time() - started) * 1e3 / len(pictures)
    return {
        "pictures": len(pictures),
        **{
            name: round(
                float(np.mean([score(a, b, data_range=255) for a, b in zip(written, pictures, strict=True)])), 4
            )
            for name, score in _LIKENESS.items()
        },
        "regenerate_ms_mean": round(milliseconds, 1),
    }
