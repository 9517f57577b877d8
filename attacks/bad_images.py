"""Bad input: image files that are empty, cut off, lying, enormous or hostile, and what reading them must end in.

Every case is made here, from a small drawn picture, so that nothing binary lies in the repository:

    for case in bad_images():
        case.name       what is wrong, usable as a file name
        case.data       the bytes
        case.expected   the error it must end in; None: it is odd, but must be read

A reader passes when it raises exactly that (one clear line) and never anything else, warns of nothing, and prints
nothing. ``python attacks/bad_images.py FOLDER`` writes them as files.
"""

from __future__ import annotations

import random
import struct
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from underdrawing.errors import ImageFormatError, ImageLimitError, UnderdrawingError

__all__ = ["BadImage", "bad_images"]

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif", "TIFF": ".tif"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
HUGE_PX = 60_000
OVER_METADATA_BYTES = 17 * 2**20


class BadImage(NamedTuple):
    """A case: its name (a file name), its bytes, and the error that reading must end in (None: it must be read)."""

    name: str
    data: bytes
    expected: type[UnderdrawingError] | None


def bad_images() -> Iterator[BadImage]:
    """All cases, one after the other; the same bytes at every call (an AVIF sequence also keeps the time of day)."""
    yield from _no_images()
    yield from _other_formats()
    yield from _truncated()
    yield from _tiny()
    yield from _enormous()
    yield from _several_pictures()
    yield from _lying()
    yield from _hostile_exif()
    yield from _hostile_blocks()
    yield from _unread_kinds()


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """A drawn picture with some texture."""
    row, column = np.mgrid[:height, :width]
    channels = [(row * 3 + column * 2) % 256, (column * 5) % 256, (row * column // 7) % 256]
    return Image.fromarray(np.stack(channels, axis=2).astype(np.uint8)).convert(mode)


def encoded(image_format: str, image: Image.Image | None = None, **options: object) -> bytes:
    """A good file."""
    buffer = BytesIO()
    (image or picture()).save(buffer, image_format, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with the right checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_file(header: bytes, *chunks: bytes) -> bytes:
    """A PNG file of a header body and packed chunks."""
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND", b"")


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """Body of an IHDR chunk."""
    return struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)


def with_png_chunk(chunk: bytes) -> bytes:
    """A good PNG with one more chunk after its header."""
    good = encoded("PNG")
    return good[:33] + chunk + good[33:]


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_jpeg_segments(*segments: bytes) -> bytes:
    """A good JPEG with more segments at its beginning."""
    good = encoded("JPEG")
    return good[:2] + b"".join(segments) + good[2:]


def tiff_file(fields: dict[int, tuple[int, int, int]], *, next_at: int = 0, behind: bytes = b"") -> bytes:
    """A little-endian TIFF: fields by tag as (kind, count, value or offset), then ``behind`` after the directory."""
    table = b"".join(struct.pack("<HHII", tag, *field) for tag, field in sorted(fields.items()))
    return struct.pack("<2sHIH", b"II", 42, 8, len(fields)) + table + struct.pack("<I", next_at) + behind


def tiff_fields(width: int = 8, height: int = 8) -> dict[int, tuple[int, int, int]]:
    """Fields of an uncompressed grey picture whose pixels would lie right behind nine entries."""
    at = 10 + 9 * 12 + 4
    return {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, 8),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, at),
        277: (3, 1, 1),
        278: (4, 1, height),
        279: (4, 1, width * height),
    }


