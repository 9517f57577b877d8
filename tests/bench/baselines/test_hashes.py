"""Hashes by others: the right ones, and that copies share them."""

import imagehash
import iscc_core
import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from scenes import jpeg, resized
from underdrawing.bench.baselines.hashes import HASHES, hash_named, iscc_bits, ready_hashes
from underdrawing.errors import UsageError

NAMES = ["PDQ", "pHash", "ISCC"]


def differing(one, other):
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@pytest.mark.parametrize("name", NAMES)
def test_reference_copies_share_bits_and_strangers_do_not(name):
    describe = hash_named(name).describe
    cat, rocket = data.chelsea(), data.rocket()
    assert len(describe(cat)) == 32
    assert differing(describe(cat), describe(resized(jpeg(cat, 60), 0.7))) < 25
    assert differing(describe(cat), describe(rocket)) > 80


def test_reference_pdq_and_phash_are_those_of_their_packages():
    pixels = data.astronaut()
    bits, _ = pdqhash.compute(pixels)
    assert np.array_equal(np.unpackbits(np.frombuffer(hash_named("PDQ").describe(pixels), np.uint8)), bits)
    assert hash_named("pHash").describe(pixels).hex() == str(imagehash.phash(Image.fromarray(pixels), hash_size=16))


@pytest.mark.parametrize("level, first", [(0, 0), (255, 0x80), (128, 0x80)])
def test_limits_an_even_picture_has_at_most_the_bit_of_its_mean(level, first):
    """Black and white are conformance vectors of the standard's reference implementation."""
    pixels = np.full((32, 32), level, np.uint8)
    expected = iscc_core.soft_hash_image_v0(pixels.ravel().tolist(), bits=256)
    assert iscc_bits(pixels) == expected == bytes([first, *bytes(31)])


@given(st.integers(0, 2**32 - 1))
def test_reference_the_iscc_is_that_of_its_reference_implementation(seed):
    grey = np.random.default_rng(seed).integers(0, 256, (32, 32)).astype(np.uint8)
    assert iscc_bits(grey) == iscc_core.soft_hash_image_v0(grey.ravel().tolist(), bits=256)


def test_reference_the_iscc_of_a_photograph_and_of_one_with_a_border_are_the_same():
    cat = data.chelsea()
    framed = np.pad(cat, ((20, 20), (30, 30), (0, 0)), constant_values=255)
    assert hash_named("ISCC").describe(framed) == hash_named("ISCC").describe(cat)
    grey = np.asarray(Image.fromarray(cat).convert("L").resize((32, 32), Image.Resampling.BICUBIC))
    expected = iscc_core.soft_hash_image_v0(grey.ravel().tolist(), bits=256)
    assert hash_named("ISCC").describe(cat) == expected


def test_rejects_an_unknown_hash():
    with pytest.raises(UsageError, match="PDQ, pHash, ISCC"):
        hash_named("MD5")


def test_reference_all_are_ready_where_their_packages_are():
    assert [one.name for one in HASHES] == NAMES
    assert [one.name for one in ready_hashes()] == NAMES
