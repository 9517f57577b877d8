from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from underdrawing import images
from underdrawing.errors import OutputExistsError, UsageError
from underdrawing.images import Metadata, Picture, encode, load, losses, save

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]
NAMES = [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a.avif", "AVIF")]
NAMES += [("a.tif", "TIFF"), ("a.tiff", "TIFF")]


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_losses_are_what_is_lost(photo, metadata, image_format, deep, grey, transparent):
    pixels = photo[:32, :48].astype(np.uint16) * 257 if deep else photo[:32, :48]
    pixels = np.repeat(pixels[..., :1], 3, axis=2) if grey else pixels
    alpha = pixels[..., 0] if transparent else None
    icc = metadata.icc[:16] + b"GRAY" + metadata.icc[20:] if grey else metadata.icc
    picture = Picture(pixels, alpha, grey, metadata=replace(metadata, icc=icc))
    back = load(encode(picture, format=image_format))
    lost = {
        "alpha": transparent and back.alpha is None,
        "grey": back.grey != grey,
        "depth": back.pixels.dtype != pixels.dtype,
        "icc": back.metadata.icc is None,
        "exif": back.metadata.exif is None,
        "iptc": back.metadata.iptc is None,
        "xmp": back.metadata.xmp is None,
    }
    assert losses(picture, format=image_format) == tuple(name for name in lost if lost[name])


def test_an_opaque_alpha_is_no_loss(photo):
    picture = Picture(photo, np.full(photo.shape[:2], 255, np.uint8))
    assert losses(picture, format="JPEG") == ()
    assert encode(picture, format="JPEG") == encode(Picture(photo), format="JPEG")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_is_flattened_onto_white(dtype):
    full = np.iinfo(dtype).max
    pixels = np.zeros((16, 48, 3), dtype)
    alpha = np.repeat(np.array([[0, full // 2, full]], dtype), 16, axis=1).repeat(16, axis=0)
    shown = np.asarray(Image.open(BytesIO(encode(Picture(pixels, alpha), format="JPEG"))))[8, 8::16]
    assert np.abs(shown.astype(int) - np.array([[255], [128], [0]])).max() <= 3


@pytest.mark.parametrize("image_format", FORMATS)
def test_deterministic(photo, metadata, image_format):
    picture = Picture(photo, metadata=metadata)
    assert encode(picture, format=image_format) == encode(picture, format=image_format)


def test_format_by_default(photo):
    assert load(encode(Picture(photo))).format == "PNG"
    assert load(encode(Picture(photo, format="TIFF"))).format == "TIFF"


@pytest.mark.parametrize("name,expected", NAMES)
def test_save_chooses_by_suffix(tmp_path, photo, name, expected):
    path = save(Picture(photo), tmp_path / name)
    assert path == tmp_path / name
    assert load(path).format == expected


def test_save_does_not_overwrite(tmp_path, photo):
    path = tmp_path / "a.png"
    save(Picture(photo), path)
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        save(Picture(photo[::-1].copy()), path)
    assert path.read_bytes() == before
    save(Picture(photo[::-1].copy()), path, overwrite=True)
    assert np.array_equal(load(path).pixels, photo[::-1])


def test_rejects(tmp_path, photo):
    with pytest.raises(UsageError, match=r"cannot tell a format from 'a\.xyz'"):
        save(Picture(photo), tmp_path / "a.xyz")
    assert load(save(Picture(photo), tmp_path / "a.xyz", format="PNG")).format == "PNG"
    for quality in (0, 101):
        with pytest.raises(UsageError, match="expected 1 to 100"):
            encode(Picture(photo), quality=quality)
    wide = Picture(np.zeros((1, 16_384, 3), np.uint8))
    with pytest.raises(UsageError, match="at most 16383"):
        encode(wide, format="WEBP")
    with pytest.raises(UsageError, match="at most 65500"):
        encode(Picture(np.zeros((65_501, 1, 3), np.uint8)), format="JPEG")


@pytest.mark.parametrize("image_format", FORMATS)
def test_limits_smallest_and_odd_sizes(image_format):
    for height, width in ((1, 1), (1, 7), (9, 1), (17, 33)):
        pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
        assert load(encode(Picture(pixels), format=image_format)).pixels.shape == pixels.shape


@pytest.mark.parametrize("image_format", FORMATS)
def test_unreadable_blocks_made_by_a_caller(photo, image_format):
    metadata = Metadata(icc=b"no profile", exif=b"no exif", xmp=b"no xmp", iptc=b"no iptc")
    assert load(encode(Picture(photo, metadata=metadata), format=image_format)).pixels.shape == photo.shape


def test_all():
    assert images.__all__ == sorted(images.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(images, name) for name in images.__all__)
