"""One code of the family as a value: how many bits go in, how many come out, and both directions."""

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc.base_graphs import CORE_ROWS, LIFTING_SIZES, PUNCTURED_COLUMNS, BaseGraph
from underdrawing.channel.ldpc.decoding import Codewords, propagate, schedule
from underdrawing.channel.ldpc.encoding import encode_columns
from underdrawing.channel.ldpc.graph import lift
from underdrawing.channel.ldpc.readings import READINGS, Reading
from underdrawing.errors import UsageError

__all__ = ["MAXIMUM_BITS", "MINIMUM_BITS", "Decoded", "LdpcCode"]

MINIMUM_BITS, MAXIMUM_BITS = 12, 8448
_LARGEST_FOR_BG2 = 3840
_FILLER_RATIO = 1e4

_Number = TypeVar("_Number", np.uint8, np.float32)


@dataclass(frozen=True, eq=False)
class Decoded:
    """One block as the decoder sees it.

    Attributes:
        bits: k information bits (0 or 1); a guess unless `converged`.
        beliefs: k log-likelihood ratios of the information bits after decoding, hints included, float32.
        sent_beliefs: the same of all bits that were sent, in the order of the buffer.
        converged: every parity check in use holds and every bit met evidence. A checksum must still confirm the
            content: any linear code accepts the all-zero block, and noise converges now and then.
        corrected_bits: received positions (ratio not zero) whose sign contradicts the decoded codeword.
        iterations: sweeps made, over all readings of the ratios.
    """

    bits: NDArray[np.uint8]
    beliefs: NDArray[np.float32]
    sent_beliefs: NDArray[np.float32]
    converged: bool
    corrected_bits: int
    iterations: int


