"""PNG files: their chunks, and the 16-bit samples that Pillow cannot hold.

The decoder is handed only what makes the picture; metadata is read here, and inflated only as far as the limits allow.
IPTC records have no chunk of their own: they travel as ``Raw profile type iptc``, as ImageMagick and ExifTool do it.

Source: Portable Network Graphics, third edition (W3C, 2025), clauses 5, 7, 9 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from underdrawing.errors import ImageFormatError
from underdrawing.images.photoshop import iptc_resource, wrap_iptc
from underdrawing.images.picture import Limits, Metadata, MetadataBlock

__all__ = ["add_metadata", "encode_deep_png", "open_png", "replace_metadata"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"])
_COLOUR = (b"cICP", b"cHRM", b"gAMA", b"sRGB")
_TEXT = frozenset([b"tEXt", b"zTXt", b"iTXt"])
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type "
_MAX_CHUNKS = 2**18
_GREY, _RGB, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 4, 6
_SAMPLES = {_GREY: 1, _RGB: 3, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class Header:
    """The IHDR chunk."""

    width: int
    height: int
    bits: int
    colour: int
    interlaced: bool


@dataclass(frozen=True)
class Chunk:
    """A chunk that passed its checksum."""

    name: bytes
    body: memoryview

    def packed(self) -> bytes:
        """The chunk as it stands in a file."""
        return pack_chunk(self.name, self.body)


def pack_chunk(name: bytes, body: bytes | memoryview) -> bytes:
    """Length, name, body and checksum of a chunk."""
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Chunks up to IEND; one that fails its checksum is left out, or is an error if the picture needs it."""
    view, at = memoryview(data), len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(data):
            break
        size, name = struct.unpack_from(">I4s", data, at)
        if size > len(data) - at - 12:
            break
        body = view[at + 8 : at + 8 + size]
        intact = struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(view[at + 4 : at + 8 + size])
        if intact:
            yield Chunk(name, body)
        elif name in _PICTURE:
            raise ImageFormatError(f"the PNG file is damaged: its {name.decode()} chunk fails its checksum")
        if name == b"IEND":
            return
        at += 12 + size
    raise ImageFormatError("the PNG file is truncated: it ends before its IEND chunk")


def _header(chunk: Chunk) -> Header:
    if chunk.name != b"IHDR" or len(chunk.body) != 13:
        raise ImageFormatError("the PNG file is damaged: it does not begin with a header")
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunk.body)
    return Header(width, height, bits, colour, bool(interlaced))


def open_png(data: bytes, limits: Limits) -> tuple[Image.Image | NDArray[np.uint16], Metadata]:
    """Picture and metadata of a PNG file: a Pillow image not yet decoded, or uint16 H×W×C for the 16-bit kinds that
    Pillow cannot hold (C = 2 grey and alpha, 3 RGB, 4 RGB and alpha).

    Raises:
        ImageFormatError: damaged, truncated or animated.
        ImageLimitError: too many pixels, or too much metadata.
    """
    walk = _chunks(data)
    first = next(walk)
    header = _header(first)
    limits.check_pixels(header.width, header.height)
    chunks = [first, *walk]
    if any(c.name == b"acTL" and len(c.body) == 8 and struct.unpack_from(">I", c.body)[0] > 1 for c in chunks):
        raise ImageFormatError("the PNG is animated; expected a still picture: save the frame you mean")
    bare = SIGNATURE + b"".join(chunk.packed() for chunk in chunks if chunk.name in _PICTURE)
    metadata = _metadata(chunks, limits)
    if header.bits == 16 and header.colour in _SAMPLES and header.colour != _GREY:
        return _decode_deep(bare, header, [chunk.body for chunk in chunks if chunk.name == b"IDAT"]), metadata
    return PngImageFile(BytesIO(bare)), metadata


