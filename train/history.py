"""Where weights come from: every run that led to them, in order, kept in their manifest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from train.loop import Trainer
from train.pictures import data_hash

__all__ = ["history_of", "origin", "this_run"]

_PLACES = {
    *("--data", "--output", "--linear", "--start", "--decoder", "--transformer"),
    *("--history", "--decoder-history", "--transformer-history"),
}
"""Options whose value is a place on this machine."""


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
        "commit": _commit(),
        "steps": trainer.step,
        "runs": trainer.runs,
    }


def origin(data: Path) -> dict[str, Any]:
    """Licence and training data."""
    return {
        "licence": "Apache-2.0",
        "training_data": {
            "name": "natural: 6,078 photographs from public research collections, 256×256; not redistributed",
            "splits_sha256": data_hash(data),
        },
    }


def _commit() -> str:
    result = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
