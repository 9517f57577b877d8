import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_samples import IPTC, XMP, exif_block, iim

from underdrawing.images import Metadata, Picture, encode, facts_from_metadata, load
from underdrawing.images.directories import Value, pack_directory


def test_facts_of_exif():
    for order in "<>":
        assert facts_from_metadata(Metadata(exif=exif_block(order)), position=True) == {
            "description": "Camera description",
            "creator": "Exif Artist",
            "copyrightNotice": "Photographer; Editor",
            "dateCreated": "2023-01-02T03:04:05+01:00",
            "gpsLatitude": "-33.859833",
            "gpsLongitude": "151.211111",
        }


def test_the_position_is_kept_back_unless_asked_for():
    facts = facts_from_metadata(Metadata(exif=exif_block()))
    assert not [name for name in facts if name.startswith("gps")]
    assert facts["creator"] == "Exif Artist"


def test_facts_of_iptc():
    assert facts_from_metadata(Metadata(iptc=IPTC)) == {
        "title": "Coffee",
        "headline": "Headline of the wire",
        "description": "Caption of the wire",
        "creator": "Zoë",
        "credit": "Agency",
        "source": "Source",
        "copyrightNotice": "(c) Agency",
        "city": "Lima",
        "country": "Peru",
        "keywords": "drink; spoon",
        "dateCreated": "2024-05-06T07:08:09+02:00",
    }


def test_facts_of_xmp():
    assert facts_from_metadata(Metadata(xmp=XMP)) == {
        "headline": "A cup of coffee",
        "description": "A cup on a table",
        "creator": "Rachel Michetti; Second Author",
        "city": "Zürich",
        "keywords": "coffee; cup",
        "dateCreated": "2024-05-06T07:08:09+02:00",
    }


def test_xmp_wins_over_iptc_and_iptc_over_exif():
    facts = facts_from_metadata(Metadata(exif=exif_block(), iptc=IPTC, xmp=XMP), position=True)
    assert facts["headline"] == "A cup of coffee"
    assert facts["country"] == "Peru"
    assert facts["copyrightNotice"] == "(c) Agency"
    assert facts["gpsLatitude"] == "-33.859833"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF"])
def test_facts_survive_a_file(image, photo, metadata, image_format):
    expected = facts_from_metadata(metadata, position=True)
    back = load(encode(Picture(photo, metadata=metadata), format=image_format))
    assert facts_from_metadata(back.metadata, position=True) == expected
    assert len(expected) == 13


@pytest.mark.parametrize(
    "date,time,expected",
    [
        (b"20240506", b"", "2024-05-06"),
        (b"20240500", b"070809+0200", "2024-05"),
        (b"20240000", b"", "2024"),
        (b"20241399", b"", None),
        (b"00000000", b"", None),
        (b"2024-5-6", b"", None),
        (b"20240506", b"259999+0200", None),
        ("٢٠٢٤٠٥٠٦".encode(), b"", None),
    ],
)
def test_dates_of_iptc(date, time, expected):
    facts = facts_from_metadata(Metadata(iptc=iim((2, 55, date), (2, 60, time))))
    assert facts.get("dateCreated") == expected


def test_texts_are_cleaned():
    records = iim((2, 105, b"\0 A\tline\x1b[31m \xc2\x85 of  text\r\n"), (2, 120, b"x" * 10_001), (2, 90, b"   "))
    assert facts_from_metadata(Metadata(iptc=records)) == {"headline": "A line [31m of text"}


def test_old_texts_are_latin_1():
    assert facts_from_metadata(Metadata(iptc=iim((2, 80, b"Zo\xeb"))))["creator"] == "Zoë"


@pytest.mark.parametrize(
    "latitude,reference",
    [((91, 1), b"N\0"), ((1, 0), b"N\0"), ((10, 1), b"X\0"), ((10, 1), b"")],
)
def test_an_impossible_position_is_left_out(latitude, reference):
    def place(value, letter):
        return {1: Value(2, letter), 2: Value(5, struct.pack("<6I", *value, 0, 1, 0, 1))}

    east = place((10, 1), b"E\0")
    gps = place(latitude, reference) | {3: east[1], 4: east[2]}
    block = b"II*\0\x08\0\0\0" + pack_directory({0x8825: Value(4, struct.pack("<I", 26))}, at=8, order="<")
    block += pack_directory(gps, at=26, order="<")
    assert facts_from_metadata(Metadata(exif=block), position=True) == {}


@given(st.binary(max_size=400), st.sampled_from(["icc", "exif", "iptc", "xmp"]), st.integers(0, 400))
def test_hostile_metadata_never_raises(noise, name, at):
    good = {"icc": b"", "exif": exif_block(), "iptc": IPTC, "xmp": XMP}[name]
    for block in (noise, good[:at] + noise, good[:at] + noise + good[at:], good[at:]):
        facts = facts_from_metadata(replace(Metadata(), **{name: block}))
        assert all(isinstance(text, str) and text and text == text.strip() for text in facts.values())
        assert all("\0" not in text and text.encode() for text in facts.values())
