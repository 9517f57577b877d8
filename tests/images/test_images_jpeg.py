from io import BytesIO

import numpy as np
import pytest
from image_samples import IPTC, XMP, exif_block, pillow_file
from PIL import Image, IptcImagePlugin
from skimage import data

from underdrawing.errors import ImageFormatError
from underdrawing.images import Metadata, Picture, encode, load, losses


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [40, 75, 92])
def test_keeps_quantization_tables_and_subsampling(image, quality, subsampling):
    source = pillow_file(image, "JPEG", quality=quality, subsampling=subsampling)
    again = encode(load(source))
    before, after = Image.open(BytesIO(source)), Image.open(BytesIO(again))
    assert after.quantization == before.quantization
    assert [layer[1:3] for layer in after.layer] == [layer[1:3] for layer in before.layer]
    assert load(again).metadata.jpeg == load(source).metadata.jpeg
    assert load(source).metadata.jpeg.subsampling == subsampling


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}, {"quality": 30}, {"quality": 98}])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket"])
def test_file_size_stays_within_a_quarter(name, options):
    source = pillow_file(Image.fromarray(getattr(data, name)()), "JPEG", **options)
    again = encode(load(source))
    assert 0.8 < len(again) / len(source) < 1.05
    noise = np.random.default_rng(0).normal(0, 2, load(source).pixels.shape)
    marked = np.clip(load(source).pixels + noise, 0, 255).astype(np.uint8)
    assert len(encode(Picture(marked, metadata=load(source).metadata), format="JPEG")) / len(source) < 1.6


def test_keeps_three_tables(photo):
    tables = [[8] * 64, [16] * 64, [32] * 64]
    again = encode(load(pillow_file(Image.fromarray(photo), "JPEG", qtables=tables)))
    image = Image.open(BytesIO(again))
    assert [image.quantization[layer[3]] for layer in image.layer] == tables


def test_keeps_progression_and_huffman_tables(image):
    for options, expected in (
        ({}, (False, False)),
        ({"optimize": True}, (False, True)),
        ({"progressive": True}, (True, True)),
    ):
        coding = load(encode(load(pillow_file(image, "JPEG", **options)))).metadata.jpeg
        assert (coding.progressive, coding.optimized) == expected


def test_quality_and_subsampling_can_be_set(image):
    picture = load(pillow_file(image, "JPEG", quality=50, subsampling="4:2:0"))
    expected = Image.open(BytesIO(pillow_file(image, "JPEG", quality=90))).quantization
    finer = Image.open(BytesIO(encode(picture, quality=90)))
    assert finer.quantization == expected
    assert finer.layer[0][1:3] == (2, 2)
    assert Image.open(BytesIO(encode(picture, subsampling="4:4:4"))).layer[0][1:3] == (1, 1)


def test_other_pictures_get_95_and_no_subsampling(photo, image):
    saved = Image.open(BytesIO(encode(Picture(photo), format="JPEG")))
    assert saved.quantization == Image.open(BytesIO(pillow_file(image, "JPEG", quality=95))).quantization
    assert saved.layer[0][1:3] == (1, 1)


def test_greyscale(image):
    grey = load(pillow_file(image.convert("L"), "JPEG"))
    assert grey.grey
    assert len(grey.metadata.jpeg.quantization) == 1
    assert (grey.pixels == np.asarray(Image.open(BytesIO(encode(grey))).convert("RGB"))).mean() > 0.9
    assert Image.open(BytesIO(encode(grey))).mode == "L"


def test_metadata_round_trip(photo, metadata):
    back = load(encode(Picture(photo, metadata=metadata), format="JPEG")).metadata
    assert (back.icc, back.exif, back.iptc, back.xmp) == (metadata.icc, metadata.exif, metadata.iptc, metadata.xmp)
    assert back.dpi == (300, 300)
    assert back.damaged == ()


def test_reference_pillow_reads_the_metadata(photo, metadata):
    image = Image.open(BytesIO(encode(Picture(photo, metadata=metadata), format="JPEG")))
    assert image.info["icc_profile"] == metadata.icc
    assert image.info["exif"] == b"Exif\0\0" + metadata.exif
    assert image.info["xmp"] == metadata.xmp
    assert IptcImagePlugin.getiptcinfo(image)[2, 105] == b"Headline of the wire"
    assert image.info["dpi"] == (300, 300)


def test_reads_what_pillow_writes(image, icc):
    source = pillow_file(image, "JPEG", exif=b"Exif\0\0" + exif_block(orientation=1), xmp=XMP, icc_profile=icc * 40)
    metadata = load(source).metadata
    assert metadata.icc == icc * 40
    assert metadata.exif == exif_block(orientation=1)


def test_blocks_too_long_are_losses(photo, icc):
    metadata = Metadata(exif=exif_block(note=bytes(70_000)), xmp=XMP + b" " * 70_000, iptc=IPTC + bytes(70_000))
    picture = Picture(photo, metadata=metadata)
    assert losses(picture, format="JPEG") == ("exif", "iptc", "xmp")
    back = load(encode(picture, format="JPEG")).metadata
    assert (back.exif, back.iptc, back.xmp) == (None, None, None)
    longest = Metadata(
        xmp=b"x" * (65533 - 29), exif=exif_block(orientation=1).ljust(65533 - 6, b"\0"), iptc=b"\x1c" * 65506
    )
    picture = Picture(photo, metadata=longest)
    assert losses(picture, format="JPEG") == ()
    back = load(encode(picture, format="JPEG")).metadata
    assert (back.exif, back.iptc, back.xmp) == (longest.exif, longest.iptc, longest.xmp)


def test_main_picture_of_several(image):
    source = pillow_file(image, "MPO", save_all=True, append_images=[image.resize((40, 30))])
    picture = load(source)
    assert (picture.width, picture.height) == image.size
    assert picture.format == "JPEG"


def test_rgb_jpeg_is_written_as_an_ordinary_one(image):
    picture = load(pillow_file(image, "JPEG", keep_rgb=True, quality=95))
    assert picture.metadata.jpeg is None
    assert np.abs(picture.pixels.astype(int) - np.asarray(image)).mean() < 2


def test_rejects_more_pixels_than_bytes():
    source = pillow_file(Image.new("L", (64, 48)), "JPEG")
    lying = source.replace((48).to_bytes(2, "big") + (64).to_bytes(2, "big"), b"\x20\x00\x20\x00")
    with pytest.raises(ImageFormatError, match=r"more than .* bytes can hold"):
        load(lying)


def test_a_flat_picture_is_no_lie():
    source = pillow_file(Image.new("RGB", (4000, 3000)), "JPEG", progressive=True, quality=10)
    assert load(source).width == 4000
