"""Detailed marks: found and named as any other, quieter, and with more to say of good copies."""

import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message, quarter_replaced, resized
from underdrawing.channel import Profile
from underdrawing.channel.lattice import TIERS, Filling, embed, offer, receive, receptions, searched
from underdrawing.channel.lattice.design import DESIGNS, GRIDS
from underdrawing.channel.lattice.layout import PILOT
from underdrawing.channel.lattice.noise import chip_cells

ALL = (True,) * TIERS
UNKNOWN = (0, 520, 1950, 0)


@pytest.fixture(scope="module")
def tiers():
    return message(FIRST_TIER_BITS, *offer(data.astronaut(), profile=Profile.DETAILED).tier_bits, seed=5)


@pytest.fixture(scope="module")
def detailed(tiers):
    return embed(
        data.astronaut(), tiers, profile=Profile.DETAILED, filling=Filling.DETAILED, foreseen=[*UNKNOWN[:3], 0]
    )


@pytest.fixture(scope="module")
def usual():
    tiers = message(FIRST_TIER_BITS, *offer(data.astronaut()).tier_bits, seed=5)
    return embed(data.astronaut(), tiers, foreseen=list(UNKNOWN))


def told(pixels, tiers):
    """The bits that each tier after the first is told, the first being known."""
    reception = receive(pixels).with_tiers(ALL, filling=Filling.DETAILED).learn(0, tiers[0]).settled()
    return [reception.told_bits(tier) for tier in range(1, TIERS)]


def test_reference_it_is_quieter_and_tells_all_tiers_of_a_copy(detailed, usual, tiers):
    assert detailed.psnr_db > usual.psnr_db + 1.5
    reception = receive(jpeg(detailed.pixels, 75))
    assert np.array_equal(reception.decode(0, FIRST_TIER_BITS).bits, tiers[0])
    reception = reception.with_tiers(ALL, filling=Filling.DETAILED)
    for tier in range(1, TIERS):
        decoded = reception.decode(tier, tiers[tier].size)
        if tier < TIERS - 1:
            assert np.array_equal(decoded.bits, tiers[tier])
        reception = reception.learn(tier, tiers[tier]).settled()


@pytest.mark.parametrize("quality", [75, 40, 30])
def test_reference_its_first_tier_lasts_as_long_as_any(detailed, usual, quality):
    one, other = (receive(jpeg(marked.pixels, quality)) for marked in (detailed, usual))
    assert one.candidate.profile is other.candidate.profile is Profile.STANDARD
    assert one.candidate.score > 0.85 * other.candidate.score
    assert one.told_bits(0) > 0.8 * other.told_bits(0)


def test_reference_pilots_and_first_tier_have_their_usual_steps(detailed):
    opened = receive(detailed.pixels)
    named = opened.with_tiers(ALL, filling=Filling.DETAILED)
    first = (named.layout.roles == 0) | (named.layout.roles == PILOT)
    assert np.array_equal(named.steps[first], opened.with_tiers(ALL).steps[first])
    assert (named.steps[~first] < 30).all()
    cells = chip_cells(named.layout, named.levels)
    assert not set(cells[first & ~named.layout.shared].tolist()) & set(cells[~first].tolist())


@pytest.mark.parametrize("side_px", [side for side in GRIDS if side != 512])
def test_limits_on_other_grids_it_is_a_standard_mark(side_px):
    picture = resized(data.astronaut(), side_px / 512)
    assert offer(picture, profile=Profile.DETAILED) == offer(picture)
    assert DESIGNS[Profile.DETAILED, side_px] is DESIGNS[Profile.STANDARD, side_px]


def test_reference_half_replaced_is_told_from_noise_everywhere(detailed, tiers):
    pixels = detailed.pixels.copy()
    pixels[:288] = np.asarray(data.astronaut()[::-1, ::-1])[:288]
    reception = receive(jpeg(pixels, 75)).with_tiers(ALL, filling=Filling.DETAILED)
    assert reception.intact[:16].mean() < 0.2
    assert reception.intact[20:].mean() > 0.7
    left = told(jpeg(pixels, 75), tiers)
    whole = told(jpeg(detailed.pixels, 75), tiers)
    assert all(0.25 < some / every < 0.6 for some, every in zip(left, whole, strict=True))


def test_reference_the_chips_of_all_groups_tell_of_it_where_few_pilots_are_left(detailed):
    pixels = detailed.pixels.copy()
    pixels[:304] = np.asarray(data.astronaut()[::-1, ::-1])[:304]
    candidate = receive(jpeg(pixels, 75)).candidate
    assert candidate.filling is Filling.DETAILED
    assert candidate.score < candidate.support - 3
    assert (
        receive(jpeg(embed(data.astronaut(), message(FIRST_TIER_BITS)).pixels, 75)).candidate.filling is Filling.USUAL
    )


@pytest.mark.parametrize("by_all", [False, True])
def test_reference_in_turns_the_half_that_is_left_is_believed_and_the_other_is_not(detailed, by_all):
    pixels = detailed.pixels.copy()
    pixels[:288] = np.asarray(data.astronaut()[::-1, ::-1])[:288]
    reception = next(receptions(jpeg(pixels, 70)))
    once, in_turns = (reception.widely(ALL, filling=Filling.DETAILED, turns=turns, by_all=by_all) for turns in (0, 2))
    apart = [heard.intact[20:].mean() - heard.intact[:16].mean() for heard in (once, in_turns)]
    assert apart[1] > max(apart[0], 0.7)
    assert in_turns.told_bits(0) > once.told_bits(0)


def test_round_trip_a_crop_is_placed_by_its_lattices(detailed, tiers):
    crop = np.ascontiguousarray(detailed.pixels[31:420, 47:430])
    reception = next(iter(searched(crop)))
    assert reception.suspect.placement.filling is Filling.DETAILED
    assert np.allclose(reception.suspect.placement.matrix[:2, 2], (-47, -31), atol=0.1)
    assert np.array_equal(reception.decode(0, FIRST_TIER_BITS).bits, tiers[0])


@pytest.mark.parametrize("gain", [0.85, 1.15])
def test_round_trip_a_change_of_contrast_is_undone(detailed, gain):
    changed = np.clip((detailed.pixels - 128.0) * gain + 128, 0, 255).astype(np.uint8)
    tones = [heard.candidate.tone.gain for heard in receptions(changed)]
    assert tones[0] == pytest.approx(gain, rel=0.02)


def test_limits_a_quarter_replaced_leaves_the_rest(detailed, tiers):
    pixels, _ = quarter_replaced(detailed.pixels)
    parts = told(jpeg(pixels, 75), tiers)
    unknown = [tier.size - known for tier, known in zip(tiers, UNKNOWN, strict=True)][1:]
    assert parts[0] > 1.3 * unknown[0]
    assert parts[1] > 1.3 * unknown[1]
