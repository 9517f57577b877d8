"""TIFF files: one page in, one page out.

For reading, Pillow is handed a copy of the file whose only directory holds what makes the picture: no second page, no
metadata, no orientation. Pillow holds no 16-bit colour; such a picture is read as a grey one whose rows are
``samples`` times as wide, and folded afterwards. For writing the file is laid out here, so that it can carry every
block of metadata and every depth.

Source: TIFF Revision 6.0, sections 2-8, 14 (predictor), 18 (extra samples); TIFF Technical Note 1 and 3 (deflate); XMP
Specification part 3, section 1.1.3.5.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from underdrawing.errors import ImageFormatError
from underdrawing.images import exif
from underdrawing.images.directories import (
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    UNDEFINED,
    ByteOrder,
    Directory,
    DirectoryError,
    Value,
    pack_directory,
    parse_directory,
)
from underdrawing.images.photoshop import iptc_resource, replace_iptc
from underdrawing.images.picture import Limits, Metadata, Pixels

__all__ = ["encode_tiff", "metadata_fields", "open_tiff"]

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_AT, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES = 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, PLANES, RESOLUTION_UNIT, PREDICTOR = 282, 283, 284, 296, 317
TILE_WIDTH, TILE_AT, TILE_BYTES, EXTRA_SAMPLES, SAMPLE_FORMAT = 322, 324, 325, 338, 339
XMP, IPTC, PHOTOSHOP, ICC, SUBFILE = 700, 33723, 34377, 34675, 254
_PICTURE = frozenset(
    [
        *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIP_AT, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES),
        *(PLANES, 292, 293, PREDICTOR, 320, TILE_WIDTH, 323, TILE_AT, TILE_BYTES, EXTRA_SAMPLES, SAMPLE_FORMAT),
        *range(529, 533),  # the matrix of YCbCr
        347,  # tables of a JPEG inside
    ]
)
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _SUBSAMPLED = 0, 1, 2, 6
_UNASSOCIATED_ALPHA, _ASSOCIATED_ALPHA = 2, 1
_DEFLATE, _HORIZONTAL = 8, 2
_DEFLATES = frozenset([_DEFLATE, 32946])
_STRIP_BYTES = 2**16
_REDUCED = 1
_MAX_PAGES = 16
_MAX_OVERLAP = 4
_MAX_LAYOUT_BYTES = 2**23


def open_tiff(data: bytes, limits: Limits) -> tuple[Image.Image | NDArray[np.uint16], Metadata]:
    """Picture and metadata of a TIFF file: a Pillow image not yet decoded, or uint16 H×W×C for 16-bit samples (C = 1
    grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha).

    Raises:
        ImageFormatError: damaged, of several pages, or of a kind that is not read (BigTIFF, 16-bit planes).
        ImageLimitError: too many pixels, or too much metadata.
    """
    try:
        page = parse_directory(data)
    except DirectoryError as error:
        raise ImageFormatError(f"the TIFF file is damaged: {error} (BigTIFF is not read)") from error
    limits.check_pixels(page.integer(WIDTH), page.integer(HEIGHT))
    if _has_second_page(page):
        raise ImageFormatError("the TIFF file has several pages; expected one: save the page you mean")
    if sum(entry.size for tag, entry in page.entries.items() if tag in _PICTURE) > _MAX_LAYOUT_BYTES:
        raise ImageFormatError("the TIFF file is damaged: the layout of its strips is longer than any picture needs")
    _check_strips(page)
    metadata = _metadata(page, limits)
    bits = page.integers(BITS)
    if bits and set(bits) == {16} and page.integer(PHOTOMETRIC) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB):
        return _decode_deep(page), metadata
    return _open(page, {}), metadata


def _has_second_page(page: Directory) -> bool:
    """Whether a directory follows that is not a reduced version of the first (a thumbnail)."""
    for _ in range(_MAX_PAGES):
        following = page.next()
        if following is None:
            return False
        if not following.integer(SUBFILE) & _REDUCED:
            return True
        page = following
    return True


def _check_strips(page: Directory) -> None:
    """Raise unless every strip or tile lies inside the file (behind its end will lie our own directory)."""
    starts_tag, sizes_tag = (TILE_AT, TILE_BYTES) if TILE_WIDTH in page.entries else (STRIP_AT, STRIP_BYTES)
    starts, sizes = (np.array(page.integers(tag), np.int64) for tag in (starts_tag, sizes_tag))
    if not starts.size or starts.size != sizes.size or (starts + sizes).max() > len(page.block):
        raise ImageFormatError("the TIFF file is truncated or damaged: its pixels lie outside the file")
    if sizes.sum() > _MAX_OVERLAP * len(page.block):
        raise ImageFormatError("the TIFF file is damaged: its strips are the same bytes over and over")
    row_bits = page.integer(WIDTH) * sum(page.integers(BITS) or (1,))
    plain = page.integer(COMPRESSION, 1) == 1 and page.integer(PHOTOMETRIC) != _SUBSAMPLED
    if plain and sizes.sum() < page.integer(HEIGHT) * -(-row_bits // 8):
        raise ImageFormatError("the TIFF file is truncated: it has fewer bytes than pixels")
    if page.integer(COMPRESSION) in _DEFLATES:
        _check_deflated(page.block, starts.tolist(), sizes.tolist(), max_bytes=2 * page.integer(HEIGHT) * row_bits)


def _check_deflated(block: bytes, starts: list[int], sizes: list[int], *, max_bytes: int) -> None:
    """Raise unless every strip can be inflated: the decoder would complain about it on stderr."""
    inflated = 0
    for start, size in zip(starts, sizes, strict=True):
        stream, rest = zlib.decompressobj(), block[start : start + size]
        while not stream.eof and inflated <= max_bytes:
            try:
                part = stream.decompress(rest, 2**20)
            except zlib.error as error:
                raise ImageFormatError(f"the TIFF file is damaged: {error}") from error
            inflated, rest = inflated + len(part), stream.unconsumed_tail
            if not part and not rest and not stream.eof:
                raise ImageFormatError("the TIFF file is damaged: a strip of pixels ends too early")


class _CheckedTiff(TiffImageFile):
    """A TIFF whose size was held against the caller's limits, which need not be Pillow's own."""

    def load_prepare(self) -> None:
        ImageFile.ImageFile.load_prepare(self)


def _open(page: Directory, replaced: dict[int, Value]) -> TiffImageFile:
    """Pillow image of the file with a directory that holds the picture alone."""
    at = len(page.block) + len(page.block) % 2
    values = {tag: page.value(tag) for tag in page.entries if tag in _PICTURE}
    present = {tag: value for tag, value in {**values, **replaced}.items() if value is not None and value.data}
    header = page.block[:4] + struct.pack(f"{page.order}I", at)
    packed = pack_directory(present, at=at, order=page.order)
    middle = memoryview(page.block)[8:]
    return _CheckedTiff(BytesIO(b"".join((header, middle, bytes(at - len(page.block)), packed))))


def _decode_deep(page: Directory) -> NDArray[np.uint16]:
    samples, predictor = page.integer(SAMPLES, 1), page.integer(PREDICTOR, 1)
    if samples > 1 and page.integer(PLANES, 1) != 1:
        raise ImageFormatError("a 16-bit TIFF in separate planes is not read; expected interleaved samples")
    if not 1 <= samples <= 8 or predictor > 2 or page.integer(SAMPLE_FORMAT, 1) != 1:
        raise ImageFormatError("this kind of 16-bit TIFF is not read; expected integers, at most 8 samples per pixel")
    tile_px, one = page.integer(TILE_WIDTH), _shorts(page.order, 1)
    flat = {
        WIDTH: _longs(page.order, page.integer(WIDTH) * samples),
        BITS: _shorts(page.order, 16),
        PHOTOMETRIC: _shorts(page.order, _BLACK_IS_ZERO),
        **dict.fromkeys((SAMPLES, PREDICTOR, SAMPLE_FORMAT), one),
        EXTRA_SAMPLES: Value(SHORT, b""),
        TILE_WIDTH: _longs(page.order, *[tile_px * samples] * bool(tile_px)),
    }
    folded = np.asarray(_open(page, flat)).reshape(page.integer(HEIGHT), -1, samples).astype(np.uint16)
    if predictor == _HORIZONTAL:
        _add_up(folded, tile_px or folded.shape[1])
    return _straight(folded, page)


def _add_up(samples: NDArray[np.uint16], tile_px: int) -> None:
    """Undo the horizontal predictor in place: it starts anew in every tile."""
    for left in range(0, samples.shape[1], tile_px):
        tile = samples[:, left : left + tile_px]
        np.cumsum(tile, axis=1, dtype=np.uint16, out=tile)


def _straight(samples: NDArray[np.uint16], page: Directory) -> NDArray[np.uint16]:
    """Colour samples with black at zero, and the alpha sample, straight, if there is one."""
    colours = 3 if page.integer(PHOTOMETRIC) == _RGB else 1
    if samples.shape[2] < colours:
        raise ImageFormatError(f"the TIFF header is damaged: RGB of {samples.shape[2]} samples per pixel")
    colour = samples[..., :colours]
    if page.integer(PHOTOMETRIC) == _WHITE_IS_ZERO:
        colour = ~colour
    extra = page.integers(EXTRA_SAMPLES)
    if samples.shape[2] == colours or (extra and extra[0] not in (_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA)):
        return colour
    alpha = samples[..., colours : colours + 1]
    if extra and extra[0] == _ASSOCIATED_ALPHA:
        opaque = np.maximum(alpha, 1).astype(np.float64)
        colour = np.minimum(np.rint(colour * (65535.0 / opaque)), 65535).astype(np.uint16)
    return np.concatenate((colour, alpha), axis=2)


def _metadata(page: Directory, limits: Limits) -> Metadata:
    sizes = (page.entries[tag].size for tag in (XMP, IPTC, PHOTOSHOP, ICC) if tag in page.entries)
    limits.check_metadata(sum(sizes))
    photoshop = page.value(PHOTOSHOP)
    return Metadata(
        icc=_bytes(page, ICC),
        exif=exif.gather(page, max_bytes=limits.max_metadata_bytes),
        iptc=_iptc(page) or (iptc_resource(photoshop.data) if photoshop else None),
        xmp=_bytes(page, XMP),
        dpi=_dpi(page),
    )


def _bytes(page: Directory, tag: int) -> bytes | None:
    value = page.value(tag)
    return value.data if value and value.data else None


def _iptc(page: Directory) -> bytes | None:
    """IPTC records; some writers store them as 32-bit numbers, swapped on little-endian machines."""
    data = _bytes(page, IPTC)
    if data and data[0] != 0x1C and len(data) % 4 == 0:
        data = np.frombuffer(data, ">u4").astype("<u4").tobytes()
    return data


def _dpi(page: Directory) -> tuple[float, float] | None:
    x, y = page.value(X_RESOLUTION), page.value(Y_RESOLUTION)
    found = (x.rationals(page.order) if x else ()) + (y.rationals(page.order) if y else ())
    unit = {2: 1.0, 3: 2.54}.get(page.integer(RESOLUTION_UNIT, 2))
    return (found[0] * unit, found[1] * unit) if len(found) == 2 and unit and min(found) > 0 else None


def metadata_fields(data: bytes, metadata: Metadata) -> dict[int, Value]:
    """The fields that carry the XMP and IPTC of ``metadata`` in a TIFF file; None there leaves a block alone.

    Where the file also keeps IPTC among Photoshop's resources, that copy is replaced too.
    """
    fields = {XMP: Value(BYTE, metadata.xmp)} if metadata.xmp is not None else {}
    if metadata.iptc is not None:
        fields[IPTC] = Value(UNDEFINED, metadata.iptc)
        photoshop = parse_directory(data).value(PHOTOSHOP)
        if photoshop is not None:
            fields[PHOTOSHOP] = Value(BYTE, replace_iptc(photoshop.data, metadata.iptc))
    return fields


def encode_tiff(samples: Pixels, metadata: Metadata, *, level: int = 3) -> bytes:
    """TIFF file of H×W×C samples (C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha): deflated strips behind the
    horizontal predictor, with Exif, GPS, IPTC, XMP and ICC where TIFF keeps them."""
    described = exif.spread(metadata.exif) if metadata.exif else exif.Spread("<", {}, {})
    rows = max(1, _STRIP_BYTES // samples[0].nbytes)
    strips = _strips(samples, rows, described.order, level)
    padded = [strip + b"\0" * (len(strip) % 2) for strip in strips]
    starts = [8, *(8 + np.cumsum([len(strip) for strip in padded])).tolist()]
    values = {
        **described.fields,
        **_layout(samples, described.order),
        **_carried(metadata, described.order),
        ROWS_PER_STRIP: _longs(described.order, rows),
        STRIP_AT: _longs(described.order, *starts[:-1]),
        STRIP_BYTES: _longs(described.order, *map(len, strips)),
    }
    page = exif.pack_tree(values, described.blocks, at=starts[-1], order=described.order)
    magic = b"II*\0" if described.order == "<" else b"MM\0*"
    return b"".join((magic, struct.pack(f"{described.order}I", starts[-1]), *padded, page))


def _strips(samples: Pixels, rows: int, order: ByteOrder, level: int) -> list[bytes]:
    differences = samples.copy()
    differences[:, 1:] -= samples[:, :-1]
    stored = differences.astype(samples.dtype.newbyteorder(order))
    return [zlib.compress(stored[top : top + rows].tobytes(), level) for top in range(0, len(stored), rows)]


def _layout(samples: Pixels, order: ByteOrder) -> dict[int, Value]:
    height, width, channels = samples.shape
    values = {
        WIDTH: _longs(order, width),
        HEIGHT: _longs(order, height),
        BITS: _shorts(order, *[8 * samples.itemsize] * channels),
        COMPRESSION: _shorts(order, _DEFLATE),
        PHOTOMETRIC: _shorts(order, _RGB if channels >= 3 else _BLACK_IS_ZERO),
        SAMPLES: _shorts(order, channels),
        PLANES: _shorts(order, 1),
        PREDICTOR: _shorts(order, _HORIZONTAL),
    }
    return {**values, EXTRA_SAMPLES: _shorts(order, _UNASSOCIATED_ALPHA)} if channels in (2, 4) else values


def _carried(metadata: Metadata, order: ByteOrder) -> dict[int, Value]:
    blocks = {XMP: metadata.xmp, IPTC: metadata.iptc, ICC: metadata.icc}
    values = {tag: Value(BYTE if tag == XMP else UNDEFINED, block) for tag, block in blocks.items() if block}
    if metadata.dpi:
        x, y = (struct.pack(f"{order}2I", round(min(dpi, 400_000) * 10_000), 10_000) for dpi in metadata.dpi)
        values |= {X_RESOLUTION: Value(RATIONAL, x), Y_RESOLUTION: Value(RATIONAL, y)}
        values[RESOLUTION_UNIT] = _shorts(order, 2)
    return values


def _shorts(order: ByteOrder, *numbers: int) -> Value:
    return Value(SHORT, struct.pack(f"{order}{len(numbers)}H", *numbers))


def _longs(order: ByteOrder, *numbers: int) -> Value:
    return Value(LONG, struct.pack(f"{order}{len(numbers)}I", *numbers))
