"""Writes the model cards from the shipped manifests: ``python -m train.cards [--check]``. Needs no PyTorch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["CARDS", "autoencoder_card", "fingerprint_card", "restorer_card", "tokenizer_card"]

_ROOT = Path(__file__).resolve().parents[1]

_HEAD = """\
# Model card: {title}

<!-- Written by `python -m train.cards` from the shipped weights.json; do not edit. -->

"""

_TOKENIZER = """\
**What it does.** Describes a picture by 1365 tokens of 12 bits on the scales 1, 2, 4, 8, 16 and 32, and paints a
256×256 picture from them. Any prefix of the scales is a description of the whole picture, so one code fits carriers
of every size; scale 32 may be known in part. Given the untouched surroundings of a region it paints what continues
them.

**What it is.** Two levels of principal components (16-pixel patches to 32 numbers; 8-pixel patches of what is left to
16); on each scale layouts, the principal components of cells of these numbers, and a vocabulary of 4096 entries; and a
residual convolutional decoder of {parameters} parameters around a linear one. Encoding is integer arithmetic: the same
canvas has the same tokens on every machine. Only the decoder, on which no token depends, is a neural network.

**What it sees.** {preprocessing}.

**What it is not for.** The decoder was trained for small squared error: what the tokens do not say comes out smooth,
not invented. Small text and small faces are not legible at any prefix. Tokens follow the brightness of the picture;
undo gain and offset before comparing the tokens of two copies (the table of tokens that stay the same).

{origin}
## Likeness

Mean over pictures at 256×256, RGB, values 0 to 255, measured through the package's own runtime. PSNR in dB and MS-SSIM:
higher is better; GMSD: lower is better.

| bits of the code | {bits} |
|---|{rules}
{scores}

One thread of the machine that trained it, median: encode {encode_ms} ms, decode {decode_ms} ms (lower is better).
Share of the vocabulary that the training pictures use, scale by scale: {in_use}.

## Tokens that stay the same

Share of tokens that do not change when the picture does ({robust_pictures} pictures of val, changed at 256×256;
higher is better). *Given* means that the coarser tokens of the original are known; *steadied*, that the picture was
nudged beforehand to keep its tokens, as protecting does it.

| change | tokens | 1 | 2 | 4 | 8 | 16 | 32 |
|---|---|---|---|---|---|---|---|
{robustness}

## Copies and strangers

An edited copy (a quarter replaced, cropped to nine tenths, JPEG 50) of each of {test_pictures} pictures of test, by its
coarse code alone, against up to 5,000 other pictures: area under the ROC curve, and share of copies whose original is
the nearest of all (higher is better).

| bits of the code | ROC AUC | nearest |
|---|---|---|
{separation}
"""

_RESTORER = """\
**What it does.** Predicts what a picture was where it was changed, from the tokens of its hidden code that arrived and
from the pixels that are still its own. It tells the tokenizer's decoder better latents, and gives distributions over
the tokens that did not arrive, scale by scale. Without any token it continues the surroundings; without any
surroundings it helps the decoder.

**What it is.** A Transformer of {parameters} parameters over 16×16 cells, stored with weights of eight bits, trained on
random regions of 1 to 60 % of the picture, random survivors of the code, and JPEG of 40 to 95.

**What it is not for.** It was trained for small squared error on photographs: where neither code nor surroundings
tell, it paints a smooth mean and no invented detail. It is no generative model, and what it paints is no evidence.

{origin}
## Inside the region

Mean PSNR in dB inside a quarter of each picture (boxes, strokes and blobs) at 256×256 after JPEG 75, through the
package's own runtime of commit `{scored_at}`, the seam matched; by bits of the code that arrived (higher is better).

{tables}

*As shipped*: from 4092 bits on the decoder paints alone, for there the Transformer adds nothing yet; with 252 bits and
less the mean is tempered with a plain continuation of the surroundings (the mean of both inpaintings), next to the
seam above all.

