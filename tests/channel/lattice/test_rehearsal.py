"""Marks that are made just as strong as it takes."""

import importlib

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message, quarter_replaced, read, resized
from underdrawing.channel import Profile
from underdrawing.channel.lattice import capacity_bits, embed, receive, rehearsal
from underdrawing.channel.lattice.layout import PILOT
from underdrawing.channel.lattice.modulation import PHASE_BINS
from underdrawing.channel.lattice.noise import told_bits

embedding = importlib.import_module("underdrawing.channel.lattice.embed")

FORESEEN = (30, 520, 1950, 0)


@pytest.fixture(scope="module")
def busy():
    """A picture of much detail: 768×512, made of small ones."""
    small = [resized(picture, 256 / min(picture.shape[:2]))[:256, :256] for picture in (data.coffee(), data.chelsea())]
    tile = cv2.resize(data.brick(), (256, 256), interpolation=cv2.INTER_AREA)[..., None].repeat(3, 2)
    return np.ascontiguousarray(np.vstack([np.hstack([tile, small[0], tile]), np.hstack([small[1], tile, small[0]])]))


@pytest.fixture(scope="module")
def busy_tiers(busy):
    return message(FIRST_TIER_BITS, *capacity_bits(busy))


def webp(pixels, quality):
    _, written = cv2.imencode(".webp", pixels[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(written, cv2.IMREAD_COLOR)[..., ::-1])


def told(pixels, tiers, tier):
    """Bits that the chips of a tier tell of a copy, by their soft bits under its own reader."""
    reception = receive(pixels).with_tiers(tuple(tier is not None for tier in tiers))
    right = np.where(reception.learn(tier, tiers[tier]).known == 1, -1, 1) * reception.soft_bits
    mine = (reception.layout.roles == tier) & (reception.weight > 0)
    return float((reception.weight * np.log2(2 / (1 + np.exp(-np.clip(right, -30, 30)))))[mine].sum())


def test_reference_a_busy_picture_is_marked_more_quietly(busy, busy_tiers):
    usual, rehearsed = embed(busy, busy_tiers), embed(busy, busy_tiers, foreseen=FORESEEN)
    assert rehearsed.psnr_db > usual.psnr_db + 0.5
    assert {0, 1, 2} <= set(read(receive(jpeg(rehearsed.pixels, 70)), busy_tiers)[0])


def test_reference_chips_that_webp_moves_are_moved_further(monkeypatch):
    """It tells more than moving all of them further, at the same likeness."""
    picture = resized(data.rocket()[:, :427], 512 / 427)
    tiers = message(FIRST_TIER_BITS, *capacity_bits(picture)[:2], 0)
    monkeypatch.setattr(rehearsal, "_PULL", np.full((2, 4), 0.7))
    some = embed(picture, tiers, foreseen=FORESEEN)
    monkeypatch.setattr(rehearsal, "_FURTHEST", np.float32(0))
    monkeypatch.setattr(rehearsal, "_PULL", np.full((2, 4), 0.826))
    everything = embed(picture, tiers, foreseen=FORESEEN)
    assert some.psnr_db == pytest.approx(everything.psnr_db, abs=0.15)
    assert told(webp(some.pixels, 75), tiers, 1) > 1.02 * told(webp(everything.pixels, 75), tiers, 1)


def test_limits_the_less_a_reader_can_tell_itself_the_stronger_the_mark(busy, busy_tiers):
    nothing, much = (embed(busy, busy_tiers, foreseen=known) for known in ((0, 0, 0, 0), FORESEEN))
    assert nothing.psnr_db < much.psnr_db


def test_limits_a_mark_never_gets_too_loud(astronaut, tiers):
    """Nothing foreseen, and few chips: all would be needed."""
    assert embed(astronaut, tiers, foreseen=(0, 0, 0, 0)).psnr_db > 38.9


def test_round_trip_a_quarter_replaced(busy, busy_tiers):
    pixels, _ = quarter_replaced(embed(busy, busy_tiers, foreseen=(0, 0, 0, 0)).pixels)
    assert {0, 1, 2} <= set(read(receive(jpeg(pixels, 92)), busy_tiers)[0])
    assert {0, 1} <= set(read(receive(jpeg(pixels, 60)), busy_tiers)[0])


@pytest.mark.parametrize("profile", list(Profile))
def test_deterministic(busy, busy_tiers, profile):
    one, other = (embed(busy, busy_tiers, profile=profile, foreseen=FORESEEN).pixels for _ in range(2))
    assert np.array_equal(one, other)


def test_reference_sixteen_bits_are_rehearsed_alike(astronaut, tiers):
    deep = embed(astronaut.astype(np.uint16) * 257, tiers, foreseen=FORESEEN)
    shallow = embed(astronaut, tiers, foreseen=FORESEEN)
    assert deep.psnr_db == pytest.approx(shallow.psnr_db, abs=0.15)
    apart = deep.pixels / 257 - shallow.pixels
    assert np.sqrt(np.square(apart).mean()) < 0.8


@pytest.mark.parametrize("deviation", [0.05, 0.15, 0.25, 0.4])
def test_reference_told_bits_are_the_mutual_information(deviation):
    """Against the integral of the density of a wrapped Gaussian, by brute force."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, 200_000).astype(np.uint8)
    phases = bits / 2 + rng.normal(0, deviation, bits.size)
    bins = (np.rint(phases * 64).astype(int) & 63).astype(np.uint8)
    got = told_bits(bins, np.zeros(bits.size, np.intp), bits, np.ones(bits.size, np.float32)) / bits.size
    at = np.linspace(0, 1, 4001)[:-1]
    turns = at[:, None] - np.arange(-4, 5)
    zero, one = (np.exp(-0.5 * ((turns - half) / deviation) ** 2).sum(1) for half in (0, 0.5))
    zero, one = zero / zero.mean(), one / one.mean()
    assert got == pytest.approx(float(np.mean(zero * np.log2(2 * zero / (zero + one)))), abs=0.02)


def test_reference_chips_that_carry_the_first_tier_alone_lie_where_they_were_meant_to(busy, busy_tiers, monkeypatch):
    """Next to none is a quarter of a step away, and the mark is hardly louder for it."""
    exact = embed(busy, busy_tiers, foreseen=FORESEEN)
    monkeypatch.setattr(embedding, "_LOOKS_AT_FIRST", 0)
    once = embed(busy, busy_tiers, foreseen=FORESEEN)
    missed = [distances_of_first(each.pixels, busy_tiers) for each in (exact, once)]
    assert (missed[0] > 0.25).mean() < 0.01 < 0.04 < (missed[1] > 0.25).mean()
    assert np.sqrt(np.square(missed[0]).mean()) < 0.1
    assert exact.psnr_db > once.psnr_db - 0.05


def test_reference_on_the_smallest_grid_pilots_lie_where_they_were_meant_to_as_well(monkeypatch):
    """Small crops are found by them."""
    picture = cv2.resize(data.coffee(), (600, 400), interpolation=cv2.INTER_AREA)
    tiers = message(FIRST_TIER_BITS, 0, 0, 0)
    missed = []
    for looks in (2, 0):
        monkeypatch.setattr(embedding, "_LOOKS_AT_FIRST", looks)
        reception = receive(embed(picture, tiers, foreseen=(0, 0, 0, 0)).pixels)
        pilots = (reception.layout.roles == PILOT) & reception.layout.shared & (reception.weight > 0)
        turns = (reception.bins[pilots] / PHASE_BINS + reception.known[pilots] / 2) % 1
        missed.append(np.sqrt(np.square(np.minimum(turns, 1 - turns)).mean()))
    assert missed[0] < 0.95 * missed[1]


def distances_of_first(pixels, tiers):
    """How far the chips that carry the first tier alone are from their points, in steps."""
    reception = receive(pixels).with_tiers(tuple(tier is not None for tier in tiers)).learn(0, tiers[0])
    mine = (reception.layout.roles == 0) & ~reception.layout.shared & (reception.weight > 0)
    turns = (reception.bins[mine] / PHASE_BINS + reception.known[mine] / 2) % 1
    return np.minimum(turns, 1 - turns)
