"""JPEG files: their segments, and the compression they came with.

The decoder is handed the file without its metadata, so that no hostile block ever reaches it; the encoder's output
gets the metadata put in after its first segments.

Source: ITU-T T.81 annex B (segments, tables); JFIF 1.02; Exif 2.32 section 4.7; ICC.1:2022 annex B.4; XMP
Specification part 3, section 1.1.3; Photoshop File Formats (image resource blocks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from underdrawing.errors import ImageFormatError
from underdrawing.images.photoshop import iptc_resource, replace_iptc, wrap_iptc
from underdrawing.images.picture import JpegCoding, Limits, Metadata, Subsampling

__all__ = ["MAX_BLOCK_BYTES", "add_metadata", "open_jpeg", "replace_metadata"]

MAX_BLOCK_BYTES = {"exif": 65533 - 6, "xmp": 65533 - 29, "iptc": 65533 - 14 - 13, "icc": 255 * (65533 - 14)}

EXIF, XMP, ICC, PHOTOSHOP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"
_SOI, _EOI, _SOS, _DHT, _DAC, _JFIF = 0xD8, 0xD9, 0xDA, 0xC4, 0xCC, 0xE0
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, _DAC}
_LEFT_TO_US = frozenset([*range(0xE1, 0xEE), 0xEF, 0xFE])
_MAX_SEGMENTS = 10_000
_MAX_SCANS = 200
_MAX_PIXELS_PER_BYTE = 1024
_ANNEX_K_AC_SYMBOLS = 162
_SUBSAMPLINGS: dict[tuple[int, int], Subsampling] = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:2:2"}


@dataclass(frozen=True)
class Segment:
    """A marker (its second byte) and what follows the length field."""

    marker: int
    body: bytes

    def packed(self) -> bytes:
        """The segment as it stands in a file."""
        return struct.pack(">BBH", 0xFF, self.marker, len(self.body) + 2) + self.body


def _segments(data: bytes) -> tuple[list[Segment], int]:
    """Segments before the first scan, and where that scan's marker lies."""
    found: list[Segment] = []
    at = 2
    while at + 4 <= len(data) and len(found) < _MAX_SEGMENTS:
        if data[at] != 0xFF:
            raise ImageFormatError("the JPEG header is damaged: no marker where one is expected")
        marker = data[at + 1]
        if marker == _SOS:
            return found, at
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            break
        if marker == 0x01 or 0xD0 <= marker <= _SOI:
            at += 2
            continue
        size = struct.unpack_from(">H", data, at + 2)[0]
        if size < 2 or at + 2 + size > len(data):
            break
        found.append(Segment(marker, data[at + 4 : at + 2 + size]))
        at += 2 + size
    raise ImageFormatError("the JPEG file is truncated: it ends before the picture begins")


def open_jpeg(data: bytes, limits: Limits) -> tuple[Image.Image, Metadata]:
    """Picture (not yet decoded) and metadata of a JPEG file.

    Raises:
        ImageFormatError: the header is damaged, truncated, or announces more than the file can hold.
        ImageLimitError: too many pixels, or too much metadata.
    """
    segments, scan_at = _segments(data)
    _check_frame(segments, len(data), limits)
    if data.count(b"\xff\xda", scan_at, data.find(b"\xff\xd9", scan_at)) > _MAX_SCANS:
        raise ImageFormatError(f"the JPEG file has more than {_MAX_SCANS} scans, made to keep decoders busy")
    ours = [segment for segment in segments if segment.marker in _LEFT_TO_US]
    limits.check_metadata(sum(len(segment.body) for segment in ours))
    kept = b"".join(segment.packed() for segment in segments if segment.marker not in _LEFT_TO_US)
    image = JpegImageFile(BytesIO(b"".join((data[:2], kept, memoryview(data)[scan_at:]))))
    return image, _metadata(ours, _coding(image, segments), image)


def _check_frame(segments: list[Segment], file_bytes: int, limits: Limits) -> None:
    frames = [segment for segment in segments if segment.marker in _FRAMES]
    if not frames or len(frames[0].body) < 6:
        raise ImageFormatError("the JPEG file announces no picture: its frame header is missing")
    bits, height, width, _ = struct.unpack_from(">BHHB", frames[0].body)
    if bits != 8:
        raise ImageFormatError(f"a JPEG of {bits} bits per sample is not read; expected 8: convert it")
    limits.check_pixels(width, height)
    arithmetic = frames[0].marker >= 0xC9
    if not arithmetic and width * height > _MAX_PIXELS_PER_BYTE * file_bytes:
        raise ImageFormatError(f"the JPEG header says {width}×{height} pixels, more than {file_bytes} bytes can hold")


