"""Candidates for tokens with their probabilities, and what follows for single bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from underdrawing.tokenizer import TOKEN_BITS, VOCABULARY

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TokenOdds", "bits_of", "log_chance", "log_sum"]

_STRONGEST_HINT = 12.0
_PLACES = np.arange(TOKEN_BITS - 1, -1, -1)


def bits_of(tokens: NDArray[np.integer]) -> NDArray[np.bool_]:
    """The twelve bits of tokens, most significant first, on a new last axis."""
    bits: NDArray[np.bool_] = (tokens[..., None] >> _PLACES) & 1 == 1
    return bits


def log_chance(bits: NDArray[np.bool_], believed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the probability of each bit: 1 has the log-likelihood ratio −believed, 0 has +believed."""
    return np.asarray(-np.logaddexp(0, np.where(bits, believed, -believed)), dtype=np.float32)


def log_sum(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithm of the sum of exponentials over the last axis."""
    peak = np.maximum(values.max(axis=-1, keepdims=True), -1e4)
    total: NDArray[np.float32] = np.log(np.exp(values - peak).sum(axis=-1) + 1e-30) + peak[..., 0]
    return total


@dataclass(frozen=True, eq=False)
class TokenOdds:
    """Candidates for tokens. Arrays have any leading axes in common; n is their product.

    Attributes:
        bits: …×candidates×12 bool, the bits of each candidate, most significant first.
        log_weight: …×candidates float32, logarithm of each candidate's probability.
        log_other: … float32, logarithm of the probability of any one token that is not among them.
    """

    bits: NDArray[np.bool_]
    log_weight: NDArray[np.float32]
    log_other: NDArray[np.float32]

    @classmethod
    def of(cls, tokens: NDArray[np.integer], log_weight: NDArray[np.float32], log_none: NDArray[np.float32]) -> Self:
        """Odds from tokens (…×candidates), their log-probabilities, and that of being none of them."""
        log_other = log_none - np.float32(np.log(VOCABULARY))
        return cls(bits_of(tokens), log_weight.astype(np.float32), log_other.astype(np.float32))

    def take(self, order: NDArray[np.int64]) -> TokenOdds:
        """The odds of some tokens, in this order."""
        return TokenOdds(self.bits[order], self.log_weight[order], self.log_other[order])

    def hints(self, believed: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Log-likelihood ratio of every bit of n tokens, positive for 0, n·12 float32.

        Args:
            believed: n·12 log-likelihood ratios of the bits from elsewhere; each bit's hint uses those of the others.
        """
        n = self.bits.shape[0]
        other = np.zeros((n, TOKEN_BITS), np.float32) if believed is None else believed.reshape(n, TOKEN_BITS)
        log_bit = log_chance(self.bits, other[:, None, :])
        log_token = self.log_weight[..., None] + log_bit.sum(axis=-1, keepdims=True) - log_bit
        floor = self.log_other[:, None]
        zero = np.logaddexp(log_sum(np.where(self.bits, -np.inf, log_token).swapaxes(1, 2)), floor)
        one = np.logaddexp(log_sum(np.where(self.bits, log_token, -np.inf).swapaxes(1, 2)), floor)
        hints = np.clip(zero - one, -_STRONGEST_HINT, _STRONGEST_HINT)
        return np.asarray(hints, dtype=np.float32).ravel()
