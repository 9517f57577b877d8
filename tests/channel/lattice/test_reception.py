from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, gained, jpeg, message, quarter_replaced, read, resized
from underdrawing.channel.lattice import BLOCK, TIERS, Filling, capacity_bits, embed, offer, receive, receptions
from underdrawing.channel.lattice.layout import PILOT

PRESENT = 3


def sent(tiers):
    return [number for number, tier in enumerate(tiers) if tier is not None]


@pytest.mark.parametrize(
    "change, come",
    [
        (lambda pixels: pixels, [0, 1, 2, 3]),
        (lambda pixels: jpeg(pixels, 95), [0, 1, 2, 3]),
        (lambda pixels: jpeg(pixels, 75), [0, 1, 2]),
        (lambda pixels: gained(pixels, 0.85), [0, 1, 2, 3]),
        (lambda pixels: resized(pixels, 1.5), [0, 1, 2, 3]),
    ],
    ids=["untouched", "JPEG 95", "JPEG 75", "darker", "1.5 size"],
)
def test_round_trip_the_tiers_come_back(marked, tiers, change, come):
    """On the grid of 512 the last one is written in faint chips, which JPEG 75 leaves nothing of."""
    assert sent(tiers) == [0, 1, 2, 3]
    assert come in [read(reception, tiers)[0] for reception in receptions(change(marked.pixels))]


@pytest.mark.parametrize("quality", [None, 75])
def test_round_trip_every_tier_comes_back_with_a_quarter_replaced(large, large_tiers, quality):
    pixels, _ = quarter_replaced(large.pixels)
    arrived, _ = read(receive(pixels if quality is None else jpeg(pixels, quality)), large_tiers)
    assert arrived == sent(large_tiers) == [0, 1, 2, 3]


def test_round_trip_a_sky_that_contrast_made_white_is_passed_over(astronaut):
    picture = astronaut.copy()
    picture[:230] = 255 - np.linspace(0, 20, 230)[:, None, None].astype(np.uint8)
    tiers = message(FIRST_TIER_BITS, *capacity_bits(picture))
    bright = np.clip((embed(picture, tiers).pixels - 128.0) * 1.15 + 128, 0, 255).astype(np.uint8)
    reception = receive(jpeg(bright, 90))
    white = reception.look.clipped
    assert white[:8].mean() > 0.9
    assert reception.intact[white].mean() < 0.3 < 0.5 < reception.intact[16:].mean()
    assert np.array_equal(reception.decode(0, FIRST_TIER_BITS).bits, tiers[0])


@pytest.mark.parametrize(("side_px", "quality", "more"), [(512, 50, 1.12), (1024, 40, 1.25)])
def test_round_trip_a_dense_mark_outlives_a_usual_one(side_px, quality, more):
    picture = resized(data.rocket()[:, :427], side_px / 427)
    offered = offer(picture)
    assert offered.filling is Filling.DENSE
    message_tiers = message(FIRST_TIER_BITS, *offered.tier_bits)
    present = tuple(tier is not None for tier in message_tiers)
    clear = []
    for filling in (Filling.USUAL, Filling.DENSE):
        reception = receive(jpeg(embed(picture, message_tiers, filling=filling).pixels, quality))
        assert np.array_equal(reception.decode(0, FIRST_TIER_BITS).bits, message_tiers[0]), "read as it always was"
        reception = reception.with_tiers(present, filling=filling)
        known = reception.learn(1, message_tiers[1]).learn(2, message_tiers[2]).known
        told = np.where(known == 1, -1, 1) * reception.soft_bits * reception.weight
        clear.append(np.tanh(told[np.isin(reception.layout.roles, (1, 2))] / 2).sum())
    assert clear[1] > more * clear[0]


def test_reference_a_dense_mark_is_found_by_the_same_chips(astronaut, tiers):
    usual, dense = (embed(astronaut, tiers, filling=filling) for filling in (Filling.USUAL, Filling.DENSE))
    assert 0 < usual.psnr_db - dense.psnr_db < 1
    one, other = (receive(marked.pixels) for marked in (usual, dense))
    assert one.candidate.tone == other.candidate.tone
    assert other.candidate.clustering > 0.9 * one.candidate.clustering


