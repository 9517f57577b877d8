"""A record is what was put in, or it is refused before it gets near a table."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_records import SIDES, make_record

from underdrawing.errors import RecordError
from underdrawing.vault import CODE_BYTES, Record, pack_code, unpack_code


@given(st.integers(0, 2**32 - 1))
def test_code_round_trip(seed):
    rng = np.random.default_rng(seed)
    tokens = [rng.integers(0, 4096, (side, side), dtype=np.uint16) for side in SIDES]
    code = pack_code(tokens)
    assert len(code) == CODE_BYTES
    back = unpack_code(code)
    assert [scale.shape for scale in back] == [(side, side) for side in SIDES]
    assert all(np.array_equal(one, other) and other.dtype == np.uint16 for one, other in zip(tokens, back, strict=True))


def test_code_is_most_significant_bit_first():
    tokens = [np.zeros((side, side), np.uint16) for side in SIDES]
    tokens[0][0, 0], tokens[1][0, 0] = 0xABC, 0xDEF
    assert pack_code(tokens)[:4] == bytes([0xAB, 0xCD, 0xEF, 0x00])


@pytest.mark.parametrize("change", ["missing", "large", "negative", "float", "shape"])
def test_code_rejects(change):
    tokens = [np.zeros((side, side), np.int64) for side in SIDES]
    if change == "missing":
        tokens.pop()
    elif change == "shape":
        tokens[2] = tokens[2][:2]
    elif change == "float":
        tokens = [scale.astype(float) for scale in tokens]
    else:
        tokens[3][0, 0] = 4096 if change == "large" else -1
    with pytest.raises(RecordError, match="code"):
        pack_code(tokens)


def test_unpack_rejects_another_length():
    with pytest.raises(RecordError, match="expected 2048 bytes"):
        unpack_code(b"short")


def test_tokens_of_a_record():
    assert make_record(1).tokens is not None
    assert make_record(1, code=None).tokens is None


def test_facts_are_ordered_and_copied():
    given_ = {"title": "b", "creator": "a"}
    record = make_record(1, facts=given_)
    given_["later"] = "x"
    assert list(record.facts) == ["creator", "title"]


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Record) if field.compare])
def test_digest_tells_every_field(field):
    other = make_record(2)
    changed = dataclasses.replace(make_record(1), **{field: getattr(other, field)})
    if field in ("created", "carrier", "profile"):
        changed = dataclasses.replace(
            changed, **{field: {"created": "2026-02-01T00:00:00Z"}.get(field, "something else")}
        )
    assert changed.digest() != make_record(1).digest()
    assert make_record(1).digest() == make_record(1).digest()


def test_digest_tells_nothing_from_empty_and_fields_apart():
    assert make_record(1, carrier="ab", profile="c").digest() != make_record(1, carrier="a", profile="bc").digest()
    assert make_record(1, code=None).digest() != make_record(1).digest()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"id": "00C0FFEE00C0FFEE"}, "16 hexadecimal digits"),
        ({"id": "1' OR 1=1 --"}, "16 hexadecimal digits"),
        ({"id": 7}, "16 hexadecimal digits"),
        ({"created": "yesterday"}, "expected UTC"),
        ({"created": "2026-13-31T12:00:00Z"}, "expected UTC"),
        ({"created": "2026-01-31T12:00:00+01:00"}, "created"),
        ({"facts": ["creator"]}, "facts are names with texts"),
        ({"facts": {str(n): "" for n in range(257)}}, "at most 256"),
        ({"facts": {"": "text"}}, "not a text under a name"),
        ({"facts": {"a": 1}}, "not a text under a name"),
        ({"facts": {"a": "x" * 70_000}}, "at most 65535 are kept"),
        ({"facts": {"a": "\ud800"}}, "lone surrogate"),
        ({"fingerprint": bytes(63)}, "expected 64 bytes"),
        ({"fingerprint": "x" * 64}, "expected 64 bytes"),
        ({"sketch": bytes(33)}, "expected 32 bytes"),
        ({"code": bytes(2047)}, "expected 2048 bytes"),
        ({"preview": bytes(49_001)}, "preview"),
        ({"preview": None}, "preview"),
        ({"carrier": "x" * 65}, "carrier"),
        ({"signature": bytes(257)}, "signature"),
        ({"signature": b""}, "leave it out"),
        ({"key_id": bytes(33)}, "key_id"),
        ({"original": "x" * 2049}, "original"),
        ({"original": "\ud800"}, "lone surrogate"),
    ],
)
def test_rejects(changes, message):
    with pytest.raises(RecordError, match=message):
        make_record(1, **changes)
