"""What the texturer is good for, measured through the package's own runtime."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.export import write_manifest
from train.history import Trained
from train.texturer.export import FILES
from train.texturer.scores import looks
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import CANVAS, Tokenizer, ladder_bits

__all__ = ["describe", "measure"]

_PICTURES = 64
_PREFIXES = (4, 5, 6)


def describe(folder: Path, trained: Trained) -> None:
    """Write ``weights.json`` for the texturer, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the network.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "preprocessing": "RGB, 0..255, 256×256, as the decoder paints it",
        "config": {"parameters": trained.parameters},
    }
    write_manifest(folder, FILES, facts)
    texturer = Texturer.load(weights=folder)
    facts["scores"] = {
        split: measure(texturer, Tokenizer.load(), trained.pictures(split, at_most=_PICTURES))
        for split in ("val", "test")
    }
    write_manifest(folder, FILES, facts)


def measure(texturer: Texturer, tokenizer: Tokenizer, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """The look of whole pictures (n, 256, 256, 3) by bits of the code, as painted and with texture; milliseconds."""
    nothing, hidden = np.zeros((CANVAS, CANVAS, 3), np.uint8), np.ones((CANVAS, CANVAS), np.bool_)
    seconds: list[float] = []
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for scales in _PREFIXES:
        painted, textured = [], []
        for truth in pictures:
            code = tokenizer.encode(truth).prefix(scales)
            picture, known = tokenizer.decode(code), tokenizer.latents(code).known
            started = process_time()
            textured.append((texturer.textured(picture, known, nothing, hidden), truth))
            seconds.append(process_time() - started)
            painted.append((picture, truth))
        rows[str(ladder_bits(scales))] = {
            name: {key: round(value, 4) for key, value in asdict(looks(pairs)).items()}
            for name, pairs in (("painted", painted), ("textured", textured))
        }
    return {"pictures": len(pictures), "looks_by_bits": rows, "texture_ms_median": round(1e3 * median(seconds), 1)}
