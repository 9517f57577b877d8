"""Messages for small carriers: an id, the beginning of the hidden code, and a checksum; the rest is in a vault.

The table says what a message holds, from the number of bits that a carrier takes. Fields follow one another without
gaps; every number is written with its most significant bit first. An id that does not fit is cut after its first bits:
such a message points at every record whose id begins with them.

Source: ours.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from underdrawing.errors import CapacityError, PayloadError
from underdrawing.payload.fields import SIDES, TOKEN_BITS, Bits
from underdrawing.payload.packing import check_bits

__all__ = [
    "ID_BITS",
    "LAYOUTS",
    "SmallLayout",
    "SmallMessage",
    "layout_for",
    "layout_rows",
    "pack_small",
    "unpack_small",
]

ID_BITS = 64
_VERSION = 1


@dataclass(frozen=True)
class SmallLayout:
    """One row of the table.

    Attributes:
        least_channel_bits: Carriers that take at least so many bits, and correct no errors, carry this.
        id_bits: How many of the first bits of the id are there.
        scales: How many scales of the hidden code are there.
        checksum_bits: Width of the checksum; one reading of noise in 2 to this power passes for a message.
    """

    least_channel_bits: int
    id_bits: int
    scales: int
    checksum_bits: int

    @property
    def code_bits(self) -> int:
        """Width of the beginning of the hidden code."""
        return TOKEN_BITS * sum(side * side for side in SIDES[: self.scales])

    @property
    def holds_whole_id(self) -> bool:
        """Whether the id is there in full."""
        return self.id_bits == ID_BITS

    @property
    def bits(self) -> int:
        """Width of the whole message."""
        return self.id_bits + self.code_bits + self.checksum_bits


LAYOUTS: tuple[SmallLayout, ...] = (
    SmallLayout(65536, ID_BITS, 6, 32),
    SmallLayout(16384, ID_BITS, 5, 32),
    SmallLayout(4096, ID_BITS, 4, 32),
    SmallLayout(1024, ID_BITS, 3, 32),
    SmallLayout(256, ID_BITS, 2, 16),
    SmallLayout(128, 40, 1, 14),
    SmallLayout(96, 24, 1, 12),
    SmallLayout(64, 24, 0, 12),
    SmallLayout(48, 16, 0, 12),
    SmallLayout(32, 14, 0, 10),
)
"""What carriers of every size hold, the largest first. Messages of the upper four fill about a quarter of the carrier,
the others half to three quarters; the rest is error correction."""


@dataclass(frozen=True, eq=False)
class SmallMessage:
    """What a small message says.

    Attributes:
        layout: Which one it is.
        id_start: The first ``layout.id_bits`` bits of the id, as a number.
        code_bits: The first bits of the hidden code; ``HiddenCode.from_bits`` reads them, if there are any.
    """

    layout: SmallLayout
    id_start: int
    code_bits: Bits

    @property
    def id_range(self) -> range:
        """Every id that begins like this one; a single one where the id is there in full."""
        missing = ID_BITS - self.layout.id_bits
        return range(self.id_start << missing, (self.id_start + 1) << missing)


def layout_for(channel_bits: int, *, corrects_errors: bool = False) -> SmallLayout:
    """What a carrier holds.

    Args:
        channel_bits: How many bits it takes.
        corrects_errors: Whether it has error correction of its own, so that a message may fill it.

    Raises:
        CapacityError: Not even the shortest message fits.
    """
    for layout in LAYOUTS:
        if (layout.bits if corrects_errors else layout.least_channel_bits) <= channel_bits:
            return layout
    shortest = LAYOUTS[-1].bits if corrects_errors else LAYOUTS[-1].least_channel_bits
    raise CapacityError(f"small message: the carrier takes {channel_bits} bits, the shortest one needs {shortest}")


def pack_small(layout: SmallLayout, *, id: int, code_bits: Bits) -> Bits:
    """Write a message.

    Args:
        layout: Which one.
        id: The whole id, 64 bits; what does not fit is cut off.
        code_bits: The hidden code, at least as long as the layout takes.

    Returns:
        ``layout.bits`` bits.

    Raises:
        PayloadError: The id is out of range, or the code too short.
    """
    if not 0 <= id < 1 << ID_BITS:
        raise PayloadError(f"small message: the id is {id}, expected a number of {ID_BITS} bits")
    if code_bits.size < layout.code_bits:
        raise PayloadError(f"small message: the code has {code_bits.size} bits, expected at least {layout.code_bits}")
    start = _number_bits(id >> (ID_BITS - layout.id_bits), layout.id_bits)
    code = check_bits(code_bits[: layout.code_bits], layout.code_bits, what="small message: code")
    body = np.concatenate([start, code])
    return np.concatenate([body, _checksum(layout, body)])


def unpack_small(layout: SmallLayout, bits: Bits) -> SmallMessage:
    """Read a message: the inverse of ``pack_small``.

    Raises:
        PayloadError: Another length, or the checksum is wrong.
    """
    bits = check_bits(bits, layout.bits, what="small message")
    body = bits[: -layout.checksum_bits]
    if not np.array_equal(bits[-layout.checksum_bits :], _checksum(layout, body)):
        raise PayloadError("small message: wrong checksum; it was damaged or is none")
    start = int("".join(map(str, body[: layout.id_bits])), 2)
    return SmallMessage(layout, start, body[layout.id_bits :].copy())


def layout_rows() -> Iterator[tuple[str, ...]]:
    """The table for the documentation: carrier, id, code, checksum and message, in bits."""
    for layout in LAYOUTS:
        upto = "scale 1" if layout.scales == 1 else f"scales 1–{SIDES[layout.scales - 1]}"
        code = f"{layout.code_bits} ({upto})" if layout.scales else "–"
        yield f"{layout.least_channel_bits}", f"{layout.id_bits}", code, f"{layout.checksum_bits}", f"{layout.bits}"


def _checksum(layout: SmallLayout, body: Bits) -> Bits:
    """The first bits of CRC-32 over the version, the width and the body."""
    words = f"small message {_VERSION} {layout.bits}".encode()
    whole = zlib.crc32(words + np.packbits(body).tobytes())
    return _number_bits(whole >> (32 - layout.checksum_bits), layout.checksum_bits)


def _number_bits(value: int, width: int) -> Bits:
    return np.frombuffer(f"{value:0{width}b}".encode(), np.uint8) - np.uint8(ord("0"))