@dataclass(frozen=True)
class LdpcCode:
    """A 5G NR LDPC code for one block of `information_bits`.

    `encode` gives the circular buffer of the standard with the filler bits taken out: position p of the buffer is coded
    bit p. Rate matching is taking a prefix (information first), repetition is position p modulo `buffer_bits`, soft
    combining is adding the log-likelihood ratios of equal positions. The first 2Z information bits are never sent.

    Attributes:
        information_bits: k, 12 to 8448 for BG1, 12 to 3840 for BG2.
        base_graph: BG1 or BG2.
        lifting_size: Z, one of the 51 of the standard, with room for k.

    Source: 3GPP TS 38.212, clauses 5.2.2, 5.3.2 and 5.4.2.1 (redundancy version 0, no interleaver).
    """

    information_bits: int
    base_graph: BaseGraph
    lifting_size: int

    def __post_init__(self) -> None:
        if self.lifting_size not in LIFTING_SIZES:
            raise UsageError(f"lifting size: got {self.lifting_size}, expected one of {LIFTING_SIZES}")
        room = self.base_graph.information_columns * self.lifting_size
        least = max(MINIMUM_BITS, PUNCTURED_COLUMNS * self.lifting_size)
        if not least <= self.information_bits <= room:
            raise UsageError(
                f"information bits: got {self.information_bits}, expected {least} to {room} "
                f"for {self.base_graph.name} with lifting size {self.lifting_size}"
            )

    @classmethod
    def for_information(cls, information_bits: int) -> Self:
        """The code for k bits: BG2 (down to rate 1/5) up to 3840 bits, BG1 (down to 1/3) above, smallest lifting size.

        Raises:
            UsageError: fewer than 12 or more than 8448 bits; `Segmented` takes more.
        """
        if not MINIMUM_BITS <= information_bits <= MAXIMUM_BITS:
            raise UsageError(
                f"information bits: got {information_bits}, expected {MINIMUM_BITS} to {MAXIMUM_BITS}; "
                "split a longer block with Segmented"
            )
        base_graph = BaseGraph.BG2 if information_bits <= _LARGEST_FOR_BG2 else BaseGraph.BG1
        columns = _columns_to_fill(base_graph, information_bits)
        lifting_size = next(size for size in LIFTING_SIZES if columns * size >= information_bits)
        return cls(information_bits=information_bits, base_graph=base_graph, lifting_size=lifting_size)

    @property
    def filler_bits(self) -> int:
        """Zeros that fill the information columns up; known to both sides, never sent."""
        return self._padded_bits - self.information_bits

    @property
    def sent_information_bits(self) -> int:
        """How many positions of the buffer, at its beginning, are information bits."""
        return self.information_bits - self._hidden_bits

    @property
    def buffer_bits(self) -> int:
        """Coded bits: 66Z (BG1) or 50Z (BG2) less the filler bits."""
        return (self.base_graph.columns - PUNCTURED_COLUMNS) * self.lifting_size - self.filler_bits

    @property
    def rate(self) -> float:
        """Information bits per coded bit when the whole buffer is sent once."""
        return self.information_bits / self.buffer_bits

    def encode(self, information: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Encode one block.

        Args:
            information: k bits (0 or 1).

        Returns:
            `buffer_bits` bits (0 or 1).

        Raises:
            UsageError: another length, or something that is not a bit.
        """
        information = np.asarray(information)
        if information.shape != (self.information_bits,) or np.any((information != 0) & (information != 1)):
            raise UsageError(
                f"information: got shape {information.shape} and type {information.dtype}, "
                f"expected ({self.information_bits},) zeros and ones"
            )
        padded = np.zeros(self._padded_bits, dtype=np.uint8)
        padded[: self.information_bits] = information
        codeword = encode_columns(lift(self.base_graph, self.lifting_size), padded.reshape(-1, self.lifting_size))
        buffer: NDArray[np.uint8] = self._buffer(codeword.reshape(1, -1))[0]
        return buffer

    def decode(
        self, ratios: NDArray[np.float32], *, hints: NDArray[np.float32] | None = None, max_iterations: int = 30
    ) -> Decoded:
        """Decode one block; see `decode_many`.

        Args:
            ratios: `buffer_bits` log-likelihood ratios, positive means bit 0, zero means erased, already combined.
            hints: `information_bits` log-likelihood ratios of the information bits themselves, from elsewhere.
            max_iterations: sweeps for each of the readings of the ratios.
        """
        hinted = None if hints is None else np.asarray(hints)[None]
        return self.decode_many(np.asarray(ratios)[None], hints=hinted, max_iterations=max_iterations)[0]

    def decode_many(
        self,
        ratios: NDArray[np.float32],
        *,
        hints: NDArray[np.float32] | None = None,
        readings: tuple[Reading, ...] = READINGS,
        max_iterations: int = 30,
    ) -> tuple[Decoded, ...]:
        """Decode B blocks side by side, which costs much less than one after the other.

        Args:
            ratios: B×`buffer_bits` natural-logarithm log-likelihood ratios, float, positive means bit 0, zero means
                nothing was received; equal positions already added up. They are best honest (a ratio of 2 wrong in
                one of 8.4 cases); off by a factor of two, or a quarter of them meaningless, still decodes.
            hints: B×`information_bits` log-likelihood ratios of the information bits, known from elsewhere than the
                channel (side information; Slepian & Wolf 1973); they are believed as they are. None: nothing known.
            readings: ways to take the ratios, tried one after another; the last one's beliefs are returned where none
                converges.
            max_iterations: sweeps for each of the readings of the ratios.

        Returns:
            B results, in order. Fewer received positions than information bits never converge.

        Raises:
            UsageError: another shape, or a ratio that is not finite.
        """
        ratios = self._checked(ratios, self.buffer_bits)
        blocks = ratios.shape[0]
        known = np.zeros((blocks, self.information_bits), dtype=np.float32)
        if hints is not None:
            known = self._checked(hints, self.information_bits)
        codewords = np.zeros((blocks, self.base_graph.columns * self.lifting_size), dtype=np.uint8)
        beliefs = np.zeros(codewords.shape, dtype=np.float32)
        converged, iterations = np.zeros(blocks, dtype=np.bool_), np.zeros(blocks, dtype=np.intp)
        heard = np.count_nonzero(ratios, axis=1) + np.count_nonzero(known, axis=1)
        pending = np.flatnonzero(heard >= self.information_bits)
        for reading in readings:
            if not pending.size:
                break
            found = self._propagate(reading.apply(ratios[pending]), known[pending], max_iterations)
            codewords[pending], converged[pending] = found.bits, found.converged
            beliefs[pending] = found.beliefs
            iterations[pending] += found.iterations
            pending = pending[~found.converged]
        size = self.information_bits
        contradicted = np.count_nonzero((ratios != 0) & ((ratios < 0) != self._buffer(codewords)), axis=1)
        return tuple(
            Decoded(bits[:size], belief[:size], sent, bool(ok), int(corrected), int(sweeps))
            for bits, belief, sent, ok, corrected, sweeps in zip(
                codewords, beliefs, self._buffer(beliefs), converged, contradicted, iterations, strict=True
            )
        )

    @property
    def _padded_bits(self) -> int:
        return self.base_graph.information_columns * self.lifting_size

    @property
    def _hidden_bits(self) -> int:
        return PUNCTURED_COLUMNS * self.lifting_size

    def _buffer(self, codewords: NDArray[_Number]) -> NDArray[_Number]:
        """The sent positions of B whole codewords: B×(columns·Z) to B×`buffer_bits`."""
        information = codewords[:, self._hidden_bits : self.information_bits]
        return np.concatenate([information, codewords[:, self._padded_bits :]], axis=1)

    def _whole(self, ratios: NDArray[np.float32], hints: NDArray[np.float32]) -> NDArray[np.float32]:
        """The ratios of all positions, columns×Z×B: hidden bits erased but for hints, filler bits known to be 0."""
        sent_information = self.sent_information_bits
        whole = np.zeros((self.base_graph.columns * self.lifting_size, ratios.shape[0]), dtype=np.float32)
        whole[self._hidden_bits : self.information_bits] = ratios[:, :sent_information].T
        whole[: self.information_bits] += hints.T
        whole[self.information_bits : self._padded_bits] = _FILLER_RATIO
        whole[self._padded_bits :] = ratios[:, sent_information:].T
        return whole.reshape(self.base_graph.columns, self.lifting_size, -1)

    def _propagate(self, ratios: NDArray[np.float32], hints: NDArray[np.float32], max_iterations: int) -> Codewords:
        """Decode on the rows that can contribute: an extension row whose own parity was not received says nothing."""
        whole = self._whole(ratios, hints)
        own_parity = self.base_graph.information_columns + CORE_ROWS
        received = np.flatnonzero(whole[own_parity:].any(axis=(1, 2))) + CORE_ROWS
        plan = schedule(
            self.base_graph,
            self.lifting_size,
            used_columns=-(-self.information_bits // self.lifting_size),
            rows=(*range(CORE_ROWS), *received.tolist()),
        )
        return propagate(plan, whole, max_iterations=max_iterations)

    @staticmethod
    def _checked(ratios: NDArray[np.float32], length: int) -> NDArray[np.float32]:
        ratios = np.asarray(ratios, dtype=np.float32)
        if ratios.ndim != 2 or ratios.shape[1] != length or not np.isfinite(ratios).all():
            raise UsageError(
                f"log-likelihood ratios: got shape {ratios.shape}, expected (blocks, {length}) finite numbers"
            )
        return ratios


def _columns_to_fill(base_graph: BaseGraph, information_bits: int) -> int:
    """K_b of clause 5.2.2: short blocks leave whole columns to filler bits and take a larger lifting size."""
    if base_graph is BaseGraph.BG1:
        return 22
    return next((columns for limit, columns in ((192, 6), (560, 8), (640, 9)) if information_bits <= limit), 10)
