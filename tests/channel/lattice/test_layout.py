import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, GRIDS, GROUPS, SHARES, SPREAD, TIERS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, UNUSED, layout_of

ALL = (True,) * TIERS
FIELDS = ("roles", "positions", "pilots", "dither", "signs", "shared")
MESSAGES = [(True, *rest) for rest in ((True, True, True), (True, True, False), (True, False, False), (False,) * 3)]

PINNED = {
    (256, None): "b95da72f328d303a98861f51e3632dd3f8d04f92d605ef088f19a32dc30e0f14",
    (256, b"k" * 32): "fa9011f4012bc2202093a31f8d8ee4f82b9e9b5c20bc03def926ac5d21ba3b9b",
    (512, None): "efd5536ce2630a2cafc72d4e5fd080b53382aad583a18f9bdaf7442df19c5019",
    (512, b"k" * 32): "58cb708a38fd7c82928c2681dfabff77119c0e75594831107c25887bae154210",
    (1024, None): "23212a5265ddc17441e8dea2927c6426f747d76477975b72c228ca1b6cc66b36",
    (1024, b"k" * 32): "f52ed4370ce4e22de97a8ae69f8f7f6f237df3febd58fe1a39857039240289dc",
}
"""SHA-256 of the map that marks of format version 1 are written with: another map cannot read them."""


def square(side_px):
    return WorkingGrid(side_px, side_px // BLOCK, side_px // BLOCK)


def part(layout, rows, columns):
    return {name: getattr(layout, name)[:, rows, columns] for name in FIELDS}


def assert_equal(one, other):
    for name in FIELDS:
        assert np.array_equal(one[name], other[name]), name


@pytest.mark.parametrize("side_px", GRIDS)
@pytest.mark.parametrize("tiers", MESSAGES)
def test_round_trip_every_tile_deals_each_position_of_a_tier_once(side_px, tiers):
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, 3 * side), tiers)
    for tier in range(TIERS):
        spread = SPREAD if tier == 0 else 1
        mine = layout.roles == tier
        assert mine.any() <= tiers[tier]
        per_tile = np.count_nonzero(mine[:, :, :side]) // spread
        for tile in range(3):
            columns = np.s_[:, :, tile * side : (tile + 1) * side]
            dealt = np.sort(layout.positions[columns][mine[columns]])
            expected = np.repeat(np.arange(tile * per_tile, (tile + 1) * per_tile), spread)
            assert np.array_equal(dealt, expected)


@pytest.mark.parametrize("side_px", GRIDS)
def test_round_trip_shared_chips_come_in_whole_groups_and_agree(side_px):
    layout = layout_of(square(side_px), ALL)
    lanes = SHARES[side_px].lanes
    assert layout.shared[: lanes * SPREAD].any()
    assert not layout.shared[lanes * SPREAD :].any()
    assert np.array_equal(layout.shared, layout.shared & ((layout.roles == 0) | (layout.roles == PILOT)))
    assert (layout.shared[layout.roles == 0]).all()
    for lane in GROUPS[:lanes]:
        assert lane.stop - lane.start == SPREAD
        together = layout.shared[lane.start]
        assert np.array_equal(layout.shared[lane], np.repeat(together[None], SPREAD, axis=0))
        for name in ("roles", "positions", "pilots", "dither"):
            values = getattr(layout, name)[lane][:, together]
            assert (values == values[0]).all(), name


@pytest.mark.parametrize("side_px", GRIDS)
@settings(max_examples=12)
@given(extra=st.integers(1, 90))
def test_reference_coordinates_are_absolute(side_px, extra):
    """The frame does not matter, so a crop can be read once its place is known."""
    side = side_px // BLOCK
    small = layout_of(square(side_px), ALL)
    large = layout_of(WorkingGrid(side_px, side, side + extra), ALL)
    larger = layout_of(WorkingGrid(side_px, side, side + extra + 5), ALL)
    assert_equal(part(large, slice(side), slice(side)), part(small, slice(side), slice(side)))
    assert_equal(part(larger, slice(side), slice(side + extra)), part(large, slice(side), slice(side + extra)))


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_landscape_and_portrait_have_the_same_tiles(side_px):
    side = side_px // BLOCK
    lying = layout_of(WorkingGrid(side_px, side, 2 * side), ALL)
    standing = layout_of(WorkingGrid(side_px, 2 * side, side), ALL)
    assert_equal(part(lying, slice(side), slice(side)), part(standing, slice(side), slice(side)))
    assert_equal(part(lying, slice(side), slice(side, None)), part(standing, slice(side, None), slice(side)))


