import struct
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from image_samples import IPTC, exif_block, pillow_file
from PIL import Image

from underdrawing.errors import ImageFormatError
from underdrawing.images import Metadata, Picture, encode, load
from underdrawing.images.tiff import encode_tiff

SAMPLES = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: hn.arrays(dtype, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)))
)


def tiff_bytes(samples, **options):
    buffer = BytesIO()
    tifffile.imwrite(buffer, samples, metadata=None, **options)
    return buffer.getvalue()


@given(SAMPLES)
@settings(max_examples=80)
def test_round_trip(samples):
    picture = load(encode_tiff(samples, Metadata()))
    channels = samples.shape[2]
    assert picture.grey == (channels < 3)
    assert picture.pixels.dtype == samples.dtype
    assert np.array_equal(picture.pixels, samples[..., :3] if channels > 2 else np.repeat(samples[..., :1], 3, axis=2))
    if channels in (2, 4):
        assert np.array_equal(picture.alpha, samples[..., -1])
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
def test_reference_tifffile_reads_what_we_write(dtype, channels, order):
    samples = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (300, 211, channels)).astype(dtype)
    data = encode_tiff(samples, Metadata(exif=exif_block(order)))
    assert data[:2] == (b"II" if order == "<" else b"MM")
    assert np.array_equal(tifffile.imread(BytesIO(data)).reshape(samples.shape), samples)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"tile": (32, 16)},
        {"tile": (16, 32), "compression": "zlib", "predictor": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_reference_we_read_sixteen_bits_that_tifffile_writes(options, byteorder, channels):
    samples = np.random.default_rng(1).integers(0, 65536, (45, 37, channels)).astype(np.uint16)
    extra = ["unassalpha"] if channels in (2, 4) else None
    photometric = "rgb" if channels > 2 else "minisblack"
    stored = samples if channels > 1 else samples[..., 0]
    data = tiff_bytes(
        stored, photometric=photometric, extrasamples=extra, byteorder=byteorder, planarconfig="contig", **options
    )
    picture = load(data)
    assert np.array_equal(picture.pixels, samples[..., :3] if channels > 2 else np.repeat(samples[..., :1], 3, axis=2))
    if extra:
        assert np.array_equal(picture.alpha, samples[..., -1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero(dtype):
    grey = np.arange(64, dtype=dtype).reshape(8, 8) * 3
    picture = load(tiff_bytes(grey, photometric="miniswhite"))
    assert np.array_equal(picture.pixels[..., 0], np.iinfo(dtype).max - grey)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_premultiplied_alpha_becomes_straight(dtype):
    full = np.iinfo(dtype).max
    straight = np.array([[[full, full // 2, 0]] * 4], dtype)
    alpha = np.array([[full, full // 2, full // 3, 0]], dtype)
    stored = np.rint(straight * (alpha[..., None] / full)).astype(dtype)
    picture = load(tiff_bytes(np.dstack((stored, alpha)), photometric="rgb", extrasamples=["assocalpha"]))
    assert np.array_equal(picture.alpha, alpha)
    seen = alpha[0] > 0
    assert np.abs(picture.pixels[0, seen].astype(int) - straight[0, seen]).max() <= 3


def test_an_unspecified_fourth_sample_is_no_alpha():
    samples = np.random.default_rng(2).integers(0, 65536, (9, 9, 4)).astype(np.uint16)
    picture = load(tiff_bytes(samples, photometric="rgb", extrasamples=["unspecified"]))
    assert picture.alpha is None
    assert np.array_equal(picture.pixels, samples[..., :3])


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", None])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_reads_what_pillow_writes(image, mode, compression):
    if (mode, compression) == ("RGBA", "jpeg"):
        pytest.skip("JPEG has no alpha")
    source = pillow_file(image.convert(mode), "TIFF", compression=compression)
    assert np.array_equal(load(source).pixels, np.asarray(Image.open(BytesIO(source)).convert("RGB")))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_metadata_round_trip(photo, metadata, dtype):
    picture = Picture(photo.astype(dtype), metadata=metadata)
    back = load(encode(picture, format="TIFF"))
    assert (back.metadata.icc, back.metadata.iptc, back.metadata.xmp) == (metadata.icc, metadata.iptc, metadata.xmp)
    assert back.metadata.dpi == (300, 300)
    again = load(encode(back, format="TIFF"))
    assert again.metadata == back.metadata
    assert b"maker note" in back.metadata.exif


def test_reference_pillow_reads_the_metadata(photo, metadata):
    image = Image.open(BytesIO(encode(Picture(photo, metadata=metadata), format="TIFF")))
    assert np.array_equal(np.asarray(image), photo)
    assert image.info["icc_profile"] == metadata.icc
    assert image.info["xmp"] == metadata.xmp
    assert bytes(image.tag_v2[33723]) == IPTC
    assert image.info["dpi"] == (300, 300)
    exif = image.getexif()
    assert exif[0x010E] == "Camera description"
    assert exif.get_ifd(0x8769)[0x9003] == "2023:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[1] == "S"


def test_orientation_is_applied_once(image):
    source = pillow_file(image, "TIFF", tiffinfo={274: 6, 270: "turned"})
    picture = load(source)
    assert np.array_equal(picture.pixels, np.rot90(np.asarray(image), -1))
    again = load(encode(picture))
    assert np.array_equal(again.pixels, picture.pixels)


def test_swapped_iptc(photo):
    block = IPTC + bytes(-len(IPTC) % 4)
    swapped = np.frombuffer(block, ">u4").astype("<u4").tobytes()
    data = encode_tiff(photo, Metadata(iptc=swapped))
    assert load(data).metadata.iptc == block


def test_a_thumbnail_page_is_no_second_page(photo):
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(photo, photometric="rgb", metadata=None)
        writer.write(photo[::8, ::8], photometric="rgb", subfiletype=1, metadata=None)
    assert np.array_equal(load(buffer.getvalue()).pixels, photo)
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(photo, photometric="rgb", metadata=None)
        writer.write(photo, photometric="rgb", metadata=None)
    with pytest.raises(ImageFormatError, match="several pages"):
        load(buffer.getvalue())


@pytest.mark.parametrize(
    "samples,options",
    [
        (np.zeros((3, 8, 8), np.uint16), {"planarconfig": "separate", "photometric": "rgb"}),
        (np.zeros((8, 8), np.float32), {}),
        (np.zeros((8, 8), np.uint32), {}),
        (np.zeros((8, 8, 3), np.float16), {"photometric": "rgb"}),
    ],
)
def test_rejects(samples, options):
    with pytest.raises(ImageFormatError):
        load(tiff_bytes(samples, **options))


def test_strip_offsets_are_checked(photo):
    data = encode_tiff(photo, replace(Metadata()))
    with pytest.raises(ImageFormatError):
        load(data[: len(data) // 2])
    at = struct.unpack_from("<I", data, 4)[0]
    moved = bytearray(data)
    struct.pack_into("<I", moved, 4, at)
    assert load(bytes(moved)).height == photo.shape[0]
