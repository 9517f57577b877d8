from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from image_samples import iim, pillow_file
from PIL import Image, IptcImagePlugin

from underdrawing.images.iptc import iptc_texts
from underdrawing.images.photoshop import iptc_resource, wrap_iptc

datasets = st.lists(st.tuples(st.just(2), st.integers(0, 255), st.text(max_size=20).map(str.encode)), max_size=8)


@given(datasets)
def test_round_trip(items):
    expected = {}
    for _, number, body in items:
        expected.setdefault(number, []).append(body.decode())
    assert iptc_texts(iim((1, 90, b"\x1b%G"), *items)) == expected


def test_reference_pillow_reads_the_same():
    records = iim((2, 5, b"Title"), (2, 25, b"one"), (2, 25, b"two"))
    image = Image.open(BytesIO(pillow_file(Image.new("L", (8, 8)), "TIFF", tiffinfo={33723: records})))
    pillow = IptcImagePlugin.getiptcinfo(image)
    assert iptc_texts(records) == {5: ["Title"], 25: ["one", "two"]}
    assert pillow == {(2, 5): b"Title", (2, 25): [b"one", b"two"]}


def test_stops_at_the_first_damaged_dataset():
    good = iim((2, 5, b"Title"))
    assert iptc_texts(good + b"\x1c\x02\x19\x80\x04" + bytes(8)) == {5: ["Title"]}
    assert iptc_texts(good + b"\x1c\x02\x19\x00\xff" + bytes(8)) == {5: ["Title"]}
    assert iptc_texts(good + b"junk" + good) == {5: ["Title"]}
    assert iptc_texts(b"") == {}


@given(st.binary(max_size=300))
def test_resources_round_trip(records):
    wrapped = wrap_iptc(records)
    assert len(wrapped) % 2 == 0
    assert iptc_resource(wrapped) == (records or None)
    other = b"8BIM\x03\xed\x03abc\0\0\0\x05hello\0"
    assert iptc_resource(other + wrapped) == (records or None)


@given(st.binary(max_size=60))
def test_resources_of_any_bytes(noise):
    iptc_resource(noise)
    iptc_resource(b"8BIM" + noise)
    iptc_resource(b"8BIM\x04\x04" + noise)
