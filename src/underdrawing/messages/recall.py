"""What the untouched part of a suspect still tells about its own tokens: side information for reading the code.

Most of a suspect usually shows what it always showed, so its own tokens, where the map says untouched, are mostly the
ones that were sent. They are not trusted, only used as odds: each token becomes a short list of candidates with
probabilities, and the decoder of the error-correcting code gets the odds of its bits. What the decoder then believes of
some bits of a token sharpens the odds of the others, and it tries again (iterative demapping). So a block that the
channel carried only half still arrives; its checksum and the signature say whether it did.

Source: decoding with side information after Slepian & Wolf (1973); iterative demapping after ten Brink et al. (1998).
The combination is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.tokenizer import CANVAS, LADDER, TOKEN_BITS, VOCABULARY, HiddenCode, Tokenizer, to_canvas
from underdrawing.tokenizer.quantizer import Vocabulary, largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BELIEFS", "CANDIDATES", "Belief", "Demapper", "Nearest", "Recollection", "TokenOdds"]

CANDIDATES = 24
"""How many entries of a vocabulary are told apart; all others are equally unlikely."""

_FAR_OFF = 15.0
_STRONGEST_HINT = 12.0


_SUREST = 0.998
_PLACES = 1 << np.arange(TOKEN_BITS - 1, -1, -1)
_BLUR = 0.55
"""A logistic curve's slope times the standard deviation of what blurs it: how much it matters."""


