"""What the outliner is good for, measured through the package's own runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from train.export import write_manifest
from train.history import origin
from train.outliner.examples import Examples
from train.outliner.export import FILES
from train.outliner.scores import measured, region_outline
from underdrawing.tamper import Outliner

__all__ = ["describe"]


def describe(
    folder: Path, network: nn.Module, training: Sequence[dict[str, Any]], *, data: Path, train: Examples, val: Examples
) -> None:
    """Write ``weights.json`` for the outliner, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        network: the network, for its size.
        training: the runs that led to it.
        data: folder of pictures.
        train: the forgeries it was trained on, for their number.
        val: those it is scored on.
    """
    facts: dict[str, Any] = {
        **origin(data),
        "training": list(training),
        "forgeries": len(train),
        "preprocessing": "17 planes of 256×256 as underdrawing.tamper.planes makes them",
        "config": {"parameters": sum(p.numel() for p in network.parameters())},
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
