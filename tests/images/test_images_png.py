import struct
import zlib
from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from image_samples import IPTC, pillow_file
from PIL import Image

from underdrawing.errors import ImageLimitError
from underdrawing.images import Limits, Picture, encode, load
from underdrawing.images.png import encode_deep_png, pack_chunk

DEEP = hn.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)))


@given(DEEP)
@settings(max_examples=60)
def test_round_trip_of_sixteen_bits(samples):
    picture = load(encode_deep_png(samples))
    channels = samples.shape[2]
    assert picture.grey == (channels < 3)
    colour = samples[..., :3] if channels > 2 else np.repeat(samples[..., :1], 3, axis=2)
    assert np.array_equal(picture.pixels, colour)
    assert picture.pixels.dtype == np.uint16
    assert (picture.alpha is None) == (channels in (1, 3))
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, samples[..., -1])
    assert encode(picture) == encode_deep_png(samples)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_reference_opencv_reads_sixteen_bits(channels):
    samples = np.random.default_rng(0).integers(0, 65536, (13, 7, channels)).astype(np.uint16)
    decoded = cv2.imdecode(np.frombuffer(encode_deep_png(samples), np.uint8), cv2.IMREAD_UNCHANGED)
    swapped = samples[..., [2, 1, 0, 3][:channels]] if channels > 1 else samples[..., 0]
    assert np.array_equal(decoded, swapped)


def test_reads_what_opencv_writes():
    samples = np.random.default_rng(1).integers(0, 65536, (40, 50, 3)).astype(np.uint16)
    assert np.array_equal(load(cv2.imencode(".png", samples)[1].tobytes()).pixels, samples[..., ::-1])


def test_interlaced_sixteen_bits():
    samples = np.random.default_rng(2).integers(0, 65536, (11, 13, 3)).astype(">u2")
    rows = b""
    for x, y, dx, dy in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        rows += b"".join(b"\0" + row.tobytes() for row in samples[y::dy, x::dx] if row.size)
    header = struct.pack(">IIBBBBB", 13, 11, 16, 2, 0, 0, 1)
    data = pack_chunk(b"IHDR", header) + pack_chunk(b"IDAT", zlib.compress(rows)) + pack_chunk(b"IEND", b"")
    assert np.array_equal(load(b"\x89PNG\r\n\x1a\n" + data).pixels, samples)


def test_transparent_colour_of_sixteen_bits():
    samples = np.full((4, 4, 3), 1000, np.uint16)
    samples[1, 2] = (1, 2, 3)
    plain = encode_deep_png(samples)
    data = plain[:33] + pack_chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)) + plain[33:]
    expected = np.full((4, 4), 65535)
    expected[1, 2] = 0
    assert np.array_equal(load(data).alpha, expected)
    plain = encode_deep_png(samples[..., :1])
    picture = load(plain[:33] + pack_chunk(b"tRNS", struct.pack(">H", 1)) + plain[33:])
    assert picture.grey
    assert np.array_equal(picture.alpha, expected)


@pytest.mark.parametrize("deep", [False, True])
def test_metadata_round_trip(photo, metadata, deep):
    pixels = photo.astype(np.uint16) * 257 if deep else photo
    back = load(encode(Picture(pixels, metadata=metadata))).metadata
    assert (back.icc, back.exif, back.iptc, back.xmp) == (metadata.icc, metadata.exif, metadata.iptc, metadata.xmp)
    assert back.dpi == pytest.approx((300, 300), rel=1e-4)


def test_reference_pillow_reads_the_metadata(photo, metadata):
    image = Image.open(BytesIO(encode(Picture(photo, metadata=metadata))))
    assert np.array_equal(np.asarray(image), photo)
    assert image.info["icc_profile"] == metadata.icc
    assert image.info["exif"] == b"Exif\0\0" + metadata.exif
    assert image.info["xmp"] == metadata.xmp
    assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-4)
    name, length, digits = image.info["Raw profile type iptc"].split(maxsplit=2)
    block = bytes.fromhex(digits.replace("\n", ""))
    assert (name, int(length)) == ("iptc", len(block))
    assert block.startswith(b"8BIM\x04\x04")
    assert IPTC in block


def test_reads_raw_profiles(image, metadata):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for name, block in (("exif", b"Exif\0\0" + metadata.exif), ("iptc", IPTC), ("xmp", metadata.xmp)):
        info.add_text(f"Raw profile type {name}", f"\n{name}\n{len(block)}\n{block.hex()}\n", zip=True)
    back = load(pillow_file(image, "PNG", pnginfo=info)).metadata
    assert (back.exif, back.iptc, back.xmp) == (metadata.exif, IPTC, metadata.xmp)


def test_keeps_colour_chunks(photo):
    plain = encode(Picture(photo))
    chunks = pack_chunk(b"gAMA", struct.pack(">I", 100_000)) + pack_chunk(b"cHRM", bytes(32))
    picture = load(plain[:33] + chunks + plain[33:])
    assert picture.metadata.png_colour == chunks
    assert load(encode(picture)).metadata.png_colour == chunks


def test_metadata_limit(photo, metadata):
    data = encode(Picture(photo, metadata=replace(metadata, xmp=b"x" * 5000)))
    with pytest.raises(ImageLimitError, match="metadata"):
        load(data, limits=Limits(max_metadata_bytes=4000))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_modes(image, mode):
    source = image.convert("RGBA").convert(mode) if mode != "P" else image.quantize(16)
    picture = load(pillow_file(source, "PNG"))
    assert np.array_equal(picture.pixels, np.asarray(source.convert("RGB")))
    assert picture.grey == (mode in ("1", "L", "LA"))
    assert (picture.alpha is not None) == (mode in ("LA", "RGBA"))


@pytest.mark.parametrize("mode,clear", [("P", 3), ("L", 77), ("RGB", (200, 10, 30)), ("1", 0)])
def test_transparent_colour(mode, clear):
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8) + 40
    image = Image.fromarray(pixels)
    image = image.convert("RGB").quantize(8) if mode == "P" else image.convert(mode)
    if mode == "RGB":
        image.putpixel((2, 2), clear)
    source = pillow_file(image, "PNG", transparency=clear)
    expected = np.asarray(Image.open(BytesIO(source)).convert("RGBA"))
    picture = load(source)
    assert np.array_equal(picture.alpha, expected[..., 3])
    assert (picture.alpha == 0).any()
    assert np.array_equal(picture.pixels[picture.alpha > 0], expected[..., :3][picture.alpha > 0])
