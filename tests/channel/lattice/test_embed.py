import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, message, mosaic, resized
from underdrawing.channel import Profile
from underdrawing.channel.lattice import capacity_bits, embed, receive
from underdrawing.channel.lattice.design import VOICES
from underdrawing.errors import CapacityError, ImageTooSmallError


def difference(marked, pixels):
    return marked.astype(np.int64) - pixels.astype(np.int64)


def first_tier_arrives(pixels, tier):
    reception = receive(pixels)
    return reception is not None and np.array_equal(reception.decode(0, tier.size).bits, tier)


def test_limits_the_mark_is_hard_to_see(astronaut, marked):
    assert marked.psnr_db >= 38
    assert marked.pixels.dtype == astronaut.dtype
    assert marked.pixels.shape == astronaut.shape


def test_limits_the_discreet_profile_is_harder_to_see(astronaut, tiers, marked):
    assert embed(astronaut, tiers, profile=Profile.DISCREET).psnr_db > marked.psnr_db + 3


def test_reference_psnr_is_that_of_the_pixels(astronaut, marked):
    mean_square = (difference(marked.pixels, astronaut) ** 2).mean()
    assert marked.psnr_db == pytest.approx(10 * np.log10(255**2 / mean_square), abs=1e-3)


def test_reference_every_channel_changes_alike_so_hue_never_clips(astronaut, marked):
    change = difference(marked.pixels, astronaut)
    assert (change == change[..., :1]).all()
    assert change.any()


def test_reference_a_picture_in_grey_stays_grey():
    grey = np.repeat(data.camera()[..., None], 3, axis=2)
    pixels = embed(grey, message(FIRST_TIER_BITS, *capacity_bits(grey))).pixels
    assert (pixels == pixels[..., :1]).all()


def test_round_trip_sixteen_bits_carry_the_mark_of_eight(astronaut, tiers, marked):
    deep = astronaut.astype(np.uint16) * 257
    embedded = embed(deep, tiers)
    assert embedded.pixels.dtype == np.uint16
    finer = difference(embedded.pixels, deep) / 257
    assert np.abs(finer - difference(marked.pixels, astronaut)).max() <= 1.5
    assert embedded.psnr_db == pytest.approx(marked.psnr_db, abs=0.3)
    assert first_tier_arrives(embedded.pixels, tiers[0])
    assert first_tier_arrives((embedded.pixels >> 8).astype(np.uint8), tiers[0])


@pytest.mark.parametrize("deep", [False, True])
def test_round_trip_what_else_is_to_be_done_is_done_in_grey_levels(astronaut, tiers, deep):
    """It is told what the mark does, and is rounded and clipped with it, not apart from it."""
    pixels = astronaut.astype(np.uint16) * 257 if deep else astronaut
    heard = []

    def also(mark):
        heard.append(mark)
        return np.full_like(mark, 0.4)

    plain, changed = embed(pixels, tiers).pixels, embed(pixels, tiers, also=also).pixels
    unit = 257 if deep else 1
    inside = ((astronaut > 20) & (astronaut < 235)).all(axis=2)
    assert np.abs(heard[0] - difference(plain, pixels)[..., 0] / unit)[inside].max() <= 0.51
    assert (difference(changed, plain)[inside] / unit).mean() == pytest.approx(0.4, abs=0.05)
    assert first_tier_arrives(changed, tiers[0])


def test_deterministic(astronaut, tiers, marked):
    assert np.array_equal(embed(astronaut, tiers).pixels, marked.pixels)
    assert np.array_equal(embed(astronaut.copy(order="F"), tiers).pixels, marked.pixels)


def test_deterministic_the_input_is_left_alone(astronaut, tiers):
    pixels = astronaut.copy()
    pixels.setflags(write=False)
    embed(pixels, tiers)
    assert np.array_equal(pixels, astronaut)


@pytest.mark.parametrize("grey", [0, 255])
def test_limits_black_and_white_do_not_wrap_around(grey):
    """No pixel leaves its range: what would clip in one channel is not done in any."""
    plain = np.full((256, 256, 3), grey, dtype=np.uint8)
    plain[64:128] = 128
    change = difference(embed(plain, message(FIRST_TIER_BITS)).pixels, plain)
    assert np.abs(change).max() < 40


@pytest.mark.parametrize("profile", VOICES)
@pytest.mark.parametrize(
    "make", [data.chelsea, mosaic, lambda: resized(data.chelsea(), 2.3)], ids=["256", "1024", "512"]
)
def test_round_trip_on_every_grid(profile, make):
    pixels = make()
    sent = message(FIRST_TIER_BITS, *capacity_bits(pixels, profile=profile))
    reception = receive(embed(pixels, sent, profile=profile).pixels)
    assert reception.candidate.profile is profile
    reception = reception.with_tiers(tuple(tier is not None for tier in sent))
    for number, tier in enumerate(sent):
        if tier is not None:
            decoded = reception.decode(number, tier.size)
            assert decoded.converged, number
            assert np.array_equal(decoded.bits, tier)
            reception = reception.learn(number, tier)


def test_round_trip_a_first_tier_alone(astronaut):
    sent = message(FIRST_TIER_BITS)
    assert first_tier_arrives(embed(astronaut, sent).pixels, sent[0])


def test_rejects_a_message_without_its_first_tier_or_with_too_many(astronaut):
    tier = message(64)[0]
    for tiers in ([], [None, tier], [tier] * 5):
        with pytest.raises(CapacityError, match=f"message has {len(tiers)} tiers"):
            embed(astronaut, tiers)


@pytest.mark.parametrize("shape", [(255, 255, 3), (255, 600, 3), (256, 2200, 3)])
def test_rejects_images_too_small_or_too_long(shape):
    with pytest.raises(ImageTooSmallError, match=f"{shape[1]}×{shape[0]} px"):
        embed(np.zeros(shape, dtype=np.uint8), message(FIRST_TIER_BITS))


def test_reference_a_place_that_clips_is_made_darker_as_a_whole(astronaut, tiers):
    """On pure white a mark has nowhere to go; a little below it has."""
    pixels = astronaut.copy()
    pixels[:, :256] = 255
    marked = embed(pixels, tiers).pixels
    white = marked[64:-64, 64:192, 0].astype(float) - 255
    assert -4 < white.mean() < -1
    assert (white < 0).mean() > 0.75
    untouched = difference(marked, pixels)[:, 400:]
    assert abs(untouched.mean()) < 0.3


def test_limits_black_is_not_made_brighter(astronaut, tiers):
    pixels = astronaut.copy()
    pixels[:, :256] = 0
    assert embed(pixels, tiers).pixels[64:-64, 64:192].mean() < 1
