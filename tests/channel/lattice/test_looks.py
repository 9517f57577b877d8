import numpy as np
import pytest

from scenes import bent, blurred, gained
from underdrawing.channel import Profile
from underdrawing.channel.lattice import TIERS, WorkingGrid
from underdrawing.channel.lattice.design import DESIGNS, GROUPS
from underdrawing.channel.lattice.layout import layout_of
from underdrawing.channel.lattice.looks import Suspect, Tone
from underdrawing.channel.lattice.masking import levels_of

GRID = WorkingGrid.for_embedding(512, 512)


def _error(look, sharp):
    return np.median(np.abs(look.coefficients - sharp.coefficients)[GROUPS[0]])


@pytest.mark.parametrize("gamma", [0.85, 1.2])
def test_round_trip_a_gamma_is_undone(astronaut, gamma):
    sharp, changed = Suspect(astronaut).look(GRID, Tone()), Suspect(bent(astronaut, gamma))
    undone = changed.look(GRID, Tone(gamma=gamma))
    assert np.abs(undone.means - sharp.means).mean() < 0.6
    assert _error(undone, sharp) < 0.2 * _error(changed.look(GRID, Tone()), sharp)


def test_round_trip_a_blur_is_undone(astronaut):
    sharp, softer = Suspect(astronaut).look(GRID, Tone()), Suspect(blurred(astronaut, 1.2))
    assert _error(softer.look(GRID, Tone(blur_px=1.2)), sharp) < 0.4 * _error(softer.look(GRID, Tone()), sharp)


def test_round_trip_a_gain_is_undone(astronaut):
    sharp, darker = Suspect(astronaut).look(GRID, Tone()), Suspect(gained(astronaut, 0.85))
    undone = darker.look(GRID, Tone(gain=0.85))
    assert _error(undone, sharp) < 0.2 * _error(darker.look(GRID, Tone()), sharp)
    assert np.abs(undone.activity - sharp.activity).mean() < 0.2


@pytest.mark.parametrize("tone", [Tone(gamma=0.8), Tone(gamma=1.25), Tone(blur_px=1.2)])
def test_reference_undoing_from_one_look_is_near_looking_again(astronaut, tone):
    suspect = Suspect(bent(astronaut, tone.gamma) if tone.gamma != 1 else blurred(astronaut, tone.blur_px))
    plain, exact = suspect.look(GRID, Tone()), suspect.look(GRID, tone)
    assert _error(plain.undone(tone), exact) < 0.85 * _error(plain, exact)


def test_reference_only_blocks_that_are_white_or_black_all_over_are_silent(astronaut):
    grid = WorkingGrid.for_embedding(512, 512)
    grey = np.clip(astronaut, 5, 250)
    assert Suspect(grey).look(grid, Tone()).audible is None
    painted = grey.copy()
    painted[:160, :160], painted[352:, 352:], painted[:160, 352:] = 255, 0, 200
    look = Suspect(painted).look(grid, Tone())
    inside = slice(1, 8)
    assert look.clipped[inside, inside].all()
    assert look.clipped[-8:-1, -8:-1].all()
    assert not look.clipped[inside, -8:-1].any(), "grey may have been painted there, which is a change"
    assert not look.clipped[12:20].any()
    steps = look.steps(DESIGNS[Profile.STANDARD, 512], levels_of(look.activity), layout_of(grid, (True,) * TIERS))
    assert not steps[:, look.clipped].any()
    assert steps[:, ~look.clipped].any(axis=0).all()


def test_limits_noise_on_white_is_listened_to(astronaut):
    noisy = np.clip(astronaut, 5, 250)
    noisy[:160, :160] = 255 - np.random.default_rng(0).integers(0, 5, (160, 160, 1))
    assert Suspect(noisy).look(WorkingGrid.for_embedding(512, 512), Tone()).clipped is None


def test_reference_what_was_cut_off_is_told_block_by_block():
    pixels = np.full((512, 512, 3), 128, np.uint8)
    pixels[:256] = 255
    pixels[256:, :256, 0] = 0
    share = Suspect(pixels).cut_off(GRID)
    assert share.shape == (GRID.rows, GRID.columns)
    assert np.allclose(share[:16], 1)
    assert np.allclose(share[16:, :16], 0.299, atol=0.01)
    assert not share[16:, 16:].any()
    assert np.array_equal(Suspect(pixels.astype(np.uint16) * 257).cut_off(GRID), share)
