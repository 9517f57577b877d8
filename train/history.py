"""Where weights come from: every run that led to them, in order, kept in their manifest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from train.loop import Trainer
from train.pictures import data_hash, load_split

__all__ = ["Trained", "current_commit", "history_of", "this_run"]

_PLACES = {
    *("--data", "--output", "--linear", "--start", "--start-from", "--decoder", "--transformer"),
    *("--history", "--decoder-history", "--transformer-history"),
}
"""Options whose value is a place on this machine."""


@dataclass(frozen=True)
class Trained:
    """A network that was trained, and what its manifest tells of how.

    Attributes:
        network: the network.
        runs: the runs that led to it, in order.
        data: folder of the pictures.
        limit: score only so many pictures of each split; None for as many as there are.
    """

    network: nn.Module
    runs: Sequence[dict[str, Any]]
    data: Path
    limit: int | None = None

    @property
    def parameters(self) -> int:
        """How many there are."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def origin(self) -> dict[str, Any]:
        """Licence, training data and runs."""
        return {
            "licence": "Apache-2.0",
            "training_data": {
                "name": "natural: 6,078 photographs from public research collections, 256×256; not redistributed",
                "splits_sha256": data_hash(self.data),
            },
            "training": list(self.runs),
        }

    def pictures(self, split: str, *, at_most: int | None = None) -> NDArray[np.uint8]:
        """The pictures of a split to score, (n, 256, 256, 3); ``at_most`` counts where there is no limit."""
        return load_split(self.data, split, limit=self.limit or at_most)


def history_of(manifest: Path | None) -> list[dict[str, Any]]:
    """The runs that an earlier manifest names; none without one."""
    if manifest is None or not manifest.exists():
        return []
    runs: list[dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8")).get("training", [])
    return runs


def this_run(module: str, trainer: Trainer) -> dict[str, Any]:
    """The command of this process, with names in place of folders, its commit, and the steps it took."""
    words, hide = [], False
    for word in sys.argv[1:]:
        words.append(Path(word).name if hide and Path(word).suffix else "DIR" if hide else word)
        hide = word in _PLACES
    return {
        "command": " ".join(["python -m", module, *words]),
        "commit": current_commit(),
        "steps": trainer.step,
        "runs": trainer.runs,
    }


def current_commit() -> str:
    """The commit of the working tree, or ``unknown``."""
    result = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