def _decode_deep(bare: bytes, header: Header, parts: Iterable[memoryview]) -> NDArray[np.uint16]:
    """16-bit colour or grey-alpha samples, once it is known that OpenCV (which complains on stderr) can decode them."""
    expected, inflated = _filtered_bytes(header), zlib.decompressobj()
    try:
        rows = inflated.decompress(b"".join(parts), expected)
        rows += inflated.decompress(inflated.unconsumed_tail, 1)
    except zlib.error as error:
        raise ImageFormatError(f"the PNG file is damaged: {error}") from error
    filters = rows[:: expected // header.height] if not header.interlaced else b""
    if not inflated.eof or len(rows) != expected or max(filters, default=0) > 4:
        raise ImageFormatError("the PNG file is damaged: its pixels are cut off or wrongly filtered")
    decoded = cv2.imdecode(np.frombuffer(bare, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.ndim != 3:
        raise ImageFormatError("the PNG file is damaged: its pixels cannot be decoded")
    if header.colour == _GREY_ALPHA:
        return np.asarray(decoded[..., 2:4], np.uint16)
    order = cv2.COLOR_BGR2RGB if decoded.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return np.asarray(cv2.cvtColor(decoded, order), np.uint16)


def _filtered_bytes(header: Header) -> int:
    """Bytes of all rows before compression, each with its filter byte."""
    bytes_px = _SAMPLES[header.colour] * header.bits // 8
    passes = _ADAM7 if header.interlaced else ((0, 0, 1, 1),)
    total = 0
    for x, y, dx, dy in passes:
        width, height = -(-(header.width - x) // dx), -(-(header.height - y) // dy)
        total += height * (1 + width * bytes_px) if width > 0 and height > 0 else 0
    return total


def _metadata(chunks: list[Chunk], limits: Limits) -> Metadata:
    blocks: dict[str, bytes | None] = {}
    for chunk in chunks:
        if chunk.name == b"eXIf":
            blocks.setdefault("exif", bytes(chunk.body))
        elif chunk.name == b"iCCP":
            blocks.setdefault("icc", _inflate(bytes(chunk.body).partition(b"\0")[2][1:], limits))
        elif chunk.name in _TEXT and bytes(chunk.body[:17]) in (_XMP_KEYWORD, _RAW_PROFILE):
            for name, block in _from_text(chunk, limits).items():
                blocks.setdefault(name, block)
        limits.check_metadata(sum(len(block) for block in blocks.values() if block))
    colour = b"".join(chunk.packed() for chunk in chunks if chunk.name in _COLOUR and len(chunk.body) <= 64)
    names: tuple[MetadataBlock, ...] = ("icc", "exif", "iptc", "xmp")
    return Metadata(
        icc=blocks.get("icc"),
        exif=blocks.get("exif"),
        iptc=blocks.get("iptc"),
        xmp=blocks.get("xmp"),
        dpi=_dpi(chunks),
        png_colour=colour or None,
        damaged=tuple(name for name in names if name in blocks and not blocks[name]),
    )


def _dpi(chunks: list[Chunk]) -> tuple[float, float] | None:
    for chunk in chunks:
        if chunk.name == b"pHYs" and len(chunk.body) == 9:
            x, y, unit = struct.unpack(">IIB", chunk.body)
            return (x * 0.0254, y * 0.0254) if unit == 1 and x and y else None
    return None


def _inflate(data: bytes, limits: Limits) -> bytes | None:
    """Decompressed block, None if it is damaged."""
    stream = zlib.decompressobj()
    try:
        block = stream.decompress(data, limits.max_metadata_bytes + 1)
    except zlib.error:
        return None
    limits.check_metadata(len(block))
    return block if stream.eof else None


def _from_text(chunk: Chunk, limits: Limits) -> dict[str, bytes | None]:
    """Metadata block that a text chunk holds; None for a damaged one."""
    keyword, _, rest = bytes(chunk.body).partition(b"\0")
    compressed = chunk.name == b"zTXt"
    if chunk.name == b"zTXt":
        rest = rest[1:]
    elif chunk.name == b"iTXt":
        compressed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    text = _inflate(rest, limits) if compressed else rest
    if keyword == _XMP_KEYWORD:
        return {"xmp": text}
    return _from_raw_profile(keyword[len(_RAW_PROFILE) :], text)


def _from_raw_profile(name: bytes, text: bytes | None) -> dict[str, bytes | None]:
    """ImageMagick's hexadecimal profile: a newline, the name, the length, then the digits in lines."""
    try:
        block = bytes.fromhex(b"".join((text or b"").split()[2:]).decode("ascii"))
    except ValueError:
        block = b""
    block = block.removeprefix(b"Exif\0\0").removeprefix(b"Photoshop 3.0\0")
    if name in (b"iptc", b"8bim"):
        return {"iptc": iptc_resource(block) if block.startswith(b"8BIM") else block or None}
    return {name.decode(): block or None} if name in (b"exif", b"xmp") else {}


def add_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Encoded PNG with the metadata put in after its header."""
    blocks = b"".join(_metadata_chunks(metadata))
    at = len(SIGNATURE) + 25
    return b"".join((data[:at], blocks, memoryview(data)[at:])) if blocks else data


def replace_metadata(data: bytes, metadata: Metadata) -> bytes:
    """A PNG file with the Exif, XMP and IPTC blocks of ``metadata`` in place of its own; None there leaves one alone.

    Every other chunk stays as it is, byte for byte, but for one that fails its checksum, which goes.
    """
    new = {"exif": metadata.exif, "xmp": metadata.xmp, "iptc": metadata.iptc}
    replaced = {name for name, block in new.items() if block is not None}
    kept = [chunk for chunk in _chunks(data) if not _held_by(chunk) & replaced]
    blocks = b"".join(_metadata_chunks(Metadata(exif=metadata.exif, iptc=metadata.iptc, xmp=metadata.xmp)))
    return b"".join((SIGNATURE, kept[0].packed(), blocks, *(chunk.packed() for chunk in kept[1:])))


def _held_by(chunk: Chunk) -> set[str]:
    """Which metadata blocks a chunk holds."""
    if chunk.name == b"eXIf":
        return {"exif"}
    keyword = bytes(chunk.body[:79]).partition(b"\0")[0] if chunk.name in _TEXT else b""
    if keyword == _XMP_KEYWORD:
        return {"xmp"}
    kinds = {b"exif": "exif", b"APP1": "exif", b"iptc": "iptc", b"8bim": "iptc", b"xmp": "xmp"}
    return {kinds.get(keyword[len(_RAW_PROFILE) :], "")} if keyword.startswith(_RAW_PROFILE) else set()


def _metadata_chunks(metadata: Metadata) -> Iterator[bytes]:
    if metadata.icc:
        yield pack_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.png_colour:
        yield metadata.png_colour
    if metadata.dpi:
        x, y = (min(max(round(dpi / 0.0254), 1), 2**31 - 1) for dpi in metadata.dpi)
        yield pack_chunk(b"pHYs", struct.pack(">IIB", x, y, 1))
    if metadata.exif:
        yield pack_chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        yield pack_chunk(b"iTXt", _XMP_KEYWORD + b"\0\0\0\0\0" + metadata.xmp)
    if metadata.iptc:
        block = wrap_iptc(metadata.iptc)
        digits = block.hex().encode()
        lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
        text = b"\niptc\n%8d\n%s\n" % (len(block), lines)
        yield pack_chunk(b"zTXt", _RAW_PROFILE + b"iptc\0\0" + zlib.compress(text))


def encode_deep_png(samples: NDArray[np.uint16], *, level: int = 3) -> bytes:
    """16-bit PNG of H×W×C samples, C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; every row filtered by Sub."""
    height, width, channels = samples.shape
    rows = samples.astype(">u2").view(np.uint8).reshape(height, width, 2 * channels)
    filtered = rows.copy()
    filtered[:, 1:] -= rows[:, :-1]
    tagged = np.ones((height, 1 + width * 2 * channels), np.uint8)
    tagged[:, 1:] = filtered.reshape(height, -1)
    colour = {count: colour for colour, count in _SAMPLES.items()}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    pixels = zlib.compress(tagged.tobytes(), level)
    return SIGNATURE + pack_chunk(b"IHDR", header) + pack_chunk(b"IDAT", pixels) + pack_chunk(b"IEND", b"")
