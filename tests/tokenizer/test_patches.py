"""Integer transforms of patches, against arithmetic without limits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.tokenizer.patches import PatchAnalysis, PatchSynthesis, cut, join, neighbourhoods


@given(st.integers(0, 2**32 - 1), st.sampled_from([8, 16]))
@settings(max_examples=20)
def test_cut_and_join_round_trip(seed, patch):
    picture = np.random.default_rng(seed).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    patches = cut(picture, patch)
    assert patches.shape == (64 // patch, 96 // patch, patch * patch * 3)
    np.testing.assert_array_equal(join(patches, patch), picture)


def test_cut_orders_a_patch_by_row_column_channel():
    picture = np.arange(32 * 32 * 3).reshape(32, 32, 3)
    np.testing.assert_array_equal(cut(picture, 16)[1, 0], picture[16:, :16].ravel())


def test_neighbourhoods_repeat_the_edge():
    cells = np.arange(9).reshape(3, 3, 1)
    around = neighbourhoods(cells)
    assert around.shape == (3, 3, 9)
    assert around[1, 1].tolist() == list(range(9))
    assert around[0, 0].tolist() == [0, 0, 1, 0, 0, 1, 3, 3, 4]
    assert around[2, 2].tolist() == [4, 5, 5, 7, 8, 8, 7, 8, 8]


def exact_half_up(numerator: int) -> int:
    return (2 * numerator + (1 << 16)) // (1 << 17)


def test_analysis_is_exact():
    rng = np.random.default_rng(0)
    factors = rng.integers(-16384, 16385, (3, 192)).astype(np.int32)
    mean = rng.integers(0, 256, 192).astype(np.int16)
    picture = rng.integers(-255, 256, (16, 8, 3)).astype(np.int16)
    latents = PatchAnalysis(factors, mean, 8)(picture)
    for row in range(2):
        numbers = [int(v) for v in picture[8 * row : 8 * row + 8].ravel()]
        for k in range(3):
            exact = sum(int(f) * (v - int(m)) for f, v, m in zip(factors[k], numbers, mean, strict=True))
            assert latents[row, 0, k] == exact_half_up(exact)


def test_synthesis_is_exact_and_clipped():
    rng = np.random.default_rng(1)
    factors = rng.integers(-20000, 20001, (192, 18)).astype(np.int32)
    offset = rng.integers(0, 255 << 16, 192).astype(np.int32)
    latents = rng.integers(-60, 61, (2, 2, 2)).astype(np.int32)
    picture = PatchSynthesis(factors, offset, 8)(latents)
    padded = [[latents[min(max(r, 0), 1), min(max(c, 0), 1)] for c in range(-1, 3)] for r in range(-1, 3)]
    for row, column, number in [(0, 0, 0), (0, 1, 100), (1, 1, 191)]:
        around = [int(v) for dy in range(3) for dx in range(3) for v in padded[row + dy][column + dx]]
        exact = sum(int(f) * v for f, v in zip(factors[number], around, strict=True)) + int(offset[number])
        y, x, channel = np.unravel_index(number, (8, 8, 3))
        assert picture[8 * row + y, 8 * column + x, channel] == min(max(exact_half_up(exact), 0), 255)
    assert picture.dtype == np.int16
