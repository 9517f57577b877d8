"""The hidden code as a value: shapes, bits, prefixes, what it rejects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.errors import UsageError
from underdrawing.tokenizer import LADDER, TOKEN_BITS, VOCABULARY, HiddenCode, ladder_bits


def random_code(seed: int, n_scales: int = 6) -> HiddenCode:
    rng = np.random.default_rng(seed)
    return HiddenCode(tuple(rng.integers(0, VOCABULARY, (s, s)).astype(np.uint16) for s in LADDER[:n_scales]))


def test_ladder_bits_are_those_of_the_architecture():
    assert [ladder_bits(n) for n in range(7)] == [0, 12, 60, 252, 1020, 4092, 16380]


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_bits_round_trip(seed, n_scales):
    code = random_code(seed, n_scales)
    bits = code.bits_upto(n_scales)
    assert bits.dtype == np.uint8
    assert bits.shape == (ladder_bits(n_scales),)
    assert HiddenCode.from_bits(bits) == code


def test_bits_agree_with_binary_notation():
    code = random_code(1, 3)
    tokens = [int(t) for scale in code.scales for row in scale for t in row]
    expected = "".join(format(token, f"0{TOKEN_BITS}b") for token in tokens)
    assert "".join(map(str, code.bits_upto(3))) == expected


def test_bits_of_a_prefix_are_a_prefix_of_the_bits():
    code = random_code(2)
    for n_scales in range(1, 7):
        np.testing.assert_array_equal(code.bits_upto(n_scales), code.bits_upto(6)[: ladder_bits(n_scales)])
        assert code.prefix(n_scales).n_scales == n_scales


def test_unknown_tokens_count_as_zero_and_only_in_the_last_scale():
    code = random_code(3)
    known = np.zeros((32, 32), bool)
    known[0, 1] = True
    partial = HiddenCode(code.scales, known)
    assert not partial.bits_upto(6)[ladder_bits(5) : ladder_bits(5) + 12].any()
    np.testing.assert_array_equal(
        partial.bits_upto(6)[ladder_bits(5) + 12 : ladder_bits(5) + 24],
        code.bits_upto(6)[ladder_bits(5) + 12 : ladder_bits(5) + 24],
    )
    assert partial.prefix(5).known is None


def test_equality_sees_tokens_scales_and_what_is_known():
    code = random_code(4)
    assert code == random_code(4)
    assert code == HiddenCode(code.scales, np.ones((32, 32), bool))
    assert code != random_code(5)
    assert code != code.prefix(5)
    assert code != HiddenCode(code.scales, np.zeros((32, 32), bool))
    assert code != "a code"


@pytest.mark.parametrize(
    "scales",
    [
        (),
        (np.zeros((2, 2), np.uint16),),
        (np.zeros((1, 1), np.int64),),
        (np.full((1, 1), VOCABULARY, np.uint16),),
        tuple(np.zeros((s, s), np.uint16) for s in (*LADDER, 64)),
    ],
)
def test_rejects_what_is_no_prefix_of_the_ladder(scales):
    with pytest.raises(UsageError, match="hidden code"):
        HiddenCode(scales)


def test_rejects_a_known_mask_of_another_scale():
    with pytest.raises(UsageError, match="known"):
        HiddenCode(random_code(6, 3).scales, np.ones((2, 2), bool))


@pytest.mark.parametrize("n_scales", [0, 7])
def test_rejects_prefixes_that_do_not_exist(n_scales):
    with pytest.raises(UsageError, match="scales"):
        random_code(7).prefix(n_scales)


@pytest.mark.parametrize("size", [0, 11, 61])
def test_rejects_bits_that_are_no_prefix(size):
    with pytest.raises(UsageError, match="bits"):
        HiddenCode.from_bits(np.zeros(size, np.uint8))
