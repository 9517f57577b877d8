"""Codes as values, and the round trip through erasures and noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.channel.ldpc import READINGS, BaseGraph, LdpcCode
from underdrawing.errors import UsageError


def random_bits(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, count, dtype=np.uint8)


def certain(coded: np.ndarray, strength: float = 8.0) -> np.ndarray:
    """Log-likelihood ratios of a channel without noise: positive means bit 0."""
    return (strength * (1 - 2.0 * coded)).astype(np.float32)


def gaussian(coded: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Honest log-likelihood ratios of antipodal signalling (bit 0 is +1) with Gaussian noise."""
    received = 1 - 2.0 * coded + deviation * rng.standard_normal(coded.shape)
    return (2 / deviation**2 * received).astype(np.float32)


def deviation_at(rate: float, ebn0_db: float) -> float:
    return float(np.sqrt(1 / (2 * rate * 10 ** (ebn0_db / 10))))


@settings(deadline=None, max_examples=40)
@given(information_bits=st.integers(100, 8448), seed=st.integers(0, 2**32 - 1), erased=st.floats(0, 0.45))
def test_round_trip_with_erasures(information_bits: int, seed: int, erased: float) -> None:
    code = LdpcCode.for_information(information_bits)
    information = random_bits(information_bits, seed)
    ratios = certain(code.encode(information))
    ratios[np.random.default_rng(seed).random(ratios.size) < erased] = 0
    decoded = code.decode(ratios)
    assert decoded.converged
    assert decoded.corrected_bits == 0
    np.testing.assert_array_equal(decoded.bits, information)


@settings(deadline=None, max_examples=30)
@given(information_bits=st.integers(12, 120), seed=st.integers(0, 2**32 - 1))
def test_round_trip_of_short_blocks(information_bits: int, seed: int) -> None:
    code = LdpcCode.for_information(information_bits)
    information = random_bits(information_bits, seed)
    decoded = code.decode(certain(code.encode(information)))
    assert decoded.converged
    np.testing.assert_array_equal(decoded.bits, information)


@pytest.mark.parametrize("information_bits", [200, 1700, 5000])
def test_round_trip_of_a_prefix(information_bits: int) -> None:
    """Rate matching: half as many parity bits as information bits, the rest never sent."""
    code = LdpcCode.for_information(information_bits)
    information = random_bits(information_bits, 1)
    ratios = certain(code.encode(information))
    ratios[round(1.6 * information_bits) :] = 0
    decoded = code.decode(ratios)
    assert decoded.converged
    np.testing.assert_array_equal(decoded.bits, information)


def test_corrected_bits_counts_contradicted_positions() -> None:
    code = LdpcCode.for_information(1700)
    coded = code.encode(random_bits(1700, 2))
    ratios = certain(coded, strength=2.0)
    wrong = np.random.default_rng(3).choice(coded.size, 700, replace=False)
    ratios[wrong] *= -1
    ratios[wrong[:100]] = 0
    decoded = code.decode(ratios)
    assert decoded.converged
    assert decoded.corrected_bits == 600


@pytest.mark.parametrize("repetitions, blocks", [(1, 100), (2, 50)], ids=["rate 1/5", "rate 1/10 by repetition"])
def test_decodes_noise_at_1_5_db(repetitions: int, blocks: int) -> None:
    """Binary antipodal signalling, Eb/N0 = 1.5 dB: at least 99 of 100 blocks, at rate 1/10 by soft combining."""
    code = LdpcCode.for_information(1700)
    rng = np.random.default_rng(4)
    deviation = deviation_at(code.rate / repetitions, 1.5)
    information = rng.integers(0, 2, (blocks, 1700), dtype=np.uint8)
    coded = np.stack([code.encode(block) for block in information])
    ratios = sum(gaussian(coded, deviation, rng) for _ in range(repetitions))
    decoded = code.decode_many(np.asarray(ratios, dtype=np.float32))
    right = [
        found.converged and np.array_equal(found.bits, sent) for found, sent in zip(decoded, information, strict=True)
    ]
    assert sum(right) >= 0.99 * blocks


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("replaced, deviation", [(0.0, 1.1), (0.25, 0.7), (0.4, 0.4)])
def test_decodes_dishonest_ratios(scale: float, replaced: float, deviation: float) -> None:
    """Ratios off by a factor of two, and part of the positions loud and meaningless, both unknown to the decoder."""
    code = LdpcCode.for_information(1700)
    rng = np.random.default_rng(5)
    information = rng.integers(0, 2, 1700, dtype=np.uint8)
    coded = code.encode(information)
    foreign = rng.random(coded.size) < replaced
    coded[foreign] = rng.integers(0, 2, int(foreign.sum()), dtype=np.uint8)
    decoded = code.decode(gaussian(coded, deviation, rng) * np.float32(scale))
    assert decoded.converged
    np.testing.assert_array_equal(decoded.bits, information)