def exif_block(*entries: tuple[int, int, int, int], next_at: int = 0) -> bytes:
    """An Exif block of (tag, kind, count, value or offset) entries."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + table + struct.pack("<I", next_at)


def _no_images() -> Iterator[BadImage]:
    noise = random.Random(1).randbytes(4096)
    yield BadImage("empty.jpg", b"", ImageFormatError)
    yield BadImage("one-byte.png", b"\x89", ImageFormatError)
    yield BadImage("text.jpg", b"This is no photograph, whatever its name says.\n", ImageFormatError)
    yield BadImage("page.png", b"<!DOCTYPE html><html><body>404 Not Found</body></html>", ImageFormatError)
    yield BadImage("zeros.webp", bytes(4096), ImageFormatError)
    yield BadImage("noise.tif", noise, ImageFormatError)
    for magic, name in ((b"\xff\xd8\xff", "jpg"), (PNG_SIGNATURE, "png"), (b"II*\0", "tif"), (b"MM\0*", "tiff")):
        yield BadImage(f"magic-only.{name}", magic, ImageFormatError)
        yield BadImage(f"magic-and-noise.{name}", magic + noise, ImageFormatError)
    yield BadImage("magic-only.webp", b"RIFF\x04\0\0\0WEBP", ImageFormatError)
    yield BadImage("magic-and-noise.webp", b"RIFF\x04\x10\0\0WEBPVP8X" + noise, ImageFormatError)
    yield BadImage("magic-only.avif", b"\0\0\0\x14ftypavif\0\0\0\0avif", ImageFormatError)
    yield BadImage("magic-and-noise.avif", b"\0\0\0\x14ftypavif\0\0\0\0avif" + noise, ImageFormatError)


def _other_formats() -> Iterator[BadImage]:
    yield BadImage("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', ImageFormatError)
    yield BadImage("document.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", ImageFormatError)
    yield BadImage("bitmap.bmp", encoded("BMP"), ImageFormatError)
    yield BadImage("still.gif", encoded("GIF"), ImageFormatError)
    yield BadImage("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), ImageFormatError)
    yield BadImage("big.tif", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + bytes(64), ImageFormatError)


def _truncated() -> Iterator[BadImage]:
    for image_format in FORMATS:
        good = encoded(image_format)
        for percent in (5, 30, 60, 90, 99):
            cut = good[: len(good) * percent // 100]
            yield BadImage(f"cut-at-{percent}-percent{SUFFIXES[image_format]}", cut, ImageFormatError)
    deep = np.full((16, 16, 3), 40_000, ">u2").tobytes()
    rows = b"".join(b"\0" + deep[at : at + 96] for at in range(0, len(deep), 96))
    header = png_header(16, 16, bits=16)
    yield BadImage("deep-cut.png", png_file(header, png_chunk(b"IDAT", zlib.compress(rows[:-200]))), ImageFormatError)
    unfiltered = png_chunk(b"IDAT", zlib.compress(b"\x09" + rows[1:]))
    yield BadImage("deep-wrong-filter.png", png_file(header, unfiltered), ImageFormatError)
    damaged = png_chunk(b"IDAT", zlib.compress(rows)[:-20] + bytes(20))
    yield BadImage("deep-damaged.png", png_file(header, damaged), ImageFormatError)


def _tiny() -> Iterator[BadImage]:
    for image_format in FORMATS:
        one = encoded(image_format, picture(1, 1))
        yield BadImage(f"one-pixel{SUFFIXES[image_format]}", one, None)
    nothing = png_chunk(b"IDAT", zlib.compress(b""))
    yield BadImage("no-columns.png", png_file(png_header(0, 8), nothing), ImageFormatError)
    flat = encoded("JPEG").replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 0, 64))
    yield BadImage("no-rows.jpg", flat, ImageFormatError)
    yield BadImage("no-rows.tif", tiff_file(tiff_fields(height=0), behind=bytes(64)), ImageFormatError)


def _enormous() -> Iterator[BadImage]:
    """Headers that announce 60000×60000 pixels (a file larger than ``max_bytes`` is the reader's own test)."""
    side = struct.pack(">HH", HUGE_PX, HUGE_PX)
    yield BadImage("huge.jpg", encoded("JPEG").replace(struct.pack(">HH", 48, 64), side), ImageLimitError)
    row = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    yield BadImage("huge.png", png_file(png_header(HUGE_PX, HUGE_PX), row), ImageLimitError)
    yield BadImage("huge-deep.png", png_file(png_header(HUGE_PX, HUGE_PX, bits=16), row), ImageLimitError)
    canvas = (HUGE_PX - 1).to_bytes(3, "little") * 2
    body = b"VP8X\x0a\0\0\0\x10\0\0\0" + canvas + encoded("WEBP")[12:]
    yield BadImage("huge.webp", b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body, ImageLimitError)
    yield BadImage("huge.tif", tiff_file(tiff_fields(HUGE_PX, HUGE_PX), behind=bytes(64)), ImageLimitError)
    good = encoded("AVIF")
    size_at = good.index(b"ispe") + 8
    announced = good[:size_at] + struct.pack(">II", HUGE_PX, HUGE_PX) + good[size_at + 8 :]
    yield BadImage("huge.avif", announced, UnderdrawingError)
    yield BadImage("widest.png", png_file(png_header(2**31 - 1, 2**31 - 1), row), ImageLimitError)


def _several_pictures() -> Iterator[BadImage]:
    frames = {"save_all": True, "append_images": [picture(mode="L").convert("RGB")], "duration": 100}
    yield BadImage("animated.gif", encoded("GIF", **frames), ImageFormatError)
    yield BadImage("animated.png", encoded("PNG", **frames), ImageFormatError)
    yield BadImage("animated.webp", encoded("WEBP", **frames), ImageFormatError)
    yield BadImage("animated.avif", encoded("AVIF", **frames), ImageFormatError)
    yield BadImage("pages.tif", encoded("TIFF", save_all=True, append_images=[picture()]), ImageFormatError)
    yield BadImage("picture-and-zip.jpg", encoded("JPEG") + b"PK\3\4" + bytes(200), None)


def _lying() -> Iterator[BadImage]:
    """Lengths, counts, offsets and checksums that are not true."""
    good = encoded("PNG")
    at = good.index(b"IDAT")
    yield BadImage("length.png", good[: at - 4] + struct.pack(">I", 2**31) + good[at:], ImageFormatError)
    yield BadImage("checksum.png", good[:at] + b"IDAT\0" + good[at + 5 :], ImageFormatError)
    few = png_chunk(b"IDAT", zlib.compress(bytes(10)))
    yield BadImage("more-rows-than-data.png", png_file(png_header(500, 500), few), ImageFormatError)
    yield BadImage("no-pixels.png", png_file(png_header(8, 8)), ImageFormatError)
    yield BadImage("no-palette.png", png_file(png_header(8, 8, colour=3), few), ImageFormatError)
    yield BadImage("colour-type-9.png", png_file(png_header(8, 8, colour=9), few), ImageFormatError)
    yield BadImage("length.jpg", with_jpeg_segments(struct.pack(">BBH", 0xFF, 0xE1, 65535)), ImageFormatError)
    yield BadImage("length-zero.jpg", with_jpeg_segments(b"\xff\xe1\0\0"), ImageFormatError)
    wide = encoded("JPEG").replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 10_000, 10_000))
    yield BadImage("more-pixels-than-data.jpg", wide, ImageFormatError)
    good = encoded("JPEG")
    yield BadImage("no-quantization.jpg", good.replace(b"\xff\xdb", b"\xff\xef"), ImageFormatError)
    yield BadImage("no-frame.jpg", good.replace(b"\xff\xc0", b"\xff\xef"), ImageFormatError)
    good = encoded("JPEG", progressive=True)
    last = good[good.rindex(b"\xff\xda") : -2]
    yield BadImage("many-scans.jpg", good[:-2] + last * 500 + good[-2:], ImageFormatError)
    good = encoded("WEBP")
    yield BadImage("length.webp", good[:4] + struct.pack("<I", 2**31) + good[8:], ImageFormatError)
    yield BadImage("strips-outside.tif", tiff_file(tiff_fields()), ImageFormatError)
    fields = tiff_fields()
    same = {**tiff_fields(64, 1000), 273: (4, 1000, 126), 278: (3, 1, 1), 279: (4, 1000, 4126)}
    strips = struct.pack("<1000I", *[8126] * 1000) + struct.pack("<1000I", *[5000] * 1000) + bytes(5004)
    yield BadImage("a-strip-a-thousand-times.tif", tiff_file(same, behind=strips), ImageFormatError)
    yield BadImage("own-next-page.tif", tiff_file(fields, next_at=8, behind=bytes(64)), ImageFormatError)
    yield BadImage("directory-outside.tif", b"II*\0\xff\xff\xff\x7f" + bytes(64), ImageFormatError)
    many = {**fields, 273: (4, 2**30, 122), 279: (4, 2**30, 122)}
    yield BadImage("a-billion-strips.tif", tiff_file(many, behind=bytes(64)), ImageFormatError)
    tiled = {**fields, 322: (4, 1, 2**31 - 16), 323: (4, 1, 2**31 - 16), 324: (4, 1, 122), 325: (4, 1, 64)}
    del tiled[273], tiled[278], tiled[279]
    yield BadImage("tile-of-the-world.tif", tiff_file(tiled, behind=bytes(200)), ImageFormatError)


