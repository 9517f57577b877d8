"""What the untouched part of a suspect still tells about its own tokens: side information for reading the code.

Most of a suspect usually shows what it always showed, so its own tokens, where the map says untouched, are mostly the
ones that were sent. They are not trusted, only used as odds: each token becomes a short list of candidates with
probabilities.

Source: decoding with side information after Slepian & Wolf (1973); the rest is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.messages.beliefs import BELIEFS, COARSE_BELIEFS
from underdrawing.messages.token_odds import TokenOdds, bits_of, log_chance
from underdrawing.tokenizer import CANVAS, LADDER, TOKEN_BITS, VOCABULARY, HiddenCode, Tokenizer, to_canvas
from underdrawing.tokenizer.quantizer import largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CANDIDATES", "Nearest", "Recollection"]

CANDIDATES = 24
"""How many entries of a vocabulary are told apart; all others are equally unlikely."""

_LATENTS = 16
_FAR_OFF = 15.0
_INTACT = (0.5, 0.9)
_LEAST_WEIGHT = 0.02
"""Between these chances of being untouched a place counts from hardly to fully."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The candidates for each of n tokens of a scale, the nearest entry first.

    Attributes:
        side: of the scale; n is its square.
        tokens: n×candidates.
        distance: n×candidates float32, from the border between the nearest entry and each, in units of latents.
        intact: n float32, probability that the area of each token is untouched.
    """

    side: int
    tokens: NDArray[np.intp]
    distance: NDArray[np.float32]
    intact: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Recollection:
    """A suspect on the tokenizer's canvas, with its tones as they were.

    Attributes:
        canvas: 256×256×3 int16.
        intact: 256×256 float32, probability that a pixel is untouched.
        tokenizer: what finds the tokens.
    """

    canvas: NDArray[np.int16]
    intact: NDArray[np.float32]
    tokenizer: Tokenizer

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.uint8],
        intact: NDArray[np.float32],
        *,
        known: HiddenCode | None,
        tokenizer: Tokenizer,
        gain: float = 1.0,
        gamma: float = 1.0,
    ) -> Recollection:
        """The recollection of a suspect.

        Args:
            pixels: H×W×3 RGB uint8.
            intact: rows×columns float32, probability that each block of a grid over the image is untouched.
            known: what is known of the code; its mean tells roughly what offset the tones have. None: they have none.
            tokenizer: the tokenizer.
            gain, gamma: change of tone that is known from elsewhere and is undone.
        """
        canvas = to_canvas(pixels).astype(np.float32)
        if gamma != 1.0:
            canvas = 255 * np.power(canvas / 255, np.float32(1 / gamma))
        canvas = canvas / np.float32(gain)
        weight = np.asarray(cv2.resize(intact, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        offset = 0.0 if known is None else _likeliest_offset(canvas, weight, tokenizer.linear_picture(known), gain)
        whole = np.rint(np.clip(canvas + np.float32(offset), 0, 255)).astype(np.int16)
        return cls(whole, weight, tokenizer)

    def nearest(self, known: HiddenCode) -> Nearest:
        """The candidates for the tokens of a fine scale, the first that is not known, in raster order.

        Args:
            known: the scales before.
        """
        side, closeness, vocabulary = self.tokenizer.closeness(self.canvas, known)
        tokens = largest(closeness, CANDIDATES)
        intact = np.clip(cv2.resize(self.intact, (side, side), interpolation=cv2.INTER_AREA).ravel(), 1e-3, 1 - 1e-3)
        return Nearest(
            side=side,
            tokens=tokens,
            distance=vocabulary.distances(closeness, tokens[:, 0], tokens),
            intact=intact.astype(np.float32),
        )

    def odds(self, known: HiddenCode) -> TokenOdds:
        """Odds of the tokens of a fine scale, the first that is not known, in raster order."""
        nearest = self.nearest(known)
        log_weight, log_none = BELIEFS[nearest.side].log_weights(nearest.distance, nearest.intact)
        return TokenOdds.of(nearest.tokens, log_weight, log_none)

    def parents(
        self, known: HiddenCode | None, believed: NDArray[np.float32], *, count: int
    ) -> tuple[NDArray[np.intp], TokenOdds]:
        """The likeliest tokens of a coarse scale, the first that is not known, and their odds.

        Args:
            known: the scales before; None for none.
            believed: n·12 log-likelihood ratios of their bits from elsewhere. They choose among the tokens, but do not
                count in their odds.
            count: how many candidates each gets.

        Returns:
            n×count tokens, in no order; and their odds.
        """
        side, closeness, _ = self.tokenizer.closeness(self.canvas, known, self.weight)
        log_weight, log_none = COARSE_BELIEFS[side].log_weights(closeness, self.gone(side))
        log_prior = np.logaddexp(log_weight, (log_none - np.log(VOCABULARY))[:, None])
        told = _every_token(believed.reshape(-1, TOKEN_BITS))
        tokens = np.argpartition(-(log_prior + told), count, axis=1)[:, :count]
        kept = np.take_along_axis(log_prior, tokens, axis=1)
        left = np.maximum(1 - np.exp(kept).sum(axis=1), np.float32(1e-6))
        return tokens, TokenOdds.of(tokens, kept, np.log(left))

    def children(self, known: HiddenCode | None, parents: NDArray[np.intp]) -> TokenOdds:
        """Odds of the tokens below each candidate of the first scale that is not known.

        Args:
            known: the scales before that; None for none.
            parents: n×k tokens of that scale.

        Returns:
            n×4×k lists of candidates: of the four tokens of the next scale that lie in the same cell, row by row, under
            each of the k candidates of the cell.
        """
        number = 0 if known is None else known.n_scales
        parent, child = self.tokenizer.linear.scales[number : number + 2]
        half, side, k = LADDER[number], LADDER[number + 1], parents.shape[1]
        left = self.tokenizer.linear.coarse_analysis(self.canvas) - self.tokenizer.latents(known).coarse
        said = parent.said(parents.T.reshape(k, half, half))
        closeness = child.closeness(left - said, self.weight).reshape(k * side * side, -1)
        tokens = largest(closeness, CANDIDATES)
        near = np.take_along_axis(closeness, tokens, axis=1)
        log_weight, log_none = COARSE_BELIEFS[side].log_weights(near, np.tile(self.gone(side), k))
        odds = TokenOdds.of(tokens, log_weight, log_none)
        shape = (k, half, 2, half, 2)
        order = np.arange(k * side * side).reshape(shape).transpose(1, 3, 2, 4, 0).reshape(half * half, 4, k)
        return odds.take(order)

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """How much each of the 16×16 latents counts, 0..1."""
        low, high = _INTACT
        cells = cv2.resize(self.intact, (_LATENTS, _LATENTS), interpolation=cv2.INTER_AREA)
        return np.asarray(np.clip((cells - low) / (high - low), _LEAST_WEIGHT, 1), dtype=np.float32)

    def gone(self, side: int) -> NDArray[np.float32]:
        """Share of each of side² cells that does not count."""
        cells = self.weight.reshape(side, _LATENTS // side, side, -1).mean(axis=(1, 3))
        return np.asarray(1 - cells.ravel(), dtype=np.float32)


def _every_token(believed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the probability that n×12 log-likelihood ratios give each of all tokens, n×4096."""
    one, zero = np.array([True]), np.array([False])
    every = bits_of(np.arange(VOCABULARY)).astype(np.float32)
    difference = log_chance(one, believed) - log_chance(zero, believed)
    return np.asarray(difference @ every.T + log_chance(zero, believed).sum(axis=1, keepdims=True), dtype=np.float32)


def _likeliest_offset(
    canvas: NDArray[np.float32], weight: NDArray[np.float32], remembered: NDArray[np.int16], gain: float
) -> float:
    """What to add to all grey levels: nothing, or what a change of contrast around the mean took away, whichever is
    nearer to what the known code says; that itself only where both are far off, for it is rough."""
    told = float(np.average((remembered - canvas).mean(axis=2), weights=weight + 1e-6))
    around_mean = float(np.average(canvas.mean(axis=2)) * (gain - 1))
    nearest = min((0.0, around_mean), key=lambda offset: abs(offset - told))
    return nearest if abs(nearest - told) < _FAR_OFF else told
