"""Faint chips: the last tier in the places that all others leave empty."""

import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message, quarter_replaced
from underdrawing.channel import Profile
from underdrawing.channel.lattice import TIERS, WorkingGrid, capacity_bits, embed, last_tier_bits, receive
from underdrawing.channel.lattice.design import DESIGNS, LEVELS, Filling
from underdrawing.channel.lattice.faint import faint_layout, faint_steps
from underdrawing.channel.lattice.layout import PILOT, UNUSED, layout_of
from underdrawing.channel.lattice.modulation import steps_of

DESIGN = DESIGNS[Profile.STANDARD, 512]
LAST = TIERS - 1

PINNED = [4701, 9784, 23317, 458, 9494, 27615]
"""Positions of six faint chips, far apart, in blocks of masking level 2."""


def chips(grid, levels, key=None, *, filling=Filling.USUAL):
    """The steps of faint and of other chips on blocks of these masking levels, and the layout of the faint ones."""
    layout = layout_of(grid, (True,) * TIERS, key, filling=filling)
    usual = steps_of(DESIGN, levels, layout)
    steps = faint_steps(DESIGN, levels, layout, usual)
    return steps, usual, faint_layout(grid, layout, steps, key)


@pytest.fixture(scope="module")
def levels():
    return np.random.default_rng(5).integers(0, LEVELS, (32, 48))


@pytest.fixture(scope="module")
def grid():
    return WorkingGrid(512, 32, 48)


@pytest.mark.parametrize("filling", [Filling.USUAL, Filling.DENSE])
def test_reference_they_are_where_no_other_chip_is(grid, levels, filling):
    steps, usual, layout = chips(grid, levels, filling=filling)
    assert (steps > 0).any()
    assert not ((steps > 0) & (usual > 0)).any()
    assert np.array_equal(layout.roles != UNUSED, steps > 0)
    assert set(np.unique(layout.roles)) == {UNUSED, PILOT, LAST}
    assert np.mean(layout.roles[steps > 0] == PILOT) == pytest.approx(1 / 16, rel=0.2)
    assert layout.pilots[layout.roles == PILOT].mean() == pytest.approx(0.5, abs=0.1)
    assert steps[:, levels == 0].sum() == 0, "calm blocks are left alone"


def test_limits_a_misjudged_block_moves_no_chip_of_another(grid, levels):
    misjudged = levels.copy()
    misjudged[7, 9] = (levels[7, 9] + 2) % LEVELS
    (_, _, right), (_, _, wrong) = chips(grid, levels), chips(grid, misjudged)
    others = np.ones(levels.shape, dtype=bool)
    others[7, 9] = False
    for name in ("roles", "positions", "pilots"):
        assert np.array_equal(getattr(right, name)[:, others], getattr(wrong, name)[:, others]), name
    assert not np.array_equal(right.roles[:, ~others], wrong.roles[:, ~others])


def test_reference_a_key_lays_them_out_differently(grid, levels):
    (_, _, public), (_, _, secret) = chips(grid, levels), chips(grid, levels, b"k" * 32)
    both = (public.roles == LAST) & (secret.roles == LAST)
    assert np.mean(public.positions[both] == secret.positions[both]) < 0.01


def test_limits_only_the_grid_of_512_has_them_and_only_by_default():
    having = [key for key, design in DESIGNS.items() if design.faint is not None]
    assert having == [(profile, 512) for profile in (Profile.STANDARD, Profile.DETAILED, Profile.LASTING)]
    lengths = [least for least, _ in last_tier_bits(WorkingGrid(512, 32, 32), Profile.STANDARD)]
    assert capacity_bits(data.astronaut())[2] in lengths
    assert capacity_bits(data.astronaut(), profile=Profile.DISCREET)[2] == 0
    assert last_tier_bits(WorkingGrid(1024, 64, 64), Profile.STANDARD) == ()


@pytest.fixture(scope="module")
def sent():
    return message(FIRST_TIER_BITS, *capacity_bits(data.astronaut()), seed=3)


@pytest.fixture(scope="module")
def marked(sent):
    return embed(data.astronaut(), sent).pixels


def told(pixels, sent):
    """What the chips of every tier tell of a copy, and whether the last tier comes back."""
    reception = receive(pixels).with_tiers((True,) * TIERS)
    last = reception.decode(LAST, sent[LAST].size).bits
    return [reception.told_bits(tier) for tier in range(TIERS)], np.array_equal(last, sent[LAST])


def test_round_trip_the_last_tier_comes_through_what_spares_faint_chips(marked, sent):
    bits, arrives = zip(*[told(copy, sent) for copy in (marked, jpeg(marked, 95), jpeg(marked, 75))], strict=True)
    assert arrives == (True, True, False)
    assert bits[0][LAST] > bits[1][LAST] > 1.3 * sent[LAST].size
    assert bits[2][LAST] < 0.6 * bits[0][LAST]
    assert bits[2][0] > 0.6 * bits[0][0], "the first tier is there for such copies"


def test_limits_a_replaced_part_tells_nothing(marked, sent):
    whole, replaced = told(marked, sent)[0][LAST], told(quarter_replaced(marked)[0], sent)[0][LAST]
    assert 0.55 * whole < replaced < 0.85 * whole


def test_reference_no_other_tier_hears_of_them(marked, sent):
    """With or without a last tier the others are read alike, and cost is a tenth of a decibel."""
    without = embed(data.astronaut(), [*sent[:LAST], None])
    loss = np.mean(np.square(marked.astype(float) - data.astronaut()))
    alone = np.mean(np.square(without.pixels.astype(float) - data.astronaut()))
    assert 1 < loss / alone < 1.04
    copies = [jpeg(pixels, 60) for pixels in (marked, without.pixels)]
    (faint, _), bare = told(copies[0], sent), receive(copies[1]).with_tiers((True, True, True, False))
    assert faint[:LAST] == pytest.approx([bare.told_bits(tier) for tier in range(LAST)], rel=0.06)


def test_reference_the_map_of_faint_chips_is_that_of_the_marks_already_out_there(grid):
    """If this fails, either something broke, or the payload needs a new version."""
    _, _, layout = chips(grid, np.full((32, 48), 2))
    mine = np.flatnonzero(layout.roles == LAST)
    picked = layout.positions.ravel()[mine[:: mine.size // 6]][:6]
    assert picked.tolist() == PINNED
