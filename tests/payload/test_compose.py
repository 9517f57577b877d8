"""The planner fills what there is, drops in the promised order, and says what it left out."""

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.errors import PayloadError
from underdrawing.payload import (
    Block,
    Capacity,
    SigningKey,
    compose,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
)
from underdrawing.payload.fields import fixed_bits
from underdrawing.payload.packing import unpack

LARGE = Capacity(core_bits=2300, detail_bits=4200, fine_bits=14_800)
MIDDLE = Capacity(core_bits=1950, detail_bits=3400, fine_bits=5000)


def read_all(message: Any, fine_order: Any) -> tuple[dict[str, str], int]:
    """All facts and the number of tokens of scale 32, checking every block on the way."""
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    core = parse_core(message.blocks[Block.CORE], anchor) if Block.CORE in message.blocks else None
    facts = dict(core.facts) if core else {}
    known, detail = 0, None
    if Block.DETAIL in message.blocks:
        detail = parse_detail(message.blocks[Block.DETAIL], anchor, core)
        facts |= detail.facts
    if Block.FINE in message.blocks:
        fine = parse_fine(message.blocks[Block.FINE], anchor, detail, fine_order=fine_order)
        facts |= fine.facts
        known = int(fine.known.sum())
    return facts, known


def test_round_trip_everything_fits(material: dict[str, Any], tokens: Any, fine_order: Any, facts: Any) -> None:
    message = compose(**material, capacity=LARGE)
    assert list(message.blocks) == list(Block)
    assert message.left_out == ()
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    core = parse_core(message.blocks[Block.CORE], anchor)
    detail = parse_detail(message.blocks[Block.DETAIL], anchor, core)
    fine = parse_fine(message.blocks[Block.FINE], anchor, detail, fine_order=fine_order)
    assert anchor.id == message.id == material["id"]
    assert anchor.signed
    for sent, read in zip(tokens, (*anchor.tokens, *core.tokens, detail.tokens, fine.tokens), strict=True):
        assert read.dtype == np.uint16
        assert np.array_equal(sent, read)
    assert fine.known.all()
    assert core.facts | detail.facts | fine.facts == facts


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_round_trip_any_capacity(data: st.DataObject, material: dict[str, Any], tokens: Any, fine_order: Any) -> None:
    sizes = st.one_of(
        st.integers(0, 40_000), st.sampled_from([0, 1055, 1056, 1599, 1600, 3103, 3104, 3168, 43, 55, 64, 12_352])
    )
    capacity = Capacity(*(data.draw(sizes) for _ in range(3)))
    given_facts = dict(list(material["facts"].items())[: data.draw(st.integers(0, 7))])
    signed = data.draw(st.booleans())
    changed = material | {"facts": given_facts, "key": material["key"] if signed else None}
    message = compose(**changed, capacity=capacity)
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    sizes_read = (anchor.core_bits, anchor.detail_bits, anchor.fine_bits)
    for block, size, limit in zip(list(Block)[1:], sizes_read, list(vars(capacity).values())[:3], strict=True):
        assert message.blocks.get(block, np.zeros(0)).size == size <= limit
    read, known = read_all(message, fine_order)
    left_out = {name.removeprefix("facts.") for name in message.left_out if name.startswith("facts.")}
    assert read == {name: value for name, value in given_facts.items() if name not in left_out}
    assert (f"scale 32: {1024 - known} of 1024 tokens" in message.left_out) == (known < 1024)
    assert ("signature" in message.left_out) == (signed and not anchor.signed)
    if Block.FINE in message.blocks:
        detail = parse_detail(message.blocks[Block.DETAIL], anchor)
        fine = parse_fine(message.blocks[Block.FINE], anchor, detail, fine_order=fine_order)
        assert np.array_equal(np.sort(fine_order[:known]), np.flatnonzero(fine.known))
        assert np.array_equal(fine.tokens[fine.known], tokens[5][fine.known])


@pytest.mark.parametrize(
    "capacity, blocks, left_out",
    [
        (Capacity(2300, 4200, 63), "anchor core detail", ["scale 32: 1024 of 1024 tokens"]),
        (Capacity(2300, 3103, 20_000), "anchor core", ["scale 16: 256 of 256 tokens", "scale 32: 1024 of 1024 tokens"]),
        (Capacity(1600, 4200, 20_000), "anchor core detail fine", []),
        (Capacity(1599, 4200, 20_000), "anchor core detail fine", ["signature"]),
        (
            Capacity(1055, 4200, 20_000),
            "anchor",
            [
                "signature",
                "scale 4: 16 of 16 tokens",
                "scale 8: 64 of 64 tokens",
                "scale 16: 256 of 256 tokens",
                "scale 32: 1024 of 1024 tokens",
            ],
        ),
    ],
)
def test_drop_order(material: dict[str, Any], capacity: Capacity, blocks: str, left_out: list[str]) -> None:
    message = compose(**(material | {"facts": {}}), capacity=capacity)
    assert " ".join(message.blocks) == blocks
    assert list(message.left_out) == left_out


