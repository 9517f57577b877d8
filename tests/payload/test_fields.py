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
    block_fields,
    fixed_bits,
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f"{f.block}.{f.name}")
def test_every_range_fits_its_width(field: Field) -> None:
    width = 12 if field.kind is Kind.TOKENS else field.bits
    assert 0 <= field.low <= field.high
    assert width is None or field.high < 1 << width


@pytest.mark.parametrize("block", Block)
def test_names_are_unique_within_a_block(block: Block) -> None:
    names = [f.name for f in block_fields(block, signed=True)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("block", Block)
def test_every_block_ends_with_its_checksum(block: Block) -> None:
    kinds = [f.kind for f in block_fields(block, signed=True)]
    assert kinds[-1] is Kind.CHECKSUM
    assert Kind.CHECKSUM not in kinds[:-1]


def test_what_every_version_keeps() -> None:
    anchor = block_fields(Block.ANCHOR)
    assert ANCHOR_BITS == 192
    assert (anchor[0].name, anchor[0].bits) == ("version", 4)
    assert (anchor[-1].name, anchor[-1].bits) == ("checksum", 32)


def test_fixed_sizes() -> None:
    sizes = {block: fixed_bits(block) for block in Block}
    assert sizes == {Block.ANCHOR: 192, Block.CORE: 1120, Block.DETAIL: 3104, Block.FINE: 43}
    assert fixed_bits(Block.CORE, signed=True) == 1120 + 32 + 512


def test_the_tokens_of_every_scale_have_a_place() -> None:
    tokens = {f.name: f.bits for f in FIELDS if f.kind is Kind.TOKENS}
    assert tokens == {f"tokens_{side}": 12 * side * side if side < 32 else None for side in SIDES}


@pytest.mark.parametrize("block", Block)
def test_the_tokens_of_a_block_follow_each_other_where_signing_does_not_move_them(block: Block) -> None:
    fields = block_fields(block, signed=True)
    places = [place for place, field in enumerate(fields) if field.kind is Kind.TOKENS]
    assert places == list(range(places[0], places[-1] + 1))
    assert all(field.presence is Presence.ALWAYS for field in fields[: places[-1]])


def test_only_the_signature_depends_on_signing() -> None:
    assert {f.name for f in FIELDS if f.presence is Presence.SIGNED} == {"key_id", "signature"}


def test_the_signature_is_the_last_before_the_checksum() -> None:
    assert [f.name for f in block_fields(Block.CORE, signed=True)][-2:] == ["signature", "checksum"]
