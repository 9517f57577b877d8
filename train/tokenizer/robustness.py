"""How many tokens survive a change of the picture that leaves its content alone."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tokenizer import LADDER, HiddenCode, Tokenizer

__all__ = ["kept_given_coarser", "kept_tokens", "robustness"]

Picture = NDArray[np.uint8]


def robustness(tokenizer: Tokenizer, pictures: NDArray[np.uint8]) -> dict[str, dict[str, list[float]]]:
    """Share of unchanged tokens by scale, for each change: as encoded, and with the coarser tokens given."""
    rng = np.random.default_rng(0)
    changes: dict[str, Callable[[Picture], Picture]] = {
        "JPEG 70": lambda picture: _jpeg(picture, 70),
        "noise σ5": lambda picture: _clipped(picture + rng.normal(0, 5, picture.shape)),
        "brightness +5 %": lambda picture: _clipped(picture * 1.05),
    }
    codes = [tokenizer.encode(picture) for picture in pictures]
    return {name: _shares(tokenizer, codes, [change(p) for p in pictures]) for name, change in changes.items()}


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


def _jpeg(picture: Picture, quality: int) -> Picture:
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def _clipped(picture: NDArray[np.float64]) -> Picture:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
