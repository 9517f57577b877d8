"""Reading refuses what is damaged, mixed or newer, and judges signatures."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from underdrawing.errors import PayloadError, UnsupportedVersionError
from underdrawing.payload import (
    ANCHOR_BITS,
    Block,
    Capacity,
    Message,
    Publisher,
    SignatureStatus,
    SigningKey,
    TrustStore,
    compose,
    known_hints,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    token_places,
    verify_signature,
)
from underdrawing.payload.fields import Bits, Shape, block_fields
from underdrawing.payload.packing import pack, unpack

TODAY = date(2026, 11, 20)
CAPACITY = Capacity(core_bits=2300, detail_bits=4200, fine_bits=5000)


@pytest.fixture(scope="module")
def message(material: dict[str, Any]) -> Message:
    return compose(**material, capacity=CAPACITY)


def anchor_with(message: Message, **changes: int) -> Bits:
    """The anchor with other values and a right checksum; values may lie beyond the table's range."""
    bits = message.blocks[Block.ANCHOR].copy()
    start = 0
    for field in block_fields(Block.ANCHOR):
        assert field.bits is not None
        if field.name in changes:
            text = f"{changes[field.name]:0{field.bits}b}"
            bits[start : start + field.bits] = [int(c) for c in text]
        start += field.bits
    return with_checksum(b"anchor", bits)


def with_checksum(prefix: bytes, bits: Bits) -> Bits:
    value = zlib.crc32(prefix + np.packbits(bits[:-32]).tobytes())
    return np.concatenate([bits[:-32], np.array([int(c) for c in f"{value:032b}"], np.uint8)])


def check(message: Message, trust: TrustStore, on: date = TODAY) -> tuple[SignatureStatus, str | None, str | None]:
    found = verify_signature(message.blocks[Block.ANCHOR], message.blocks[Block.CORE], trust, on=on)
    return found.status, found.signer, found.note


def test_a_newer_version_is_said_to_be_one(message: Message) -> None:
    with pytest.raises(UnsupportedVersionError, match="version 2, this reader knows up to 1"):
        parse_anchor(anchor_with(message, version=2))


@pytest.mark.parametrize("field", ["confidential", "codeless"])
def test_an_unknown_feature_is_said_to_be_one(message: Message, field: str) -> None:
    with pytest.raises(UnsupportedVersionError, match="feature"):
        parse_anchor(anchor_with(message, **{field: 1}))


@pytest.mark.parametrize("filling", [0, 1, 2])
def test_a_mark_says_how_it_fills_its_places(material: dict[str, Any], filling: int) -> None:
    message = compose(**material, capacity=replace(CAPACITY, filling=filling))
    assert message.filling == filling
    assert parse_anchor(message.blocks[Block.ANCHOR]).filling == filling


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"core_words": 0},
        {"core_words": 0, "detail_words": 0, "fine_words": 0},
        {"detail_words": 0},
        {"core_words": 49},
        {"detail_words": 96},
        {"fine_words": 1},
        {"recipients": 1},
        {"dense": 1, "detailed": 1},
        {"confidential": 1, "recipients": 7},
        {"confidential": 1, "core_words": 0, "detail_words": 0, "fine_words": 0, "signed": 0},
        {"codeless": 1},
        {"codeless": 1, "tokens_1": 0, "tokens_2": 0},
    ],
)
def test_an_anchor_that_contradicts_itself_is_refused(message: Message, changes: dict[str, int]) -> None:
    with pytest.raises(PayloadError, match="anchor"):
        parse_anchor(anchor_with(message, **changes), hidden=True)


def test_noise_is_no_anchor() -> None:
    noise = np.random.default_rng(3).integers(0, 2, ANCHOR_BITS).astype(np.uint8)
    with pytest.raises(PayloadError, match="anchor: wrong checksum"):
        parse_anchor(noise)
    with pytest.raises(PayloadError, match="anchor: expected 192 bits"):
        parse_anchor(noise[:-1])


def test_blocks_of_another_length_are_refused(message: Message) -> None:
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    with pytest.raises(PayloadError, match=f"core: expected {anchor.core_bits} bits"):
        parse_core(message.blocks[Block.DETAIL], anchor)


def test_blocks_that_are_not_announced_are_refused(material: dict[str, Any], message: Message) -> None:
    bare = parse_anchor(compose(**material, capacity=Capacity(0, 0, 0)).blocks[Block.ANCHOR])
    with pytest.raises(PayloadError, match="core: the anchor says there is none"):
        parse_core(message.blocks[Block.CORE], bare)


def test_blocks_of_two_messages_do_not_mix(material: dict[str, Any], message: Message) -> None:
    other = compose(**(material | {"id": 1}), capacity=CAPACITY)
    with pytest.raises(PayloadError, match="core: wrong checksum"):
        parse_core(message.blocks[Block.CORE], parse_anchor(other.blocks[Block.ANCHOR]))


