"""Facts written back into files: other readers find them, the pixels are the same, and what was not asked about stays.

The other readers are Pillow (Exif, IPTC, TIFF fields, PNG and WebP chunks) and the XML parser of the standard library.
"""

import io
import struct
import warnings
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_samples import IPTC, XMP, exif_block, iim
from PIL import Image, IptcImagePlugin

from underdrawing.errors import ImageFormatError, ImageLimitError, OutputExistsError, UsageError
from underdrawing.images import (
    Metadata,
    Picture,
    encode,
    facts_from_metadata,
    load,
    restate,
    save_restated,
    truncated_facts,
)
from underdrawing.images.exif_writing import amend_exif
from underdrawing.images.iptc_writing import amend_iptc
from underdrawing.images.photoshop import iptc_resource, replace_iptc, wrap_iptc
from underdrawing.images.xmp import xmp_properties
from underdrawing.images.xmp_writing import amend_xmp

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]
FACTS = {
    "creator": "Łucja Ünal; 山田太郎",
    "description": "Das große «Feuer» & <Rauch>, Ἀθῆναι\nand another line",
    "dateCreated": "2019-07-14T10:11:12+02:00",
    "city": "Lyon",
    "credit": "Agence France",
    "copyrightNotice": "© 2019 Ünal",
    "gpsLatitude": "45.764043",
    "gpsLongitude": "-4.835659",
    "usageTerms": "none",
}
DC, PHOTOSHOP = "{http://purl.org/dc/elements/1.1/}", "{http://ns.adobe.com/photoshop/1.0/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@pytest.fixture(scope="module")
def stored():
    """Metadata as a camera writes it: on its side, with a thumbnail, and none of the facts above."""
    thumbnail = b"\xff\xd8" + bytes(range(200)) + b"\xff\xd9"
    return Metadata(exif=exif_block(orientation=6, thumbnail=thumbnail), iptc=IPTC, xmp=XMP, dpi=(300.0, 300.0))


def file_of(photo, image_format, metadata):
    return encode(Picture(photo, metadata=metadata), format=image_format)


@pytest.mark.parametrize("image_format", FORMATS)
def test_round_trip(photo, stored, image_format):
    data = file_of(photo, image_format, stored)
    restated = restate(data, FACTS)
    before, after = load(data), load(restated.data)
    assert (restated.format, restated.written, restated.no_place) == (image_format, tuple(FACTS), ())
    facts = facts_from_metadata(after.metadata, position=True, every=True)
    assert {name: facts[name] for name in FACTS} == FACTS
    assert facts["headline"] == "A cup of coffee", "what was not asked about stays"
    assert after.metadata.icc == before.metadata.icc
    assert restated.exact == (image_format != "AVIF")
    distance = np.abs(before.pixels.astype(int) - after.pixels).max()
    assert distance == 0 if restated.exact else distance <= 3
    assert restated.lost == (("iptc",) if image_format in ("WEBP", "AVIF") else ())


@pytest.mark.parametrize("image_format", FORMATS)
def test_round_trip_of_a_file_without_metadata(photo, image_format):
    restated = restate(file_of(photo, image_format, Metadata()), FACTS)
    assert facts_from_metadata(load(restated.data).metadata, position=True, every=True) == FACTS


@pytest.mark.parametrize("image_format", FORMATS)
def test_twice_is_as_once(photo, stored, image_format):
    data = file_of(photo, image_format, stored)
    twice = restate(restate(data, {"city": "Paris", "dateCreated": "2026"}).data, FACTS).data
    facts = facts_from_metadata(load(twice).metadata, position=True, every=True)
    assert {name: facts[name] for name in FACTS} == FACTS


def pillow(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(data))
        image.load()
    return image


@pytest.mark.parametrize("image_format", FORMATS)
def test_another_reader_finds_it_in_exif(photo, stored, image_format):
    exif = pillow(restate(file_of(photo, image_format, stored), FACTS).data).getexif()
    assert exif[0x013B].encode("latin-1").decode() == FACTS["creator"], "Pillow takes UTF-8 for Latin-1"
    photo_fields, position = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    assert photo_fields[0x9003] == "2019:07:14 10:11:12"
    assert photo_fields[0x9011] == "+02:00"
    assert photo_fields[0x927C] == b"maker note"
    degrees, minutes, seconds = (float(part) for part in position[4])
    assert position[3] == "W"
    assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(4.835659, abs=1e-7)


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_another_reader_finds_it_in_iptc(photo, stored, image_format):
    found = IptcImagePlugin.getiptcinfo(pillow(restate(file_of(photo, image_format, stored), FACTS).data))
    assert found[2, 90] == b"Lyon"
    assert found[2, 80] == ["Łucja Ünal".encode(), "山田太郎".encode()]
    assert found[2, 55] == b"20190714"
    assert found[2, 60] == b"101112+0200"
    assert found[2, 105] == b"Headline of the wire"
    assert found[1, 90] == b"\x1b%G"


