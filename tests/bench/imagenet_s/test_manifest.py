"""The manifest: whatever labels and names hold, what is written is what is read."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.bench.imagenet_s.manifest import (
    COLUMNS,
    CSV_FILE,
    Item,
    fingerprint_of,
    pixels_sha256,
    read_manifest,
    to_csv,
    write_manifest,
)
from underdrawing.bench.imagenet_s.sources import plain_text
from underdrawing.errors import UsageError

TEXT = st.text(max_size=20).map(plain_text)
ITEMS = st.builds(
    Item,
    **dict.fromkeys(
        ("name", "label", "split", "kind", "size_class", "outline", "source", "original", "tampered", "mask"), TEXT
    ),
    **dict.fromkeys(("source_sha256", "original_sha256", "tampered_sha256", "mask_sha256"), st.just("0" * 64)),
    **dict.fromkeys(("fraction", "change"), st.floats(0, 255)),
    **dict.fromkeys(("height", "width", "seed"), st.integers(0, 2**63 - 1)),
    donor=st.none() | TEXT.filter(bool),
)


@given(items=st.lists(ITEMS, max_size=4).map(tuple))
@settings(max_examples=60)
def test_round_trip(items, tmp_path_factory):
    folder = tmp_path_factory.mktemp("manifest")
    fingerprint = write_manifest(folder, items)
    assert read_manifest(folder) == (items, fingerprint)
    assert fingerprint == fingerprint_of((folder / CSV_FILE).read_bytes())


@given(items=st.lists(ITEMS, max_size=4))
def test_any_reader_of_csv_finds_every_column(items):
    rows = list(csv.reader(io.StringIO(to_csv(items).decode(), newline="")))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == [item.name for item in items]
    assert all(len(row) == len(COLUMNS) for row in rows)


def test_the_columns_are_those_of_an_item():
    assert list(COLUMNS) == list(Item.__dataclass_fields__)


def test_pixels_have_the_same_hash_however_they_lie_in_memory():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert pixels_sha256(pixels) == pixels_sha256(np.asfortranarray(pixels))
    assert pixels_sha256(pixels) != pixels_sha256(pixels[:, ::-1])


@pytest.mark.parametrize("content", [b"", b"name\nx\n", b"\xff\xfe", ",".join(COLUMNS).encode() + b"\n" + b"x," * 30])
def test_rejects_what_is_no_manifest(tmp_path, content):
    (tmp_path / CSV_FILE).write_bytes(content)
    if content:
        with pytest.raises(UsageError, match="expected the manifest"):
            read_manifest(tmp_path)
    else:
        assert read_manifest(tmp_path)[0] == ()
    with pytest.raises(UsageError, match="cannot read"):
        read_manifest(tmp_path / "nowhere")
