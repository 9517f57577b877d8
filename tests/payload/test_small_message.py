from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.errors import CapacityError, PayloadError
from underdrawing.payload.small_message import LAYOUTS, layout_for, layout_rows, pack_small, unpack_small
from underdrawing.tokenizer.ladder import ladder_bits

CODE = np.random.default_rng(0).integers(0, 2, ladder_bits(6), dtype=np.uint8)
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.bits))


@EVERY_LAYOUT
@given(id=st.integers(0, 2**64 - 1))
def test_round_trip(layout, id):
    bits = pack_small(layout, id=id, code_bits=CODE)
    message = unpack_small(layout, bits)
    assert bits.shape == (layout.bits,)
    assert id in message.id_range
    assert len(bin(message.id_range.stop - message.id_range.start)) - 3 == 64 - layout.id_bits
    np.testing.assert_array_equal(message.code_bits, CODE[: ladder_bits(layout.scales)])
    assert layout.holds_whole_id is (message.id_range == range(id, id + 1))


@EVERY_LAYOUT
def test_one_wrong_bit_is_noticed(layout):
    bits = pack_small(layout, id=0x0123456789ABCDEF, code_bits=CODE)
    for place in range(0, layout.bits, max(1, layout.bits // 200)):
        damaged = bits.copy()
        damaged[place] ^= 1
        with pytest.raises(PayloadError, match="checksum"):
            unpack_small(layout, damaged)


def test_noise_passes_for_a_message_as_often_as_the_table_says():
    layout = LAYOUTS[-1]
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(20_000):
        try:
            unpack_small(layout, rng.integers(0, 2, layout.bits, dtype=np.uint8))
        except PayloadError:
            continue
        passed += 1
    assert passed == pytest.approx(20_000 / 2**layout.checksum_bits, abs=20)


def test_the_table_is_in_order_and_always_leaves_room_for_correction():
    for larger, smaller in pairwise(LAYOUTS):
        assert larger.least_channel_bits > smaller.least_channel_bits
        assert larger.bits > smaller.bits
        assert (larger.id_bits, larger.scales) >= (smaller.id_bits, smaller.scales)
    for layout in LAYOUTS:
        assert layout.bits <= 0.75 * layout.least_channel_bits
        assert layout.code_bits == (ladder_bits(layout.scales) if layout.scales else 0)
    assert len(list(layout_rows())) == len(LAYOUTS)


def test_a_carrier_gets_the_largest_message_it_holds():
    assert [layout_for(bits).scales for bits in (32, 64, 100, 256, 1024, 4096, 20_000, 70_000)] == [
        0, 0, 1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert layout_for(192, corrects_errors=True).bits == 140
    assert layout_for(5344, corrects_errors=True).scales == 5
    with pytest.raises(CapacityError, match="32"):
        layout_for(31)
    with pytest.raises(CapacityError, match="24"):
        layout_for(23, corrects_errors=True)


def test_messages_are_the_same_everywhere():
    bits = pack_small(LAYOUTS[-1], id=0xFFF8_0000_0000_0001, code_bits=CODE[:0])
    assert "".join(map(str, bits[:14])) == "11111111111110"
    assert np.packbits(bits).tobytes().hex() == FIXED


FIXED = "fffb45"


def test_rejects():
    layout = LAYOUTS[4]
    for id in (-1, 1 << 64):
        with pytest.raises(PayloadError, match="id"):
            pack_small(layout, id=id, code_bits=CODE)
    with pytest.raises(PayloadError, match="at least"):
        pack_small(layout, id=0, code_bits=CODE[:59])
    with pytest.raises(PayloadError, match="expected"):
        unpack_small(layout, np.zeros(layout.bits + 1, np.uint8))
    with pytest.raises(PayloadError, match="expected"):
        pack_small(layout, id=0, code_bits=np.full(60, 2, np.uint8))