@pytest.mark.parametrize("image_format", FORMATS)
def test_another_reader_finds_it_in_xmp(photo, stored, image_format):
    image = pillow(restate(file_of(photo, image_format, stored), FACTS).data)
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    packet = packet.encode() if isinstance(packet, str) else bytes(packet)
    root = ElementTree.fromstring(packet)
    assert [item.text for item in root.findall(f".//{DC}creator/{RDF}Seq/{RDF}li")] == ["Łucja Ünal", "山田太郎"]
    assert root.find(f".//{DC}description/{RDF}Alt/{RDF}li").text == FACTS["description"]
    assert [element.text for element in root.iter(f"{PHOTOSHOP}City")] == ["Lyon"]
    assert not [d for d in root.iter(f"{RDF}Description") if f"{PHOTOSHOP}City" in d.attrib]
    headlines = [d.attrib.get(f"{PHOTOSHOP}Headline") for d in root.iter(f"{RDF}Description")]
    assert "A cup of coffee" in headlines


def scan_of(data):
    """Everything of a JPEG file from its first scan on, and its tables and frame header."""
    at, kept = 2, []
    while data[at + 1] != 0xDA:
        size = struct.unpack_from(">H", data, at + 2)[0]
        if data[at + 1] in (0xDB, 0xC0, 0xC2, 0xC4, 0xDD, 0xE0, 0xE2, 0xEE):
            kept.append(data[at : at + 2 + size])
        at += 2 + size
    return kept, data[at:]


@pytest.mark.parametrize("progressive", [False, True])
def test_the_scan_of_a_jpeg_is_copied_byte_for_byte(photo, stored, icc, progressive):
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=71, progressive=progressive, icc_profile=icc)
    data = buffer.getvalue() + b"something behind the picture"
    assert scan_of(restate(data, FACTS).data) == scan_of(data)


def chunks_of(data):
    at, found = 8, []
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        found.append(data[at : at + 12 + size])
        at += 12 + size
    return found


def test_the_other_chunks_of_a_png_are_copied_byte_for_byte(photo, stored):
    data = file_of(photo, "PNG", stored)
    own = struct.pack(">I4s", 5, b"teSt") + b"hello" + struct.pack(">I", zlib.crc32(b"teSthello"))
    data = data[:33] + own + data[33:]
    ours = (b"eXIf", b"iTXt", b"zTXt")
    before, after = (
        [chunk for chunk in chunks_of(file) if chunk[4:8] not in ours] for file in (data, restate(data, FACTS).data)
    )
    assert before == after
    assert own in after


