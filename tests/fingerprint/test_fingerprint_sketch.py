"""Sketches of codes in 256 bits."""

import numpy as np
import pytest
import skimage.data

from scenes import jpeg
from underdrawing.errors import UsageError
from underdrawing.fingerprint.sketch import SKETCH_BITS, sketch_of
from underdrawing.tokenizer import HiddenCode, Tokenizer
from underdrawing.tokenizer.quantizer import latents_of_scales

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def codes(tokenizer):
    return {name: tokenizer.encode(getattr(skimage.data, name)()) for name in PHOTOGRAPHS}


def bits(data):
    return np.unpackbits(np.frombuffer(data, np.uint8))


def apart(one, other, mask=None):
    differs = bits(one) != bits(other)
    return int((differs if mask is None else differs & (bits(mask) == 1)).sum())


def test_the_length(codes, tokenizer):
    sketch = sketch_of(codes["coffee"], tokenizer.linear)
    assert len(sketch.bits) * 8 == SKETCH_BITS
    assert sketch.mask is None


def test_three_scales_say_all(codes, tokenizer):
    whole = sketch_of(codes["coffee"], tokenizer.linear)
    for scales in (3, 4, 5):
        assert sketch_of(codes["coffee"].prefix(scales), tokenizer.linear) == whole


def test_two_scales_say_the_first_half(codes, tokenizer):
    whole, half = (sketch_of(codes["chelsea"].prefix(n), tokenizer.linear) for n in (3, 2))
    assert half.mask == b"\xff" * 16 + b"\0" * 16
    assert half.bits == whole.bits[:16] + b"\0" * 16


def test_one_scale_is_too_little(codes, tokenizer):
    with pytest.raises(UsageError, match="at least 2"):
        sketch_of(codes["coffee"].prefix(1), tokenizer.linear)


def test_codes_of_copies_are_nearer_than_those_of_strangers(codes, tokenizer):
    known = {name: sketch_of(code, tokenizer.linear) for name, code in codes.items()}
    for name in PHOTOGRAPHS:
        copy = tokenizer.encode(jpeg(getattr(skimage.data, name)(), 50))
        for scales in (2, 3):
            asked = sketch_of(copy.prefix(scales), tokenizer.linear)
            distances = {other: apart(asked.bits, sketch.bits, asked.mask) for other, sketch in known.items()}
            assert min(distances, key=distances.get) == name


def test_signs_are_those_of_a_projection_of_the_latents(codes, tokenizer):
    """The oracle: the same in floats, from the sum of latents, with the projections read off the definition."""
    import hashlib

    linear, code = tokenizer.linear, codes["rocket"]
    cells = latents_of_scales(code.prefix(2).scales, linear.scales)[..., :6].reshape(8, 2, 8, 2, 6).mean((1, 3))
    spread = np.zeros(6)
    for scale in linear.scales[:3]:
        entries = scale.vocabulary.entries.astype(float)
        layouts = scale.layouts.astype(float)[..., :6] / 2**14
        said = np.floor(np.einsum("ve,eijd->vijd", entries, layouts) * scale.step + 0.5)
        spread += said.var(axis=(0, 1, 2))
    weights = np.rint(64 * np.sqrt(spread.max() / spread))
    stream = hashlib.shake_256(b"underdrawing sketch 1\0").digest(128 * 384 // 8)
    patterns = bits(stream).reshape(128, 384).astype(float) * 2 - 1
    expected = patterns @ (cells.reshape(64, 6) * weights).ravel() > 0
    np.testing.assert_array_equal(bits(sketch_of(code, linear).bits)[:128], expected)


def test_unknown_tokens_of_fine_scales_do_not_matter(codes, tokenizer):
    code = codes["astronaut"]
    known = np.zeros((32, 32), bool)
    partly = HiddenCode(code.scales, known)
    assert sketch_of(partly, tokenizer.linear) == sketch_of(code, tokenizer.linear)
