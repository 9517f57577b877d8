from io import BytesIO

import numpy as np
import pytest
from image_samples import cmyk_profile, exif_block, pillow_file
from PIL import Image, ImageOps

from underdrawing.errors import ImageFormatError
from underdrawing.images import Picture, encode, load
from underdrawing.images.channels import Planes, from_samples, samples_of, to_eight_bits, upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_reference_orientation_as_pillow_does_it(image, image_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if image_format == "WEBP" else {}
    source = pillow_file(image, image_format, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(source))))
    picture = load(source)
    assert np.array_equal(picture.pixels, expected)
    again = load(encode(picture))
    assert again.pixels.shape == expected.shape
    assert picture.pixels.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_alpha_and_sixteen_bits_alike(orientation):
    samples = np.random.default_rng(0).integers(0, 65536, (5, 7, 4)).astype(np.uint16)
    planes = upright(from_samples(samples), orientation)
    marked = upright(Planes(np.repeat(samples[..., 3:], 3, axis=2)), orientation)
    assert np.array_equal(planes.alpha, marked.pixels[..., 0])


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_becomes_srgb_through_its_profile(image_format):
    inks = Image.new("CMYK", (64, 16))
    inks.paste((255, 0, 0, 0), (16, 0, 32, 16))
    inks.paste((0, 0, 255, 0), (32, 0, 48, 16))
    inks.paste((0, 0, 0, 255), (48, 0, 64, 16))
    options = {"quality": 100} if image_format == "JPEG" else {}
    picture = load(pillow_file(inks, image_format, icc_profile=cmyk_profile(), **options))
    white, cyan, yellow, black = picture.pixels[8, 8::16].astype(int)
    assert white.min() >= 252
    assert black.max() <= 3
    assert cyan[2] > cyan[1] > cyan[0]
    assert yellow[0] > 200 > 150 > yellow[2]
    assert picture.metadata.icc is None
    assert picture.metadata.jpeg is None
    assert load(encode(picture)).format == image_format


def test_rejects_cmyk_without_a_profile_for_it(image, icc):
    ink = image.convert("CMYK")
    with pytest.raises(ImageFormatError, match="CMYK profile is damaged"):
        load(pillow_file(ink, "JPEG", icc_profile=icc))
    with pytest.raises(ImageFormatError, match="without an ICC profile"):
        load(pillow_file(ink, "TIFF"))


def test_reference_samples_round_trip(photo):
    for channels in range(1, 5):
        samples = np.dstack((photo, photo[..., :1]))[..., 4 - channels :]
        planes = from_samples(samples)
        picture = Picture(planes.pixels, planes.alpha, planes.grey)
        assert np.array_equal(samples_of(picture), samples)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_grey_picture_is_stored_by_its_value(dtype):
    ramp = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(256, -1)
    picture = Picture(np.repeat(ramp[..., None], 3, axis=2), grey=True)
    assert np.array_equal(samples_of(picture)[..., 0], ramp)


def test_to_eight_bits_is_nearest():
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    expected = np.rint(deep / 65535 * 255)
    assert np.array_equal(to_eight_bits(deep), expected)


def test_eight_bits_widened_and_back():
    levels = np.arange(256, dtype=np.uint16).reshape(1, -1, 1) * 257
    assert np.array_equal(to_eight_bits(levels).ravel(), np.arange(256))


def test_lossless_formats_keep_everything(photo):
    for deep in (False, True):
        for grey in (False, True):
            for transparent in (False, True):
                pixels = photo.astype(np.uint16) * 251 if deep else photo
                pixels = np.repeat(pixels[..., :1], 3, axis=2) if grey else pixels
                alpha = np.ascontiguousarray(pixels[::-1, :, 0]) if transparent else None
                for image_format in ("PNG", "TIFF"):
                    back = load(encode(Picture(pixels, alpha, grey), format=image_format))
                    assert np.array_equal(back.pixels, pixels)
                    assert back.grey == grey
                    assert (back.alpha is None) if alpha is None else np.array_equal(back.alpha, alpha)


def test_palette_with_alpha(image):
    source = pillow_file(image.quantize(8), "PNG", transparency=bytes([0, 128, 255, 7]))
    expected = np.asarray(Image.open(BytesIO(source)).convert("RGBA"))
    picture = load(source)
    assert np.array_equal(np.dstack((picture.pixels, picture.alpha)), expected)


def test_exif_of_a_turned_picture_says_upright(image):
    picture = load(pillow_file(image, "JPEG", exif=b"Exif\0\0" + exif_block(orientation=8)))
    assert Image.open(BytesIO(encode(picture))).getexif()[0x0112] == 1