def test_noise_alone_does_not_converge() -> None:
    code = LdpcCode.for_information(350)
    noise = np.random.default_rng(6).standard_normal((40, code.buffer_bits)).astype(np.float32)
    assert not any(found.converged for found in code.decode_many(noise, max_iterations=15))


def test_hopeless_blocks_are_given_up_early() -> None:
    code = LdpcCode.for_information(1700)
    noise = np.random.default_rng(10).standard_normal(code.buffer_bits).astype(np.float32)
    assert code.decode(noise, max_iterations=30).iterations <= 10 * len(READINGS)
    assert code.decode(noise, max_iterations=200).iterations <= 62 * len(READINGS)


def test_too_little_received_does_not_converge() -> None:
    code = LdpcCode.for_information(350)
    ratios = np.zeros(code.buffer_bits, dtype=np.float32)
    assert not code.decode(ratios).converged
    ratios[:349] = 8.0
    decoded = code.decode(ratios)
    assert not decoded.converged
    assert decoded.iterations == 0


def test_decode_many_agrees_with_decode() -> None:
    """Each block of a batch ends as it would alone, whatever its neighbours need."""
    code = LdpcCode.for_information(700)
    rng = np.random.default_rng(7)
    coded = np.stack([code.encode(random_bits(700, seed)) for seed in range(4)])
    ratios = np.stack(
        [gaussian(word, deviation, rng) for word, deviation in zip(coded, (0.5, 1.3, 5.0, 0.9), strict=True)]
    )
    for alone, together in zip(map(code.decode, ratios), code.decode_many(ratios), strict=True):
        assert (alone.converged, alone.iterations) == (together.converged, together.iterations)
        np.testing.assert_array_equal(alone.bits, together.bits)


def test_deterministic() -> None:
    code = LdpcCode.for_information(1000)
    ratios = gaussian(code.encode(random_bits(1000, 8)), 1.2, np.random.default_rng(8))
    first, second = code.decode(ratios), code.decode(ratios)
    np.testing.assert_array_equal(first.bits, second.bits)
    assert (first.iterations, first.corrected_bits) == (second.iterations, second.corrected_bits)


@pytest.mark.parametrize(
    "information_bits, base_graph, lifting_size, filler_bits, buffer_bits",
    [
        (40, BaseGraph.BG2, 7, 30, 320),
        (192, BaseGraph.BG2, 32, 128, 1472),
        (193, BaseGraph.BG2, 26, 67, 1233),
        (640, BaseGraph.BG2, 72, 80, 3520),
        (641, BaseGraph.BG2, 72, 79, 3521),
        (1700, BaseGraph.BG2, 176, 60, 8740),
        (3840, BaseGraph.BG2, 384, 0, 19200),
        (3841, BaseGraph.BG1, 176, 31, 11585),
        (8448, BaseGraph.BG1, 384, 0, 25344),
    ],
)
def test_parameters(
    information_bits: int, base_graph: BaseGraph, lifting_size: int, filler_bits: int, buffer_bits: int
) -> None:
    """Worked out by hand from clause 5.2.2: K_b, the smallest Z with K_b·Z ≥ k, then 50Z or 66Z less the fillers."""
    code = LdpcCode.for_information(information_bits)
    assert (code.base_graph, code.lifting_size) == (base_graph, lifting_size)
    assert (code.filler_bits, code.buffer_bits) == (filler_bits, buffer_bits)
    assert code.rate == pytest.approx(information_bits / buffer_bits)


def test_shapes() -> None:
    code = LdpcCode.for_information(500)
    coded = code.encode(random_bits(500, 9))
    assert (coded.shape, coded.dtype) == ((code.buffer_bits,), np.uint8)
    decoded = code.decode(certain(coded))
    assert (decoded.bits.shape, decoded.bits.dtype) == ((500,), np.uint8)
    assert code.decode_many(np.empty((0, code.buffer_bits), dtype=np.float32)) == ()


def test_rejects() -> None:
    code = LdpcCode.for_information(500)
    with pytest.raises(UsageError, match="12 to 8448"):
        LdpcCode.for_information(11)
    with pytest.raises(UsageError, match="Segmented"):
        LdpcCode.for_information(8449)
    with pytest.raises(UsageError, match="lifting size"):
        LdpcCode(information_bits=500, base_graph=BaseGraph.BG2, lifting_size=57)
    with pytest.raises(UsageError, match="information bits"):
        LdpcCode(information_bits=700, base_graph=BaseGraph.BG2, lifting_size=64)
    with pytest.raises(UsageError, match="zeros and ones"):
        code.encode(np.full(500, 2, dtype=np.uint8))
    with pytest.raises(UsageError, match=r"\(500,\)"):
        code.encode(np.zeros(499, dtype=np.uint8))
    with pytest.raises(UsageError, match="log-likelihood"):
        code.decode(np.zeros(code.buffer_bits - 1, dtype=np.float32))
    with pytest.raises(UsageError, match="finite"):
        code.decode(np.full(code.buffer_bits, np.nan, dtype=np.float32))
