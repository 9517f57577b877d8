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
from train.texturer.examples import softened
from train.texturer.export import FILES
from train.texturer.scores import looks
from underdrawing.examination.remembering import remember
from underdrawing.recovery import Restorer
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import CANVAS, Surroundings, Tokenizer, ladder_bits

__all__ = ["describe", "measure"]

_PICTURES = 64
_PREFIXES = (3, 4, 5, 6)


def describe(folder: Path, trained: Trained) -> None:
    """Write ``weights.json`` for the texturer, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the network.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "preprocessing": "RGB, 0..255, 256×256: what the decoder painted, and the surroundings",
        "config": {"parameters": trained.parameters},
    }
    write_manifest(folder, FILES, facts)
    texturer = Texturer.load(weights=folder)
    val, test = (trained.pictures(split, at_most=_PICTURES) for split in ("val", "test"))
    soft = softened(val, np.random.default_rng(0))
    facts["scores"] = {
        name: measure(texturer, pictures) for name, pictures in (("val", val), ("test", test), ("val, softened", soft))
    }
    write_manifest(folder, FILES, facts)


def measure(texturer: Texturer, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """The look of whole (n, 256, 256, 3) pictures from codes alone, by bits, smooth and made up; and milliseconds."""
    given: dict[str, Any] = {"tokenizer": Tokenizer.load(), "restorer": Restorer.load()}
    around = Surroundings(np.zeros((CANVAS, CANVAS, 3), np.uint8), np.ones((CANVAS, CANVAS), np.bool_))
    seconds: list[float] = []
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for scales in _PREFIXES:
        smooth, made_up = [], []
        for truth in pictures:
            code = given["tokenizer"].encode(truth).prefix(scales)
            smooth.append((remember(code, around, **given), truth))
            started = process_time()
            made_up.append((remember(code, around, texturer=texturer, **given), truth))
            seconds += [process_time() - started] * (scales == 5)
        rows[str(ladder_bits(scales))] = {
            name: {key: round(value, 4) for key, value in asdict(looks(pairs)).items()}
            for name, pairs in (("fidelity", smooth), ("look", made_up))
        }
    return {"pictures": len(pictures), "looks_by_bits": rows, "look_ms_median": round(1e3 * median(seconds), 1)}