def _coding(image: JpegImageFile, segments: list[Segment]) -> JpegCoding | None:
    """How the file was compressed; None for a colour space that is not written again (CMYK, RGB)."""
    if image.layers not in (1, 3) or _stores_rgb(image):
        return None
    try:
        tables = tuple(tuple(image.quantization[layer[3]]) for layer in image.layer)
    except KeyError:
        return None
    subsampling: Subsampling = "4:4:4"
    if image.layers == 3:
        (_, h, v, _), chroma = image.layer[0], image.layer[1]
        subsampling = _SUBSAMPLINGS.get((h // max(chroma[1], 1), v // max(chroma[2], 1)), "4:4:4")
    progressive = bool(image.info.get("progressive"))
    return JpegCoding(tables, subsampling, progressive, optimized=progressive or not _annex_k(segments))


def _stores_rgb(image: JpegImageFile) -> bool:
    if "adobe_transform" in image.info:
        return image.layers == 3 and image.info["adobe_transform"] == 0
    return image.layers == 3 and "jfif" not in image.info and bytes(layer[0] for layer in image.layer) == b"RGB"


def _annex_k(segments: list[Segment]) -> bool:
    """Whether the alternating-current Huffman tables have as many symbols as the typical ones of annex K."""
    symbols = []
    for segment in segments:
        body = segment.body if segment.marker == _DHT else b""
        while len(body) >= 17:
            count = sum(body[1:17])
            symbols += [count] if body[0] >> 4 else []
            body = body[17 + count :]
    return bool(symbols) and min(symbols) >= _ANNEX_K_AC_SYMBOLS


def _metadata(segments: list[Segment], coding: JpegCoding | None, image: JpegImageFile) -> Metadata:
    def bodies(marker: int, prefix: bytes) -> Iterator[bytes]:
        return (s.body[len(prefix) :] for s in segments if s.marker == marker and s.body.startswith(prefix))

    icc = list(bodies(0xE2, ICC))
    whole = _join_icc(icc)
    photoshop = b"".join(bodies(0xED, PHOTOSHOP))
    return Metadata(
        icc=whole,
        exif=next(bodies(0xE1, EXIF), None),
        iptc=iptc_resource(photoshop),
        xmp=next(bodies(0xE1, XMP), None),
        jpeg=coding,
        dpi=image.info.get("dpi"),
        damaged=("icc",) if icc and whole is None else (),
    )


def _join_icc(parts: list[bytes]) -> bytes | None:
    """Profile from its numbered parts; None if one is missing."""
    numbered = {part[0]: part[2:] for part in parts if len(part) > 2 and part[1] == len(parts)}
    if not parts or sorted(numbered) != list(range(1, len(parts) + 1)):
        return None
    return b"".join(numbered[number] for number in sorted(numbered))


def add_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Encoded JPEG with the metadata put in; blocks longer than ``MAX_BLOCK_BYTES`` are left out."""
    at = 2
    if data[2:4] == b"\xff\xe0":
        at += 2 + struct.unpack_from(">H", data, 4)[0]
    blocks = b"".join(segment.packed() for segment in _metadata_segments(metadata))
    return b"".join((data[:at], blocks, memoryview(data)[at:])) if blocks else data


def _metadata_segments(metadata: Metadata) -> Iterator[Segment]:
    if metadata.exif and len(metadata.exif) <= MAX_BLOCK_BYTES["exif"]:
        yield Segment(0xE1, EXIF + metadata.exif)
    if metadata.xmp and len(metadata.xmp) <= MAX_BLOCK_BYTES["xmp"]:
        yield Segment(0xE1, XMP + metadata.xmp)
    if metadata.iptc and len(metadata.iptc) <= MAX_BLOCK_BYTES["iptc"]:
        yield Segment(0xED, PHOTOSHOP + wrap_iptc(metadata.iptc))
    if metadata.icc and len(metadata.icc) <= MAX_BLOCK_BYTES["icc"]:
        size = 65533 - 14
        parts = [metadata.icc[at : at + size] for at in range(0, len(metadata.icc), size)]
        for number, part in enumerate(parts, 1):
            yield Segment(0xE2, ICC + bytes((number, len(parts))) + part)


def replace_metadata(data: bytes, metadata: Metadata) -> bytes:
    """A JPEG file with the Exif, XMP and IPTC blocks of ``metadata`` in place of its own; None there leaves one alone.

    Everything else, from the first scan on every byte, stays as it is. No block may be longer than
    ``MAX_BLOCK_BYTES``.
    """
    segments, scan_at = _segments(data)
    photoshop = b"".join(s.body[len(PHOTOSHOP) :] for s in segments if _is(s, 0xED, PHOTOSHOP))
    new: list[Segment] = []
    for block, marker, prefix in ((metadata.exif, 0xE1, EXIF), (metadata.xmp, 0xE1, XMP)):
        if block is not None:
            segments = [segment for segment in segments if not _is(segment, marker, prefix)]
            new.append(Segment(marker, prefix + block))
    if metadata.iptc is not None:
        segments = [segment for segment in segments if not _is(segment, 0xED, PHOTOSHOP)]
        resources, size = replace_iptc(photoshop, metadata.iptc), 65533 - len(PHOTOSHOP)
        new += [Segment(0xED, PHOTOSHOP + resources[at : at + size]) for at in range(0, len(resources), size)]
    first = int(bool(segments) and segments[0].marker == _JFIF)
    ordered = [*segments[:first], *new, *segments[first:]]
    return b"".join((data[:2], *(segment.packed() for segment in ordered), memoryview(data)[scan_at:]))


def _is(segment: Segment, marker: int, prefix: bytes) -> bool:
    return segment.marker == marker and segment.body.startswith(prefix)