def riff_chunks(data):
    at, found = 12, {}
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        found[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


@pytest.mark.parametrize("with_alpha", [False, True])
def test_the_picture_of_a_webp_is_copied_byte_for_byte(photo, with_alpha):
    alpha = photo[..., 1].copy() if with_alpha else None
    data = encode(Picture(photo, alpha), format="WEBP")
    after = restate(data, FACTS).data
    assert riff_chunks(after)[b"VP8L"] == riff_chunks(data)[b"VP8L"]
    assert struct.unpack_from("<I", after, 4)[0] + 8 == len(after)
    read = load(after)
    assert np.array_equal(read.pixels, photo)
    assert (read.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(read.alpha, alpha)


def test_a_lossy_webp_gets_an_extended_header(photo):
    data = encode(Picture(photo), format="WEBP", quality=80)
    after = restate(data, FACTS).data
    assert riff_chunks(after)[b"VP8 "] == riff_chunks(data)[b"VP8 "]
    assert np.array_equal(load(after).pixels, load(data).pixels)
    assert pillow(after).size == (photo.shape[1], photo.shape[0])


@pytest.mark.parametrize("order", "<>")
def test_nothing_in_an_exif_block_or_a_tiff_file_moves(photo, stored, order):
    block = exif_block(order, thumbnail=b"\xff\xd8" + bytes(50) + b"\xff\xd9")
    assert amend_exif(block, FACTS)[8 : len(block)] == block[8:]
    data = file_of(photo, "TIFF", replace(stored, exif=exif_block(order)))
    assert restate(data, FACTS).data[8 : len(data)] == data[8:]
    assert np.array_equal(np.asarray(pillow(restate(data, FACTS).data)), np.asarray(pillow(data)))


def test_the_orientation_and_the_thumbnail_stay(photo):
    block = exif_block(orientation=6, thumbnail=b"\xff\xd8" + bytes(50) + b"\xff\xd9")
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", exif=b"Exif\0\0" + block)
    after = restate(buffer.getvalue(), FACTS).data
    assert pillow(after).getexif()[0x0112] == 6
    assert np.array_equal(load(after).pixels, load(buffer.getvalue()).pixels)
    assert load(after).pixels.shape[:2] == photo.shape[1::-1]


@pytest.mark.parametrize(
    "date, taken, zone, day, time",
    [
        ("2019", "2019:  :     :  :  ", None, b"20190000", None),
        ("2019-07", "2019:07:     :  :  ", None, b"20190700", None),
        ("2019-07-14", "2019:07:14   :  :  ", None, b"20190714", None),
        ("2019-07-14T10:11", "2019:07:14 10:11:  ", None, b"20190714", None),
        ("2019-07-14T10:11:12Z", "2019:07:14 10:11:12", "+00:00", b"20190714", b"101112+0000"),
        ("2019-07-14T10:11:12.5-03:30", "2019:07:14 10:11:12", "-03:30", b"20190714", b"101112-0330"),
    ],
)
def test_dates_as_precise_as_they_are_known(date, taken, zone, day, time):
    block = amend_exif(exif_block(), {"dateCreated": date})
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    fields = exif.get_ifd(0x8769)
    assert (fields[0x9003], fields.get(0x9011)) == (taken, zone)
    records = amend_iptc(IPTC, {"dateCreated": date})
    assert day in records
    assert (time in records) if time else (b"\x02\x3c" not in records)
    assert facts_from_metadata(Metadata(xmp=amend_xmp(XMP, {"dateCreated": date})))["dateCreated"] == date


def test_a_date_in_words_goes_where_words_may_go():
    facts = {"dateCreated": "spring of 1871"}
    assert amend_exif(exif_block(), facts) == exif_block()
    assert b"spring of 1871" in amend_xmp(XMP, facts)


def test_texts_are_cut_at_whole_characters_in_iptc_and_known_to_be_cut():
    records = amend_iptc(None, {"city": "ü" * 40, "country": "Peru", "description": "a" * 3000, "credit": "x" * 33})
    facts = facts_from_metadata(Metadata(iptc=records))
    assert (facts["city"], facts["country"], len(facts["description"])) == ("ü" * 16, "Peru", 2000)
    assert truncated_facts(Metadata(iptc=records)) == {"city", "description", "credit"}
    whole = amend_xmp(None, {"city": "ü" * 40})
    assert truncated_facts(Metadata(iptc=records, xmp=whole)) == {"description", "credit"}
    assert truncated_facts(Metadata()) == frozenset()


def test_old_texts_in_latin_1_are_kept_and_written_in_utf_8():
    old = iim((2, 105, "Fête".encode("latin-1")), (2, 202, b"\xff\x00\xfe"), (2, 90, b"Paris"))
    new = amend_iptc(old, {"city": "Łódź"})
    facts = facts_from_metadata(Metadata(iptc=new))
    assert (facts["headline"], facts["city"]) == ("Fête", "Łódź")
    assert b"\xff\x00\xfe" in new


def test_the_other_resources_of_photoshop_stay_but_for_the_digest():
    path = struct.pack(">4sHHI", b"8BIM", 2000, 0, 3) + b"abc\0"
    digest = struct.pack(">4sHHI", b"8BIM", 0x0425, 0, 16) + bytes(16)
    resources = replace_iptc(path + wrap_iptc(b"old") + digest, b"records")
    assert resources == wrap_iptc(b"records") + path
    assert iptc_resource(resources) == b"records"


SPACES = 'xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:q="http://ns.adobe.com/photoshop/1.0/" xmlns:o="urn:o"'
OPEN, CLOSE, URGENT = f'<rdf:Description rdf:about="u" {SPACES}>', "</rdf:Description>", "<p:Urgency>5</p:Urgency>"
XMPS = {
    "attributes": OPEN.replace(">", " p:City = 'Par>is' p:Urgency=\"5\"/>"),
    "empty": f"{OPEN}<p:City/>{URGENT}{CLOSE}",
    "empty at the end": f'{OPEN}{URGENT}<p:City a="/>"/>{CLOSE}',
    "twice": f"{OPEN}<p:City>a/></p:City>{URGENT}{CLOSE}{OPEN}<q:City>b</q:City >{CLOSE}",
    "nested": f'{OPEN}<o:x><rdf:Description p:City="inside"/></o:x>'
    f"<p:City><!-- > --><![CDATA[a>b</p:City>]]></p:City>{URGENT}{CLOSE}",
}


@pytest.mark.parametrize("name", XMPS)
def test_properties_are_cut_out_of_xmp_however_they_are_written(name):
    packet = (
        b'\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' + XMPS[name].encode() + b"</rdf:RDF>"
    )
    amended = amend_xmp(packet, {"city": "Lyon"})
    root = ElementTree.fromstring(amended)
    top = [child for description in root.findall(f"{RDF}Description") for child in description]
    assert [child.text for child in top if child.tag == f"{PHOTOSHOP}City"] == ["Lyon"]
    assert not [d for d in root.findall(f"{RDF}Description") if f"{PHOTOSHOP}City" in d.attrib]
    assert xmp_properties(amended)["http://ns.adobe.com/photoshop/1.0/ Urgency"] == ["5"]
    assert {d.attrib[f"{RDF}about"] for d in root.findall(f"{RDF}Description")} == {"u"}
    assert (b"inside" in amended) == (name == "nested")


@pytest.mark.parametrize(
    "packet",
    [
        None,
        b"",
        b"not xml",
        b"<a/>",
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
)
def test_a_packet_that_cannot_be_read_is_made_anew(packet):
    amended = amend_xmp(packet, {"city": "Lyon"})
    assert facts_from_metadata(Metadata(xmp=amended)) == {"city": "Lyon"}
    assert b"ENTITY" not in amended


@settings(max_examples=60)
@given(facts=st.dictionaries(st.sampled_from(sorted(FACTS)), st.text(st.characters(codec="utf-8"), max_size=60)))
def test_whatever_the_facts_are_the_packet_is_sound_and_nothing_else_changes(facts):
    amended = amend_xmp(XMP, facts)
    ElementTree.fromstring(amended)
    after = xmp_properties(amended)
    assert after["http://ns.adobe.com/photoshop/1.0/ Headline"] == ["A cup of coffee"]
    assert "city" in facts or after["http://ns.adobe.com/photoshop/1.0/ City"] == ["Zürich"]


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_restated_whole(photo, stored, data):
    image_format = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF"]))
    whole = bytearray(file_of(photo[:32, :32], image_format, stored))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(20, len(whole)))])
    try:
        restated = restate(damaged, FACTS).data
    except (ImageFormatError, ImageLimitError):
        return
    try:
        before = load(damaged)
    except (ImageFormatError, ImageLimitError):
        return
    assert np.array_equal(load(restated).pixels, before.pixels)


