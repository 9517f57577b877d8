"""A caption in four languages, through JPEG and a quarter of the picture replaced, letter by letter."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

import underdrawing
from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.bench.main_job.captions import POLYGLOT
from underdrawing.images import Picture
from underdrawing.payload import Publisher as Desk
from underdrawing.payload import SigningKey, TrustStore

KEY = SigningKey.from_seed(bytes(range(32)))


def photograph(side_px, name="astronaut"):
    """A photograph, the astronaut unless another is named, as a square of that side, RGB uint8."""
    pixels = getattr(data, name)()
    short = min(pixels.shape[:2])
    left = (pixels.shape[1] - short) // 2
    square = Image.fromarray(pixels[:short, left : left + short])
    return np.asarray(square.resize((side_px, side_px), Image.Resampling.LANCZOS))


def doctored(pixels, *, quality):
    """A copy with a quarter replaced by another picture, saved as JPEG."""
    rng = np.random.default_rng(2)
    donor = data.immunohistochemistry()
    forged = tamper(pixels, kind=Kind.SPLICE, shape=Shape.BOX, rng=rng, donor=donor, fraction=0.25)
    return pixelwise.get(f"jpeg{quality}").apply(forged.pixels, rng)


def test_a_real_caption_comes_back_identical_at_1024_pixels():
    assert 370 <= sum(map(len, POLYGLOT.values())) <= 410
    protection = underdrawing.protect(Picture(photograph(1024)), facts=POLYGLOT, key=KEY)
    assert protection.left_out == ()
    trust = TrustStore().add(Desk("The Desk", KEY.public()))
    found = underdrawing.verify(Picture(doctored(protection.picture.pixels, quality=75)), trust=trust)
    assert found.facts == POLYGLOT
    assert (found.verdict, found.signature, found.signer) == ("tampered", "valid", "The Desk")


def test_in_a_smooth_picture_the_finest_tokens_give_way_to_the_caption():
    protection = underdrawing.protect(Picture(photograph(1024, "rocket")), facts=POLYGLOT, key=KEY)
    (left_out,) = protection.left_out
    assert left_out.startswith("scale 32: ")
    found = underdrawing.verify(Picture(doctored(protection.picture.pixels, quality=75)))
    assert found.facts == POLYGLOT


def test_at_512_pixels_the_most_important_facts_come_back_and_the_others_are_named():
    protection = underdrawing.protect(Picture(photograph(512)), facts=POLYGLOT, key=KEY)
    left_out = {name.removeprefix("facts.") for name in protection.left_out if name.startswith("facts.")}
    assert left_out.isdisjoint({"creator", "dateCreated"}), "the first in order of priority are in"
    assert "description" in left_out
    found = underdrawing.verify(Picture(doctored(protection.picture.pixels, quality=75)))
    assert found.facts == {name: text for name, text in POLYGLOT.items() if name not in left_out}


@pytest.mark.parametrize("side_px", [1024])
def test_facts_that_do_not_fit_anywhere_are_named_and_the_others_go(side_px):
    noise = np.random.default_rng(0).integers(0x4E00, 0x9FA5, 3000)
    facts = POLYGLOT | {"extendedDescription": "".join(map(chr, noise))}
    protection = underdrawing.protect(Picture(photograph(side_px)), facts=facts, key=KEY)
    assert [name for name in protection.left_out if name.startswith("facts.")] == ["facts.extendedDescription"]