def test_a_later_block_is_held_against_its_hash(material: dict[str, Any], message: Message, fine_order: Any) -> None:
    """Same id, same length, right checksum: only the hash in the block before tells, up to the signed core."""
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    core = parse_core(message.blocks[Block.CORE], anchor)
    detail = parse_detail(message.blocks[Block.DETAIL], anchor, core)
    parse: dict[Block, Callable[[Bits], object]] = {
        Block.DETAIL: lambda bits: parse_detail(bits, anchor, core),
        Block.FINE: lambda bits: parse_fine(bits, anchor, detail, fine_order=fine_order),
    }
    for block in parse:
        values = unpack(block, message.blocks[block], id=message.id)
        name = "tokens_16" if block is Block.DETAIL else "tokens_32"
        values[name][0] ^= 1
        swapped = pack(block, values, size_bits=message.blocks[block].size, id=message.id)
        with pytest.raises(PayloadError, match=f"{block}: intact, but not the one"):
            parse[block](swapped)
    assert parse_detail(message.blocks[Block.DETAIL], anchor).tokens.shape == (16, 16)


def test_a_partial_last_scale(message: Message, tokens: Any, fine_order: Any) -> None:
    anchor = parse_anchor(message.blocks[Block.ANCHOR])
    fine = parse_fine(message.blocks[Block.FINE], anchor, fine_order=fine_order)
    count = int(fine.known.sum())
    assert 0 < count < 1024
    assert set(np.flatnonzero(fine.known)) == set(fine_order[:count])
    assert np.array_equal(fine.tokens, np.where(fine.known, tokens[5], 0))


def token_bits(*scales: Any) -> Bits:
    """Tokens as text of 12 binary digits each: not as the package writes them."""
    text = "".join(f"{token:012b}" for scale in scales for token in np.ravel(scale))
    return np.array([int(digit) for digit in text], np.uint8)


@pytest.mark.parametrize("signed", [True, False])
def test_token_places_hold_the_tokens(material: dict[str, Any], tokens: Any, fine_order: Any, signed: bool) -> None:
    changed = material if signed else material | {"key": None}
    blocks = compose(**changed, capacity=Capacity(core_bits=2300, detail_bits=4200, fine_bits=14_800)).blocks
    held = {
        Block.ANCHOR: token_bits(*tokens[:2]),
        Block.CORE: token_bits(*tokens[2:4]),
        Block.DETAIL: token_bits(tokens[4]),
        Block.FINE: token_bits(tokens[5].ravel()[fine_order]),
    }
    for block, expected in held.items():
        assert np.array_equal(blocks[block][token_places(block, blocks[block].size)], expected)


@pytest.mark.parametrize("fine_bits", [0, 5000])
@pytest.mark.parametrize("detail_bits", [0, 4200])
@pytest.mark.parametrize("signed", [True, False])
def test_known_hints_are_right_about_the_hash_of_a_detail_that_is_not_there(
    material: dict[str, Any], signed: bool, detail_bits: int, fine_bits: int
) -> None:
    changed = material if signed else material | {"key": None}
    blocks = compose(**changed, capacity=Capacity(2300, detail_bits, fine_bits if detail_bits else 0)).blocks
    anchor = parse_anchor(blocks[Block.ANCHOR])
    hints = known_hints(Block.CORE, anchor)
    assert np.count_nonzero(hints) == 64 * (Block.DETAIL not in blocks)
    assert not blocks[Block.CORE][hints > 0].any()
    assert hints.min() >= 0


@settings(max_examples=40, deadline=None)
@given(fine_bits=st.integers(64, 17_000), notes=st.integers(0, 40))
@example(fine_bits=12_320, notes=40)
@example(fine_bits=12_352, notes=0)
@example(fine_bits=12_352, notes=40)
def test_token_places_of_a_fine_block(
    material: dict[str, Any], tokens: Any, fine_order: Any, fine_bits: int, notes: int
) -> None:
    """Sure of what it says where not all tokens fit, of three quarters where they might."""
    facts = {f"note {n}": hashlib.sha256(bytes([n])).hexdigest() for n in range(notes)}
    capacity = Capacity(core_bits=2300, detail_bits=4200, fine_bits=fine_bits)
    bits = compose(**(material | {"facts": facts}), capacity=capacity).blocks[Block.FINE]
    count = unpack(Block.FINE, bits, id=material["id"])["token_count"]
    places = token_places(Block.FINE, bits.size)
    claimed = (places.stop - places.start) // 12
    assert claimed == 1024 if bits.size >= 12_352 else claimed <= count
    assert min(claimed, count) >= claimed * 3 // 4
    assert claimed >= count * 3 // 4 - 1
    sure = 12 * min(claimed, count)
    assert np.array_equal(bits[places][:sure], token_bits(tokens[5].ravel()[fine_order])[:sure])


