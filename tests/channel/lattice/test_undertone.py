"""The undertone: the first tier in the tones of places."""

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import jpeg, message, quarter_replaced
from underdrawing.channel.lattice import Host, embed, receive, undertoned
from underdrawing.channel.lattice.grid import WorkingGrid, luminance
from underdrawing.channel.lattice.transform import block_coefficients
from underdrawing.channel.lattice.undertone import Undertone, undertone_score
from underdrawing.channel.ldpc import Segmented

(BITS,) = message(192)
CODE = Segmented.for_information(BITS.size)


def thumbnail(pixels):
    """What is left of a picture that is kept at 64×64 pixels."""
    small = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def heard_in(pixels, key=None):
    return Undertone.of(luminance(pixels), key)


def read(undertone):
    positions, soft = undertone.soft_bits(CODE.buffer_bits, np.full((1, 32, 32), 0.8, np.float32))
    return CODE.decode(np.bincount(positions, soft[0], CODE.buffer_bits).astype(np.float32)).bits


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()


@pytest.fixture(scope="module")
def toned(astronaut):
    return undertoned(astronaut, BITS, copy=thumbnail, asked_bits=400)


@pytest.mark.parametrize("copy", [thumbnail, lambda pixels: jpeg(pixels, 10), lambda pixels: cv2.blur(pixels, (9, 9))])
def test_round_trip_through_what_leaves_no_detail(toned, copy):
    heard = heard_in(copy(toned))
    assert heard.score > 5
    assert np.array_equal(read(heard), BITS)


def test_limits_a_stranger_hears_nothing(astronaut, toned):
    for other in (heard_in(astronaut), heard_in(toned, bytes(32))):
        assert abs(other.score) < 3.8
        assert other.noise is None
        assert other.told_bits == 0
        _, soft = other.soft_bits(CODE.buffer_bits, np.ones((2, 32, 32), np.float32))
        assert soft.shape == (2, 0)
        assert not other.evidence(None, (32, 32)).any()


def test_reference_more_is_asked_of_it_where_less_is_kept(astronaut):
    kept, lost = (
        undertoned(astronaut, BITS, copy=copy, asked_bits=300) for copy in (np.copy, lambda pixels: jpeg(pixels, 3))
    )
    changed = [np.square(each.astype(float) - astronaut).mean() for each in (kept, lost)]
    assert 0.3 < changed[0] < 0.6 * changed[1]


def test_limits_no_hue_moves_and_nothing_wraps_around(astronaut, toned):
    change = toned.astype(int) - astronaut
    assert np.abs(change).max() < 16
    assert (change == change[..., :1]).all()


def test_round_trip_sixteen_bits_and_other_grids():
    deep = cv2.resize(data.coffee(), (1500, 1024), interpolation=cv2.INTER_CUBIC).astype(np.uint16) * 257
    toned = undertoned(deep, BITS, copy=np.copy, asked_bits=300)
    assert toned.dtype == np.uint16
    heard = Undertone.of(luminance(toned))
    assert heard.layout.grid == WorkingGrid(512, 32, 47)
    positions, soft = heard.soft_bits(CODE.buffer_bits, np.ones((1, 64, 94), np.float32))
    assert np.array_equal(CODE.decode(np.bincount(positions, soft[0], CODE.buffer_bits).astype(np.float32)).bits, BITS)


def test_reference_evidence_tells_where_the_picture_was_replaced(toned):
    replaced, mask = quarter_replaced(toned)
    inside = cv2.resize(mask.astype(np.uint8), (32, 32), interpolation=cv2.INTER_AREA) > 0
    heard = heard_in(thumbnail(replaced))
    for bits, least in ((None, 0.05), (BITS, 0.3)):
        evidence = heard.evidence(bits, (32, 32))
        assert evidence[~inside].mean() - evidence[inside].mean() > least
    assert heard.evidence(BITS, (64, 64)).sum() == pytest.approx(heard.evidence(BITS, (32, 32)).sum(), rel=1e-4)


def test_reference_its_score_is_a_unit_normal_on_what_has_none(astronaut):
    grid = WorkingGrid(512, 32, 32)
    means = block_coefficients(luminance(astronaut), rows=32, columns=32)[0]
    scores = [undertone_score(means, grid, bytes([seed]) * 32) for seed in range(200)]
    assert np.mean(scores) == pytest.approx(0, abs=0.25)
    assert np.std(scores) == pytest.approx(1, abs=0.2)
    assert undertone_score(means, WorkingGrid(256, 16, 16), None) == 0


def test_round_trip_beside_a_mark_it_is_read_where_the_mark_is_not(toned):
    both = embed(Host.of(toned), [BITS, None, None, None]).pixels
    alone = embed(Host.of(data.astronaut()), [BITS, None, None, None]).pixels
    heard = receive(thumbnail(both))
    assert heard is not None
    assert heard.candidate.undertone > 5.5
    assert np.array_equal(heard.decode(0, BITS.size).bits, BITS)
    assert receive(thumbnail(alone)) is None
