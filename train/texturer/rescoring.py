"""Scores the shipped texturer anew: ``python -m train.texturer.rescoring --data DIR``.

Its scores are those of the whole setting ``look``, and some of that is no network. After a change there, or of the
decoder, the manifest and the model card (``python -m train.cards``) have to tell the new ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from train.history import current_commit
from train.pictures import data_hash, load_split
from train.texturer.manifest import PICTURES, measure_all
from underdrawing.networks import MANIFEST_FILE, shipped_weights
from underdrawing.recovery.texturing import Texturer

__all__ = ["rescore"]


def rescore(manifest: Path, data: Path, *, limit: int = PICTURES) -> None:
    """Measure the scores in the manifest of the shipped texturer again.

    Args:
        manifest: its ``weights.json``, which is written anew.
        data: the folder of photographs that it was trained with.
        limit: how many pictures of each split.

    Raises:
        ValueError: the photographs, or their splits, are others.
    """
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    if data_hash(data) != facts["training_data"]["splits_sha256"]:
        raise ValueError(f"{data} is not the folder that the weights come from: its splits.csv differs")
    pictures = (load_split(data, split, limit=limit) for split in ("val", "test"))
    facts["scores"] = measure_all(Texturer.load(), *pictures)
    facts["scored_at"] = current_commit()
    manifest.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m train.texturer.rescoring", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with photographs and splits.csv")
    options = parser.parse_args()
    rescore(Path(str(shipped_weights("recovery.texturing").joinpath(MANIFEST_FILE))), options.data)


if __name__ == "__main__":
    main()
