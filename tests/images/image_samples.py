"""Metadata of every kind, and files written by Pillow, for the tests of the image room."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image

from underdrawing.images.directories import Value, pack_directory

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 photoshop:Headline="A cup of coffee" photoshop:City="Z\xc3\xbcrich" tiff:Orientation="6"
 photoshop:DateCreated="2024-05-06T07:08:09+02:00">
<dc:description><rdf:Alt><rdf:li xml:lang="de">Eine Tasse</rdf:li>
<rdf:li xml:lang="x-default">A cup on a table</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>Rachel Michetti</rdf:li><rdf:li>Second Author</rdf:li></rdf:Seq></dc:creator>
<dc:subject><rdf:Bag><rdf:li>coffee</rdf:li><rdf:li>cup</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def iim(*datasets: tuple[int, int, bytes]) -> bytes:
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(body)) + body for record, number, body in datasets)


IPTC = iim(
    (1, 90, b"\x1b%G"),
    (2, 0, b"\0\4"),
    (2, 5, b"Coffee"),
    (2, 25, b"drink"),
    (2, 25, b"spoon"),
    (2, 55, b"20240506"),
    (2, 60, b"070809+0200"),
    (2, 80, "Zoë".encode()),
    (2, 90, b"Lima"),
    (2, 101, b"Peru"),
    (2, 105, b"Headline of the wire"),
    (2, 110, b"Agency"),
    (2, 115, b"Source"),
    (2, 116, b"(c) Agency"),
    (2, 120, b"Caption of the wire"),
)


def text(value: str) -> Value:
    return Value(2, value.encode() + b"\0")


def rationals(order: str, *pairs: tuple[int, int]) -> Value:
    return Value(5, b"".join(struct.pack(f"{order}II", *pair) for pair in pairs))


def exif_block(order: str = "<", *, orientation: int = 6, thumbnail: bytes = b"", note: bytes = b"maker note") -> bytes:
    """An Exif block with a photo directory, a position, and a thumbnail behind everything."""
    photo = {
        0x9003: text("2023:01:02 03:04:05"),
        0x9011: text("+01:00"),
        0xA002: Value(3, struct.pack(f"{order}H", 640)),
        0xA003: Value(4, struct.pack(f"{order}I", 480)),
        0x927C: Value(7, note),
    }
    gps = {
        1: text("S"),
        2: rationals(order, (33, 1), (51, 1), (3540, 100)),
        3: text("E"),
        4: rationals(order, (151, 1), (12, 1), (40, 1)),
    }
    first = {
        0x010E: text("Camera description"),
        0x0112: Value(3, struct.pack(f"{order}H", orientation)),
        0x013B: text("Exif Artist"),
        0x8298: Value(2, b"Photographer\0Editor\0"),
        0x8769: Value(4, bytes(4)),
        0x8825: Value(4, bytes(4)),
    }
    photo_at = 8 + len(pack_directory(first, at=8, order=order))
    gps_at = photo_at + len(pack_directory(photo, at=photo_at, order=order))
    second_at = gps_at + len(pack_directory(gps, at=gps_at, order=order))
    first |= {0x8769: Value(4, struct.pack(f"{order}I", photo_at)), 0x8825: Value(4, struct.pack(f"{order}I", gps_at))}
    block = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    packed = bytearray(pack_directory(first, at=8, order=order))
    if thumbnail:
        struct.pack_into(f"{order}I", packed, 2 + 12 * len(first), second_at)
    block += packed + pack_directory(photo, at=photo_at, order=order) + pack_directory(gps, at=gps_at, order=order)
    if not thumbnail:
        return block
    second = {
        0x0201: Value(4, struct.pack(f"{order}I", second_at + 30)),
        0x0202: Value(4, struct.pack(f"{order}I", len(thumbnail))),
    }
    return block + pack_directory(second, at=second_at, order=order) + thumbnail


def pillow_file(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def cmyk_profile() -> bytes:
    """An ICC profile of four idealised inks: a table of the 16 corners of the ink cube in CIE Lab."""
    corners = bytearray()
    for corner in range(16):
        c, m, y, k = (corner >> shift & 1 for shift in (3, 2, 1, 0))
        lightness = 0 if k else 100 - 20 * c - 30 * m - 10 * y
        a, b = (0, 0) if k else (-40 * c + 60 * m, -30 * c + 70 * y)
        corners += bytes((round(lightness * 2.55), 128 + a, 128 + b))
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + corners + ramp * 3
    table += bytes(-len(table) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", 156, len(table), b"wtpt", 156 + len(table), len(white))
    size = 156 + len(table) + len(white)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + tags + table + white
