"""Model cards from the contents of shipped manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from train.cards.texts import AUTOENCODER, COPIES, FINGERPRINT, HEAD, OUTLINER, RESTORER, TEXTURER, TOKENIZER

__all__ = [
    "CARDS",
    "autoencoder_card",
    "fingerprint_card",
    "outliner_card",
    "restorer_card",
    "texturer_card",
    "tokenizer_card",
]


def tokenizer_card(manifest: dict[str, Any]) -> str:
    """The tokenizer's card in Markdown for the contents of its ``weights.json``."""
    scores = manifest["scores"]
    bits = list(scores["val"]["psnr_db_rgb_mean_by_bits"])
    return _card(
        "the tokenizer",
        TOKENIZER,
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
        RESTORER,
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
        FINGERPRINT,
        manifest,
        bits=config["bits"],
        next_to_zero=scores["test"]["share_of_numbers_next_to_zero"],
        strangers=scores["val"]["strangers_bits_median"],
        copies="\n".join(
            f"| {words} | {split}, {scores[split]['pictures']} | {found['nearest']:.3f} "
            f"| {found['own_bits_median']:.0f} | {found['stranger_bits_median']:.0f} |"
            for kind, words in COPIES.items()
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
        AUTOENCODER,
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
        OUTLINER,
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


def texturer_card(manifest: dict[str, Any]) -> str:
    """The texturer's card in Markdown for the contents of its ``weights.json``."""
    scores = manifest["scores"]
    return _card(
        "the texturer",
        TEXTURER,
        manifest,
        looks="\n".join(
            f"| {split}, {found['pictures']} | {bits} | {setting} | {row['psnr_db']:.2f} | {row['ms_ssim']:.3f} "
            f"| {row['gmsd']:.3f} | {row['slope']:.2f} |"
            for split, found in scores.items()
            for bits, settings in found["looks_by_bits"].items()
            for setting, row in settings.items()
        ),
        inside="\n".join(
            f"| {split}, {found['pictures']} | {bits} | {setting} | {row['psnr_db']:.2f} | {row['slope']:.2f} "
            f"| {row['slope_spread']:.2f} |"
            for split, found in scores.items()
            for bits, settings in found["looks_inside_by_bits"].items()
            for setting, row in settings.items()
        ),
        look_ms=scores["val"]["look_ms_mean"],
    )


def _card(title: str, text: str, manifest: dict[str, Any], **words: object) -> str:
    """A card: its head, and the text with what every manifest tells and with words of its own in their places."""
    return HEAD.format(title=title) + text.format(
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
    "docs/models/texturer.md": ("src/underdrawing/recovery/texturing/weights/weights.json", texturer_card),
}
"""Each card with the manifest it is written from, paths from the root of the repository."""