def test_facts_without_a_place_are_named(photo):
    restated = restate(file_of(photo, "PNG", Metadata()), {"label": "a fire", "my:shelf": "B 12"})
    assert (restated.written, restated.no_place) == ((), ("label", "my:shelf"))
    assert np.array_equal(load(restated.data).pixels, photo)


def test_a_block_that_is_too_long_for_jpeg_is_left_alone(photo, stored):
    data = file_of(photo, "JPEG", stored)
    restated = restate(data, {"city": "Lyon", "description": "x" * 70_000})
    assert restated.lost == ("exif", "xmp")
    assert load(restated.data).metadata.xmp == load(data).metadata.xmp


def test_save_writes_a_copy_and_never_the_picture_itself(photo, stored, tmp_path):
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpeg"
    source.write_bytes(file_of(photo, "JPEG", stored))
    before = source.read_bytes()
    assert save_restated(source, target, FACTS).exact
    assert facts_from_metadata(load(target).metadata)["city"] == "Lyon"
    with pytest.raises(OutputExistsError):
        save_restated(source, target, FACTS)
    save_restated(source, target, FACTS, overwrite=True)
    (tmp_path / "link.jpg").symlink_to(source)
    for same in (source, tmp_path / "link.jpg"):
        with pytest.raises(UsageError, match="the picture itself"):
            save_restated(source, same, FACTS, overwrite=True)
    with pytest.raises(UsageError, match="is a JPEG file"):
        save_restated(source, tmp_path / "c.png", FACTS)
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpeg", "link.jpg"]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0"])
def test_rejects_what_is_no_picture(data):
    with pytest.raises(ImageFormatError):
        restate(data, FACTS)
