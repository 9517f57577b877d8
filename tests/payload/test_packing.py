"""Blocks against bit strings written by hand, and back again."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from underdrawing.errors import PayloadError
from underdrawing.payload.fields import ANCHOR_BITS, FIELDS, Block, Field, Kind, Shape, block_fields, fixed_bits
from underdrawing.payload.packing import check_bits, check_order, is_intact, pack, unpack

ID = 0x0123456789ABCDEF


def crc32_by_hand(data: bytes) -> int:
    """CRC-32 (ISO-HDLC) bit by bit."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def bits_of(text: str) -> NDArray[np.uint8]:
    return np.array([int(character) for character in text], np.uint8)


def some_value(field: Field, draw: Any) -> Any:
    match field.kind:
        case Kind.NUMBER:
            return draw(st.integers(field.low, field.high))
        case Kind.BYTES:
            return draw(st.binary(min_size=(field.bits or 0) // 8, max_size=(field.bits or 0) // 8))
        case Kind.TOKENS:
            rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
            return rng.integers(0, 4096, (field.bits or 0) // 12).astype(np.uint16)
        case _:
            return bits_of(draw(st.text("01", max_size=90)))


def some_shape(draw: Any) -> Shape:
    flags = {name: draw(st.booleans()) for name in ("signed", "confidential", "coded", "has_fine")}
    return Shape(**flags, recipients=draw(st.integers(0, 7)) if flags["confidential"] else 0)


def a_stream(block: Block, size_bits: int) -> NDArray[np.uint8]:
    return np.random.default_rng(len(block)).integers(0, 2, 40_000).astype(np.uint8)[:size_bits]


@settings(deadline=None)
@given(st.data())
def test_round_trip(data: st.DataObject) -> None:
    block, shape = data.draw(st.sampled_from(list(Block))), some_shape(data.draw)
    stream = data.draw(st.sampled_from([None, a_stream]))
    fields = [f for f in block_fields(block, shape) if f.kind is not Kind.CHECKSUM]
    values = {f.name: some_value(f, data.draw) for f in fields}
    if block is Block.FINE:
        values["token_count"] *= shape.coded
        values["tokens_32"] = np.arange(values["token_count"]) * 3
    facts = values.get("facts", bits_of(""))
    needed = fixed_bits(block, shape) + facts.size + 12 * values.get("token_count", 0)
    assume(needed > 32)
    size = -(-needed // 32) * 32
    packed = pack(block, values, size_bits=size, id=ID, shape=shape, stream=stream)
    read = unpack(block, packed, id=ID, shape=shape, stream=stream)
    assert packed.size == size
    for field in fields:
        expected = values[field.name]
        if field.kind is Kind.FACTS:
            assert np.array_equal(read["facts"][: facts.size], facts)
            assert not read["facts"][facts.size :].any()
        else:
            assert np.array_equal(read[field.name], expected)


def test_a_stream_changes_tokens_and_facts_alone() -> None:
    packed = pack(Block.CORE, core_values(), size_bits=1152, id=ID)
    sealed = pack(Block.CORE, core_values(), size_bits=1152, id=ID, stream=a_stream)
    assert is_intact(Block.CORE, sealed, id=ID)
    stream = a_stream(Block.CORE, 960 + 96)
    assert np.array_equal(packed[:960] ^ sealed[:960], stream[:960])
    assert np.array_equal(packed[960:1024], sealed[960:1024])
    assert np.array_equal(packed[1024:-32] ^ sealed[1024:-32], stream[960:])


def test_reference_anchor_written_by_hand() -> None:
    tokens = {1: [4095], 2: [1, 2, 3, 4]}
    text = "0001" + "1" + "0" + "0" + "000" + "0" + f"{63:07b}" + f"{126:08b}" + "0" + f"{500:09b}" + f"{ID:064b}"
    text += "".join(f"{token:012b}" for side in (1, 2) for token in tokens[side])
    checksum = crc32_by_hand(b"anchor" + int(text, 2).to_bytes(20, "big"))
    values = {
        "version": 1,
        "signed": 1,
        "confidential": 0,
        "codeless": 0,
        "recipients": 0,
        "dense": 0,
        "detailed": 0,
        "id": ID,
    }
    values |= {"core_words": 63, "detail_words": 126, "fine_words": 500}
    arrays = {f"tokens_{side}": np.array(t, np.uint16).reshape(side, side) for side, t in tokens.items()}
    packed = pack(Block.ANCHOR, values | arrays, size_bits=192, id=ID)
    assert "".join(map(str, packed)) == text + f"{checksum:032b}"


def core_values() -> dict[str, Any]:
    scales = {"tokens_4": np.arange(100, 116).reshape(4, 4), "tokens_8": np.arange(4032, 4096).reshape(8, 8)}
    return scales | {"detail_hash": b"\x01" * 8, "facts": bits_of("11")}


def test_reference_core_written_by_hand() -> None:
    text = "".join(f"{token:012b}" for token in (*range(100, 116), *range(4032, 4096)))
    text += "00000001" * 8 + "11" + "0" * 94
    checksum = crc32_by_hand(b"core" + ID.to_bytes(8, "big") + int(text, 2).to_bytes(140, "big"))
    packed = pack(Block.CORE, core_values(), size_bits=1152, id=ID)
    assert "".join(map(str, packed)) == text + f"{checksum:032b}"


def test_reference_fine_written_by_hand() -> None:
    text = f"{2:011b}" + f"{7:012b}" + f"{4000:012b}" + "101" + "0" * (96 - 32 - 11 - 24 - 3)
    checksum = crc32_by_hand(b"fine" + ID.to_bytes(8, "big") + int(text, 2).to_bytes(8, "big"))
    values = {"token_count": 2, "tokens_32": [7, 4000], "facts": bits_of("101")}
    packed = pack(Block.FINE, values, size_bits=96, id=ID)
    assert "".join(map(str, packed)) == text + f"{checksum:032b}"


def fine_block(**changes: Any) -> NDArray[np.uint8]:
    values = {"token_count": 1, "tokens_32": [7], "facts": bits_of("")} | changes
    return pack(Block.FINE, values, size_bits=64, id=ID)


def test_every_single_flipped_bit_is_noticed() -> None:
    block = fine_block()
    for position in range(block.size):
        damaged = block.copy()
        damaged[position] ^= 1
        assert not is_intact(Block.FINE, damaged, id=ID)
        with pytest.raises(PayloadError, match="fine: wrong checksum"):
            unpack(Block.FINE, damaged, id=ID)


def test_a_block_of_another_message_or_kind_is_refused() -> None:
    assert is_intact(Block.FINE, fine_block(), id=ID)
    assert not is_intact(Block.FINE, fine_block(), id=ID + 1)
    assert not is_intact(Block.DETAIL, fine_block(), id=ID)


def test_random_words_do_not_pass() -> None:
    words = np.random.default_rng(7).integers(0, 2, (5000, ANCHOR_BITS)).astype(np.uint8)
    assert not any(is_intact(Block.ANCHOR, word) for word in words)
    assert not is_intact(Block.ANCHOR, np.zeros(ANCHOR_BITS, np.uint8))
    assert not is_intact(Block.ANCHOR, np.ones(ANCHOR_BITS, np.uint8))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"token_count": 1025}, "fine.token_count: expected 0 to 1024, got 1025"),
        ({"tokens_32": [4096]}, "fine.tokens_32: expected 0 to 4095"),
        ({"tokens_32": [1, 2, 3]}, "do not fit in 64 bits"),
        ({"facts": bits_of("1" * 60)}, "do not fit in 64 bits"),
        ({"facts": np.array([2], np.uint8)}, "of 0 and 1"),
    ],
)
def test_rejects_what_does_not_fit_its_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        fine_block(**changes)


