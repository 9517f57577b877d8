import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS
from underdrawing.channel.lattice.transform import block_coefficients, from_coefficients

BLOCKS = st.integers(1, 5)
SEEDS = st.integers(0, 2**32 - 1)
REACH = 7


def analysis_function(frequency):
    """One function from its definition: a cosine of a block, convolved with a windowed sinc, of unit norm; 30 taps."""
    tap = np.arange(-REACH, REACH + 1)
    window = 0.54 + 0.46 * np.cos(2 * np.pi * tap / 15)
    low_pass = 0.36 * np.sinc(0.36 * tap) * window
    cosine = np.array([np.cos(np.pi * frequency * (n + 0.5) / BLOCK) for n in range(BLOCK)])
    function = np.convolve(cosine, low_pass)
    return function / np.sqrt((function**2).sum())


def response(frequency, cycles_per_pixel):
    """How strongly the function of a frequency hears a sinusoid, at its loudest phase."""
    function = analysis_function(frequency)
    return abs(function @ np.exp(2j * np.pi * cycles_per_pixel * np.arange(function.size)))


@given(BLOCKS, BLOCKS)
def test_shapes(rows, columns):
    means, coefficients = block_coefficients(np.zeros((rows * BLOCK, columns * BLOCK), dtype=np.float32))
    assert (means.shape, means.dtype) == ((rows, columns), np.float32)
    assert (coefficients.shape, coefficients.dtype) == ((len(COEFFICIENTS), rows, columns), np.float32)
    assert from_coefficients(coefficients).shape == (rows * BLOCK, columns * BLOCK)


@given(BLOCKS, BLOCKS, st.floats(0, 255, width=32))
def test_reference_a_constant_picture_has_its_mean_and_no_coefficients(rows, columns, grey):
    means, coefficients = block_coefficients(np.full((rows * BLOCK, columns * BLOCK), grey, dtype=np.float32))
    assert np.abs(means - grey).max() < 1e-3
    assert np.abs(coefficients).max() < 0.01


@given(SEEDS, BLOCKS, BLOCKS)
def test_reference_each_coefficient_is_an_inner_product(seed, rows, columns):
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0, 255, (rows * BLOCK, columns * BLOCK)).astype(np.float32)
    _, coefficients = block_coefficients(picture)
    k, row, column = rng.integers(len(COEFFICIENTS)), rng.integers(rows), rng.integers(columns)
    vertical, horizontal = (analysis_function(f) for f in COEFFICIENTS[k])
    mirrored = np.pad(picture.astype(np.float64), REACH, mode="symmetric")
    window = mirrored[row * BLOCK :, column * BLOCK :][: vertical.size, : horizontal.size]
    assert coefficients[k, row, column] == pytest.approx(vertical @ window @ horizontal, abs=0.02)


@given(SEEDS, BLOCKS, BLOCKS)
def test_round_trip_analysis_and_synthesis_are_transposes(seed, rows, columns):
    rng = np.random.default_rng(seed)
    picture = rng.normal(size=(rows * BLOCK, columns * BLOCK)).astype(np.float32)
    chosen = rng.normal(size=(len(COEFFICIENTS), rows, columns)).astype(np.float32)
    _, coefficients = block_coefficients(picture)
    forward = np.vdot(coefficients.astype(np.float64), chosen)
    backward = np.vdot(picture.astype(np.float64), from_coefficients(chosen))
    assert forward == pytest.approx(backward, abs=1e-3)


def test_round_trip_repeating_it_on_what_is_missing_gives_exact_coefficients():
    wanted = np.random.default_rng(3).normal(0, 10, (len(COEFFICIENTS), 8, 11)).astype(np.float32)
    wanted[8:] = 0
    picture = np.zeros((8 * BLOCK, 11 * BLOCK), dtype=np.float32)
    errors = []
    for _ in range(8):
        missing = wanted - block_coefficients(picture)[1]
        missing[8:] = 0
        errors.append(float(np.sqrt((missing[:8] ** 2).mean())))
        picture += from_coefficients(missing)
    assert errors[3] < 0.1 * errors[0]
    assert errors[-1] < 0.01 * errors[0]


def test_round_trip_every_function_has_unit_norm():
    for k in range(len(COEFFICIENTS)):
        one = np.zeros((len(COEFFICIENTS), 3, 3), dtype=np.float32)
        one[k, 1, 1] = 1
        assert np.linalg.norm(from_coefficients(one)) == pytest.approx(1, abs=1e-4)


@given(SEEDS)
def test_deterministic_turning_the_picture_turns_the_coefficients(seed):
    picture = np.random.default_rng(seed).uniform(0, 255, (4 * BLOCK, 3 * BLOCK)).astype(np.float32)
    means, coefficients = block_coefficients(picture)
    turned_means, turned = block_coefficients(np.ascontiguousarray(picture.T))
    swapped = [COEFFICIENTS.index((h, v)) for v, h in COEFFICIENTS]
    assert np.allclose(turned_means, means.T, atol=1e-3)
    assert np.allclose(turned[swapped], coefficients.transpose(0, 2, 1), atol=0.01)


@pytest.mark.parametrize("frequency", range(5))
def test_limits_nothing_beyond_a_quarter_cycle_per_pixel_is_heard(frequency):
    """Detail that halving the picture throws away must not leak into the coefficients."""
    loudest = max(response(frequency, f) for f in np.linspace(0, 0.25, 60))
    leaked = max(response(frequency, f) for f in np.linspace(0.3, 0.5, 60))
    assert leaked < 0.01 * loudest
    plain = np.cos(np.pi * frequency * (np.arange(BLOCK) + 0.5) / BLOCK)
    plain /= np.linalg.norm(plain)
    heard = max(abs(plain @ np.exp(2j * np.pi * f * np.arange(BLOCK))) for f in np.linspace(0.3, 0.5, 60))
    assert leaked < 0.2 * heard


@pytest.mark.parametrize("height_px, width_px", [(512, 512), (700, 900), (2000, 1600)])
def test_round_trip_what_is_made_at_any_size_is_measured_again(height_px, width_px):
    rng = np.random.default_rng(3)
    wanted = rng.normal(0, 10, (len(COEFFICIENTS), 32, 40)).astype(np.float32)
    picture = from_coefficients(wanted, height_px=height_px, width_px=width_px)
    on_grid = from_coefficients(wanted)
    assert picture.shape == (height_px, width_px)
    _, measured = block_coefficients(picture, rows=32, columns=40)
    _, expected = block_coefficients(on_grid)
    assert np.corrcoef(measured.ravel(), expected.ravel())[0, 1] > 0.99