Error of the slopes of luminance in a band of three pixels along the border of the region, in grey levels (lower is
better), 1020 bits, val: {seam_pasted} when the code alone is pasted, {seam_code} with the seam matched, {seam_helped}
with the Transformer, {seam_copy} in the compressed copy that was never changed. Transformer and decoder together take
{restore_ms} ms (one thread, median).
"""

_FINGERPRINT = """\
**What it does.** Says in {bits} bits what a picture looks like, so that its copies are found among millions by counting
bits that differ. It serves pictures without a mark, or whose mark is gone.

**What it is.** A small convolutional network of {parameters} parameters: it looks through 8×8 kernels at a picture of
128×128, pools what it sees over the whole and over four corners, and takes the signs of {bits} numbers, each balanced
so that half of the training pictures have it set. Regions that are known to have been changed are left out.

**What it sees.** {preprocessing}.

**How it was trained.** A copy must be nearer to its original than to every other picture of the batch. Copies have
regions replaced, are cropped to as little as 45 % of the area, framed, turned by up to 12°, slanted, in other tones,
smaller, noisy, compressed. Mirror images are not among them: whoever searches asks for those too.

**What it is not for.** Near is not the same: pictures of one scene, or of one product, are near to each other. Which of
them a copy comes from is decided by comparison with previews ([Retrieval](../retrieval.md)). It knows no people and no
places, and it is no measure of quality. Its numbers are floats: {next_to_zero:.3%} of them lie within a ten-thousandth
of their deviation from zero and may turn out as another bit on another machine, far fewer than one bit in 512.

{origin}
## Copies and strangers

By the bits alone, among all pictures of a split: share of copies whose original is nearest (higher is better), and
median distance in bits to the original and to the nearest other picture. Strangers differ in {strangers:.0f} bits
(median, val). The replaced quarter is taken from another picture of the same split. With a million others, and against
other methods: [Retrieval, measured](../retrieval-benchmark.md).

| copies | split, pictures | nearest | original | nearest other |
|---|---|---|---|---|
{copies}

A description takes {describe_ms} ms of one core's time.
"""

_AUTOENCODER = """\
**What it does.** Writes a picture anew from little: an attack on marks, for the attack suite of the benchmark. Nothing
that protects or verifies pictures uses it.

**What it is.** A convolutional autoencoder of {parameters} parameters that keeps {latents} whole numbers of {levels}
levels for every {stride}×{stride} pixels, at most {rate} bits per pixel; the bottleneck is that of the autoencoders of
picture generators, made coarser by rounding.

**What it sees.** {preprocessing}.

**What it is not for.** It was trained for small squared error and is small: fine texture comes out smooth. Attackers
have better ones, which leave a picture more like itself; what survives this one may still survive those, and what does
not survive it can be blamed on its blur as well.

{origin}
## Likeness

Mean over pictures at 256×256, RGB, values 0 to 255, measured through the package's own runtime. PSNR in dB and MS-SSIM:
higher is better; GMSD: lower is better. One picture takes {regenerate_ms} ms of one core's time.

| split, pictures | PSNR | MS-SSIM | GMSD |
|---|---|---|---|
{scores}
"""

_OUTLINER = """\
**What it does.** Draws where exactly the edge of a changed region runs, for the tamper map. The map proves a region in
blocks of 16 pixels of the working grid; the network sees those blocks, the suspect and the picture that its hidden code
remembers, and says of every place of a 256×256 canvas whether it was changed. It is asked only where a region is
proven, so it can neither raise an alarm nor silence one.

**What it is.** A U-Net of {parameters} parameters.

**What it sees.** {preprocessing}.

**How it was trained.** On {forgeries} forgeries of protected pictures: splices with hard, soft and blended edges,
copies within a picture, removals, redrawn regions, regions through an autoencoder, plates of text, other colours, blur,
large pixels, plain areas and seamless cloning; in boxes, ellipses, strokes, blobs and along the outlines of objects, of
1 to 60 % of the area; three quarters of them saved as JPEG 50 to 85 or as WebP, made smaller, noisy or of other tones.
The pictures have 256 pixels a side and were enlarged to the sizes of the working grids or laid side by side.

**What it is not for.** Kinds of edit that it never saw may be drawn worse; the blocks keep it from going far wrong. A
place is a 256th of the picture: finer than that it cannot draw.

