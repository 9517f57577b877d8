import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_samples import exif_block
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from underdrawing.images.directories import DirectoryError, Value, pack_directory, parse_directory

values = st.one_of(
    st.builds(Value, st.sampled_from([1, 2, 7]), st.binary(max_size=9)),
    st.builds(lambda n: Value(3, struct.pack(f"<{len(n)}H", *n)), st.lists(st.integers(0, 65535), max_size=5)),
    st.builds(lambda n: Value(4, struct.pack(f"<{len(n)}I", *n)), st.lists(st.integers(0, 2**32 - 1), max_size=3)),
)
header = {"<": b"II*\0\x08\0\0\0", ">": b"MM\0*\0\0\0\x08"}


@given(st.dictionaries(st.integers(0, 65535), values, max_size=8))
def test_round_trip(fields):
    directory = parse_directory(header["<"] + pack_directory(fields, at=8, order="<"))
    assert {tag: directory.value(tag) for tag in directory.entries} == fields
    assert directory.count == len(fields)
    assert directory.next() is None


@given(st.binary(max_size=200), st.sampled_from("<>"))
def test_limits_any_bytes_are_parsed_or_refused(noise, order):
    try:
        directory = parse_directory(header[order] + noise)
    except DirectoryError:
        return
    for tag in directory.entries:
        value = directory.value(tag)
        value.integers(order)
        value.rationals(order)
        directory.child(tag)


@pytest.mark.parametrize("order", ["<", ">"])
def test_reference_pillow_reads_the_same(order):
    block = exif_block(order)
    pillow = ImageFileDirectory_v2(block[:8])
    pillow.load(_at(block))
    ours = parse_directory(block)
    assert sorted(ours.entries) == sorted(pillow)
    assert ours.integer(0x0112) == pillow[0x0112] == 6
    assert ours.value(0x010E).data.rstrip(b"\0").decode() == pillow[0x010E]
    gps = ours.child(0x8825)
    assert gps.value(2).rationals(order) == pytest.approx((33, 51, 35.4))


def _at(block):
    file = BytesIO(block)
    file.seek(8)
    return file


@pytest.mark.parametrize("block", [b"", b"II*\0", b"JJ*\0" + bytes(20), header["<"], header["<"] + b"\xff\xff\0\0"])
def test_rejects(block):
    with pytest.raises(DirectoryError):
        parse_directory(block)


def test_fields_outside_are_left_out():
    block = header["<"] + struct.pack("<HHHII", 1, 0x010E, 2, 2**32 - 1, 8) + bytes(4)
    directory = parse_directory(block)
    assert directory.count == 1
    assert not directory.entries
    assert directory.integer(0x010E, 7) == 7