@pytest.mark.parametrize("fine_bits", [1024, 5120, 12_384, 13_000])
def test_hints_about_a_fine_block_without_facts_are_right(
    material: dict[str, Any], tokens: Any, fine_order: Any, fine_bits: int
) -> None:
    capacity = Capacity(core_bits=2300, detail_bits=4200, fine_bits=fine_bits, fine_facts=False)
    blocks = compose(**material, capacity=capacity).blocks
    bits, anchor = blocks[Block.FINE], parse_anchor(blocks[Block.ANCHOR])
    hints = known_hints(Block.FINE, anchor, factless=True)
    assert np.count_nonzero(hints) == 11
    assert np.array_equal(bits[hints != 0], hints[hints != 0] < 0)
    places = token_places(Block.FINE, bits.size, factless=True)
    count = (places.stop - places.start) // 12
    assert count == parse_fine(bits, anchor, fine_order=fine_order).known.sum()
    assert np.array_equal(bits[places], token_bits(tokens[5].ravel()[fine_order[:count]]))


def test_signature_valid(message: Message, trust: TrustStore) -> None:
    assert check(message, trust) == (SignatureStatus.VALID, "The Zoo", None)


def test_a_trusted_key_with_days_says_which(message: Message, key: SigningKey) -> None:
    store = TrustStore().add(Publisher("Zoo", key.public(), valid_until=date(2027, 1, 1)))
    assert check(message, store) == (SignatureStatus.VALID, "Zoo", "until 2027-01-01")


def test_signature_absent(material: dict[str, Any], trust: TrustStore) -> None:
    unsigned = compose(**(material | {"key": None}), capacity=CAPACITY)
    assert check(unsigned, trust) == (SignatureStatus.ABSENT, None, None)


def test_signature_of_an_unknown_key(message: Message) -> None:
    assert check(message, TrustStore())[0] is SignatureStatus.UNKNOWN_KEY
    stranger = TrustStore().add(Publisher("Somebody", SigningKey.from_seed(bytes(32)).public()))
    assert check(message, stranger)[0] is SignatureStatus.UNKNOWN_KEY


@pytest.mark.parametrize("scale", ["tokens_4", "tokens_8"])
def test_signature_invalid_after_a_change_with_right_checksums(message: Message, trust: TrustStore, scale: str) -> None:
    values = unpack(Block.CORE, message.blocks[Block.CORE], id=message.id, shape=Shape(signed=True))
    values[scale][3] ^= 1
    core = pack(Block.CORE, values, size_bits=message.blocks[Block.CORE].size, id=message.id, shape=Shape(signed=True))
    found = verify_signature(message.blocks[Block.ANCHOR], core, trust, on=TODAY)
    assert found.status is SignatureStatus.INVALID
    assert found.signer is None


@pytest.mark.parametrize("changes", [{"tokens_1": 17}, {"tokens_1": 4000}])
def test_signature_invalid_after_a_change_of_the_anchor(
    message: Message, trust: TrustStore, changes: dict[str, int]
) -> None:
    anchor = anchor_with(message, **changes)
    assert verify_signature(anchor, message.blocks[Block.CORE], trust, on=TODAY).status is SignatureStatus.INVALID


def test_signature_by_a_key_that_is_not_believed(message: Message, key: SigningKey) -> None:
    for publisher, why in (
        (Publisher("Zoo", key.public(), revoked=True), "the key of Zoo is revoked"),
        (Publisher("Zoo", key.public(), valid_until=date(2026, 11, 19)), "was valid only until 2026-11-19"),
        (Publisher("Zoo", key.public(), valid_from=date(2026, 11, 21)), "is valid only from 2026-11-21"),
    ):
        status, signer, note = check(message, TrustStore().add(publisher))
        assert (status, signer) == (SignatureStatus.UNKNOWN_KEY, None)
        assert why in (note or "")


def test_all_keys_of_the_same_id_are_tried(message: Message, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of 32 bits collide; here all keys go by the id of the first."""
    public = key.public()
    same_id = public.id
    monkeypatch.setattr(type(public), "id", property(lambda _: same_id))
    stranger = Publisher("Somebody", SigningKey.from_seed(bytes(32)).public())
    assert check(message, TrustStore((stranger, Publisher("Zoo", public))))[:2] == (SignatureStatus.VALID, "Zoo")
    assert check(message, TrustStore((stranger,)))[0] is SignatureStatus.INVALID


def test_reference_signature_is_plain_ed25519_over_the_documented_bytes(message: Message, key: SigningKey) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    anchor, core = message.blocks[Block.ANCHOR], message.blocks[Block.CORE]
    signature, body = np.packbits(core[-544:-32]).tobytes(), np.packbits(core[:-544]).tobytes()
    signed = b"underdrawing payload version 1\0" + np.packbits(anchor).tobytes() + body
    Ed25519PublicKey.from_public_bytes(key.public().data).verify(signature, signed)


def test_nothing_is_said_about_the_signature_of_a_damaged_block(message: Message, trust: TrustStore) -> None:
    core = message.blocks[Block.CORE].copy()
    core[100] ^= 1
    with pytest.raises(PayloadError, match="core: wrong checksum"):
        verify_signature(message.blocks[Block.ANCHOR], core, trust, on=TODAY)