{origin}
## Outlines

Pictures of val, doctored as [ImageNet-S](../imagenet-s.md) has it, lossless and at JPEG 70, as far as a change was
noticed; at 256×256, against the truth (higher is better). *Blocks* are the proven regions as they are.

| drawn by | F1, at least 5 % | IoU, at least 5 % | F1, less | IoU, less |
|---|---|---|---|---|
{outlines}

{large} forgeries of at least 5 % of the picture, {small} of less. An outline takes {draw_ms} ms of one core's time
(median).
"""

_COPIES = {
    "replaced": "a quarter replaced, JPEG 60",
    "cropped": "cropped to 70 %, JPEG 60",
    "both": "a quarter replaced, cropped to 70 %, JPEG 60",
    "small": "half size, JPEG 50",
}


def tokenizer_card(manifest: dict[str, Any]) -> str:
    """The tokenizer's card in Markdown for the contents of its ``weights.json``."""
    scores = manifest["scores"]
    bits = list(scores["val"]["psnr_db_rgb_mean_by_bits"])
    return _card(
        "the tokenizer",
        _TOKENIZER,
        manifest,
        bits=" | ".join(bits),
        rules="---|" * len(bits),
        scores="\n".join(row for split in scores for row in _likeness_rows(split, scores[split])),
        encode_ms=scores["val"]["encode_ms_median"],
        decode_ms=scores["val"]["decode_ms_median"],
        in_use=", ".join(f"{share:.1%}" for share in manifest["vocabulary_in_use"]),
        robust_pictures=scores["val"]["pictures"],
        robustness="\n".join(_robust_rows(manifest["robustness"])),
        test_pictures=manifest["separation_pictures"],
        separation="\n".join(
            f"| {count} | {row['roc_auc']:.4f} | {row['nearest']:.3f} |"
            for count, row in manifest["separation"].items()
        ),
    )


def restorer_card(manifest: dict[str, Any]) -> str:
    """The Transformer's card in Markdown for the contents of its ``weights.json``."""
    scores = manifest["scores"]
    seam = scores["val"]["seam_error_grey_levels"]
    return _card(
        "the conditional Transformer",
        _RESTORER,
        manifest,
        scored_at=manifest["scored_at"][:12],
        tables="\n\n".join(_restored_table(split, scores[split]) for split in scores),
        seam_pasted=seam["pasted"],
        seam_code=seam["code only"],
        seam_helped=seam["code and Transformer"],
        seam_copy=seam["copy"],
        restore_ms=scores["val"]["restore_ms_median"],
    )


def fingerprint_card(manifest: dict[str, Any]) -> str:
    """The fingerprint's card in Markdown for the contents of its ``weights.json``."""
    scores, config = manifest["scores"], manifest["config"]
    return _card(
        "the fingerprint",
        _FINGERPRINT,
        manifest,
        bits=config["bits"],
        next_to_zero=scores["test"]["share_of_numbers_next_to_zero"],
        strangers=scores["val"]["strangers_bits_median"],
        copies="\n".join(
            f"| {words} | {split}, {scores[split]['pictures']} | {found['nearest']:.3f} "
            f"| {found['own_bits_median']:.0f} | {found['stranger_bits_median']:.0f} |"
            for kind, words in _COPIES.items()
            for split in scores
            for found in [scores[split]["copies"][kind]]
        ),
        describe_ms=scores["val"]["describe_ms_mean"],
    )


def autoencoder_card(manifest: dict[str, Any]) -> str:
    """The card of the attack suite's autoencoder in Markdown for the contents of its ``weights.json``."""
    scores, config = manifest["scores"], manifest["config"]
    return _card(
        "the autoencoder of the attack suite",
        _AUTOENCODER,
        manifest,
        latents=config["latents"],
        levels=config["levels"],
        stride=config["stride_px"],
        rate=f"{config['bits_per_pixel']:.2f}",
        regenerate_ms=scores["val"]["regenerate_ms_mean"],
        scores="\n".join(
            f"| {split}, {found['pictures']} | {found['psnr_db_rgb_mean']:.2f} | {found['ms_ssim_mean']:.3f} "
            f"| {found['gmsd_mean']:.3f} |"
            for split, found in scores.items()
        ),
    )


