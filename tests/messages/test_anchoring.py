"""From a reception to the anchor: what helps where the channel alone falls short."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import jpeg, quarter_replaced, resized
from underdrawing import protect
from underdrawing.channel.lattice import barely_heard, receptions
from underdrawing.channel.lattice.modulation import PHASE_BINS
from underdrawing.channel.lattice.reception import Reception
from underdrawing.images import Picture
from underdrawing.messages.anchoring import AnchorReader
from underdrawing.payload import Presumed


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums that are the same every time, for copies at the limit."""
    cv2.setNumThreads(1)


@pytest.fixture(scope="module")
def protection():
    return protect(Picture(resized(data.rocket()[:, :427], 512 / 427)))


@pytest.fixture(scope="module")
def replaced(protection):
    """The protected picture with a quarter replaced."""
    return quarter_replaced(protection.picture.pixels)[0]


def anchor_of(reception, pixels, tokenizer):
    """The anchor without any presumption."""
    reader = AnchorReader(reception)
    return reader.at_once() or reader.patiently(pixels, tokenizer)


def read_id(pixels, tokenizer):
    """The id that is read of the likeliest reception, as text; None where none is."""
    found = anchor_of(next(receptions(pixels)), pixels, tokenizer)
    return None if found is None else f"{found[0].id:016x}"


def test_round_trip_the_anchor_of_a_fair_copy(protection, replaced, tokenizer):
    assert read_id(jpeg(replaced, 50), tokenizer) == protection.id


def test_reference_blocks_weighed_far_and_wide_tell_what_they_do_not_alone(
    protection, replaced, tokenizer, monkeypatch
):
    draws = (np.random.default_rng(seed).normal(0, 8, replaced.shape) for seed in range(3))
    suspects = [jpeg(np.clip(replaced + noise, 0, 255).astype(np.uint8), 20) for noise in draws]
    helped = [read_id(pixels, tokenizer) for pixels in suspects]
    monkeypatch.setattr(Reception, "widely", lambda reception, *_, **__: reception)
    monkeypatch.setattr(Reception, "guessed", lambda reception, *_, **__: reception.intact[None])
    alone = [read_id(pixels, tokenizer) for pixels in suspects]
    assert helped.count(protection.id) > alone.count(protection.id)
    assert set(helped) | set(alone) <= {protection.id, None}


def test_reference_a_message_that_is_presumed_is_read_where_it_is_not_read_by_itself(protection, replaced, tokenizer):
    right = Presumed(int(protection.id, 16), protection.code.scales)
    wrong = Presumed(right.id ^ 0x5A3C_96E1_0FB4_D278, right.tokens)
    draws = (np.random.default_rng(seed).normal(0, 12, replaced.shape) for seed in range(3))
    suspects = [jpeg(np.clip(replaced + noise, 0, 255).astype(np.uint8), 15) for noise in draws]
    receptions_of = [next(barely_heard(pixels)) for pixels in suspects]
    alone = [anchor_of(heard, pixels, tokenizer) for heard, pixels in zip(receptions_of, suspects, strict=True)]
    helped = [found for heard in receptions_of if (found := AnchorReader(heard).presumed(right))]
    assert len(helped) > sum(found is not None for found in alone)
    assert {f"{anchor.id:016x}" for anchor, _ in helped} == {protection.id}
    assert not any(AnchorReader(heard).presumed(wrong) for heard in receptions_of)


def test_rejects_a_presumption_about_a_picture_without_a_mark(protection):
    presumed = Presumed(int(protection.id, 16), protection.code.scales)
    unmarked = resized(data.rocket()[:, :427], 512 / 427)
    heard = list(barely_heard(unmarked))
    assert heard
    assert all(AnchorReader(each).presumed(presumed) is None for each in heard)


def test_rejects_a_reception_of_noise(replaced, tokenizer):
    heard = next(receptions(replaced))
    noise = np.random.default_rng(1).integers(0, PHASE_BINS, heard.bins.shape).astype(np.uint8)
    coefficients = np.random.default_rng(2).normal(0, 200, heard.coefficients.shape).astype(np.float32)
    assert anchor_of(replace(heard, bins=noise, coefficients=coefficients), replaced, tokenizer) is None
