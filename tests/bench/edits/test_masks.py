import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.bench.edits.masks import Shape, random_mask
from underdrawing.errors import UsageError


def make(shape, fraction, height=180, width=240, seed=1):
    return random_mask(shape, height=height, width=width, fraction=fraction, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("shape", list(Shape))
@given(
    fraction=st.floats(0.01, 0.5), height=st.integers(32, 300), width=st.integers(32, 300), seed=st.integers(0, 2**32)
)
@settings(max_examples=25, deadline=None)
def test_the_area_is_exact_to_the_pixel(shape, fraction, height, width, seed):
    mask = make(shape, fraction, height, width, seed)
    assert mask.shape == (height, width)
    assert mask.dtype == np.bool_
    assert mask.sum() == round(fraction * height * width)


@pytest.mark.parametrize("shape", list(Shape))
def test_deterministic_by_seed_and_different_between_seeds(shape):
    np.testing.assert_array_equal(make(shape, 0.25), make(shape, 0.25))
    assert (make(shape, 0.25) != make(shape, 0.25, seed=2)).any()


def test_a_box_fills_its_bounding_box_and_an_ellipse_its_share_of_it():
    for shape, expected in ((Shape.BOX, 1.0), (Shape.ELLIPSE, np.pi / 4)):
        mask = make(shape, 0.1)
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        filled = mask.sum() / ((rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1))
        assert abs(filled - expected) < 0.06


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1e-9])
def test_rejects_a_fraction_that_is_no_region(fraction):
    with pytest.raises(UsageError, match="fraction"):
        make(Shape.BOX, fraction)
