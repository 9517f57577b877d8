"""Whether the coarse code of an edited copy is nearer to that of its original than those of other pictures are."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from train.copies import compressed
from train.masks import quarter_mask
from underdrawing.tokenizer import CANVAS, LADDER, ladder_bits
from underdrawing.tokenizer.quantizer import encode_scales, latents_of_scales
from underdrawing.tokenizer.sketch import sketch_distances, sketches_of
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["edited", "separation"]

_OTHERS = 5000
_AT_ONCE = 500
_QUALITY = 50
_CROPPED = 0.1


def separation(
    linear: LinearWeights, pictures: NDArray[np.uint8], others: Sequence[NDArray[np.uint16]]
) -> dict[str, dict[str, float]]:
    """Area under the ROC curve, and share of copies whose original is nearest of all, by bits of the code.

    Args:
        linear: decides tokens.
        pictures: (n, 256, 256, 3) uint8; each is edited with a piece of another.
        others: token maps of further pictures, of which up to 5,000 are strangers to every copy.
    """
    copies = np.stack([edited(p, pictures[i - 1], np.random.default_rng(i)) for i, p in enumerate(pictures)])
    strangers = [tokens[:_OTHERS] for tokens in others]
    scores = {}
    for count in (2, 3, 4):
        own, seen = (_sketches(linear, shown, count) for shown in (pictures, copies))
        rest = np.concatenate(
            [
                sketches_of(
                    latents_of_scales(tuple(m[i : i + _AT_ONCE] for m in strangers[:count]), linear.scales), linear
                )
                for i in range(0, len(strangers[0]), _AT_ONCE)
            ]
        )
        nearer = [
            np.mean(sketch_distances(copy, rest) > sketch_distances(copy, original[None]))
            for copy, original in zip(seen, own, strict=True)
        ]
        scores[str(ladder_bits(count))] = {
            "roc_auc": round(float(np.mean(nearer)), 5),
            "nearest": round(float(np.mean(np.array(nearer) == 1)), 4),
        }
    return scores


def edited(picture: NDArray[np.uint8], other: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A quarter replaced by another picture, cropped to nine tenths of the area, JPEG 50: 256×256×3 uint8."""
    replaced = np.where(quarter_mask(rng)[..., None], other, picture).astype(np.uint8)
    side = round(CANVAS * (1 - _CROPPED) ** 0.5)
    top, left = rng.integers(0, CANVAS - side + 1, 2)
    cropped = replaced[top : top + side, left : left + side]
    resized = cv2.resize(cropped, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    return compressed(np.ascontiguousarray(resized, dtype=np.uint8), _QUALITY)


def _sketches(linear: LinearWeights, pictures: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    assert count < len(LADDER)
    scales = linear.scales[:count]
    latents = [linear.coarse_analysis(picture.astype(np.int16)) for picture in pictures]
    return np.stack([sketches_of(latents_of_scales(encode_scales(z, scales), scales), linear) for z in latents])