@dataclass(frozen=True)
class Belief:
    """How far the tokens that a suspect gives at one scale can be believed. Distances are in units of latents.

    A token is one of three: whole, and then the nearest entry is it, or one whose border is near; touched in part, and
    then it is somewhere around; or replaced, and any token is as good.

    Attributes:
        sharp, lead: of a whole token the odds of the nearest entry against another are
            ``exp(sharp · distance from the border between them + lead)``.
        wide: of one touched in part they are ``exp(wide · distance)``.
        whole: slope and offset of the log-odds that a token is whole over those that its area is untouched.
        touched: the same of being touched in part, where it is not whole.
    """

    sharp: float
    lead: float
    wide: float
    whole: tuple[float, float]
    touched: tuple[float, float]

    def log_weights(
        self, distance: NDArray[np.float32], intact: NDArray[np.float32], variance: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logarithms of the probabilities of candidates, and of being none of them.

        Args:
            distance: n×candidates, from the border to each; the first candidate is the nearest.
            intact: n, probability that the area of each token is untouched.
            variance: n, of the latents, from what is not certain of the coarser tokens.
        """
        ratio = np.log(intact / (1 - intact))
        focus = 1 / np.sqrt(1 + np.square(_BLUR * self.sharp) * variance)
        plain = np.minimum(_probability(ratio, self.whole), np.float32(_SUREST))
        touched = (1 - plain) * _probability(ratio, self.touched) + (1 - focus) * plain * np.float32(_SUREST)
        whole = focus * plain
        behind = np.arange(distance.shape[1]) > 0
        near = np.exp(-focus[:, None] * (self.sharp * distance + self.lead * behind))
        around = np.exp(-self.wide * distance)
        weight = (whole / near.sum(axis=1))[:, None] * near + (touched / around.sum(axis=1))[:, None] * around
        return np.log(weight + np.float32(1e-30)), np.log(np.maximum(1 - whole - touched, np.float32(1e-6)))


BELIEFS = {
    4: Belief(sharp=2.56, lead=0.56, wide=0.07, whole=(2.27, -5.89), touched=(0.84, -1.61)),
    8: Belief(sharp=4.22, lead=-0.89, wide=0.07, whole=(1.45, -2.74), touched=(0.92, -1.92)),
    16: Belief(sharp=1.85, lead=0.13, wide=0.10, whole=(1.94, -2.17), touched=(0.64, -1.18)),
    32: Belief(sharp=2.67, lead=-0.11, wide=0.13, whole=(3.05, -2.83), touched=(0.99, -2.38)),
}
"""Fitted to photographs with a quarter replaced: scales 4 to 16 after JPEG 75 to 40, WebP 75, and half the size and
JPEG 80 or 75, of steadied pictures; scale 32, which is not steadied, after JPEG 85 to 50 and 0.7 of the size."""


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
class TokenOdds:
    """Candidates for each of n tokens.

    Attributes:
        bits: n×candidates×12 bool, the bits of each candidate, most significant first.
        log_weight: n×candidates float32, logarithm of each candidate's probability.
        log_other: n float32, logarithm of the probability of any one token that is not among them by closeness.
    """

    bits: NDArray[np.bool_]
    log_weight: NDArray[np.float32]
    log_other: NDArray[np.float32]

    def take(self, order: NDArray[np.int64]) -> TokenOdds:
        """The odds of some tokens, in this order."""
        return TokenOdds(self.bits[order], self.log_weight[order], self.log_other[order])

    def likeliest(self, believed: NDArray[np.float32] | None = None) -> NDArray[np.uint16]:
        """The likeliest of all tokens, n uint16; ``believed`` as for :meth:`hints`.

        Where the decoder is sure enough of a token that is no candidate, it is that one.
        """
        return self._guess(believed)[0]

    def expected(
        self, vocabulary: Vocabulary, believed: NDArray[np.float32] | None = None
    ) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
        """The tokens that are nearest to what is to be expected, and how far they may be off.

        Where one token is likely it is that one; where nothing is known it is one in the middle of all.

        Returns:
            n uint16; and n float32, expected mean square of the error of their latents.
        """
        likeliest, candidate, own = self._guess(believed)
        entries = vocabulary.entries.astype(np.float32)
        near = entries[(self.bits @ _PLACES).astype(np.intp)]
        elsewhere = np.maximum(1 - candidate.sum(axis=1) - own, 0)
        mean, power = vocabulary.moments
        expected = (candidate[..., None] * near).sum(axis=1) + own[:, None] * entries[likeliest]
        expected += elsewhere[:, None] * mean
        tokens = vocabulary.nearest(np.rint(expected).astype(np.int32))
        chosen = entries[tokens]
        error = (candidate * np.square(near - chosen[:, None]).mean(axis=2)).sum(axis=1)
        error += own * np.square(entries[likeliest] - chosen).mean(axis=1)
        error += elsewhere * (power - 2 * (chosen * mean).mean(axis=1) + np.square(chosen).mean(axis=1))
        return tokens, np.asarray(error, dtype=np.float32)

    def _guess(
        self, believed: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.uint16], NDArray[np.float32], NDArray[np.float32]]:
        """The likeliest tokens; the probability of each candidate; that of the likeliest token where it is none."""
        n = self.bits.shape[0]
        other = np.zeros((n, TOKEN_BITS), np.float32) if believed is None else believed.reshape(n, TOKEN_BITS)
        log_token = self.log_weight - np.logaddexp(0, np.where(self.bits, 1, -1) * other[:, None, :]).sum(axis=-1)
        log_believed = self.log_other - np.logaddexp(0, -np.abs(other)).sum(axis=-1)
        outside = log_believed > log_token.max(axis=1)
        best = np.where(outside[:, None], other < 0, self.bits[np.arange(n), log_token.argmax(axis=1)])
        total = np.logaddexp(_log_sum(log_token[..., None])[:, 0], self.log_other)
        own = np.where(outside, np.exp(log_believed - total), 0).astype(np.float32)
        return np.asarray(best @ _PLACES, dtype=np.uint16), np.exp(log_token - total[:, None]), own

    def hints(self, believed: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Log-likelihood ratio of every bit, positive for 0, n·12 float32.

        Args:
            believed: n·12 log-likelihood ratios of the bits from elsewhere; each bit's hint uses those of the others.
        """
        n = self.bits.shape[0]
        other = np.zeros((n, TOKEN_BITS), np.float32) if believed is None else believed.reshape(n, TOKEN_BITS)
        log_bit = -np.logaddexp(0, np.where(self.bits, 1, -1) * other[:, None, :])
        log_token = self.log_weight[..., None] + log_bit.sum(axis=-1, keepdims=True) - log_bit
        floor = self.log_other[:, None]
        zero = np.logaddexp(_log_sum(np.where(self.bits, -np.inf, log_token)), floor)
        one = np.logaddexp(_log_sum(np.where(self.bits, log_token, -np.inf)), floor)
        hints = np.clip(zero - one, -_STRONGEST_HINT, _STRONGEST_HINT)
        return np.asarray(hints, dtype=np.float32).ravel()


@dataclass(frozen=True, eq=False)
class Recollection:
    """A suspect on the tokenizer's canvas, with its tones as they were.

    Attributes:
        canvas: 256×256×3 int16.
        intact: 256×256 float32, probability that a pixel is untouched.
    """

    canvas: NDArray[np.int16]
    intact: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.uint8],
        intact: NDArray[np.float32],
        *,
        known: HiddenCode,
        tokenizer: Tokenizer,
        gain: float = 1.0,
        gamma: float = 1.0,
    ) -> Recollection:
        """The recollection of a suspect.

        Args:
            pixels: H×W×3 RGB uint8.
            intact: rows×columns float32, probability that each block of a grid over the image is untouched.
            known: what is known of the code; its mean tells roughly what offset the tones have.
            tokenizer: the tokenizer.
            gain, gamma: change of tone that is known from elsewhere and is undone.
        """
        canvas = to_canvas(pixels).astype(np.float32)
        if gamma != 1.0:
            canvas = 255 * np.power(canvas / 255, np.float32(1 / gamma))
        canvas = canvas / np.float32(gain)
        weight = np.asarray(cv2.resize(intact, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        offset = _likeliest_offset(canvas, weight, tokenizer.linear_picture(known), gain)
        return cls(np.rint(np.clip(canvas + np.float32(offset), 0, 255)).astype(np.int16), weight)

    def nearest(self, tokenizer: Tokenizer, known: HiddenCode) -> Nearest:
        """The candidates for the tokens of the first scale that is not known, in raster order.

        Args:
            tokenizer: the tokenizer.
            known: the scales before, as far as they can be told.
        """
        side, closeness, vocabulary = tokenizer.closeness(self.canvas, known)
        tokens = largest(closeness, CANDIDATES)
        intact = np.clip(cv2.resize(self.intact, (side, side), interpolation=cv2.INTER_AREA).ravel(), 1e-3, 1 - 1e-3)
        return Nearest(
            side=side,
            tokens=tokens,
            distance=vocabulary.distances(closeness, tokens[:, 0], tokens),
            intact=intact.astype(np.float32),
        )

    def odds(self, tokenizer: Tokenizer, known: HiddenCode, variance: NDArray[np.float32] | None = None) -> TokenOdds:
        """Odds of the tokens of the first scale that is not known, in raster order.

        Args:
            tokenizer: the tokenizer.
            known: the scales before, as far as they can be told.
            variance: side×side, of the latents, because those before may be wrong; None where they are certain.
        """
        nearest = self.nearest(tokenizer, known)
        doubt = np.zeros_like(nearest.intact) if variance is None else variance.ravel()
        log_weight, log_none = BELIEFS[nearest.side].log_weights(nearest.distance, nearest.intact, doubt)
        bits = (nearest.tokens[..., None] >> np.arange(TOKEN_BITS - 1, -1, -1)) & 1 == 1
        log_other = log_none - np.log(VOCABULARY)
        return TokenOdds(bits, log_weight.astype(np.float32), log_other.astype(np.float32))


def _likeliest_offset(
    canvas: NDArray[np.float32], weight: NDArray[np.float32], remembered: NDArray[np.int16], gain: float
) -> float:
    """What to add to all grey levels: nothing, or what a change of contrast around the mean took away, whichever is
    nearer to what the known code says; that itself only where both are far off, for it is rough."""
    told = float(np.average((remembered - canvas).mean(axis=2), weights=weight + 1e-6))
    around_mean = float(np.average(canvas.mean(axis=2)) * (gain - 1))
    nearest = min((0.0, around_mean), key=lambda offset: abs(offset - told))
    return nearest if abs(nearest - told) < _FAR_OFF else told


class Demapper:
    """Hints for the tokens of a block, sharpened by what the decoder believes of their bits.

    A block may hold several scales. The tokens of one can only be told once those before it are, so the likeliest ones
    are taken for known, time after time.
    """

    def __init__(
        self,
        recollection: Recollection,
        tokenizer: Tokenizer,
        known: HiddenCode,
        *,
        sides: tuple[int, ...],
        order: NDArray[np.int64] | None = None,
    ) -> None:
        self._recollection = recollection
        self._tokenizer = tokenizer
        self._known = known
        self._sides = sides
        self._order = order

    def hints(self, believed: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Log-likelihood ratios of the bits of all tokens of the block, in the block's order.

        Args:
            believed: the same from the decoder, hints not counted; None before it has been asked.
        """
        known, variance = self._known, None
        parts, start = [], 0
        for side in self._sides:
            odds = self._recollection.odds(self._tokenizer, known, variance)
            odds = odds if self._order is None else odds.take(self._order)
            bits = odds.bits.shape[0] * TOKEN_BITS
            mine = None if believed is None else _padded(believed[start : start + bits], bits)
            parts.append(odds.hints(mine))
            if side != self._sides[-1]:
                scale = self._tokenizer.linear.scales[LADDER.index(side)]
                tokens, error = odds.expected(scale.vocabulary, mine)
                known = HiddenCode((*known.scales, tokens.reshape(side, side)))
                variance = scale.errors_passed_on(error.reshape(side, side))
            start += bits
        return np.concatenate(parts)


def _padded(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    whole = np.zeros(length, dtype=np.float32)
    whole[: values.size] = values
    return whole


def _probability(ratio: NDArray[np.float32], line: tuple[float, float]) -> NDArray[np.float32]:
    slope, offset = line
    return np.asarray(1 / (1 + np.exp(-slope * ratio - offset)), dtype=np.float32)


def _log_sum(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the sum of exponentials over axis 1."""
    peak = np.maximum(values.max(axis=1, keepdims=True), -1e4)
    total: NDArray[np.float32] = np.log(np.exp(values - peak).sum(axis=1) + 1e-30) + peak[:, 0]
    return total
