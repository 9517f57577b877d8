"""An arithmetic coder in integers: symbols of given frequencies to bits and back, the same on every machine.

Source: Witten, Neal, Cleary, "Arithmetic coding for data compression", CACM 30(6), 1987, with 32-bit registers. Ours is
the ending: the fewest bits are written that, followed by zeros without end, name the message. So a coded message may be
cut anywhere inside its last zeros, and filled up with zeros, without harm.
"""

__all__ = ["MAX_TOTAL", "Decoder", "Encoder"]

_WIDTH = 32
_TOP = (1 << _WIDTH) - 1
_HALF = 1 << (_WIDTH - 1)
_QUARTER = 1 << (_WIDTH - 2)

MAX_TOTAL = 1 << 20
"""The largest sum of frequencies that keeps every symbol distinct."""


class Encoder:
    """Writes symbols as bits."""

    def __init__(self) -> None:
        self._low = 0
        self._high = _TOP
        self._pending = 0
        self._bits: list[int] = []

    def __len__(self) -> int:
        """How many bits the message needs at least, so far."""
        return len(self._bits) + self._pending

    def copy(self) -> "Encoder":
        """An independent copy in the same state."""
        twin = Encoder()
        twin._low, twin._high, twin._pending, twin._bits = self._low, self._high, self._pending, self._bits.copy()
        return twin

    def write(self, start: int, stop: int, total: int) -> None:
        """Write the symbol that owns the frequencies ``start <= f < stop`` out of ``total`` (at most ``MAX_TOTAL``)."""
        span = self._high - self._low + 1
        self._high = self._low + span * stop // total - 1
        self._low += span * start // total
        while True:
            if self._high < _HALF:
                self._emit(0)
            elif self._low >= _HALF:
                self._emit(1)
                self._shift_down(_HALF)
            elif self._low >= _QUARTER and self._high < _HALF + _QUARTER:
                self._pending += 1
                self._shift_down(_QUARTER)
            else:
                break
            self._low, self._high = self._low * 2, self._high * 2 + 1

    def finish(self) -> list[int]:
        """The message as a list of 0 and 1 without trailing zeros."""
        if self._low > 0 or self._pending:
            self._emit(1)  # low < half <= high here, so half, followed by zeros, lies between them
        while self._bits and not self._bits[-1]:
            self._bits.pop()
        return self._bits

    def _emit(self, bit: int) -> None:
        self._bits.append(bit)
        self._bits.extend([1 - bit] * self._pending)
        self._pending = 0

    def _shift_down(self, by: int) -> None:
        self._low -= by
        self._high -= by


class Decoder:
    """Reads symbols from bits; beyond the last bit it reads zeros."""

    def __init__(self, bits: list[int]) -> None:
        self._bits = bits
        self._position = 0
        self._low = 0
        self._high = _TOP
        self._value = 0
        for _ in range(_WIDTH):
            self._value = self._value * 2 + self._next_bit()

    def peek(self, total: int) -> int:
        """A frequency of the next symbol: it owns the range this number lies in."""
        span = self._high - self._low + 1
        return ((self._value - self._low + 1) * total - 1) // span

    def take(self, start: int, stop: int, total: int) -> None:
        """Go past the symbol that owns ``start <= f < stop`` out of ``total``."""
        span = self._high - self._low + 1
        self._high = self._low + span * stop // total - 1
        self._low += span * start // total
        while True:
            if self._high < _HALF:
                shift = 0
            elif self._low >= _HALF:
                shift = _HALF
            elif self._low >= _QUARTER and self._high < _HALF + _QUARTER:
                shift = _QUARTER
            else:
                break
            self._low, self._high = (self._low - shift) * 2, (self._high - shift) * 2 + 1
            self._value = (self._value - shift) * 2 + self._next_bit()

    def _next_bit(self) -> int:
        bit = self._bits[self._position] if self._position < len(self._bits) else 0
        self._position += 1
        return bit
