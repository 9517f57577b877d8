"""Long blocks: segmentation, interleaving, and what is reported per segment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.channel.ldpc import HONEST, LdpcCode, Segmented
from underdrawing.errors import UsageError


def certain(coded: np.ndarray) -> np.ndarray:
    """Log-likelihood ratios of a channel without noise: positive means bit 0."""
    return (8 * (1 - 2.0 * coded)).astype(np.float32)


@settings(deadline=None, max_examples=15)
@given(information_bits=st.integers(8449, 30000), seed=st.integers(0, 2**32 - 1))
def test_round_trip(information_bits: int, seed: int) -> None:
    block = Segmented.for_information(information_bits)
    information = np.random.default_rng(seed).integers(0, 2, information_bits, dtype=np.uint8)
    decoded = block.decode(certain(block.encode(information)))
    assert decoded.converged
    assert decoded.corrected_bits == 0
    np.testing.assert_array_equal(decoded.bits, information)


@pytest.mark.parametrize(
    "information_bits, segments", [(12, 1), (8448, 1), (8449, 2), (12400, 2), (16896, 2), (16897, 3)]
)
def test_as_few_segments_as_possible(information_bits: int, segments: int) -> None:
    block = Segmented.for_information(information_bits)
    assert block.segments == segments
    assert 0 <= segments * block.code.information_bits - information_bits < segments
    assert block.buffer_bits == segments * block.code.buffer_bits
    assert block.rate == pytest.approx(block.code.rate, rel=0.001)


def test_shorter_segments_on_request() -> None:
    block = Segmented.for_information(7000, segment_bits=3840)
    assert (block.segments, block.code) == (2, LdpcCode.for_information(3500))
    information = np.random.default_rng(5).integers(0, 2, 7000, dtype=np.uint8)
    np.testing.assert_array_equal(block.decode(certain(block.encode(information))).bits, information)


def test_one_segment_is_the_plain_code() -> None:
    information = np.random.default_rng(1).integers(0, 2, 500, dtype=np.uint8)
    plain = LdpcCode.for_information(500).encode(information)
    np.testing.assert_array_equal(Segmented.for_information(500).encode(information), plain)


def test_buffer_is_interleaved_so_that_a_prefix_serves_every_segment() -> None:
    block = Segmented.for_information(12400)
    information = np.random.default_rng(2).integers(0, 2, 12400, dtype=np.uint8)
    coded = block.encode(information)
    np.testing.assert_array_equal(coded[1::2], block.code.encode(information[6200:]))
    ratios = certain(coded)
    ratios[18000:] = 0
    decoded = block.decode(ratios)
    assert decoded.converged
    np.testing.assert_array_equal(decoded.bits, information)


def test_convergence_is_reported_per_segment() -> None:
    block = Segmented.for_information(12400)
    information = np.random.default_rng(3).integers(0, 2, 12400, dtype=np.uint8)
    ratios = certain(block.encode(information))
    ratios[1::2] = np.random.default_rng(4).standard_normal(ratios[1::2].size)
    decoded = block.decode(ratios, max_iterations=5)
    assert [segment.converged for segment in decoded.segments] == [True, False]
    assert not decoded.converged
    assert decoded.iterations == decoded.segments[1].iterations > decoded.segments[0].iterations
    np.testing.assert_array_equal(decoded.bits[:6200], information[:6200])


def test_rejects() -> None:
    block = Segmented.for_information(12400)
    with pytest.raises(UsageError, match="12 to 8448"):
        Segmented.for_information(11)
    with pytest.raises(UsageError, match=r"\(12400,\)"):
        block.encode(np.zeros(12401, dtype=np.uint8))
    with pytest.raises(UsageError, match="log-likelihood"):
        block.decode(np.zeros(12400, dtype=np.float32))
    ratios, hints = np.ones((2, block.buffer_bits), dtype=np.float32), np.zeros((3, 12400), dtype=np.float32)
    with pytest.raises(UsageError, match="hints: got those of 3 blocks, expected 2"):
        block.decode_each(ratios, hints=hints)


@pytest.mark.parametrize("information_bits", [192, 12400])
def test_reference_side_by_side_is_as_one_after_the_other(information_bits: int) -> None:
    rng = np.random.default_rng(8)
    block = Segmented.for_information(information_bits, parity_first=True)
    information = rng.integers(0, 2, information_bits, dtype=np.uint8)
    ratios = (1 - 2.0 * block.encode(information)) * 0.6 + rng.standard_normal(block.buffer_bits)
    told = np.where(information == 0, 20, -20) * (rng.random((3, information_bits)) < [[0], [0.3], [1]])
    hints = told.astype(np.float32)
    together = block.decode_each(np.tile(ratios.astype(np.float32), (3, 1)), hints=hints, max_iterations=10)
    for decoded, hint in zip(together, hints, strict=True):
        alone = block.decode(ratios.astype(np.float32), hints=hint, max_iterations=10)
        assert np.array_equal(decoded.bits, alone.bits)
        assert decoded.converged == alone.converged
    assert np.array_equal(together[2].bits, information)


@pytest.mark.parametrize("information_bits", [1856, 3264, 12400])
def test_round_trip_with_parity_first(information_bits):
    block = Segmented.for_information(information_bits, parity_first=True)
    information = np.random.default_rng(5).integers(0, 2, information_bits).astype(np.uint8)
    sent = block.encode(information)
    plain = Segmented.for_information(information_bits).encode(information)
    assert sent.sum() == plain.sum()
    assert np.array_equal(sent, plain) == (information_bits > 3840)
    decoded = block.decode(np.where(sent == 0, 4, -4).astype(np.float32))
    assert decoded.converged
    assert np.array_equal(decoded.bits, information)


def test_reference_parity_serves_those_best_who_know_most_already():
    """The same part of the buffer, as noisy: who knows most bits reads the rest, if parity was sent for it."""
    rng = np.random.default_rng(6)
    information = rng.integers(0, 2, 3264).astype(np.uint8)
    hints = np.where(information == 0, 8, -8) * (np.arange(3264) % 10 < 7)
    read = []
    for parity_first in (False, True):
        block = Segmented.for_information(3264, parity_first=parity_first)
        ratios = (1 - 2.0 * block.encode(information)) * 0.9 + rng.normal(0, 1.34, block.buffer_bits)
        ratios[5800:] = 0
        decoded = block.decode(ratios.astype(np.float32), hints=hints.astype(np.float32), readings=HONEST)
        read.append(decoded.converged)
    assert read == [False, True]


@pytest.mark.parametrize("information_bits, parity_first", [(1792, True), (192, False), (9000, True)])
def test_round_trip_what_is_believed_of_the_sent_bits_is_what_was_sent(information_bits, parity_first):
    code = Segmented.for_information(information_bits, parity_first=parity_first)
    rng = np.random.default_rng(0)
    sent = code.encode(rng.integers(0, 2, information_bits).astype(np.uint8))
    ratios = (4 * (1 - 2.0 * sent) + rng.normal(0, 2, sent.size)).astype(np.float32)
    ratios[rng.random(sent.size) < 0.2] = 0
    decoded = code.decode(ratios)
    assert decoded.converged
    assert decoded.sent_beliefs.shape == (code.buffer_bits,)
    believed = np.abs(decoded.sent_beliefs) > 1
    assert believed.mean() > 0.8
    assert np.array_equal(decoded.sent_beliefs[believed] < 0, sent[believed] == 1)
