import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_samples import XMP

from underdrawing.images.xmp import xmp_properties

CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<>&\ufffe\uffff")
DC = "http://purl.org/dc/elements/1.1/"


def packet(inside: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dc="{DC}">{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def test_reference_by_hand():
    properties = xmp_properties(XMP)
    assert properties[f"{DC} description"] == ["A cup on a table", "Eine Tasse"]
    assert properties[f"{DC} creator"] == ["Rachel Michetti", "Second Author"]
    assert properties["http://ns.adobe.com/photoshop/1.0/ City"] == ["Zürich"]


def test_forms():
    assert xmp_properties(packet("<dc:title>plain</dc:title>"))[f"{DC} title"] == ["plain"]
    resource = '<dc:source rdf:resource="http://example.org/"/>'
    assert xmp_properties(packet(resource))[f"{DC} source"] == ["http://example.org/"]
    assert f"{DC} title" not in xmp_properties(packet("<dc:title><dc:inner>structure</dc:inner></dc:title>"))
    assert xmp_properties(b"\0\n" + packet("<dc:title>padded</dc:title>") + b" " * 2000 + b"\0")


@given(st.text(CHARACTERS, min_size=1))
def test_round_trip_of_texts(text):
    if text.strip():
        found = xmp_properties(packet(f"<dc:title>{text}</dc:title>"))[f"{DC} title"]
        assert found == [text.replace("\r", "\n")]


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"no xml",
        b'<!DOCTYPE x [<!ENTITY a "ha">]>' + packet("<dc:title>&a;</dc:title>"),
        b"<!DOCTYPE x SYSTEM 'http://example.org/x.dtd'>" + packet("<dc:title>x</dc:title>"),
        packet("<dc:title>x</dc:title>").decode().encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-16'?>" + packet("&unknown;"),
        packet("<dc:a>" * 100 + "</dc:a>" * 100),
        packet("<dc:a/>" * 30_000),
        packet("<dc:title>" + "x" * 2**21 + "</dc:title>"),
        packet("<dc:title>x</dc:title>")[:-5],
    ],
    ids=range(10),
)
def test_rejects(hostile):
    assert xmp_properties(hostile) == {}
