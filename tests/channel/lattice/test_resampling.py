import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.channel.lattice.bands import Bands
from underdrawing.channel.lattice.resampling import enlarging, sampling

LENGTHS = [(512, 512), (1080, 1024), (768, 512), (3000, 1024), (512, 384), (1023, 1008)]


def _plane(height_px, width_px):
    return np.random.default_rng(7).uniform(0, 255, (height_px, width_px)).astype(np.float32)


def _dense(taps):
    matrix = np.zeros((taps.index.shape[0], taps.inputs))
    np.add.at(matrix, (np.arange(len(matrix))[:, None], taps.index), taps.weights)
    return matrix


@pytest.mark.parametrize("inputs, outputs", LENGTHS)
def test_reference_shrinking_is_opencv_by_area(inputs, outputs):
    plane = _plane(inputs, 16)
    expected = cv2.resize(plane, (16, outputs), interpolation=cv2.INTER_AREA)
    assert np.abs(_dense(sampling(inputs, outputs)) @ plane - expected).max() < 1e-3


@pytest.mark.parametrize("outputs, inputs", [pair for pair in LENGTHS if pair[0] != pair[1]])
def test_reference_growing_is_opencv_lanczos(inputs, outputs):
    plane = _plane(inputs, 16)
    expected = cv2.resize(plane, (16, outputs), interpolation=cv2.INTER_LANCZOS4)
    assert np.abs(_dense(sampling(inputs, outputs)) @ plane - expected).max() < 0.02


@pytest.mark.parametrize("outputs, inputs", LENGTHS)
def test_reference_enlarging_is_opencv_cubic(inputs, outputs):
    plane = _plane(inputs, 16)
    expected = cv2.resize(plane, (16, outputs), interpolation=cv2.INTER_CUBIC)
    assert np.abs(_dense(enlarging(inputs, outputs)) @ plane - expected).max() < 0.02


@given(inputs=st.integers(40, 300), outputs=st.integers(40, 300))
def test_limits_weights_of_every_output_sum_to_one(inputs, outputs):
    for taps in (sampling(inputs, outputs), enlarging(inputs, outputs)):
        assert np.allclose(taps.weights.sum(axis=1), 1, atol=1e-5)
        assert 0 <= taps.index.min() <= taps.index.max() < inputs


@given(inputs=st.integers(40, 300), middle=st.integers(40, 300), outputs=st.integers(40, 300))
def test_reference_taps_compose_and_transpose_like_matrices(inputs, middle, outputs):
    first, second = sampling(inputs, middle), enlarging(middle, outputs)
    assert np.allclose(_dense(second.after(first)), _dense(second) @ _dense(first), atol=1e-5)
    assert np.allclose(_dense(first.transposed()), _dense(first).T)


@given(inputs=st.integers(64, 300), outputs=st.integers(64, 300), pieces=st.integers(1, 40))
def test_reference_bands_are_the_dense_product(inputs, outputs, pieces):
    taps, plane = sampling(inputs, outputs), _plane(inputs, 9)
    bands = Bands.of(taps, pieces=pieces)
    assert np.allclose(bands.down(plane), _dense(taps) @ plane, atol=1e-2)
    assert np.allclose(bands.across(plane.T), (_dense(taps) @ plane).T, atol=1e-2)
