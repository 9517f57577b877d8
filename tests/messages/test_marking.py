"""From a picture to its message."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from underdrawing.channel import Profile
from underdrawing.channel.lattice import Host
from underdrawing.images import Picture
from underdrawing.messages.marking import (
    added_to,
    identity,
    message_for,
    named,
    psnr_db,
    scales_in,
    signature_in,
    tiers_of,
)
from underdrawing.payload import SigningKey
from underdrawing.shipped import tokenizer
from underdrawing.tokenizer import to_canvas

KEY = SigningKey.from_seed(bytes(32))
FACTS = {"creator": "Ann"}


@pytest.fixture(scope="module")
def astronaut():
    return Picture(data.astronaut())


@pytest.fixture(scope="module")
def code(astronaut):
    return tokenizer().encode(to_canvas(astronaut.pixels))


def message(astronaut, code, **changes):
    options = {"key": KEY, "profile": Profile.STANDARD, "with_code": True} | changes
    id, seal = named(code, FACTS, None, with_code=options["with_code"])
    return message_for(Host.of(astronaut.pixels), code, facts=FACTS, id=id, seal=seal, **options)


def test_the_identity_is_the_same_again_and_another_for_other_facts(code):
    assert identity(code, {"a": "1", "b": "2"}) == identity(code, {"b": "2", "a": "1"})
    assert identity(code, {"a": "1"}) != identity(code, {"a": "2"}) != identity(code, {})
    assert 0 <= identity(code, {}) < 2**64


def test_a_message_is_the_same_again_unless_its_id_must_tell_nothing(astronaut, code):
    first, again = message(astronaut, code), message(astronaut, code)
    assert first.id == again.id == identity(code, FACTS)
    assert [tier is None for tier in tiers_of(first)] == [False, False, False, False]
    assert scales_in(first) == 6
    codeless = [message(astronaut, code, with_code=False).id for _ in range(2)]
    assert codeless[0] != codeless[1]


def test_the_signature_is_that_in_the_message(astronaut, code):
    signature, key_id = signature_in(message(astronaut, code))
    assert len(signature) == 64
    assert key_id == KEY.public().id
    assert signature_in(message(astronaut, code, key=None)) is None


@given(st.integers(0, 2**32 - 1))
def test_what_is_added_to_a_deep_picture_is_what_was_added_to_its_eight_bits(seed):
    rng = np.random.default_rng(seed)
    before = rng.integers(40, 200, (5, 4, 3)).astype(np.uint8)
    after = (before + rng.integers(-9, 10, before.shape)).astype(np.uint8)
    deep = before.astype(np.uint16) * 257 + rng.integers(-90, 90, before.shape)
    added = added_to(deep.astype(np.uint16), before=before, after=after)
    assert added.dtype == np.uint16
    assert (added.astype(int) - deep == 257 * (after.astype(int) - before)).all()
    assert added_to(before, before=before, after=after) is after


def test_psnr_is_that_of_scikit_image(astronaut):
    other = np.clip(astronaut.pixels.astype(int) + 3, 0, 255).astype(np.uint8)
    expected = peak_signal_noise_ratio(astronaut.pixels, other)
    assert psnr_db(astronaut.pixels, other) == pytest.approx(expected)
    assert psnr_db(other, other) == 100
