"""What the outliner is good for, measured through the package's own runtime."""

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
from train.outliner.examples import Examples
from train.outliner.export import FILES
from train.outliner.scores import measured, region_outline
from underdrawing.tamper import Outliner

__all__ = ["describe"]


def describe(folder: Path, trained: Trained, *, train: Examples, val: Examples) -> None:
    """Write ``weights.json`` for the outliner, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the network.
        train: the forgeries it was trained on, for their number.
        val: those it is scored on.
    """
    facts: dict[str, Any] = {
        **trained.origin(),
        "forgeries": len(train),
        "preprocessing": "17 planes of 256×256 as underdrawing.tamper.planes makes them",
        "config": {"parameters": trained.parameters},
    }
    write_manifest(folder, FILES, facts)
    outliner = Outliner.load(weights=folder)
    seconds: list[float] = []

    def outline(planes: NDArray[np.float32]) -> NDArray[np.bool_]:
        started = process_time()
        said = outliner.draw(planes)
        seconds.append(process_time() - started)
        return np.asarray(said > 0.5)

    scores = {"network": asdict(measured(val, outline)), "blocks": asdict(measured(val, region_outline))}
    facts["scores"] = {"val": {**scores, "draw_ms_median": round(1e3 * median(seconds), 1)}}
    write_manifest(folder, FILES, facts)
