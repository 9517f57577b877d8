"""How many tokens survive a change of the picture that leaves its content alone."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from train.copies import compressed
from underdrawing.tokenizer import CANVAS, LADDER, HiddenCode, Tokenizer, to_canvas

__all__ = ["kept_given_coarser", "kept_tokens", "robustness", "steadied"]

Picture = NDArray[np.uint8]


_MARGINS = (1.0, 2.0, 2.0, 2.0, 2.0, 2.0)
"""Those of the standard profile, and at scale 32, which it leaves alone, as much as at the others."""


def robustness(tokenizer: Tokenizer, pictures: NDArray[np.uint8]) -> dict[str, dict[str, list[float]]]:
    """Share of unchanged tokens by scale, for each change: as encoded, and with the coarser tokens given.

    The changes named *steadied* are done to pictures that were nudged to keep their tokens.
    """
    rng = np.random.default_rng(0)
    changes: dict[str, Callable[[Picture], Picture]] = {
        "JPEG 70": lambda picture: compressed(picture, 70),
        "noise σ5": lambda picture: _clipped(picture + rng.normal(0, 5, picture.shape)),
        "brightness +5 %": lambda picture: _clipped(picture * 1.05),
    }
    of_steadied: dict[str, Callable[[Picture], Picture]] = {
        "steadied": lambda picture: picture,
        "steadied, JPEG 70": lambda picture: compressed(picture, 70),
        "steadied, JPEG 75 at 512×512": lambda picture: to_canvas(compressed(_doubled(picture), 75)),
        "steadied, brightness +5 %, undone": lambda picture: _clipped(_clipped(picture * 1.05) / 1.05),
        "steadied, brightness −5 %, undone": lambda picture: _clipped(_clipped(picture * 0.95) / 0.95),
    }
    codes = [tokenizer.encode(picture) for picture in pictures]
    nudged = [steadied(tokenizer, code, picture) for code, picture in zip(codes, pictures, strict=True)]
    shares = {name: _shares(tokenizer, codes, [change(p) for p in pictures]) for name, change in changes.items()}
    for name, change in of_steadied.items():
        shares[name] = _shares(tokenizer, codes, [change(p) for p in nudged])
    return shares


def steadied(tokenizer: Tokenizer, code: HiddenCode, picture: Picture) -> Picture:
    """A picture of 256×256 nudged to keep its tokens, as protecting does it; in place of a mark, noise that dithers."""
    dither = np.random.default_rng(0).uniform(-0.5, 0.5, (*picture.shape[:2], 1))
    return _clipped(picture + tokenizer.steadying(picture, code, _MARGINS)[..., None] + dither)


def kept_tokens(one: HiddenCode, other: HiddenCode) -> list[float]:
    """Share of equal tokens, scale by scale."""
    return [float(np.mean(a == b)) for a, b in zip(one.scales, other.scales, strict=True)]


def kept_given_coarser(tokenizer: Tokenizer, code: HiddenCode, picture: Picture) -> list[float]:
    """Share of tokens that a changed picture gives when it is told the coarser tokens of the original."""
    linear = tokenizer.linear
    canvas = picture.astype(np.int16)
    left = linear.coarse_analysis(canvas)
    shares = []
    for scale, tokens in zip(linear.scales, code.scales, strict=False):
        seen = scale.vocabulary.nearest(scale.vectors(left))
        shares.append(float(np.mean(seen == tokens)))
        left = left - scale.said(tokens)
    seen = linear.fine_vocabulary.nearest(linear.fine_analysis(canvas - tokenizer.linear_picture(code)))
    return [*shares, float(np.mean(seen == code.scales[5]))]


def _shares(tokenizer: Tokenizer, codes: list[HiddenCode], changed: list[Picture]) -> dict[str, list[float]]:
    free = [kept_tokens(code, tokenizer.encode(picture)) for code, picture in zip(codes, changed, strict=True)]
    given = [kept_given_coarser(tokenizer, code, picture) for code, picture in zip(codes, changed, strict=True)]
    return {"as_encoded": _means(free), "coarser_given": _means(given)}


def _means(rows: list[list[float]]) -> list[float]:
    assert all(len(row) == len(LADDER) for row in rows)
    return [round(float(value), 3) for value in np.mean(rows, axis=0)]


def _doubled(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (2 * CANVAS, 2 * CANVAS), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _clipped(picture: NDArray[np.floating]) -> Picture:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