def test_the_promised_room_for_facts(material: dict[str, Any]) -> None:
    """What issue and architecture promise: over 2,000 bits of facts on a large grid, over 256 on a middle one."""
    spare = LARGE.core_bits - 1600 + LARGE.detail_bits - 3168 + LARGE.fine_bits - 43 - 12 * 1024
    assert spare > 4000
    assert MIDDLE.core_bits // 32 * 32 - 1600 >= 150
    assert MIDDLE.detail_bits // 32 * 32 - 3168 >= 128


def test_important_facts_go_first_into_the_best_protected_block(material: dict[str, Any]) -> None:
    message = compose(**material, capacity=MIDDLE)
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    core = parse_core(message.blocks[Block.CORE], anchor)
    assert list(core.facts)[:2] == ["headline", "creator"]
    assert "description" not in core.facts
    assert read_all(message, material["fine_order"])[0] == material["facts"]


def test_facts_take_at_most_a_quarter_where_tokens_are_short(material: dict[str, Any]) -> None:
    long = {f"note {n}": hashlib.sha256(bytes([n])).hexdigest() for n in range(60)}
    message = compose(**(material | {"facts": long}), capacity=MIDDLE)
    known = read_all(message, material["fine_order"])[1]
    assert 12 * known >= 0.75 * MIDDLE.fine_bits - 100


def test_without_facts_blocks_are_as_short_as_they_can_be(material: dict[str, Any]) -> None:
    message = compose(**(material | {"facts": {}}), capacity=Capacity(4000, 8000, 32_000))
    assert [b.size for b in message.blocks.values()] == [192, 1600, 3168, 12_352]


def test_limits_more_capacity_than_an_anchor_can_state(material: dict[str, Any]) -> None:
    noise = {f"n{i}": hashlib.sha512(bytes([i, j])).hexdigest() for i in range(9) for j in range(9)}
    message = compose(**(material | {"facts": noise}), capacity=Capacity(10**9, 10**9, 10**9))
    assert read_all(message, material["fine_order"])[0] == noise


def test_deterministic(material: dict[str, Any]) -> None:
    """The format, pinned: these bits must come out on every machine and in every later release of version 1."""
    message = compose(**material, capacity=MIDDLE)
    bits = np.concatenate(list(message.blocks.values()))
    assert hashlib.sha256(np.packbits(bits).tobytes()).hexdigest() == GOLDEN


@pytest.mark.parametrize(
    "change, message",
    [
        ({"id": 2**64}, "anchor.id"),
        ({"id": -1}, "anchor.id"),
        ({"tokens": []}, "tokens: expected"),
        ({"fine_order": np.zeros(1024, int)}, "fine_order"),
        ({"facts": {"description": "\x00"}}, "facts.description"),
    ],
)
def test_rejects(material: dict[str, Any], change: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        compose(**(material | change), capacity=LARGE)


def test_rejects_tokens_out_of_range(material: dict[str, Any], tokens: Any) -> None:
    wrong = [*tokens[:5], np.full((32, 32), 4096, np.uint16)]
    with pytest.raises(PayloadError, match="tokens_32: expected 0 to 4095"):
        compose(**(material | {"tokens": wrong}), capacity=LARGE)
    with pytest.raises(PayloadError, match="integer arrays"):
        compose(**(material | {"tokens": [*tokens[:5], tokens[5] / 2]}), capacity=LARGE)


def test_a_signature_covers_everything(material: dict[str, Any]) -> None:
    """Another key, id, fact or token changes the signature."""
    changes = [{}, {"key": SigningKey.from_seed(bytes(32))}, {"id": 5}, {"facts": {"label": "x"}}]
    changed_tokens = [scale.copy() for scale in material["tokens"]]
    changed_tokens[5][0, 0] ^= 1
    changes.append({"tokens": changed_tokens})
    signatures = set()
    for change in changes:
        message = compose(**(material | change), capacity=LARGE)
        core = parse_core(message.blocks[Block.CORE], parse_anchor(message.blocks[Block.ANCHOR]))
        signatures.add(core.signature)
    assert len(signatures) == len(changes)


GOLDEN = "a0cbabf638fa6f9c7b98dd760ead07285f8d45e112c2e0c5264ef957285b9cb9"


def test_facts_stay_out_of_a_fine_block_that_does_not_last(material: dict[str, Any]) -> None:
    facts = {"description": "It says much that fits in no other block. " * 12}
    sizes = {"core_bits": 1888, "detail_bits": 3264, "fine_bits": 5120}
    lasting = compose(**(material | {"facts": facts}), capacity=Capacity(**sizes))
    fleeting = compose(**(material | {"facts": facts}), capacity=Capacity(**sizes, fine_facts=False))
    assert "facts.description" in fleeting.left_out
    tokens = [
        unpack(Block.FINE, each.blocks[Block.FINE], id=material["id"])["token_count"] for each in (lasting, fleeting)
    ]
    assert tokens[1] == (5120 - fixed_bits(Block.FINE)) // 12 > tokens[0] - 1
