"""Hints for the bits of a block's tokens, sharpened by what the decoder believes of them.

::

    suspect ─► odds of tokens ─► hints of bits ─► decoder of the error-correcting code
                     ▲                                  │
                     └──────── beliefs of bits ◄────────┘      until the block decodes

Two coarse scales in one block depend on each other: a token of the finer one says what is left in its cell once the
token above it, its parent, is taken away. Each parent has only a few likely candidates, so a family, a parent and its
four children, is weighed as a whole, candidate by candidate. What the decoder knows of the children then tells the
parent, and the other way round.

Source: iterative demapping after ten Brink et al. (1998); families are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.messages.token_odds import TokenOdds, log_chance, log_sum
from underdrawing.tokenizer import LADDER, TOKEN_BITS, VOCABULARY, HiddenCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.messages.recall import Recollection

__all__ = ["Demapper", "family_hints"]

_PARENTS = {1: 96, 4: 32}
"""How many candidates a parent gets, by the side of its scale."""

_LOG_ANY = -float(np.log(VOCABULARY))


@dataclass(frozen=True, eq=False)
class Demapper:
    """Hints for the tokens of a block.

    Attributes:
        recollection: what the suspect shows.
        known: the scales before those of the block; None for none.
        scales: how many the block has: one, or two that are both coarse.
        order: in which the tokens of one scale are sent; None for raster order.
    """

    recollection: Recollection
    known: HiddenCode | None
    scales: int
    order: NDArray[np.int64] | None = None

    def hints(self, believed: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Log-likelihood ratios of the bits of all tokens of the block, in the block's order.

        Args:
            believed: the same from the decoder, hints not counted; None before it has been asked. May end early.
        """
        if believed is None:
            return self._unasked.copy()
        told = np.zeros(self._tokens * TOKEN_BITS, dtype=np.float32)
        told[: believed.size] = believed
        return self._told(told)

    @cached_property
    def _unasked(self) -> NDArray[np.float32]:
        """The hints before the decoder has been asked."""
        return self._told(np.zeros(self._tokens * TOKEN_BITS, dtype=np.float32))

    def _told(self, believed: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._of_families(believed) if self.scales == 2 else self._odds.hints(believed)

    @property
    def _tokens(self) -> int:
        """How many tokens the block has."""
        number = 0 if self.known is None else self.known.n_scales
        sides = LADDER[number : number + self.scales]
        return sum(side * side for side in sides) if self.order is None else self.order.size

    @cached_property
    def _odds(self) -> TokenOdds:
        assert self.known is not None
        odds = self.recollection.odds(self.known)
        return odds if self.order is None else odds.take(self.order)

    def _of_families(self, told: NDArray[np.float32]) -> NDArray[np.float32]:
        half = LADDER[0 if self.known is None else self.known.n_scales]
        above, below = told[: half * half * TOKEN_BITS], told[half * half * TOKEN_BITS :]
        tokens, parents = self.recollection.parents(self.known, above, count=_PARENTS[half])
        return family_hints(parents, self.recollection.children(self.known, tokens), above, below)


def family_hints(
    parents: TokenOdds, children: TokenOdds, above: NDArray[np.float32], below: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Hints of the bits of a scale and of the next finer one.

    Args:
        parents: the half² tokens of the scale, lists of k.
        children: half²×4×k lists, see ``Recollection.children``.
        above, below: log-likelihood ratios of the bits of both scales from elsewhere, each in raster order.

    Returns:
        As many log-likelihood ratios of the bits, those of the coarser scale first.
    """
    n = parents.log_other.size
    half = math.isqrt(n)
    by_family = below.reshape(half, 2, half, 2, TOKEN_BITS).swapaxes(1, 2).reshape(n, 4, 1, 1, TOKEN_BITS)
    fits = log_sum(children.log_weight + log_chance(children.bits, by_family).sum(axis=-1))
    fits = np.logaddexp(fits, children.log_other)
    upwards = TokenOdds(parents.bits, parents.log_weight + fits.sum(axis=1), parents.log_other + 4 * _LOG_ANY)
    downwards = _seen_from_above(parents, children, above.reshape(n, 1, TOKEN_BITS), fits)
    return np.concatenate([upwards.hints(above), _raster(downwards, half).hints(below)])


def _seen_from_above(
    parents: TokenOdds, children: TokenOdds, above: NDArray[np.float32], fits: NDArray[np.float32]
) -> TokenOdds:
    """Odds of each child over all candidates of its parent, which its three siblings help to choose: n×4 lists.

    Args:
        parents: n lists of k.
        children: n×4×k lists.
        above: n×1×12 log-likelihood ratios of the parents' bits.
        fits: n×4×k, log-likelihood of each child under each candidate.
    """
    chance = parents.log_weight + log_chance(parents.bits, above).sum(axis=-1) + fits.sum(axis=1)
    without_own = chance[:, None] - fits
    nothing = (parents.log_other + 3 * _LOG_ANY)[:, None]
    total = np.logaddexp(log_sum(without_own), nothing)
    share = without_own - total[..., None]
    n, four, _, _, bits = children.bits.shape
    return TokenOdds(
        bits=children.bits.reshape(n, four, -1, bits),
        log_weight=(share[..., None] + children.log_weight).reshape(n, four, -1),
        log_other=np.logaddexp(log_sum(share + children.log_other), nothing - total + _LOG_ANY),
    )


def _raster(odds: TokenOdds, half: int) -> TokenOdds:
    """Lists by parent and child, n×4, as one list of tokens in raster order."""
    order = np.arange(4 * half * half).reshape(half, half, 2, 2).swapaxes(1, 2).ravel()
    rest = odds.bits.shape[2:]
    flat = TokenOdds(odds.bits.reshape(-1, *rest), odds.log_weight.reshape(-1, rest[0]), odds.log_other.ravel())
    return flat.take(order)
