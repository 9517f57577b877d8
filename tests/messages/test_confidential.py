"""Confidential and codeless marks through real pixels: what everybody sees, and what only key holders do."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

import underdrawing
from underdrawing.bench.attacks import pixelwise
from underdrawing.errors import CapacityError
from underdrawing.images import Picture
from underdrawing.payload import OpeningKey, Publisher, SharedKey, SigningKey, TrustStore

KEY = SigningKey.from_seed(bytes(range(32)))
TRUST = TrustStore((Publisher("The Desk", KEY.public()),))
SHARED = SharedKey(bytes(range(32)))
ANN, BOB = (OpeningKey.from_seed(bytes([n]) * 32) for n in (1, 2))
FACTS = {"headline": "An arrest", "creator": "Ann Example"}
BOX = slice(150, 350), slice(100, 330)


def picture(seed=0):
    return Picture(np.roll(data.astronaut(), seed, axis=1))


def copy_of(protection):
    """A copy with a place replaced, saved as JPEG."""
    pixels = protection.picture.pixels.copy()
    pixels[BOX] = np.asarray(Image.fromarray(data.immunohistochemistry()).crop((0, 0, 230, 200)))
    return Picture(pixelwise.get("jpeg75").apply(pixels, np.random.default_rng(0)))


def overlap(mask):
    truth = np.zeros(mask.shape, bool)
    truth[BOX] = True
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize("whose", ["shared", "ann"])
def test_everybody_sees_where_and_only_key_holders_what(whose):
    sealed_for, key = (SHARED, SHARED) if whose == "shared" else ([ANN.public()], ANN)
    suspect = copy_of(underdrawing.protect(picture(), facts=FACTS, key=KEY, confidential=sealed_for))
    for keys in ((), (BOB,), (SharedKey(bytes(32)), BOB)):
        public = underdrawing.verify(suspect, trust=TRUST, keys=keys)
        assert (public.verdict, public.signature, public.signer) == ("tampered", "valid", "The Desk")
        assert overlap(public.mask) > 0.8
        assert (public.facts, public.code_scales, public.recovered) == ({}, 0, None)
        assert public.confidential
        assert "confidential" in public.sealed_note
    holder = underdrawing.verify(suspect, trust=TRUST, keys=(BOB, key))
    assert (holder.verdict, holder.signature, holder.facts) == ("tampered", "valid", FACTS)
    assert holder.code_scales >= 4
    assert holder.recovered is not None
    assert holder.sealed_note is None


def test_a_confidential_mark_is_another_one_each_time():
    one, two = (underdrawing.protect(picture(), facts=FACTS, confidential=SHARED) for _ in range(2))
    assert one.id != two.id
    assert not np.array_equal(one.picture.pixels, two.picture.pixels)


def test_a_mark_without_code_tells_where_and_paints_nothing():
    protection = underdrawing.protect(picture(), facts=FACTS, key=KEY, with_code=False)
    assert protection.left_out == ()
    found = underdrawing.verify(copy_of(protection), trust=TRUST)
    assert (found.verdict, found.signature, found.facts) == ("tampered", "valid", FACTS)
    assert overlap(found.mask) > 0.8
    assert (found.code_scales, found.recovered, found.confidential) == (0, None, False)


def test_an_untouched_confidential_picture_is_authentic_for_everybody():
    protection = underdrawing.protect(picture(), facts=FACTS, key=KEY, confidential=SHARED)
    for keys in ((), (SHARED,)):
        assert underdrawing.verify(protection.picture, trust=TRUST, keys=keys).verdict == "authentic"


def test_too_small_a_picture_is_refused():
    small = Picture(np.asarray(Image.fromarray(data.astronaut()).resize((256, 256))))
    with pytest.raises(CapacityError, match="confidential mark needs"):
        underdrawing.protect(small, confidential=SHARED)
