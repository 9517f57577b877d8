"""What the Transformer brings, measured through the package's own runtime."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from train.copies import compressed
from train.export import write_manifest
from train.history import Trained, current_commit
from train.masks import quarter_mask
from train.restorer.export import FILES
from train.restorer.scores import SURVIVORS
from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.examination.remembering import predict, remember, surroundings_of
from underdrawing.recovery import Restorer, paint_back
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import HiddenCode, Surroundings, Tokenizer, ladder_bits

__all__ = ["describe", "measure"]

_TEST_PICTURES = 200  # evenly spread over the split
_QUALITY = 75
_SEAM_PX = 3
_SEAM_SCALES = 4

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def describe(folder: Path, trained: Trained, *, tokenizer_weights: Path) -> None:
    """Write ``weights.json`` for the Transformer, with scores measured through the package's own runtime.

    Args:
        folder: holds the file.
        trained: the Transformer.
        tokenizer_weights: folder with the decoder that it was trained with.
    """
    facts = {**trained.origin(), "scored_at": current_commit(), "config": {"parameters": trained.parameters}}
    write_manifest(folder, FILES, facts)
    painters = Tokenizer.load(weights=tokenizer_weights), Restorer.load(weights=folder), Texturer.load()
    facts["scores"] = {
        "val": measure(*painters, trained.pictures("val")),
        "test": measure(*painters, trained.pictures("test", at_most=_TEST_PICTURES)),
    }
    write_manifest(folder, FILES, facts)


def measure(
    tokenizer: Tokenizer, restorer: Restorer, texturer: Texturer, pictures: NDArray[np.uint8]
) -> dict[str, Any]:
    """Mean scores inside a quarter of each picture, after JPEG 75, by bits that survived.

    Args:
        tokenizer: paints.
        restorer: predicts.
        texturer: makes up texture.
        pictures: (n, 256, 256, 3) uint8.

    Returns:
        M-PSNR in dB of each way to fill the hole, by bits; the error of the gradients in a band of three pixels around
        it, in grey levels, with and without finish; and median milliseconds.
    """
    tables: dict[str, dict[str, list[float]]] = {}
    seams: dict[str, list[float]] = {name: [] for name in ("pasted", "code only", "code and Transformer", "copy")}
    milliseconds = []
    for number, picture in enumerate(pictures):
        mask = quarter_mask(np.random.default_rng(number))
        suspect = compressed(picture, _QUALITY)
        around = surroundings_of(suspect, mask)
        code = tokenizer.encode(picture)
        seams["copy"].append(_seam_error(suspect, picture, mask))
        for name, method in (("Telea", cv2.INPAINT_TELEA), ("Navier–Stokes", cv2.INPAINT_NS)):
            filled = cv2.inpaint(suspect, mask.astype(np.uint8), 3, method)
            _note(tables, name, 0, masked_psnr_db(filled, picture, mask, data_range=255))
        for scales in SURVIVORS:
            part = code.prefix(scales) if scales else None
            bits = ladder_bits(scales)
            for name, painted in _paintings(part, around, tokenizer, restorer, texturer, milliseconds):
                finished = paint_back(suspect, painted, mask)
                _note(tables, name, bits, masked_psnr_db(finished, picture, mask, data_range=255))
                if scales == _SEAM_SCALES and name in seams:
                    seams[name].append(_seam_error(finished, picture, mask))
            if scales == _SEAM_SCALES and part is not None:
                pasted = np.where(mask[..., None], tokenizer.decode(part), suspect)
                seams["pasted"].append(_seam_error(pasted, picture, mask))
    return {
        "pictures": len(pictures),
        "masked_psnr_db_by_bits": {
            name: {bits: round(float(np.mean(values)), 2) for bits, values in row.items()}
            for name, row in tables.items()
        },
        "seam_error_grey_levels": {name: round(float(np.mean(values)), 2) for name, values in seams.items()},
        "restore_ms_median": round(float(np.median(milliseconds)), 1),
    }


def _paintings(
    code: HiddenCode | None,
    around: Surroundings,
    tokenizer: Tokenizer,
    restorer: Restorer,
    texturer: Texturer,
    milliseconds: list[float],
) -> list[tuple[str, Picture]]:
    given = {"tokenizer": tokenizer, "restorer": restorer}
    started = perf_counter()
    paintings = [("code and Transformer", predict(code, around, **given))]
    milliseconds.append((perf_counter() - started) * 1e3)
    if code is not None:
        paintings.append(("code only", tokenizer.decode(code)))
        paintings.append(("code and surroundings", tokenizer.paint(tokenizer.latents(code), surroundings=around)))
    paintings.append(("as shipped (fidelity)", remember(code, around, **given)))
    paintings.append(("made up (look)", remember(code, around, texturer=texturer, **given)))
    return paintings


def _note(tables: dict[str, dict[str, list[float]]], name: str, bits: int, value: float) -> None:
    tables.setdefault(name, {}).setdefault(str(bits), []).append(value)


def _seam_error(picture: Picture, truth: Picture, mask: Mask) -> float:
    """Mean absolute error of the slopes of luminance in a band along the border of the mask, in grey levels."""
    kernel = np.ones((_SEAM_PX,) * 2, np.uint8)
    area = mask.astype(np.uint8)
    band = (cv2.dilate(area, kernel) > 0) & (cv2.erode(area, kernel) == 0)
    errors = [np.abs(one - other)[band].mean() for one, other in zip(_slopes(picture), _slopes(truth), strict=True)]
    return float(np.mean(errors))


def _slopes(picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    grey = picture.astype(np.float32).mean(axis=2)
    return np.diff(grey, axis=0, append=grey[-1:]), np.diff(grey, axis=1, append=grey[:, -1:])
