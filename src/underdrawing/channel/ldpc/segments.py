"""Blocks longer than one code: equal segments, interleaved bit by bit."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc.base_graphs import BaseGraph
from underdrawing.channel.ldpc.code import MAXIMUM_BITS, Decoded, LdpcCode
from underdrawing.channel.ldpc.readings import READINGS, Reading
from underdrawing.errors import UsageError

__all__ = ["Segmented", "SegmentedDecoded"]

_CERTAIN_RATIO = np.float32(20)
_INFORMATION_SENT_EARLY = 0.3
"""With parity first, the share of the information bits that goes before it; decoding has to start somewhere."""


@dataclass(frozen=True, eq=False)
class SegmentedDecoded:
    """A long block as the decoder sees it.

    Attributes:
        bits: `information_bits` bits (0 or 1); those of segments that did not converge are guesses.
        segments: the segments in order, each with its own `converged`.
        sent_beliefs: `buffer_bits` log-likelihood ratios of what was sent, after decoding, float32.
    """

    bits: NDArray[np.uint8]
    segments: tuple[Decoded, ...]
    sent_beliefs: NDArray[np.float32]

    @property
    def beliefs(self) -> NDArray[np.float32]:
        """Log-likelihood ratios of the information bits after decoding, hints included."""
        return np.concatenate([segment.beliefs for segment in self.segments])[: self.bits.size]

    @property
    def converged(self) -> bool:
        """Whether every segment converged."""
        return all(segment.converged for segment in self.segments)

    @property
    def corrected_bits(self) -> int:
        """Received positions that contradict the decoded codewords, over all segments."""
        return sum(segment.corrected_bits for segment in self.segments)

    @property
    def iterations(self) -> int:
        """Sweeps of the segment that took longest."""
        return max(segment.iterations for segment in self.segments)


@dataclass(frozen=True)
class Segmented:
    """A block of any length as `segments` codewords of one code.

    The buffers of the segments are interleaved: buffer position p is position p // segments of segment p % segments.
    So a prefix gives every segment the same share, and damage in one stretch is shared by all.

    Attributes:
        information_bits: bits of the whole block; the last segment is filled up with zeros.
        segments: number of codewords.
        code: the code of each segment.
        parity_first: order of the positions in a segment's buffer. A reader who knows most information bits from
            elsewhere learns nothing from being sent them, but from every parity bit. Then three in ten information bits
            come first, evenly chosen, then all parity bits, then the other information bits. On BG1 nothing changes:
            its checks see too many information bits at once to start with few of them.
    """

    information_bits: int
    segments: int
    code: LdpcCode
    parity_first: bool = False

    @classmethod
    def for_information(
        cls, information_bits: int, *, segment_bits: int = MAXIMUM_BITS, parity_first: bool = False
    ) -> Self:
        """As few segments as possible, all equal.

        Args:
            information_bits: bits of the whole block, at least 12.
            segment_bits: the most that a segment may hold; 3840 keeps every segment on BG2, which is 0.5 dB better
                at rate 1/5 and no better at 1/3.
            parity_first: for readers with hints, see above.

        Raises:
            UsageError: fewer than 12 bits in a segment, or more than 8448.
        """
        segments = max(1, -(-information_bits // segment_bits))
        code = LdpcCode.for_information(-(-information_bits // segments))
        return cls(information_bits, segments, code, parity_first)

    @property
    def buffer_bits(self) -> int:
        """Coded bits of all segments together."""
        return self.segments * self.code.buffer_bits

    @property
    def rate(self) -> float:
        """Information bits per coded bit when the whole buffer is sent once."""
        return self.information_bits / self.buffer_bits

    def encode(self, information: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Encode one block.

        Args:
            information: `information_bits` bits (0 or 1).

        Returns:
            `buffer_bits` bits (0 or 1), segments interleaved.

        Raises:
            UsageError: another length, or something that is not a bit.
        """
        information = np.asarray(information)
        if information.shape != (self.information_bits,):
            raise UsageError(f"information: got shape {information.shape}, expected ({self.information_bits},)")
        padded = np.zeros(self.segments * self.code.information_bits, dtype=information.dtype)
        padded[: information.size] = information
        blocks = padded.reshape(self.segments, -1)
        return np.stack([self.code.encode(block)[self._order] for block in blocks], axis=1).reshape(-1)

    def decode(
        self,
        ratios: NDArray[np.float32],
        *,
        hints: NDArray[np.float32] | None = None,
        readings: tuple[Reading, ...] = READINGS,
        max_iterations: int = 30,
    ) -> SegmentedDecoded:
        """Decode one block, all segments side by side.

        Args:
            ratios: `buffer_bits` log-likelihood ratios, positive means bit 0, zero means erased, already combined.
            hints: `information_bits` log-likelihood ratios of the information bits, known from elsewhere; see
                `LdpcCode.decode_many`.
            readings: ways to take the ratios; see there.
            max_iterations: sweeps for each reading of the ratios.

        Raises:
            UsageError: another length, or a ratio that is not finite.
        """
        split = None if hints is None else self._split(hints)
        return self._decoded(self._checked(ratios), split, readings, max_iterations)[0]

    def decode_each(
        self,
        ratios: NDArray[np.float32],
        *,
        hints: NDArray[np.float32],
        readings: tuple[Reading, ...] = READINGS,
        max_iterations: int = 30,
    ) -> tuple[SegmentedDecoded, ...]:
        """Decode n blocks side by side, which costs much less than one after the other; see `decode`.

        Args:
            ratios: n×`buffer_bits` log-likelihood ratios.
            hints: n×`information_bits`.
            readings: ways to take the ratios.
            max_iterations: sweeps for each reading of the ratios.

        Returns:
            n results, in order.

        Raises:
            UsageError: another length, a ratio that is not finite, or not as many hints as blocks.
        """
        if len(ratios) != len(hints):
            raise UsageError(f"hints: got those of {len(hints)} blocks, expected {len(ratios)}")
        in_order = np.concatenate([self._checked(block) for block in ratios])
        split = np.concatenate([self._split(block) for block in hints])
        return self._decoded(in_order, split, readings, max_iterations)

    def _decoded(
        self,
        in_order: NDArray[np.float32],
        hints: NDArray[np.float32] | None,
        readings: tuple[Reading, ...],
        max_iterations: int,
    ) -> tuple[SegmentedDecoded, ...]:
        """Decode the segments of one block or several."""
        decoded = self.code.decode_many(in_order, hints=hints, readings=readings, max_iterations=max_iterations)
        blocks = (decoded[first : first + self.segments] for first in range(0, len(decoded), self.segments))
        return tuple(
            SegmentedDecoded(
                np.concatenate([segment.bits for segment in block])[: self.information_bits],
                block,
                np.stack([segment.sent_beliefs[self._order] for segment in block], axis=1).reshape(-1),
            )
            for block in blocks
        )

    def _checked(self, ratios: NDArray[np.float32]) -> NDArray[np.float32]:
        """The ratios of each segment's buffer, segments×bits."""
        ratios = np.asarray(ratios)
        if ratios.shape != (self.buffer_bits,):
            raise UsageError(f"log-likelihood ratios: got shape {ratios.shape}, expected ({self.buffer_bits},)")
        in_order = np.empty((self.segments, self.code.buffer_bits), dtype=np.float32)
        in_order[:, self._order] = ratios.reshape(-1, self.segments).T
        return in_order

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Which position of a segment's code is sent at each place of its buffer."""
        reordered = self.parity_first and self.code.base_graph is BaseGraph.BG2
        information = np.arange(self.code.sent_information_bits if reordered else 0)
        rank = (information + 1) * _INFORMATION_SENT_EARLY
        early = np.floor(rank) > np.floor(rank - _INFORMATION_SENT_EARLY)
        parity = np.arange(information.size, self.code.buffer_bits)
        return np.concatenate([information[early], parity, information[~early]])

    def _split(self, hints: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hints per segment; the zeros that fill up the last segment are known."""
        padded = np.full(self.segments * self.code.information_bits, _CERTAIN_RATIO, dtype=np.float32)
        padded[: hints.size] = hints
        return padded.reshape(self.segments, -1)
