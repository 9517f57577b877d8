"""Folding: a mark is loud where its cells begin, and nowhere else."""

import numpy as np
import pytest

from underdrawing.channel.lattice.design import LEVELS, WEAVE
from underdrawing.channel.lattice.grid import luminance
from underdrawing.channel.lattice.layout import weave_of
from underdrawing.channel.lattice.search import Luma, Voice
from underdrawing.channel.lattice.search.cells import CELL_PX
from underdrawing.channel.lattice.search.folding import Expectation, _agreements, heard, lanes_of
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.window import Window
from underdrawing.channel.profiles import Profile

UPRIGHT = (np.eye(2),)


def window(pixels, centre, side=512):
    return Window.of(Luma(luminance(pixels)), np.eye(2), np.array(centre, dtype=float), (side, side))


def test_reference_a_cell_begins_where_the_mark_says(large):
    scores = []
    for centre in [(400, 300), (413, 391), (600, 700), (500, 500), (300, 700)]:
        lead, *_ = heard(window(large.pixels, centre), Voice(1024, Profile.STANDARD), UPRIGHT)
        origin = moved(lead.matrix, np.zeros((1, 2)))[0]
        cells = np.rint(origin / CELL_PX)
        assert np.abs(origin - cells * CELL_PX).max() <= 2
        assert cells.sum() % 2 == 0, "the pilots of a cell where a lead begins carry 0"
        scores.append(lead.score)
    assert min(scores) > 3.5
    assert np.mean(scores) > 5.5


def test_rejects_the_wrong_voice_scale_and_picture(large, astronaut):
    right = window(large.pixels, (500, 500))
    loud, *_ = heard(right, Voice(1024, Profile.STANDARD), UPRIGHT)
    others = heard(right, Voice(512, Profile.STANDARD), UPRIGHT)
    others += heard(right, Voice(1024, Profile.STANDARD), (np.eye(2) * 1.06,))
    others += heard(window(astronaut, (256, 256)), Voice(1024, Profile.STANDARD), UPRIGHT)
    assert max(lead.score for lead in others) < loud.score - 0.7


def test_limits_quiet_leads_are_not_told(astronaut):
    assert heard(window(astronaut, (256, 256)), Voice(1024, Profile.STANDARD), UPRIGHT, least=7.0) == []


def test_limits_places_outside_the_picture_say_nothing(large):
    """A window that hangs half over the edge still hears the mark in its other half."""
    lead, *_ = heard(window(large.pixels, (0, 500)), Voice(1024, Profile.STANDARD), UPRIGHT)
    assert lead.matrix.shape == (3, 3)
    assert (window(large.pixels, (0, 500)).heard_levels < LEVELS).mean() < 0.6


@pytest.mark.parametrize("side_px", [256, 512, 1024])
def test_reference_agreements_are_those_of_adding_chip_by_chip(side_px):
    voice = Voice(side_px, Profile.STANDARD)
    weave = weave_of(side_px)
    lanes = len(weave.dither)
    sums = np.random.default_rng(3).integers(-900, 900, (2, lanes, 32, 32, 4)).astype(np.int16)
    pilots, others = np.zeros((2, 32, 32)), np.zeros((2, 32, 32))
    rows, columns = np.mgrid[:32, :32]
    for lane, row, column in np.ndindex(lanes, WEAVE, WEAVE):
        turn = weave.dither[lane, row, column]
        if np.isnan(turn):
            continue
        down, across = rows + 8 * row, columns + 8 * column
        cell = sums[:, lane][:, down % 32, across % 32].astype(np.float64)
        others += ((cell[..., 2] + 1j * cell[..., 3]) * np.exp(-4j * np.pi * turn)).real
        if weave.pilots[lane, row, column]:
            sign = (-1.0) ** (down // 32 + across // 32)
            pilots += sign * ((cell[..., 0] + 1j * cell[..., 1]) * np.exp(-2j * np.pi * turn)).real
    by_block = ((WEAVE, WEAVE, 2, 8, 8), (2, 0, 3, 1, 4))
    given_pilots, given_others = (
        given.reshape(by_block[0]).transpose(by_block[1]).reshape(2, 32, 32) for given in _agreements(sums, voice, None)
    )
    assert np.allclose(given_pilots, pilots, atol=1)
    assert np.allclose(given_others, others, atol=1)


def test_reference_a_kind_of_mark_is_heard_in_as_many_lanes_as_it_has():
    voices = {side: Voice(side, Profile.STANDARD) for side in (256, 512, 1024)}
    assert [lanes_of([voice]) for voice in voices.values()] == [len(weave_of(side).dither) for side in voices]
    assert lanes_of(voices.values()) == 2


def test_deterministic(large):
    some = window(large.pixels, (413, 391))
    one, other = (heard(some, Voice(1024, Profile.STANDARD), UPRIGHT)[0] for _ in range(2))
    assert one.score == other.score


def test_limits_leads_that_lie_elsewhere_than_expected_are_left_out(large):
    some, voice = window(large.pixels, (413, 391)), Voice(1024, Profile.STANDARD)
    free, *_ = heard(some, voice, UPRIGHT)
    right, *_ = heard(some, voice, UPRIGHT, expected=Expectation((415.0, 388.0), (8.0, 8.0)))
    assert np.allclose(free.matrix, right.matrix)
    for place in ((415.0, 408.0), (415.0 + 64, 388.0)):
        others = heard(some, voice, UPRIGHT, expected=Expectation(place, (8.0, 8.0)))
        assert all(lead.score < free.score - 1 for lead in others)