def test_limits_a_dense_mark_taken_for_a_usual_one_says_less(astronaut, tiers):
    reception = receive(embed(astronaut, tiers, filling=Filling.DENSE).pixels)
    present = tuple(tier is not None for tier in tiers)
    right, wrong = (reception.with_tiers(present, filling=filling) for filling in (Filling.DENSE, Filling.USUAL))
    assert right.decode(2, tiers[2].size).converged
    assert np.abs(right.soft_bits[right.weight > 0]).sum() > 1.05 * np.abs(wrong.soft_bits[wrong.weight > 0]).sum()


def test_round_trip_the_first_tier_comes_back_when_little_else_does(marked, tiers):
    pixels, _ = quarter_replaced(marked.pixels)
    assert 0 in read(receive(jpeg(resized(pixels, 0.5), 75)), tiers)[0]


@pytest.mark.parametrize("quality", [None, 75])
def test_reference_evidence_is_for_untouched_blocks_and_against_replaced_ones(large, large_tiers, quality):
    pixels, mask = quarter_replaced(large.pixels)
    _, reception = read(receive(pixels if quality is None else jpeg(pixels, quality)), large_tiers)
    share = mask.reshape(mask.shape[0] // BLOCK, BLOCK, -1, BLOCK).mean(axis=(1, 3))
    inside, outside = share == 1, share == 0
    assert reception.evidence.shape == share.shape
    assert (reception.evidence[outside] > 0).mean() > 0.85
    assert (reception.evidence[inside] < 0).mean() > 0.85
    assert np.median(reception.evidence[outside]) > 1
    assert np.median(reception.evidence[inside]) < -1
    assert reception.intact[outside].mean() > 0.85
    assert reception.intact[inside].mean() < 0.2


def test_reference_knowing_the_message_sharpens_the_evidence(marked, tiers):
    reception = receive(marked.pixels).with_tiers(tuple(tier is not None for tier in tiers))
    known = reception.learn(0, tiers[0]).learn(1, tiers[1])
    assert known.evidence.mean() > reception.evidence.mean()


def test_reference_settling_after_learning_draws_the_conclusions(marked, tiers):
    """What was settled does not change by being settled again; what was learned since does change it."""
    reception = receive(marked.pixels).with_tiers(tuple(tier is not None for tier in tiers))
    learned = reception.learn(0, tiers[0]).learn(1, tiers[1])
    assert np.array_equal(learned.intact, reception.intact), "learning alone concludes nothing"
    settled = learned.settled()
    assert np.array_equal(settled.known, learned.known)
    assert settled.intact.mean() >= reception.intact.mean() - 1e-3
    again = settled.settled()
    assert np.abs(again.noise.deviation - settled.noise.deviation).max() < 0.06


def test_reference_what_is_kept_after_learning_is_what_would_be_computed(marked, tiers):
    reception = receive(marked.pixels).with_tiers(tuple(tier is not None for tier in tiers)).learn(0, tiers[0])
    fresh = replace(reception)
    for name in ("cells", "weight", "evidence", "agreement"):
        assert np.array_equal(getattr(reception, name), getattr(fresh, name)), name


def test_reference_ratios_are_positive_for_zero(marked, tiers):
    _, reception = read(receive(marked.pixels), tiers)
    used = (reception.known >= 0) & (reception.weight > 0)
    agrees = (reception.soft_bits < 0) == (reception.known == 1)
    assert agrees[used].mean() > 0.9
    assert np.isfinite(reception.soft_bits).all()


def test_reference_only_pilots_are_known_at_first_and_learning_adds_the_rest(marked, tiers):
    first = receive(marked.pixels)
    pilots = first.layout.roles == PILOT
    assert np.array_equal(first.known >= 0, pilots)
    assert np.array_equal(first.known[pilots], first.layout.pilots[pilots])
    learned = first.learn(0, tiers[0])
    assert np.array_equal(learned.known >= 0, pilots | (first.layout.roles == 0))
    assert np.array_equal(first.known >= 0, pilots)


def test_reference_hints_help_where_the_channel_falls_short(large, large_tiers):
    """Nine tenths of the bits are known from elsewhere, the channel has to tell the rest."""
    reception = receive(jpeg(resized(quarter_replaced(large.pixels)[0], 0.6), 80))
    reception = reception.with_tiers((True,) * TIERS).learn(0, large_tiers[0])
    tier = large_tiers[2]
    hints = np.where(tier == 0, 5, -5).astype(np.float32)
    hints[::10] = 0
    helped = reception.decode(2, tier.size, hints=hints)
    assert helped.converged
    assert np.array_equal(helped.bits, tier)


def test_rejects_a_picture_without_a_mark():
    assert receive(data.coffee()) is None


def test_rejects_noise_as_a_tier(marked):
    """A tier that was never sent must not decode."""
    reception = receive(marked.pixels).with_tiers((True,) * TIERS)
    assert not reception.decode(PRESENT, 2000).converged


def test_shapes(marked):
    reception = receive(marked.pixels)
    grid = reception.candidate.grid
    for name in ("bins", "steps", "known", "weight", "soft_bits", "cells"):
        assert getattr(reception, name).shape == reception.layout.roles.shape, name
    for name in ("levels", "intact", "evidence"):
        assert getattr(reception, name).shape == (grid.rows, grid.columns), name


def test_deterministic(marked):
    one, other = receive(marked.pixels), receive(marked.pixels.copy())
    assert np.array_equal(one.soft_bits, other.soft_bits)
    assert np.array_equal(one.evidence, other.evidence)


@pytest.mark.parametrize("make", [data.coffee, lambda: resized(data.astronaut(), 0.5)], ids=["coffee", "astronaut"])
def test_limits_few_chips_are_enough_to_tell_how_quiet_they_are(make):
    """The smallest grid has some hundred chips of the first tier; untouched they must not be taken for noise."""
    tier = message(FIRST_TIER_BITS, seed=3)
    reception = receive(embed(make(), tier).pixels)
    assert np.abs(reception.soft_bits[(reception.layout.roles == 0) & (reception.weight > 0)]).mean() > 2
    assert reception.decode(0, FIRST_TIER_BITS).converged


def test_round_trip_what_was_cut_off_in_part_is_believed_less_and_the_rest_more():
    picture = resized(data.chelsea(), 1.8)
    tiers = message(FIRST_TIER_BITS, *capacity_bits(picture)[:2], 0)
    bright = np.clip(embed(picture, tiers).pixels * 1.45, 0, 255).astype(np.uint8)
    opened = receive(bright).with_tiers(tuple(tier is not None for tier in tiers))
    told = opened.discerning()
    cut, whole = told.sorts >= 3, told.sorts == 0
    assert cut.mean() > 0.05
    before, after = (np.abs(each.soft_bits * (each.weight > 0)) for each in (opened, told))
    assert after[:, cut].mean() < 0.95 * before[:, cut].mean()
    assert after[:, whole].mean() > 1.01 * before[:, whole].mean()
    assert np.array_equal(told.decode(0, FIRST_TIER_BITS).bits, tiers[0])


def test_reference_far_and_wide_a_replaced_region_is_heard_in_much_noise(large, large_tiers):
    """The pilots of many blocks tell what those of one do not; the first tier is then believed where it is right."""
    pixels, replaced = quarter_replaced(large.pixels)
    alone = receive(jpeg(pixels, 25))
    wide = alone.widely((True, True, True, False))
    rows, columns = alone.intact.shape
    inside = cv2.resize(replaced.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) > 0.5
    trusted = [each.intact[~inside].mean() - each.intact[inside].mean() for each in (alone, wide)]
    assert trusted[1] > trusted[0] + 0.2
    sent_bits = alone.learn(0, large_tiers[0]).known
    mine = (alone.layout.roles == 0) & (alone.weight > 0)
    told = [((1 - 2.0 * sent_bits) * each.soft_bits * each.weight)[mine].sum() for each in (alone, wide)]
    assert told[1] > 1.1 * told[0]


def test_reference_the_last_tier_of_a_mark_with_chips_to_spare_is_quieter(large, large_tiers):
    reception = receive(large.pixels).with_tiers(tuple(tier is not None for tier in large_tiers))
    for number, tier in enumerate(large_tiers):
        reception = reception.learn(number, tier)
    off = np.abs((reception.bins / 64 - reception.known / 2 + 0.5) % 1 - 0.5)
    second, last = (off[(reception.layout.roles == tier) & (reception.steps > 0)].mean() for tier in (1, 3))
    assert last > 1.25 * second
