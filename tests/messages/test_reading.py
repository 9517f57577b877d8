"""From soft bits to a message, block by block."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from scenes import jpeg, mosaic, quarter_replaced, resized
from underdrawing import SigningKey, protect
from underdrawing.channel.lattice import Reception, embed, receive
from underdrawing.channel.lattice.looks import Suspect
from underdrawing.channel.lattice.search import Placement
from underdrawing.channel.lattice.sync import hypotheses
from underdrawing.errors import UnsupportedVersionError
from underdrawing.images import Picture
from underdrawing.messages.reading import Reading, fuller, fullest, read_message
from underdrawing.messages.tiers import TIER_OF
from underdrawing.payload import ANCHOR_BITS, Block, Capacity, compose, parse_anchor
from underdrawing.payload.packing import pack, unpack

FACTS = {"creator": "Ann Example", "headline": "The bridge on the day before the flood"}
BLOCKS = ("anchor", "core", "detail", "fine")


@pytest.fixture(scope="module")
def protection():
    return protect(Picture(mosaic()), facts=FACTS, key=SigningKey.from_seed(bytes(32)))


def read(pixels, tokenizer):
    return read_message(receive(pixels), tokenizer)


@pytest.fixture(scope="module")
def clean(protection, tokenizer):
    return read(protection.picture.pixels, tokenizer)


def test_round_trip_every_block_comes_back(clean, protection):
    assert clean.blocks == protection.blocks == BLOCKS
    assert clean.facts == FACTS
    assert f"{clean.anchor.id:016x}" == protection.id
    assert clean.code == protection.code


@pytest.mark.parametrize("quality", [None, 75])
def test_round_trip_with_a_quarter_replaced(protection, tokenizer, quality):
    pixels, _ = quarter_replaced(protection.picture.pixels)
    reading = read(pixels if quality is None else jpeg(pixels, quality), tokenizer)
    assert {"anchor", "core", "detail"} <= set(reading.blocks)
    assert reading.facts == FACTS
    assert reading.code.prefix(5) == protection.code.prefix(5)


def test_reference_the_untouched_part_helps_where_the_channel_falls_short(protection, tokenizer, monkeypatch):
    """With side information more blocks are read than without, and they are right."""
    replaced = quarter_replaced(protection.picture.pixels)[0]
    suspects = [jpeg(resized(replaced, factor), quality) for factor, quality in ((0.6, 80), (0.6, 60))]
    helped = [read(pixels, tokenizer) for pixels in suspects]
    monkeypatch.setattr("underdrawing.messages.guessing._WAYS", ())
    alone = [read(pixels, tokenizer) for pixels in suspects]
    assert all(set(without.blocks) <= set(with_it.blocks) for without, with_it in zip(alone, helped, strict=True))
    assert sum(len(reading.blocks) for reading in alone) < sum(len(reading.blocks) for reading in helped)
    for reading in helped:
        assert reading.code == protection.code.prefix(reading.code.n_scales)


def test_reference_every_block_read_makes_its_chips_known(clean):
    reception = clean.reception
    for block, tier in TIER_OF.items():
        assert (reception.known[reception.layout.roles == tier] >= 0).all() == (str(block) in clean.blocks)


def test_reference_a_reading_holds_what_was_read(clean):
    """Blocks, facts and code are those of the parts, however many there are."""
    partial = Reading(clean.reception, clean.anchor, bits={Block.ANCHOR: clean.bits[Block.ANCHOR]})
    assert partial.blocks == ("anchor",)
    assert partial.facts == {}
    assert partial.code == clean.code.prefix(2)
    with_core = replace(partial, core=clean.core, bits=dict(list(clean.bits.items())[:2]))
    assert with_core.code == clean.code.prefix(4)
    assert replace(with_core, detail=clean.detail).code == clean.code.prefix(5)


def test_limits_a_code_known_in_part_says_so(clean):
    known = np.arange(1024).reshape(32, 32) < 300
    fine = replace(clean.fine, known=known)
    assert np.array_equal(replace(clean, fine=fine).code.known, known)
    assert clean.code.known is None


def test_reference_a_frame_that_would_hardly_be_shown_is_doubted_though_all_is_read(clean, protection, tokenizer):
    """A wider frame looks the same around where the suspect lies, and its message can be read there."""
    pixels, right = protection.picture.pixels, clean.reception.candidate.grid
    wider = replace(right, columns=3 * right.columns)
    scale = np.diag([pixels.shape[1] / right.size_px[1], pixels.shape[0] / right.size_px[0], 1.0])
    heard = {
        score: [
            Reception.opened(candidate, look, suspect, None)
            for suspect in [Suspect.placed(pixels, Placement(grid, scale, pixels.shape[:2], score))]
            for candidate, look in hypotheses(suspect)
        ][:1]
        for grid, score in ((wider, 7.0), (wider, 30.0), (right, 20.0))
    }
    wrong, surely, placed = (read_message(heard[score][0], tokenizer) for score in (7.0, 30.0, 20.0))
    assert wrong.is_complete
    assert placed.is_complete
    asked = iter(heard[7.0] + heard[20.0])
    found, _ = fullest(asked, tokenizer, ())
    assert found.reception.candidate.grid == right
    assert fuller(wrong, placed) is placed
    asked = iter(heard[30.0] + heard[20.0])
    assert fullest(asked, tokenizer, ())[0].reception.candidate.grid == surely.reception.candidate.grid == wider
    assert next(asked) is heard[20.0][0], "a place that is sure is not doubted"


def test_rejects_a_mark_too_damaged_to_read(clean, protection, tokenizer):
    reception = receive(protection.picture.pixels)
    noise = np.random.default_rng(0).integers(0, 64, reception.bins.shape).astype(np.uint8)
    coefficients = np.random.default_rng(1).normal(0, 40, reception.bins.shape).astype(np.float32)
    assert read_message(replace(reception, bins=noise, coefficients=coefficients), tokenizer) is None


def test_an_anchor_that_the_channel_alone_does_not_deliver_is_read_with_what_the_picture_tells(tokenizer):
    protection = protect(Picture(data.astronaut()), key=SigningKey.from_seed(bytes(32)))
    reception = receive(jpeg(resized(protection.picture.pixels, 0.35), 60))
    alone = reception.decode(TIER_OF[Block.ANCHOR], ANCHOR_BITS).bits
    anchor = protection_bits(protection, tokenizer)
    assert (alone != anchor).any()
    reading = read_message(reception, tokenizer)
    assert reading.blocks[:1] == ("anchor",)
    assert np.array_equal(reading.bits[Block.ANCHOR], anchor)


def protection_bits(protection, tokenizer):
    """The anchor as it is read from the picture as it was protected."""
    return read(protection.picture.pixels, tokenizer).bits[Block.ANCHOR]


def test_rejects_random_bits_in_place_of_an_anchor(tokenizer):
    """The channel delivers them whole, their checksum gives them away."""
    tier = np.random.default_rng(4).integers(0, 2, 192).astype(np.uint8)
    pixels = embed(mosaic(), [tier]).pixels
    assert receive(pixels).decode(0, tier.size).converged
    assert read(pixels, tokenizer) is None


def genuine(code, tokenizer):
    return compose(
        id=77,
        tokens=code.scales,
        fine_order=tokenizer.detail_order(code),
        facts=FACTS,
        key=None,
        capacity=Capacity(2200, 4000, 0),
    )


def test_rejects_a_newer_version(clean, tokenizer):
    anchor = genuine(clean.code, tokenizer).blocks[Block.ANCHOR]
    newer = newer_version(anchor)
    with pytest.raises(UnsupportedVersionError, match="version 2"):
        read(embed(mosaic(), [newer]).pixels, tokenizer)


def newer_version(anchor):
    """The anchor as version 2 would write it, its checksum right."""
    changed = anchor.copy()
    changed[:4] = [0, 0, 1, 0]
    checksum = zlib.crc32(b"anchor" + np.packbits(changed[:-32]).tobytes())
    changed[-32:] = np.unpackbits(np.frombuffer(checksum.to_bytes(4, "big"), np.uint8))
    return changed


def test_rejects_a_block_of_another_message(clean, tokenizer):
    """A detail that is intact, but not the one the core names, is not read; the blocks before it are."""
    message = genuine(clean.code, tokenizer)
    shape = parse_anchor(message.blocks[Block.ANCHOR]).shape
    values = unpack(Block.DETAIL, message.blocks[Block.DETAIL], id=77, shape=shape)
    values["tokens_16"] = (values["tokens_16"] + 1) % 4096
    detail = pack(Block.DETAIL, values, size_bits=message.blocks[Block.DETAIL].size, id=77, shape=shape)
    tiers = [message.blocks[Block.ANCHOR], message.blocks[Block.CORE], detail]
    reading = read(embed(mosaic(), tiers).pixels, tokenizer)
    assert reading.blocks == ("anchor", "core")


def test_deterministic(clean, protection, tokenizer):
    again = read(protection.picture.pixels.copy(), tokenizer)
    assert again.blocks == clean.blocks
    assert all(np.array_equal(again.bits[block], clean.bits[block]) for block in clean.bits)
    assert np.array_equal(again.reception.evidence, clean.reception.evidence)
