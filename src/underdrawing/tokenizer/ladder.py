"""The ladder of scales, and a hidden code as a prefix of it.

A hidden code is a short description of a whole picture: one token for the picture, then 2×2, 4×4, … 32×32 tokens, each
saying what the coarser ones left out. Any prefix is itself a code of the whole picture, so one code serves carriers of
every size::

    scales up to      1     2     4     8     16      32
    tokens            1     5    21    85    341    1365
    bits             12    60   252  1020   4092   16380
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError

__all__ = ["CANVAS", "LADDER", "TOKEN_BITS", "VOCABULARY", "HiddenCode", "ladder_bits"]

LADDER: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
"""Side of the square token map at each scale, coarse to fine."""

TOKEN_BITS = 12
VOCABULARY = 1 << TOKEN_BITS
CANVAS = 256
"""Side in pixels of the square on which pictures are described."""


def ladder_bits(n_scales: int) -> int:
    """Number of bits of the first ``n_scales`` scales (0 to 6) of the ladder."""
    _check_n_scales(n_scales, at_least=0)
    return TOKEN_BITS * sum(side * side for side in LADDER[:n_scales])


@dataclass(frozen=True, eq=False)
class HiddenCode:
    """A prefix of the ladder: what is known of a picture.

    Attributes:
        scales: one token map per scale, coarse to fine; the k-th has shape (side, side) with ``side = LADDER[k]``,
            dtype uint16, values 0..4095, rows from the top, columns from the left.
        known: shape and order of the last token map, True where its token is known; None when all are.

    Raises:
        UsageError: a token map is missing, of the wrong shape or type, or out of range.
    """

    scales: tuple[NDArray[np.uint16], ...]
    known: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        _check_n_scales(len(self.scales), at_least=1)
        for side, tokens in zip(LADDER, self.scales, strict=False):
            _check_tokens(tokens, side)
        if self.known is not None and (self.known.shape != self.scales[-1].shape or self.known.dtype != np.bool_):
            raise UsageError(
                f"hidden code: known has shape {self.known.shape} and type {self.known.dtype}, "
                f"expected {self.scales[-1].shape} of bool; give one flag per token of the last scale"
            )

    @property
    def n_scales(self) -> int:
        """How many scales the code has, 1..6; the last one may be known in part only."""
        return len(self.scales)

    def has_whole(self, n_scales: int) -> bool:
        """Whether the first ``n_scales`` scales are known, every token of them."""
        return self.n_scales > n_scales or (self.n_scales == n_scales and self.known is None)

    def prefix(self, n_scales: int) -> HiddenCode:
        """The code of the first ``n_scales`` scales."""
        _check_n_scales(n_scales, at_least=1, at_most=self.n_scales)
        return HiddenCode(self.scales[:n_scales], self.known if n_scales == self.n_scales else None)

    def bits_upto(self, n_scales: int) -> NDArray[np.uint8]:
        """Bits of the first ``n_scales`` scales: ``ladder_bits(n_scales)`` values 0 or 1, dtype uint8.

        Scale after scale, tokens in raster order, each token most significant bit first. Unknown tokens count as 0.
        """
        tokens = np.concatenate([t.ravel() for t in _known_tokens(self.prefix(n_scales))])
        shifts = np.arange(TOKEN_BITS - 1, -1, -1, dtype=np.uint16)
        return ((tokens[:, None] >> shifts) & 1).astype(np.uint8).ravel()

    @classmethod
    def from_bits(cls, bits: NDArray[np.uint8]) -> HiddenCode:
        """The code whose ``bits_upto`` gives ``bits``; the number of bits tells the number of scales.

        Raises:
            UsageError: the number of bits is not that of a prefix of the ladder.
        """
        lengths = [ladder_bits(n) for n in range(1, len(LADDER) + 1)]
        if bits.ndim != 1 or bits.size not in lengths:
            raise UsageError(f"hidden code: got bits of shape {bits.shape}, expected one of {lengths} bits in a row")
        weights = 1 << np.arange(TOKEN_BITS - 1, -1, -1)
        tokens = (bits.reshape(-1, TOKEN_BITS).astype(np.int64) @ weights).astype(np.uint16)
        return cls(_cut_into_scales(tokens, lengths.index(bits.size) + 1))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HiddenCode):
            return NotImplemented
        maps_equal = all(map(np.array_equal, self.scales, other.scales))
        return self.n_scales == other.n_scales and maps_equal and _same_known(self.known, other.known)

    __hash__ = None  # type: ignore[assignment]


def _same_known(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> bool:
    if one is None or other is None:
        return (one is None or bool(one.all())) and (other is None or bool(other.all()))
    return np.array_equal(one, other)


def _known_tokens(code: HiddenCode) -> Sequence[NDArray[np.uint16]]:
    if code.known is None:
        return code.scales
    return (*code.scales[:-1], np.where(code.known, code.scales[-1], 0).astype(np.uint16))


def _cut_into_scales(tokens: NDArray[np.uint16], n_scales: int) -> tuple[NDArray[np.uint16], ...]:
    sizes = [side * side for side in LADDER[:n_scales]]
    parts = np.split(tokens, np.cumsum(sizes)[:-1])
    return tuple(part.reshape(side, side) for part, side in zip(parts, LADDER, strict=False))


def _check_n_scales(n_scales: int, *, at_least: int, at_most: int = len(LADDER)) -> None:
    if not at_least <= n_scales <= at_most:
        raise UsageError(f"hidden code: {n_scales} scales, expected {at_least} to {at_most}")


def _check_tokens(tokens: NDArray[np.uint16], side: int) -> None:
    if tokens.shape != (side, side) or tokens.dtype != np.uint16:
        raise UsageError(
            f"hidden code: token map {tokens.shape} of {tokens.dtype}, expected ({side}, {side}) of uint16"
        )
    if int(tokens.max()) >= VOCABULARY:
        raise UsageError(f"hidden code: token {int(tokens.max())} is outside 0..{VOCABULARY - 1}")