def _hostile_exif() -> Iterator[BadImage]:
    def jpeg(block: bytes) -> bytes:
        return with_jpeg_segments(jpeg_segment(0xE1, b"Exif\0\0" + block))

    full = jpeg_segment(0xE1, b"Exif\0\0" + bytes(65_527))
    yield BadImage("exif-of-17-megabytes.jpg", with_jpeg_segments(*[full] * 273), ImageLimitError)
    zeros = png_chunk(b"eXIf", bytes(OVER_METADATA_BYTES))
    yield BadImage("exif-of-17-megabytes.png", with_png_chunk(zeros), ImageLimitError)
    yield BadImage("exif-noise.jpg", jpeg(random.Random(2).randbytes(2000)), None)
    yield BadImage("exif-noise.png", with_png_chunk(png_chunk(b"eXIf", random.Random(3).randbytes(2000))), None)
    yield BadImage("exif-empty.jpg", jpeg(b""), None)
    yield BadImage("exif-outside.jpg", jpeg(b"II*\0\xff\xff\xff\xff"), None)
    yield BadImage("exif-counts.jpg", jpeg(exif_block((0x0112, 3, 2**32 - 1, 6), (0x010E, 2, 2**32 - 1, 8))), None)
    yield BadImage("exif-orientation-9.jpg", jpeg(exif_block((0x0112, 3, 1, 9))), None)
    yield BadImage("exif-orientation-text.jpg", jpeg(exif_block((0x0112, 2, 4, 0x41414141))), None)
    loop = exif_block((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), next_at=8)
    yield BadImage("exif-loop.jpg", jpeg(loop), None)
    yield BadImage("exif-loop.tif", tiff_file({**tiff_fields(), 0x8769: (4, 1, 8)}, behind=bytes(80)), None)
    dense = struct.pack("<2sHIH", b"II", 42, 8, 5000) + b"".join(
        struct.pack("<HHII", tag, 7, 60_000, 8) for tag in range(5000)
    )
    yield BadImage("exif-5000-times-the-same.jpg", jpeg(dense), None)
    yield BadImage("exif-noise.webp", encoded("WEBP", exif=random.Random(4).randbytes(500)), None)


