"""The classical scheme keeps its promises on lossless copies, and nothing after compression."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn
from skimage import data

from scenes import jpeg, quarter_replaced
from underdrawing.bench.baselines.block_description import DESCRIPTION_BITS, describe_blocks, redraw_blocks
from underdrawing.bench.baselines.fragile import BLOCK_PX, embed_fragile, examine_fragile
from underdrawing.bench.metrics.likeness import psnr_db
from underdrawing.errors import UsageError

KEY = b"the key of the scheme"


@pytest.fixture(scope="module", params=["astronaut", "coffee"])
def original(request):
    return getattr(data, request.param)()


@pytest.fixture(scope="module")
def marked(original):
    return embed_fragile(original, KEY)


def test_round_trip_an_untouched_copy_is_whole_and_remembers_every_block(original, marked):
    finding = examine_fragile(marked, KEY)
    assert not finding.mask.any()
    assert finding.kept.all()
    assert psnr_db(original, finding.remembered, data_range=255) > 32


def test_reference_a_quarter_replaced_is_found_to_the_block_and_painted_back(original, marked):
    suspect, mask = quarter_replaced(marked)
    finding = examine_fragile(suspect, KEY)
    assert finding.mask[mask].all()
    rows, columns = (side // BLOCK_PX * BLOCK_PX for side in mask.shape)
    whole = (np.s_[:rows], np.s_[:columns])
    blocks = mask[whole].reshape(rows // BLOCK_PX, BLOCK_PX, columns // BLOCK_PX, BLOCK_PX).any(axis=(1, 3))
    assert np.array_equal(finding.mask[whole], np.kron(blocks, np.ones((BLOCK_PX, BLOCK_PX), bool)))
    there = mask & finding.kept
    assert there.sum() > 0.6 * mask.sum()
    assert psnr_db(original[there], finding.remembered[there], data_range=255) > 30


def test_limits_nothing_is_left_after_jpeg(marked):
    for quality in (75, 95):
        finding = examine_fragile(jpeg(marked, quality), KEY)
        assert finding.mask.mean() > 0.999
        assert finding.kept.mean() < 0.001


def test_rejects_another_key_a_moved_block_and_an_unmarked_picture(original, marked):
    assert examine_fragile(marked, b"another").mask.all()
    assert examine_fragile(original, KEY).mask.all()
    moved = marked.copy()
    moved[:8, :8], moved[8:16, 8:16] = marked[8:16, 8:16], marked[:8, :8]
    assert examine_fragile(moved, KEY).mask.sum() == 2 * BLOCK_PX**2


def test_limits_only_the_two_lowest_bits_change(original, marked):
    assert np.array_equal(original & 0xFC, marked & 0xFC)
    assert psnr_db(original, marked, data_range=255) > 43


def test_limits_rows_and_columns_beyond_the_last_block_are_left_alone():
    pixels = data.chelsea()
    marked = embed_fragile(pixels, KEY)
    assert np.array_equal(marked[296:], pixels[296:])
    assert np.array_equal(marked[:, 448:], pixels[:, 448:])
    assert not examine_fragile(marked, KEY).mask.any()


def test_rejects_a_picture_of_one_block():
    with pytest.raises(UsageError, match="two blocks"):
        embed_fragile(np.zeros((8, 15, 3), np.uint8), KEY)


def test_deterministic(original, marked):
    assert np.array_equal(embed_fragile(original, KEY), marked)
    assert not np.array_equal(embed_fragile(original, b"another"), marked)


@given(st.integers(0, 2**32 - 1))
def test_round_trip_descriptions_describe_themselves(seed):
    """What is redrawn from bits, described again, is the same bits, unless it left the range of grey levels."""
    rng = np.random.default_rng(seed)
    smooth = rng.integers(70, 190, (4, 1, 1, 3)) + rng.integers(-12, 13, (4, 8, 8, 3))
    bits = describe_blocks((smooth & 0xFC).astype(np.uint8))
    assert bits.shape == (4, DESCRIPTION_BITS)
    redrawn = redraw_blocks(bits)
    assert psnr_db(smooth.astype(np.uint8), redrawn, data_range=255) > 24


def test_reference_the_first_bits_are_the_mean_by_another_library():
    pixels = data.astronaut()[:8, :8][None] & 0xFC
    planes = (pixels[0] + 1.5 - 128) @ np.array([0.299, 0.587, 0.114])
    first = int(np.rint(dctn(planes, norm="ortho")[0, 0] / 8)) + 128
    assert int("".join(map(str, describe_blocks(pixels)[0, :8])), 2) == first
