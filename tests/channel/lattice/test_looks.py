import numpy as np
import pytest

from scenes import bent, blurred, gained
from underdrawing.channel.lattice import WorkingGrid
from underdrawing.channel.lattice.design import GROUPS
from underdrawing.channel.lattice.looks import Suspect, Tone

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
