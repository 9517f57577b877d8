"""Writes the model card from ``weights.json``: ``python -m train.tokenizer.card [--check]``. Needs no PyTorch."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["model_card"]

_ROOT = Path(__file__).resolve().parents[2]
_MANIFEST = _ROOT / "src/underdrawing/tokenizer/weights/weights.json"
_CARD = _ROOT / "docs/models/tokenizer.md"

_TEXT = """\
# Model card: the tokenizer

<!-- Written by `python -m train.tokenizer.card` from the shipped weights.json; do not edit. -->

**What it does.** Describes a picture by 1365 tokens of 12 bits on the scales 1, 2, 4, 8, 16 and 32, and paints a
256×256 picture from them. Any prefix of the scales is a description of the whole picture, so one code fits carriers
of every size; scale 32 may be known in part.

**What it is.** Two levels of principal components (16-pixel patches to 32 numbers; 8-pixel patches of what is left to
16), residual vector quantization with two vocabularies of 4096 entries, and a residual convolutional decoder of
{parameters} parameters around a linear one. Encoding is integer arithmetic: the same canvas has the same tokens on
every machine. Only the decoder, on which no token depends, is a neural network.

**What it sees.** {preprocessing}.

**What it is not for.** The decoder was trained for small squared error: what the tokens do not say comes out smooth,
not invented. Small text and small faces are not legible at any prefix. Tokens follow the brightness of the picture;
undo gain and offset before comparing the tokens of two copies (last table).

## Files

| file | size in bytes | SHA-256 |
|---|---|---|
{files}

Licence: {licence}. Training data: {data} (SHA-256 of its `splits.csv`: `{splits}`).
Command: `{command}`, commit `{commit}`.
Runs of the decoder, resumed from one another: {runs}.

## Likeness

Mean over pictures of the PSNR in dB (RGB, values 0 to 255, at 256×256; higher is better), measured through the
package's own runtime.

| bits of the code | {bits} |
|---|{rules}
{scores}

One thread of the machine that trained it, median: encode {encode_ms} ms, decode {decode_ms} ms (lower is better).

## Tokens that stay the same

Share of tokens that do not change when the picture does ({robust_pictures} pictures of val, changed at 256×256;
higher is better). *Given* means that the coarser tokens of the original are known; *steadied*, that the picture was
nudged beforehand to keep its tokens, as protecting does it.

| change | tokens | 1 | 2 | 4 | 8 | 16 | 32 |
|---|---|---|---|---|---|---|---|
{robustness}
"""


def model_card(manifest: dict[str, Any]) -> str:
    """The card in Markdown for the contents of ``weights.json``."""
    scores = manifest["scores"]
    bits = list(scores["val"]["psnr_db_rgb_mean_by_bits"])
    return _TEXT.format(
        parameters=f"{manifest['config']['parameters']:,}",
        preprocessing=manifest["preprocessing"],
        files="\n".join(f"| `{f['file']}` | {f['size']:,} | `{f['sha256']}` |" for f in manifest["files"]),
        licence=manifest["licence"],
        data=manifest["training_data"]["name"],
        splits=manifest["training_data"]["splits_sha256"],
        command=manifest["training_command"],
        runs="; ".join(map(_run, manifest["training_runs"])),
        commit=manifest["training_commit"],
        bits=" | ".join(bits),
        rules="---|" * len(bits),
        scores="\n".join(_score_row(split, scores[split]) for split in scores),
        encode_ms=scores["val"]["encode_ms_median"],
        decode_ms=scores["val"]["decode_ms_median"],
        robust_pictures=scores["val"]["pictures"],
        robustness="\n".join(_robust_rows(manifest["robustness"])),
    )


def _run(run: dict[str, int]) -> str:
    return f"from step {run['from_step']:,}, planned to {run['steps']:,} steps of {run['batch']} pictures"


def _score_row(split: str, scores: dict[str, Any]) -> str:
    values = (f"{value:.2f}" for value in scores["psnr_db_rgb_mean_by_bits"].values())
    return f"| {split}, {scores['pictures']} pictures | {' | '.join(values)} |"


def _robust_rows(robustness: dict[str, dict[str, list[float]]]) -> list[str]:
    names = {"as_encoded": "as encoded", "coarser_given": "given"}
    return [
        f"| {change} | {names[kind]} | {' | '.join(f'{value:.2f}' for value in values)} |"
        for change, kinds in robustness.items()
        for kind, values in kinds.items()
    ]


def main() -> int:
    """Write the card, or check that it is the one that would be written."""
    parser = argparse.ArgumentParser(prog="python -m train.tokenizer.card", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the card is out of date")
    check = parser.parse_args().check
    card = model_card(json.loads(_MANIFEST.read_text(encoding="utf-8")))
    if check:
        return 0 if _CARD.read_text(encoding="utf-8") == card else 1
    _CARD.parent.mkdir(parents=True, exist_ok=True)
    _CARD.write_text(card, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
