"""The table of fields holds together, whatever it says."""

import pytest

from underdrawing.payload.fields import (
    ANCHOR_BITS,
    FIELDS,
    SIDES,
    Block,
    Field,
    Kind,
    Presence,
    Shape,
    block_fields,
    fixed_bits,
)

EVERYTHING = Shape(signed=True, confidential=True, recipients=3)


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f"{f.block}.{f.name}")
def test_every_range_fits_its_width(field: Field) -> None:
    width = 12 if field.kind is Kind.TOKENS else field.bits
    assert 0 <= field.low <= field.high
    assert width is None or field.high < 1 << width


@pytest.mark.parametrize("block", Block)
def test_names_are_unique_within_a_block(block: Block) -> None:
    names = [f.name for f in block_fields(block, EVERYTHING)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("block", Block)
def test_every_block_ends_with_its_checksum(block: Block) -> None:
    kinds = [f.kind for f in block_fields(block, EVERYTHING)]
    assert kinds[-1] is Kind.CHECKSUM
    assert Kind.CHECKSUM not in kinds[:-1]


def test_what_every_version_keeps() -> None:
    anchor = block_fields(Block.ANCHOR)
    assert ANCHOR_BITS == 192
    assert (anchor[0].name, anchor[0].bits) == ("version", 4)
    assert (anchor[-1].name, anchor[-1].bits) == ("checksum", 32)


def test_fixed_sizes() -> None:
    sizes = {block: fixed_bits(block) for block in Block}
    assert sizes == {Block.ANCHOR: 192, Block.CORE: 1056, Block.DETAIL: 3168, Block.FINE: 43}
    assert fixed_bits(Block.CORE, Shape(signed=True)) == 1056 + 32 + 512
    assert fixed_bits(Block.DETAIL, Shape(has_fine=False)) == 3168 - 64


def test_the_tokens_of_every_scale_have_a_place() -> None:
    tokens = {f.name: f.bits for f in FIELDS if f.kind is Kind.TOKENS}
    assert tokens == {f"tokens_{side}": 12 * side * side if side < 32 else None for side in SIDES}


@pytest.mark.parametrize("block", Block)
def test_the_tokens_of_a_block_follow_each_other_where_signing_does_not_move_them(block: Block) -> None:
    fields = block_fields(block, EVERYTHING)
    places = [place for place, field in enumerate(fields) if field.kind is Kind.TOKENS]
    assert places == list(range(places[0], places[-1] + 1))
    assert all(field.presence in (Presence.ALWAYS, Presence.CODED) for field in fields[: places[-1]])


def test_only_the_signature_depends_on_signing() -> None:
    assert {f.name for f in FIELDS if f.presence is Presence.SIGNED} == {"key_id", "signature"}


def test_the_signature_is_the_last_before_the_checksum() -> None:
    assert [f.name for f in block_fields(Block.CORE, Shape(signed=True))][-2:] == ["signature", "checksum"]
    assert [f.name for f in block_fields(Block.CORE, EVERYTHING)][-2:] == ["signature", "checksum"]


def test_what_being_confidential_costs() -> None:
    """A key file 32 bits where there is a signature to tell more; a public key 256 more; each further one 128."""
    signed = {n: fixed_bits(Block.CORE, Shape(True, True, True, n, has_fine=False)) for n in range(4)}
    assert signed == {0: 1632, 1: 1632 + 256, 2: 1632 + 384, 3: 1632 + 512}
    assert signed[1] <= 1888, "one recipient and a signature fit a picture of 512 pixels"
    assert fixed_bits(Block.CORE, Shape(False, True, True, 1, has_fine=False)) == 1056 + 96 + 256
    assert fixed_bits(Block.CORE, Shape(False, True, True, 0, has_fine=True)) == 1056 + 96


def test_a_message_without_code_is_short() -> None:
    assert fixed_bits(Block.CORE, Shape(True, coded=False, has_fine=False)) == 64 + 32 + 512 + 32
    assert fixed_bits(Block.DETAIL, Shape(coded=False, has_fine=False)) == 32


def test_only_tokens_depend_on_the_code() -> None:
    assert {f.kind for f in FIELDS if f.presence is Presence.CODED} == {Kind.TOKENS}
