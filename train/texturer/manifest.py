"""What the texturer is good for, measured through the package's own runtime."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.copies import compressed
from train.export import write_manifest
from train.history import Trained
from train.masks import quarter_mask
from train.texturer.examples import softened
from train.texturer.export import FILES
from train.texturer.scores import InsideLook, Look, looks, looks_inside
from underdrawing.examination.remembering import remember, surroundings_of
from underdrawing.recovery import Restorer, paint_back
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import CANVAS, Surroundings, Tokenizer, ladder_bits

__all__ = ["PICTURES", "describe", "measure", "measure_all"]

PICTURES = 64
"""How many of each split are scored."""
_PREFIXES = (3, 4, 5, 6)
_QUALITY = 75
_NOTHING = Surroundings(np.zeros((CANVAS, CANVAS, 3), np.uint8), np.ones((CANVAS, CANVAS), np.bool_))

Pictures = NDArray[np.uint8]


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
    val, test = (trained.pictures(split, at_most=PICTURES) for split in ("val", "test"))
    facts["scores"] = measure_all(Texturer.load(weights=folder), val, test)
    write_manifest(folder, FILES, facts)


def measure_all(texturer: Texturer, val: Pictures, test: Pictures) -> dict[str, Any]:
    """The scores of all that is scored: pictures (n, 256, 256, 3) of two splits, and the former softened."""
    soft = softened(val, np.random.default_rng(0))
    return {
        name: measure(texturer, pictures) for name, pictures in (("val", val), ("test", test), ("val, softened", soft))
    }


def measure(texturer: Texturer, pictures: Pictures) -> dict[str, Any]:
    """The look of pictures (n, 256, 256, 3), smooth and made up, by bits: whole ones from codes alone, and a quarter of
    each in the rest of its copy at JPEG 75; and milliseconds."""
    given: dict[str, Any] = {"tokenizer": Tokenizer.load(), "restorer": Restorer.load()}
    settings: dict[str, dict[str, Any]] = {"fidelity": given, "look": {**given, "texturer": texturer}}
    masks = [quarter_mask(np.random.default_rng(number)) for number in range(len(pictures))]
    suspects = [compressed(picture, _QUALITY) for picture in pictures]
    seconds: list[float] = []
    whole: dict[str, dict[str, Any]] = {}
    inside: dict[str, dict[str, Any]] = {}
    for scales in _PREFIXES:
        bits = str(ladder_bits(scales))
        codes = [given["tokenizer"].encode(picture).prefix(scales) for picture in pictures]
        for setting, painters in settings.items():
            started = process_time()
            alone = [remember(code, _NOTHING, **painters) for code in codes]
            seconds += [(process_time() - started) / len(codes)] * (scales == 5 and setting == "look")
            whole.setdefault(bits, {})[setting] = _rounded(looks(list(zip(alone, pictures, strict=True))))
            painted = [
                paint_back(suspect, remember(code, surroundings_of(suspect, mask), **painters), mask)
                for suspect, code, mask in zip(suspects, codes, masks, strict=True)
            ]
            regions = list(zip(painted, pictures, masks, strict=True))
            inside.setdefault(bits, {})[setting] = _rounded(looks_inside(regions))
    return {
        "pictures": len(pictures),
        "looks_by_bits": whole,
        "looks_inside_by_bits": inside,
        "look_ms_mean": round(1e3 * sum(seconds), 1),
    }


def _rounded(look: Look | InsideLook) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(look).items()}
