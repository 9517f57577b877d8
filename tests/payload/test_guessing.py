"""What a reader may guess about an anchor before anything of it is received."""

import numpy as np
import pytest

from underdrawing.payload import (
    Block,
    Capacity,
    Presumed,
    anchor_hints,
    anchor_ways,
    compose,
    known_hints,
    parse_anchor,
)
from underdrawing.payload.fields import block_fields

LEAST, MOST = (1600, 3104, 0), (2300, 4200, 0)


def places():
    """Where in the bits of an anchor each field lies."""
    begin, found = 0, {}
    for field in block_fields(Block.ANCHOR):
        found[field.name] = slice(begin, begin + field.bits)
        begin += field.bits
    return found


@pytest.fixture(scope="module")
def presumed(material):
    return Presumed(material["id"], tuple(material["tokens"]))


def test_reference_what_is_presumed_of_a_message_are_its_bits(material, presumed):
    message = compose(**material, capacity=Capacity(core_bits=2300, detail_bits=4200, fine_bits=0))
    bits = message.blocks[Block.ANCHOR]
    hints = anchor_hints(LEAST, MOST, presumed=presumed)
    told = hints != 0
    np.testing.assert_array_equal(hints[told] < 0, bits[told] == 1)
    for name in ("id", "tokens_1", "tokens_2"):
        assert told[places()[name]].all()


def test_limits_the_checksum_is_never_presumed(presumed):
    assert not anchor_hints(LEAST, MOST, presumed=presumed)[places()["checksum"]].any()


@pytest.mark.parametrize("kind", [{"confidential": True}, {"coded": False}])
def test_limits_where_the_code_is_hidden_or_missing_only_the_id_is_presumed(presumed, kind):
    hints, unknown = (anchor_hints(LEAST, MOST, presumed=each, **kind) for each in (presumed, None))
    place = places()["id"]
    assert not unknown[place].any()
    assert hints[place].all()
    unknown[place] = hints[place]
    np.testing.assert_array_equal(hints, unknown)


def test_limits_a_record_without_a_code_tells_its_id_alone(presumed):
    hints = anchor_hints(LEAST, MOST, presumed=Presumed(presumed.id))
    assert hints[places()["id"]].all()
    assert not hints[places()["tokens_2"]].any()


def test_reference_what_a_known_code_makes_certain_of_core_and_detail_are_their_bits(material):
    message = compose(**material, capacity=Capacity(core_bits=2300, detail_bits=4200, fine_bits=5000))
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    for block, tokens in ((Block.CORE, 80), (Block.DETAIL, 256)):
        bits = message.blocks[block]
        hints = known_hints(block, anchor, tokens=material["tokens"])
        told = hints != 0
        assert hints.shape == bits.shape
        assert told.sum() == 12 * tokens
        np.testing.assert_array_equal(hints[told] < 0, bits[told] == 1)


def test_limits_a_known_code_says_nothing_of_the_order_of_a_fine_block(material):
    message = compose(**material, capacity=Capacity(core_bits=2300, detail_bits=4200, fine_bits=5000))
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    assert not known_hints(Block.FINE, anchor, tokens=material["tokens"]).any()


def test_reference_the_ways_from_an_anchor_lead_to_anchors_and_to_the_right_one(material, presumed):
    bits = compose(**material, capacity=Capacity(core_bits=2300, detail_bits=4200, fine_bits=0)).blocks[Block.ANCHOR]
    hints = anchor_hints(LEAST, MOST, presumed=presumed)
    base, ways = anchor_ways(hints)
    free = np.flatnonzero(hints[:-32] == 0)
    assert np.array_equal(ways[:, free], np.eye(free.size, dtype=np.uint8))
    mixed = base ^ (bits[free] @ ways & 1).astype(np.uint8)
    assert np.array_equal(mixed, bits)
