"""Outlines that follow objects: exact in area, whole, and ending where the object does."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from skimage import data

from underdrawing.bench.edits import outlines
from underdrawing.bench.edits.outlines import detail, object_mask
from underdrawing.errors import UsageError


def disc(height=240, width=320, radius=60):
    """A dark, speckled disc on plain ground, and where it is."""
    there = np.zeros((height, width), np.uint8)
    cv2.circle(there, (width // 2, height // 2), radius, 1, cv2.FILLED)
    speckles = np.random.default_rng(0).integers(20, 60, (height, width, 1), dtype=np.uint8)
    return np.where(there[..., None] > 0, speckles, np.uint8(210)).repeat(3, axis=2).astype(np.uint8), there > 0


@given(
    fraction=st.floats(0.01, 0.6), height=st.integers(24, 200), width=st.integers(24, 200), seed=st.integers(0, 2**32)
)
@settings(max_examples=25, deadline=None)
def test_the_area_is_exact_to_the_pixel(fraction, height, width, seed):
    picture = cv2.resize(data.chelsea(), (width, height), interpolation=cv2.INTER_AREA)
    mask = object_mask(picture, fraction=fraction, rng=np.random.default_rng(seed))
    assert mask.shape == (height, width)
    assert mask.sum() == round(fraction * height * width)


def test_the_front_arrives_when_shortest_paths_say():
    """Against the shortest paths of SciPy over the same steps."""
    colours = np.random.default_rng(0).uniform(0, 255, (9, 13, 3)).astype(np.float32)
    own, steps = colours[4, 6], {}
    for y in range(9):
        for x in range(13):
            for down in (-1, 0, 1):
                for across in (-1, 0, 1):
                    to = (y + down, x + across)
                    if (down, across) == (0, 0) or not (0 <= to[0] < 9 and 0 <= to[1] < 13):
                        continue
                    change = np.abs(colours[y, x].astype(float) - colours[to]).sum()
                    unlike = 0.06 * np.linalg.norm(colours[to].astype(float) - own)
                    length = 1.414 if down and across else 1.0
                    steps[13 * y + x, 13 * to[0] + to[1]] = length * (1 + 0.25 * change + unlike)
    graph = csr_array((list(steps.values()), tuple(zip(*steps, strict=True))), shape=(117, 117))
    expected = dijkstra(graph, indices=4 * 13 + 6).reshape(9, 13)
    np.testing.assert_allclose(outlines._arrival(colours, (4, 6)), expected, rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_an_object_is_filled_up_to_its_edge(seed):
    picture, there = disc()
    mask = object_mask(picture, fraction=float(there.mean()), rng=np.random.default_rng(seed))
    assert (mask & there).sum() / (mask | there).sum() > 0.8


def test_regions_hang_together():
    for seed in range(5):
        mask = object_mask(data.coffee(), fraction=0.1, rng=np.random.default_rng(seed))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        assert stats[1:, cv2.CC_STAT_AREA].max() > 0.9 * mask.sum()


def test_deterministic_by_seed():
    first, again, other = (
        object_mask(data.coffee(), fraction=0.1, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_detail_is_where_something_goes_on():
    picture, there = disc()
    found = detail(picture)
    assert found.shape == there.shape
    assert found.dtype == np.float32
    assert found[there].mean() > 3 * found[:40, :40].mean()


@pytest.mark.parametrize("fraction", [0.0, 1.0, 1e-9])
def test_rejects_a_fraction_that_is_no_region(fraction):
    with pytest.raises(UsageError, match="fraction"):
        object_mask(data.coffee(), fraction=fraction, rng=np.random.default_rng(0))
