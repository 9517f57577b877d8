"""Blocks of bits to values and back, as the table in ``fields`` says."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import PayloadError
from underdrawing.payload.fields import (
    CHECKSUM_BITS,
    PLAIN,
    SIDES,
    TOKEN_BITS,
    WORD_BITS,
    Bits,
    Block,
    Field,
    Kind,
    Shape,
    block_fields,
    fixed_bits,
)

__all__ = ["Stream", "check_bits", "check_order", "checksum_of", "is_intact", "pack", "unpack"]

Stream: TypeAlias = Callable[[Block, int], Bits]
"""The first bits of the key stream of a block, as many as asked for."""

_SEALED = (Kind.TOKENS, Kind.FACTS)


def pack(
    block: Block,
    values: Mapping[str, Any],
    *,
    size_bits: int,
    id: int,
    shape: Shape = PLAIN,
    stream: Stream | None = None,
) -> Bits:
    """Write a block.

    Args:
        block: Which block.
        values: By field name: an int for a number, bytes for bytes, an array of integers for tokens, a bit string for
            facts (filled up with zeros). The checksum is computed here.
        size_bits: Length of the block, a multiple of 32.
        id: Identity of the record; every checksum but the anchor's covers it, so blocks of two messages do not mix.
        shape: Which fields there are.
        stream: Enciphers tokens and facts; None leaves them open.

    Returns:
        The block as a bit string of ``size_bits`` bits.

    Raises:
        PayloadError: A value is out of range or does not fit.
    """
    fields = [f for f in block_fields(block, shape) if f.kind is not Kind.CHECKSUM]
    parts = {f.name: _to_bits(f, values[f.name]) for f in fields}
    rest = size_bits - CHECKSUM_BITS - sum(part.size for part in parts.values())
    if rest < 0 or size_bits % WORD_BITS or (rest and "facts" not in parts):
        raise PayloadError(f"{block}: its fields do not fit in {size_bits} bits ({-rest} too many)")
    if rest:
        parts["facts"] = np.concatenate([parts["facts"], np.zeros(rest, np.uint8)])
    if stream is not None:
        parts |= _enciphered(block, {f.name: parts[f.name] for f in fields if f.kind in _SEALED}, stream)
    body = np.concatenate([parts[f.name] for f in fields])
    return np.concatenate([body, _int_to_bits(checksum_of(block, body, id), CHECKSUM_BITS)])


def unpack(block: Block, bits: Bits, *, id: int, shape: Shape = PLAIN, stream: Stream | None = None) -> dict[str, Any]:
    """Read a block: the inverse of ``pack``.

    Args:
        block: Which block.
        bits: The block as a bit string.
        id: Identity of the record, as in ``pack``.
        shape: Which fields there are.
        stream: Deciphers tokens and facts; None takes them as they are.

    Returns:
        By field name: an int for a number and the checksum, bytes for bytes, a uint16 array for tokens (in the order
        they are written), a bit string for facts.

    Raises:
        PayloadError: The checksum is wrong, a value is out of range, or the lengths contradict each other.
    """
    bits = check_bits(bits, np.size(bits), what=str(block))
    if not is_intact(block, bits, id=id):
        raise PayloadError(f"{block}: wrong checksum; the block was damaged or is not a block")
    fields = list(_split(block, bits, shape))
    parts = {field.name: part for field, part in fields}
    if stream is not None:
        parts |= _enciphered(block, {f.name: part for f, part in fields if f.kind in _SEALED}, stream)
    return {field.name: _from_bits(field, parts[field.name]) for field, _ in fields}


def is_intact(block: Block, bits: Bits, *, id: int = 0) -> bool:
    """Whether the checksum of a block is right; for an anchor the id plays no part."""
    body, checksum = bits[:-CHECKSUM_BITS], bits[-CHECKSUM_BITS:]
    whole = bits.size > CHECKSUM_BITS and bits.size % WORD_BITS == 0
    return whole and _bits_to_int(checksum) == checksum_of(block, body, id)


def check_bits(bits: Bits, size_bits: int, *, what: str) -> Bits:
    """The same bit string as a contiguous uint8 array, or a PayloadError where it is not one of ``size_bits`` bits."""
    array = np.asarray(bits)
    if (
        array.ndim != 1
        or array.size != size_bits
        or array.dtype.kind not in "bui"
        or ((array != 0) & (array != 1)).any()
    ):
        raise PayloadError(
            f"{what}: expected {size_bits} bits of 0 and 1, got an array of shape {array.shape}, type {array.dtype}"
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def check_order(fine_order: NDArray[np.integer[Any]] | None) -> NDArray[np.int64]:
    """The order of detail as int64, or a PayloadError where it is not a permutation of the 1024 places of scale 32."""
    order = np.zeros(0) if fine_order is None else np.asarray(fine_order)
    if order.dtype.kind not in "ui" or not np.array_equal(np.sort(order, axis=None), np.arange(SIDES[-1] ** 2)):
        raise PayloadError(f"fine_order: expected a permutation of {SIDES[-1] ** 2} places, got shape {order.shape}")
    return order.ravel().astype(np.int64)


def _enciphered(block: Block, parts: Mapping[str, Bits], stream: Stream) -> dict[str, Bits]:
    """The parts with the key stream of their block laid over them, one after the other; twice is as before."""
    borders = np.cumsum([part.size for part in parts.values()])
    covers = np.split(stream(block, int(borders[-1])), borders[:-1]) if parts else []
    return {name: part ^ cover for (name, part), cover in zip(parts.items(), covers, strict=True)}


def _split(block: Block, bits: Bits, shape: Shape) -> Iterator[tuple[Field, Bits]]:
    """Cut a block into its fields; the counted tokens and the facts get their width here."""
    spare = bits.size - fixed_bits(block, shape)
    start = 0
    count = 0
    for field in block_fields(block, shape):
        width = spare if field.bits is None else field.bits
        if field.bits is None and field.kind is Kind.TOKENS:
            width = TOKEN_BITS * count
        if field.bits is None:
            spare -= width
        if spare < 0:
            raise PayloadError(f"{block}: too short ({bits.size} bits) for {field.name}")
        part = bits[start : start + width]
        if field.name == "token_count":
            count = _from_bits(field, part)
        yield field, part
        start += width
    if spare:
        raise PayloadError(f"{block}: {spare} bits more than its fields take")


def _to_bits(field: Field, value: Any) -> Bits:
    match field.kind:
        case Kind.NUMBER | Kind.CHECKSUM:
            _check_range(field, int(value), int(value))
            return _int_to_bits(int(value), field.bits or 0)
        case Kind.BYTES:
            bits = np.unpackbits(np.frombuffer(value, np.uint8))
        case Kind.TOKENS:
            tokens = np.asarray(value).ravel()
            _check_range(field, int(tokens.min(initial=field.high)), int(tokens.max(initial=field.low)))
            shifts = np.arange(TOKEN_BITS - 1, -1, -1)
            bits = ((tokens[:, None].astype(np.int64) >> shifts) & 1).astype(np.uint8).ravel()
        case Kind.FACTS:
            bits = check_bits(value, np.asarray(value).size, what=f"{field.block}.{field.name}")
    if field.bits is not None and bits.size != field.bits:
        raise PayloadError(f"{field.block}.{field.name}: expected {field.bits} bits, got {bits.size}")
    return bits


def _from_bits(field: Field, bits: Bits) -> Any:
    match field.kind:
        case Kind.NUMBER | Kind.CHECKSUM:
            value = _bits_to_int(bits)
            _check_range(field, value, value)
            return value
        case Kind.BYTES:
            return np.packbits(bits).tobytes()
        case Kind.TOKENS:
            weights = 1 << np.arange(TOKEN_BITS - 1, -1, -1)
            return (bits.reshape(-1, TOKEN_BITS) @ weights).astype(np.uint16)
        case Kind.FACTS:
            return bits


def _check_range(field: Field, smallest: int, largest: int) -> None:
    if smallest < field.low or largest > field.high:
        got = str(smallest) if smallest == largest else f"{smallest} to {largest}"
        raise PayloadError(f"{field.block}.{field.name}: expected {field.low} to {field.high}, got {got}")


def checksum_of(block: Block, body: Bits, id: int) -> int:
    """The CRC-32 of a block without its checksum, bits (0 or 1); ``id``: of the record."""
    identity = b"" if block is Block.ANCHOR else id.to_bytes(8, "big")
    return zlib.crc32(block.value.encode() + identity + np.packbits(body).tobytes())


def _int_to_bits(value: int, width: int) -> Bits:
    return np.frombuffer(f"{value:0{width}b}".encode(), np.uint8) - np.uint8(ord("0"))


def _bits_to_int(bits: Bits) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big") >> (-bits.size % 8)