def outliner_card(manifest: dict[str, Any]) -> str:
    """The outliner's card in Markdown for the contents of its ``weights.json``."""
    scores = manifest["scores"]["val"]
    large, small = scores["network"]["forgeries"]
    return _card(
        "the outliner",
        _OUTLINER,
        manifest,
        forgeries=f"{manifest['forgeries']:,}",
        outlines="\n".join(
            f"| {name} | " + " | ".join(f"{scores[name][kind][i]:.3f}" for i in (0, 1) for kind in ("f1", "iou")) + " |"
            for name in ("blocks", "network")
        ),
        large=large,
        small=small,
        draw_ms=scores["draw_ms_median"],
    )


def _card(title: str, text: str, manifest: dict[str, Any], **words: object) -> str:
    """A card: its head, and the text with what every manifest tells and with words of its own in their places."""
    return _HEAD.format(title=title) + text.format(
        parameters=f"{manifest['config']['parameters']:,}",
        preprocessing=manifest.get("preprocessing"),
        origin=_origin(manifest),
        **words,
    )


def _origin(manifest: dict[str, Any]) -> str:
    files = "\n".join(f"| `{f['file']}` | {f['size']:,} | `{f['sha256']}` |" for f in manifest["files"])
    data = manifest["training_data"]
    runs = "\n".join(
        f"{number}. `{run['command']}`, commit `{run['commit'][:12]}`, {run['steps']:,} steps taken."
        for number, run in enumerate(manifest["training"], start=1)
    )
    return (
        f"## Files\n\n| file | size in bytes | SHA-256 |\n|---|---|---|\n{files}\n\n"
        f"Licence: {manifest['licence']}. Training data: {data['name']} (SHA-256 of its `splits.csv`: "
        f"`{data['splits_sha256']}`).\nRuns that led to these weights, each from those of the one before:\n\n{runs}\n"
    )


def _likeness_rows(split: str, scores: dict[str, Any]) -> list[str]:
    kinds = {
        "psnr_db_rgb_mean_by_bits": ("PSNR", 2),
        "ms_ssim_mean_by_bits": ("MS-SSIM", 3),
        "gmsd_mean_by_bits": ("GMSD", 3),
    }
    return [
        f"| {name}, {split}, {scores['pictures']} pictures | "
        + " | ".join(f"{value:.{digits}f}" for value in scores[kind].values())
        + " |"
        for kind, (name, digits) in kinds.items()
    ]


def _robust_rows(robustness: dict[str, dict[str, list[float]]]) -> list[str]:
    names = {"as_encoded": "as encoded", "coarser_given": "given"}
    return [
        f"| {change} | {names[kind]} | {' | '.join(f'{value:.2f}' for value in values)} |"
        for change, kinds in robustness.items()
        for kind, values in kinds.items()
    ]


def _restored_table(split: str, scores: dict[str, Any]) -> str:
    rows: dict[str, dict[str, float]] = scores["masked_psnr_db_by_bits"]
    bits = sorted({int(count) for row in rows.values() for count in row})
    lines = [f"| {split}, {scores['pictures']} pictures | {' | '.join(map(str, bits))} |", "|---|" + "---|" * len(bits)]
    lines += [
        f"| {name} | {' | '.join(f'{row[str(b)]:.2f}' if str(b) in row else '–' for b in bits)} |"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


CARDS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "docs/models/tokenizer.md": ("src/underdrawing/tokenizer/weights/weights.json", tokenizer_card),
    "docs/models/autoencoder.md": ("src/underdrawing/bench/attacks/weights/weights.json", autoencoder_card),
    "docs/models/fingerprint.md": ("src/underdrawing/fingerprint/weights/weights.json", fingerprint_card),
    "docs/models/outliner.md": ("src/underdrawing/tamper/weights/weights.json", outliner_card),
    "docs/models/restorer.md": ("src/underdrawing/recovery/weights/weights.json", restorer_card),
}
"""Each card with the manifest it is written from, paths from the root of the repository."""


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
