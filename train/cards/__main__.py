"""Writes the model cards from the shipped manifests: ``python -m train.cards [--check]``. Needs no PyTorch."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from train.cards.writing import CARDS

_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Write the cards, or check that they are those that would be written."""
    parser = argparse.ArgumentParser(prog="python -m train.cards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a card is out of date")
    check = parser.parse_args().check
    for path, (manifest, write) in CARDS.items():
        card, file = write(json.loads((_ROOT / manifest).read_text(encoding="utf-8"))), _ROOT / path
        if check and (not file.exists() or file.read_text(encoding="utf-8") != card):
            print(f"{path} is out of date: run python -m train.cards", file=sys.stderr)
            return 1
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(card, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
