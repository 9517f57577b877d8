from io import BytesIO

import numpy as np
import pytest
from image_samples import exif_block, pillow_file
from PIL import Image

from underdrawing.errors import ImageFormatError, ImageLimitError
from underdrawing.images import Limits, Picture, encode, load, losses


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_metadata_round_trip(photo, metadata, image_format, orientation):
    picture = Picture(photo, metadata=metadata)
    assert losses(picture, format=image_format) == ("iptc",)
    back = load(encode(picture, format=image_format))
    assert (back.metadata.icc, back.metadata.xmp, back.metadata.iptc) == (metadata.icc, metadata.xmp, None)
    exif = Image.Exif()
    exif.load(back.metadata.exif)
    assert exif[0x010E] == "Camera description"
    assert exif.get(0x0112, 1) == 1
    assert back.pixels.shape == photo.shape


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF"])
def test_orientation_is_applied_once(image, image_format):
    options = {"lossless": True} if image_format == "WEBP" else {"quality": 100, "subsampling": "4:4:4"}
    source = pillow_file(image, image_format, exif=b"Exif\0\0" + exif_block(orientation=6), **options)
    picture = load(source)
    turned = np.rot90(np.asarray(image), -1).astype(int)
    assert np.abs(picture.pixels - turned).max() <= 3
    assert np.abs(load(encode(picture)).pixels - turned).max() <= 5


def test_webp_is_lossless_also_under_transparency(photo):
    alpha = np.zeros(photo.shape[:2], np.uint8)
    alpha[::2] = 200
    back = load(encode(Picture(photo, alpha), format="WEBP"))
    assert np.array_equal(back.pixels, photo)
    assert np.array_equal(back.alpha, alpha)


def test_avif_is_two_levels_off_at_most(photo):
    alpha = np.tile(np.arange(photo.shape[1], dtype=np.uint8), (photo.shape[0], 1))
    back = load(encode(Picture(photo, alpha), format="AVIF"))
    assert np.abs(back.pixels.astype(int) - photo).max() <= 2
    assert np.array_equal(back.alpha, alpha)


def test_avif_keeps_grey(photo):
    grey = np.repeat(photo[..., 1:2], 3, axis=2)
    back = load(encode(Picture(grey, grey=True), format="AVIF"))
    assert back.grey
    assert np.array_equal(back.pixels, grey)


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF"])
def test_quality_makes_it_lossy(photo, image_format):
    sizes = [len(encode(Picture(photo), format=image_format, quality=quality)) for quality in (30, 80, None)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 3


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": exif_block()}, {"quality": 10}])
def test_webp_size_is_known_before_decoding(image, options):
    source = pillow_file(image, "WEBP", **options)
    with pytest.raises(ImageLimitError, match=f"{image.width}×{image.height}"):
        load(source, limits=Limits(max_pixels=image.width * image.height - 1))
    assert load(source, limits=Limits(max_pixels=image.width * image.height)).width in image.size


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF"])
def test_rejects_animations(image, image_format):
    frames = pillow_file(image, image_format, save_all=True, append_images=[image.rotate(90)], duration=50)
    with pytest.raises(ImageFormatError, match="animated"):
        load(frames)


def test_reference_pillow_reads_the_metadata(photo, metadata):
    image = Image.open(BytesIO(encode(Picture(photo, metadata=metadata), format="WEBP")))
    assert image.info["icc_profile"] == metadata.icc
    assert image.info["exif"] == metadata.exif
    assert image.info["xmp"] == metadata.xmp
