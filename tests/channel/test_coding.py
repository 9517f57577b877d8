import numpy as np
import pytest

from underdrawing.channel.coding import SHORT_BITS, CarrierCode
from underdrawing.errors import CapacityError

SIZES = [(24, 32), (48, 100), (140, 256), (SHORT_BITS, 401), (348, 1024), (1116, 4096), (1116, 30_011), (4188, 16_384)]


def sent(code, seed=0):
    bits = np.random.default_rng(seed).integers(0, 2, code.information_bits, dtype=np.uint8)
    return bits, code.encode(bits)


@pytest.mark.parametrize(("information", "channel"), SIZES)
def test_round_trip(information, channel):
    code = CarrierCode(information, channel)
    bits, coded = sent(code)
    assert coded.shape == (channel,)
    np.testing.assert_array_equal(next(code.decode(4.0 - 8.0 * coded.astype(np.float32))), bits)


@pytest.mark.parametrize(("information", "channel"), SIZES[1:])
def test_a_twentieth_of_the_bits_may_be_wrong(information, channel):
    code = CarrierCode(information, channel)
    bits, coded = sent(code)
    rng = np.random.default_rng(1)
    wrong = rng.permutation(channel)[: channel // 20]
    ratios = 3.0 - 6.0 * coded.astype(np.float32)
    ratios[wrong] *= -1
    np.testing.assert_array_equal(next(code.decode(ratios)), bits)


@pytest.mark.parametrize(("information", "channel"), SIZES[4:])
def test_a_quarter_in_one_piece_may_be_lost(information, channel):
    """As where a region was replaced: its bits are random, and as sure of themselves as the others."""
    code = CarrierCode(information, channel)
    bits, coded = sent(code)
    ratios = 3.0 - 6.0 * coded.astype(np.float32)
    start = channel // 3
    replaced = slice(start, start + channel // 4)
    ratios[replaced] *= np.random.default_rng(2).choice([-1, 1], ratios[replaced].size)
    np.testing.assert_array_equal(next(code.decode(ratios)), bits)


@pytest.mark.parametrize(("information", "channel"), SIZES)
def test_every_place_of_the_carrier_is_used_once(information, channel):
    places = CarrierCode(information, channel)._places
    np.testing.assert_array_equal(np.sort(places), np.arange(channel))


def test_neighbours_of_the_codeword_lie_far_apart():
    places = CarrierCode(348, 1024)._places
    assert np.abs(np.diff(places)).min() > 1024 / 4


def test_noise_makes_the_long_code_give_no_answer():
    code = CarrierCode(348, 1024)
    noise = np.random.default_rng(3).normal(0, 2, 1024).astype(np.float32)
    assert list(code.decode(noise)) == []


def test_the_short_code_offers_several_answers():
    code = CarrierCode(48, 100)
    noise = np.random.default_rng(4).normal(0, 1, 100).astype(np.float32)
    assert len(list(code.decode(noise, candidates=4))) == 4
    assert len(list(code.decode(noise))) == 1


def test_rejects_a_carrier_without_room_for_correction():
    with pytest.raises(CapacityError, match="48"):
        CarrierCode(48, 48)
