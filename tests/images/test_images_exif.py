import pytest
from image_samples import exif_block
from PIL import Image

from underdrawing.images import exif
from underdrawing.images.directories import parse_directory

THUMBNAIL = b"\xff\xd8 a picture as it was \xff\xd9"


def pillow(block: bytes) -> Image.Exif:
    parsed = Image.Exif()
    parsed.load(block)
    return parsed


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_settle_resets_the_orientation(order, orientation):
    block = exif_block(order, orientation=orientation)
    settled = exif.settle(block)
    assert settled.orientation == orientation
    assert pillow(settled.block)[0x0112] == 1
    sides = pillow(settled.block).get_ifd(0x8769)
    assert (sides[0xA002], sides[0xA003]) == ((480, 640) if orientation > 4 else (640, 480))
    assert len(settled.block) == len(block)
    assert sum(a != b for a, b in zip(settled.block, block, strict=True)) <= (0 if orientation == 1 else 11)


@pytest.mark.parametrize("order", ["<", ">"])
def test_settle_cuts_out_the_thumbnail(order):
    block = exif_block(order, thumbnail=THUMBNAIL)
    assert THUMBNAIL in block
    settled = exif.settle(block).block
    assert THUMBNAIL[2:-2] not in settled
    assert parse_directory(settled).next() is None
    assert pillow(settled).get_ifd(0x8769)[0x9003] == "2023:01:02 03:04:05"


def test_settle_cuts_out_a_thumbnail_in_the_middle():
    block = exif_block(thumbnail=THUMBNAIL) + b"more data behind"
    settled = exif.settle(block).block
    assert THUMBNAIL[2:-2] not in settled
    assert settled.endswith(b"more data behind")
    assert len(settled) == len(block)


def test_settle_leaves_the_maker_note_where_it_was():
    block = exif_block(note=b"offsets count from here", thumbnail=THUMBNAIL)
    assert exif.settle(block).block.index(b"offsets count") == block.index(b"offsets count")


@pytest.mark.parametrize("block", [b"", b"II*\0", b"no exif at all"])
def test_settle_rejects(block):
    assert exif.settle(block) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_without_orientation(order):
    block = exif_block(order)
    bare = pillow(exif.without_orientation(block))
    assert 0x0112 not in bare
    full = pillow(block)
    assert {tag: bare[tag] for tag in bare} == {tag: full[tag] for tag in full if tag != 0x0112}
    assert bare.get_ifd(0x8825) == full.get_ifd(0x8825)
    assert exif.without_orientation(exif.without_orientation(block)) == exif.without_orientation(block)


@pytest.mark.parametrize("order", ["<", ">"])
def test_gather_keeps_what_describes_the_picture(order):
    block = exif_block(order)
    gathered = pillow(exif.gather(parse_directory(block), max_bytes=10_000))
    full = pillow(block)
    described = {tag: value for tag, value in full.items() if tag not in (0x8769, 0x8825)}
    assert {tag: value for tag, value in gathered.items() if tag not in (0x8769, 0x8825)} == described
    assert gathered.get_ifd(0x8769) == full.get_ifd(0x8769)
    assert gathered.get_ifd(0x8825) == full.get_ifd(0x8825)


def test_gather_limits():
    full = len(exif.gather(parse_directory(exif_block()), max_bytes=10_000))
    assert len(exif.gather(parse_directory(exif_block()), max_bytes=20)) < full