def test_rejects_fixed_fields_of_another_length() -> None:
    values = core_values() | {"tokens_8": np.zeros(63, int)}
    with pytest.raises(PayloadError, match=r"core.tokens_8: expected 768 bits, got 756"):
        pack(Block.CORE, values, size_bits=1056, id=ID)


def test_rejects_a_count_beyond_the_block() -> None:
    with pytest.raises(PayloadError, match="too short"):
        unpack(Block.FINE, fine_block(token_count=3), id=ID)


@pytest.mark.parametrize(
    "array",
    [np.zeros(7, np.uint8), np.zeros((2, 4), np.uint8), np.full(8, 0.5), np.full(8, 3), np.array(["0"] * 8)],
)
def test_check_bits_rejects(array: NDArray[Any]) -> None:
    with pytest.raises(PayloadError, match="anchor: expected 8 bits"):
        check_bits(array, 8, what="anchor")


def test_check_bits_takes_booleans_and_integers() -> None:
    for kind in (np.bool_, np.int64, np.uint8):
        assert check_bits(np.ones(8, kind), 8, what="x").dtype == np.uint8


@pytest.mark.parametrize("order", [np.arange(1023), np.zeros(1024, int), np.arange(1024.0), np.arange(1, 1025)])
def test_check_order_rejects(order: NDArray[Any]) -> None:
    with pytest.raises(PayloadError, match="fine_order: expected a permutation of 1024"):
        check_order(order)


def test_the_table_is_what_packs() -> None:
    assert {f.block for f in FIELDS} == set(Block)