def _hostile_blocks() -> Iterator[BadImage]:
    """ICC, XMP, IPTC and text that are damaged, or grow when they are inflated."""
    noise, bomb = random.Random(5).randbytes(3000), zlib.compress(bytes(2 * OVER_METADATA_BYTES))
    for image_format in FORMATS:
        name = f"icc-noise{SUFFIXES[image_format]}"
        yield BadImage(name, encoded(image_format, icc_profile=noise), None)
    lying = struct.pack(">I", 2**32 - 1) + bytes(32) + b"acsp" + bytes(100)
    yield BadImage("icc-lying.jpg", encoded("JPEG", icc_profile=lying), None)
    yield BadImage("icc-parts-missing.jpg", with_jpeg_segments(jpeg_segment(0xE2, b"ICC_PROFILE\0\1\3abc")), None)
    yield BadImage("icc-damaged.png", with_png_chunk(png_chunk(b"iCCP", b"x\0\0" + noise)), None)
    yield BadImage("icc-bomb.png", with_png_chunk(png_chunk(b"iCCP", b"x\0\0" + bomb)), ImageLimitError)
    keyword = b"XML:com.adobe.xmp"
    yield BadImage("xmp-bomb.png", with_png_chunk(png_chunk(b"iTXt", keyword + b"\0\1\0\0\0" + bomb)), ImageLimitError)
    profile = b"Raw profile type iptc\0\0"
    yield BadImage("iptc-bomb.png", with_png_chunk(png_chunk(b"zTXt", profile + bomb)), ImageLimitError)
    yield BadImage("iptc-noise.png", with_png_chunk(png_chunk(b"zTXt", profile + zlib.compress(noise))), None)
    text = png_chunk(b"zTXt", b"Comment\0\0" + bomb)
    yield BadImage("text-bomb.png", with_png_chunk(text), None)
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x:x xmlns:x="adobe:ns:meta/">&b;</x:x>'
    xmp = b"http://ns.adobe.com/xap/1.0/\0"
    yield BadImage("xmp-entities.jpg", with_jpeg_segments(jpeg_segment(0xE1, xmp + laughs)), None)
    deep = b"<a>" * 10_000
    yield BadImage("xmp-deep.jpg", with_jpeg_segments(jpeg_segment(0xE1, xmp + deep)), None)
    photoshop = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", 2**32 - 1) + noise
    yield BadImage("iptc-length.jpg", with_jpeg_segments(jpeg_segment(0xED, photoshop)), None)
    cut = b"Photoshop 3.0\x008BIM\x04\x04\xff"
    yield BadImage("iptc-cut.jpg", with_jpeg_segments(jpeg_segment(0xED, cut)), None)