@pytest.mark.parametrize("side_px", GRIDS)
@pytest.mark.parametrize("tiers", MESSAGES)
def test_deterministic_pilots_and_first_tier_are_where_they_are_whatever_else_is_sent(side_px, tiers):
    """The reader knows which tiers there are only after it has read the first one."""
    whole, partial = layout_of(square(side_px), ALL), layout_of(square(side_px), tiers)
    for name in ("dither", "signs", "shared", "pilots"):
        assert np.array_equal(getattr(whole, name), getattr(partial, name)), name
    first = whole.roles == 0
    assert np.array_equal(partial.roles == 0, first)
    assert np.array_equal(partial.positions[first], whole.positions[first])
    assert np.array_equal(partial.roles == PILOT, whole.roles == PILOT)


@pytest.mark.parametrize("side_px", GRIDS)
def test_deterministic_a_secret_key_changes_everything(side_px):
    public, one, other = (layout_of(square(side_px), ALL, key) for key in (None, b"one", b"other"))
    for a, b in ((public, one), (one, other)):
        shared_pilots = (a.roles == PILOT) & (b.roles == PILOT)
        assert (a.dither == b.dither).mean() < 0.02
        assert 0.3 < (a.signs == b.signs)[a.shared & b.shared].mean() < 0.7
        assert 0.05 < (a.pilots == b.pilots)[shared_pilots].mean() < 0.95
        assert (a.positions == b.positions)[(a.roles == 0) & (b.roles == 0)].mean() < 0.1
    layout_of.cache_clear()
    assert_equal(part(layout_of(square(side_px), ALL, b"one"), slice(None), slice(None)), vars(one))


@pytest.mark.parametrize("side_px", GRIDS)
def test_shapes_and_ranges(side_px):
    grid = WorkingGrid(side_px, side_px // BLOCK, side_px // BLOCK + 7)
    layout = layout_of(grid, ALL)
    types = {"roles": "i1", "positions": "i4", "pilots": "u1", "dither": "f4", "signs": "f4", "shared": "?"}
    for name, kind in types.items():
        assert getattr(layout, name).shape == (len(COEFFICIENTS), grid.rows, grid.columns)
        assert getattr(layout, name).dtype == np.dtype(kind), name
    assert set(np.unique(layout.roles)) <= {PILOT, UNUSED, *range(TIERS)}
    assert set(np.unique(layout.pilots)) == {0, 1}
    assert not layout.pilots[layout.roles != PILOT].any()
    assert not layout.positions[layout.roles < 0].any()
    assert 0 <= layout.dither.min() < layout.dither.max() < 1
    assert set(np.unique(layout.signs[~layout.shared])) == {1}
    assert set(np.unique(layout.signs)) == {-1, 1}


@pytest.mark.parametrize("side_px", GRIDS)
def test_limits_chance_is_fair(side_px):
    """Pilots, signs and dither are balanced to within four standard deviations, and each tile has pilots of its own."""
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, 2 * side), ALL)
    own = ~layout.shared
    for coins in (layout.pilots[(layout.roles == PILOT) & own], layout.signs[layout.shared] > 0):
        assert abs(coins.mean() - 0.5) < 4 * 0.5 / np.sqrt(coins.size)
    dither = layout.dither[own]
    assert abs(dither.mean() - 0.5) < 4 / np.sqrt(12 * dither.size)
    pilots = (layout.roles == PILOT) & own
    first, second = (layout.pilots[:, :, part][pilots[:, :, part]] for part in (slice(side), slice(side, None)))
    assert 0.2 < (first == second).mean() < 0.8


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_shares_are_those_of_the_design(side_px):
    layout, shares = layout_of(square(side_px), ALL), SHARES[side_px]
    blocks = (side_px // BLOCK) ** 2 * shares.lanes
    finding = np.count_nonzero((layout.roles == PILOT) & layout.shared) / SPREAD
    first = np.count_nonzero(layout.roles == 0) / SPREAD
    assert finding == int(blocks * shares.pilot)
    assert first == int(blocks * shares.first)


@pytest.mark.parametrize("side_px", GRIDS)
def test_limits_every_quarter_of_the_picture_carries_its_part_of_every_tier(side_px):
    layout, half = layout_of(square(side_px), ALL), side_px // BLOCK // 2
    for tier in range(TIERS):
        mine = layout.roles == tier
        share = mine[:, :half, :half].sum() / max(mine.sum(), 1)
        assert not mine.any() or 0.2 < share < 0.3


@pytest.mark.parametrize("side_px, key", PINNED)
def test_reference_the_map_is_that_of_the_marks_already_out_there(side_px, key):
    """If this fails, either something broke, or the payload needs a new version."""
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, 2 * side), ALL, key)
    digest = hashlib.sha256()
    for name, kind in {"roles": "i1", "positions": "<i4", "pilots": "u1", "dither": "<f4", "signs": "<f4"}.items():
        digest.update(getattr(layout, name).astype(kind).tobytes())
    assert digest.hexdigest() == PINNED[side_px, key]
