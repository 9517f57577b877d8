import random
import warnings
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_samples import XMP, exif_block, pillow_file
from PIL import Image

from underdrawing.errors import ImageFormatError, ImageLimitError, UnderdrawingError, UsageError
from underdrawing.images import Limits, Metadata, Picture, encode, facts_from_metadata, load

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]
SMALL = Image.effect_mandelbrot((40, 30), (-2, -1.5, 1, 1.5), 100).convert("RGB")
GOOD = [pillow_file(SMALL, name, exif=b"Exif\0\0" + exif_block()) for name in FORMATS if name != "TIFF"]
GOOD += [pillow_file(SMALL, "TIFF"), pillow_file(SMALL, "TIFF", compression="tiff_adobe_deflate")]
MAGICS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF....WEBPVP8X"]


@pytest.mark.parametrize("image_format", FORMATS)
def test_sources(tmp_path, image, image_format):
    data = pillow_file(image, image_format)
    path = tmp_path / "a name that says nothing"
    path.write_bytes(data)
    with path.open("rb") as file:
        pictures = [load(data), load(path), load(str(path)), load(BytesIO(data)), load(file)]
    expected = np.asarray(Image.open(path).convert("RGB"))
    for picture in pictures:
        assert np.array_equal(picture.pixels, expected)
        assert picture.pixels.dtype == np.uint8
        assert picture.format == image_format
        assert picture.alpha is None
        assert not picture.grey


def test_messages_name_the_file(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"no photograph")
    with pytest.raises(ImageFormatError, match=r"photo\.jpg: it begins with 'no photograp'"):
        load(path)
    with pytest.raises(UsageError, match=r"missing\.jpg"):
        load(tmp_path / "missing.jpg")


@pytest.mark.parametrize("image_format", FORMATS)
def test_limits(image, image_format):
    data = pillow_file(image, image_format)
    with pytest.raises(ImageLimitError, match="pixels"):
        load(data, limits=Limits(max_pixels=image.width * image.height - 1))
    with pytest.raises(ImageLimitError, match="bytes"):
        load(data, limits=Limits(max_bytes=len(data) - 1))
    assert load(data, limits=Limits(max_bytes=len(data), max_pixels=image.width * image.height)).width == image.width


@pytest.mark.parametrize("image_format", FORMATS)
def test_limits_of_metadata(image, image_format):
    data = encode(Picture(np.asarray(image), metadata=Metadata(xmp=XMP)), format=image_format)
    with pytest.raises(ImageLimitError, match="metadata"):
        load(data, limits=Limits(max_metadata_bytes=len(XMP) - 1))


def test_pillow_limits_and_warnings_do_not_matter(image, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for image_format in ("JPEG", "PNG", "AVIF", "TIFF"):
        data = pillow_file(image, image_format)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert load(data).width == image.width
        assert caught == []


def test_metadata_is_settled(image):
    data = pillow_file(image, "JPEG", exif=b"Exif\0\0" + exif_block(thumbnail=b"\xff\xd8old\xff\xd9"), xmp=XMP)
    metadata = load(data).metadata
    assert b"old" not in metadata.exif
    assert b'tiff:Orientation="1"' in metadata.xmp
    assert metadata.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')


def test_xmp_thumbnails_are_cut_out(image):
    thumbnails = b"<xmp:Thumbnails><rdf:Alt>OLD</rdf:Alt></xmp:Thumbnails>"
    packet = XMP.replace(b"<dc:description>", thumbnails + b"<dc:description>")
    assert b"OLD" not in load(pillow_file(image, "JPEG", xmp=packet)).metadata.xmp


def test_damaged_blocks_are_told(image):
    metadata = load(pillow_file(image, "JPEG", icc_profile=b"not a profile", exif=b"Exif\0\0nonsense")).metadata
    assert (metadata.icc, metadata.exif) == (None, None)
    assert set(metadata.damaged) == {"icc", "exif"}


def test_a_profile_of_another_colour_space_is_left_out(image, icc):
    picture = load(pillow_file(image.convert("L"), "PNG", icc_profile=icc))
    assert picture.metadata.icc is None
    assert picture.metadata.damaged == ("icc",)


def test_deterministic(image):
    for image_format in FORMATS:
        data = pillow_file(image, image_format)
        first, second = load(data), load(data)
        assert np.array_equal(first.pixels, second.pixels)
        assert first.metadata == second.metadata


@given(st.sampled_from(GOOD), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_damage_ends_in_one_error(data, seed):
    chance, damaged = random.Random(seed), bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        at = chance.randrange(chance.choice((64, len(damaged))))
        if chance.random() < 0.7:
            damaged[at] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
        else:
            del damaged[at : at + chance.randrange(1, 30)]
    try:
        picture = load(bytes(damaged), limits=Limits(max_pixels=10**6))
    except UnderdrawingError:
        return
    facts_from_metadata(picture.metadata)


@given(st.binary(max_size=300), st.sampled_from(MAGICS))
def test_noise_ends_in_one_error(noise, magic):
    with pytest.raises(UnderdrawingError):
        load(magic + noise)