def _unread_kinds() -> Iterator[BadImage]:
    """Good files of a kind that is refused."""
    ink = picture(mode="CMYK")
    yield BadImage("cmyk-without-profile.jpg", encoded("JPEG", ink), ImageFormatError)
    yield BadImage("cmyk-without-profile.tif", encoded("TIFF", ink), ImageFormatError)
    noise = random.Random(6).randbytes(3000)
    yield BadImage("cmyk-noise-profile.jpg", encoded("JPEG", ink, icc_profile=noise), ImageFormatError)
    plausible = struct.pack(">I", 3000) + noise[4:12] + b"prtrCMYKLab " + noise[24:36] + b"acsp" + noise[40:]
    yield BadImage("cmyk-bad-profile.jpg", encoded("JPEG", ink, icc_profile=plausible), ImageFormatError)
    yield BadImage("float.tif", encoded("TIFF", picture(mode="F")), ImageFormatError)
    yield BadImage("integer-32.tif", encoded("TIFF", picture(mode="I")), ImageFormatError)
    yield BadImage("lab.tif", encoded("TIFF", Image.new("LAB", (8, 8))), ImageFormatError)
    twelve = encoded("JPEG").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c")
    yield BadImage("twelve-bits.jpg", twelve, ImageFormatError)
    yield BadImage("lossless.jpg", encoded("JPEG").replace(b"\xff\xc0", b"\xff\xc3"), ImageFormatError)
    planes = {**tiff_fields(), 258: (3, 1, 16), 262: (3, 1, 2), 277: (3, 1, 3), 284: (3, 1, 2)}
    yield BadImage("deep-planes.tif", tiff_file(planes, behind=bytes(800)), ImageFormatError)


def main(folder: Path) -> None:
    """Write every case as a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in bad_images():
        (folder / case.name).write_bytes(case.data)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python attacks/bad_images.py FOLDER")
    main(Path(sys.argv[1]))
