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

from underdrawing.tokenizer import CANVAS, TOKEN_BITS, HiddenCode, Tokenizer, to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Demapper", "Recollection", "TokenOdds"]

_CANDIDATES = 24
_STRETCHES = 64
_TEMPERATURE = {4: 40.0, 8: 40.0, 16: 60.0, 32: 40.0}
_DOUBT = 0.03
_SHARPNESS = 1.5
_FAR_OFF = 15.0
_STRONGEST_HINT = 12.0


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
        """The likeliest candidate of each token, n uint16; ``believed`` as for :meth:`hints`."""
        n = self.bits.shape[0]
        other = np.zeros((n, TOKEN_BITS), np.float32) if believed is None else believed.reshape(n, TOKEN_BITS)
        log_token = self.log_weight - np.logaddexp(0, np.where(self.bits, 1, -1) * other[:, None, :]).sum(axis=-1)
        best = self.bits[np.arange(n), log_token.argmax(axis=1)]
        return np.asarray(best @ (1 << np.arange(TOKEN_BITS - 1, -1, -1)), dtype=np.uint16)

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

    def odds(self, tokenizer: Tokenizer, known: HiddenCode) -> TokenOdds:
        """Odds of the tokens of the first scale that is not known, in raster order."""
        side, closeness, entries = tokenizer.closeness(self.canvas, known)
        closeness = closeness / np.float32(_TEMPERATURE[side])
        nearest = _largest(closeness, _CANDIDATES)
        weight = np.take_along_axis(closeness, nearest, axis=1)
        weight = weight - _log_sum(weight[..., None])
        whole = cv2.resize(self.intact, (side, side), interpolation=cv2.INTER_AREA).ravel() ** _SHARPNESS * (1 - _DOUBT)
        whole = np.clip(whole, 1e-6, 1 - 1e-6)
        bits = (nearest[..., None] >> np.arange(TOKEN_BITS - 1, -1, -1)) & 1 == 1
        log_other = np.log((1 - whole) / entries).astype(np.float32)
        return TokenOdds(bits, (weight + np.log(whole)[:, None]).astype(np.float32), log_other)


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
        known, parts, start = self._known, [], 0
        for side in self._sides:
            odds = self._odds(known)
            bits = odds.bits.shape[0] * TOKEN_BITS
            mine = None if believed is None else _padded(believed[start : start + bits], bits)
            parts.append(odds.hints(mine))
            if side != self._sides[-1]:
                known = HiddenCode((*known.scales, odds.likeliest(mine).reshape(side, side)))
            start += bits
        return np.concatenate(parts)

    def _odds(self, known: HiddenCode) -> TokenOdds:
        odds = self._recollection.odds(self._tokenizer, known)
        return odds if self._order is None else odds.take(self._order)


def _padded(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    whole = np.zeros(length, dtype=np.float32)
    whole[: values.size] = values
    return whole


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Columns of the largest values of each row, largest first: rows×columns → rows×count.

    The largest of each of 64 stretches of a row tell a bound that few values reach, so that only those are sorted.
    """
    rows, columns = values.shape
    stretches = values.reshape(rows, _STRETCHES, -1).max(axis=2)
    bound = np.partition(stretches, _STRETCHES - count, axis=1)[:, _STRETCHES - count, None]
    row, column = np.divmod(np.flatnonzero(values >= bound), columns)
    order = np.lexsort((-values[row, column], row))
    reached = np.bincount(row, minlength=rows)
    first = np.cumsum(reached) - reached
    largest: NDArray[np.intp] = column[order][first[:, None] + np.arange(count)]
    return largest


def _log_sum(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the sum of exponentials over axis 1."""
    peak = np.maximum(values.max(axis=1, keepdims=True), -1e4)
    total: NDArray[np.float32] = np.log(np.exp(values - peak).sum(axis=1) + 1e-30) + peak[:, 0]
    return total
