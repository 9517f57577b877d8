import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, GRIDS, GROUPS, SHARES, SPREAD, TIERS, WEAVE
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, UNUSED, frame_bits, layout_of, weave_of

ALL = (True,) * TIERS
FIELDS = ("roles", "positions", "dither", "signs", "shared", "names")
MESSAGES = [(True, *rest) for rest in ((True, True, True), (True, True, False), (True, False, False), (False,) * 3)]

PINNED = {
    (256, None): "21e91df920f2534161fd5083d25b54d8e5a40fd31cf6b2e18a54c15bf3252687",
    (256, b"k" * 32): "78970d944d733bee1536eda63ed32eec50874a5084e2c0fc019446bc569e0cbf",
    (512, None): "318bcd61ced9a8850894ebbff38ffaa345f29ed9221bc61a82327644df78dd94",
    (512, b"k" * 32): "f77b76e3c7267aae6736bd7b24bb22c2fac7ce3522c2fc59509187be900f763e",
    (1024, None): "01ea799d2a5e71d660cac0749d456ad35c81ffd15c9f451544830b7f1c567905",
    (1024, b"k" * 32): "ea997a43f56c5ac348e2780596246d62f3a389807a01d8b7da6b8b2ed98b9c20",
}
"""SHA-256 of the map that marks of format version 1 are written with: another map cannot read them."""


def square(side_px):
    return WorkingGrid(side_px, side_px // BLOCK, side_px // BLOCK)


def part(layout, rows, columns):
    return {name: getattr(layout, name)[:, rows, columns] for name in FIELDS}


def assert_equal(one, other):
    for name in FIELDS:
        assert np.array_equal(one[name], other[name]), name


def follows_another(layout):
    """Which coefficients share a chip that another one has already been counted for."""
    first = np.arange(layout.shared.shape[0]) % SPREAD == 0
    return layout.shared & ~first[:, None, None]


@pytest.mark.parametrize("side_px", GRIDS)
@pytest.mark.parametrize("tiers", MESSAGES)
def test_round_trip_every_tile_deals_each_position_of_a_tier_once(side_px, tiers):
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, 3 * side), tiers)
    for tier in range(TIERS):
        mine = layout.roles == tier
        assert mine.any() <= tiers[tier]
        chips = mine & ~follows_another(layout)
        per_tile = np.count_nonzero(chips[:, :, :side])
        for tile in range(3):
            columns = np.s_[:, :, tile * side : (tile + 1) * side]
            dealt = np.sort(layout.positions[columns][chips[columns]])
            assert np.array_equal(dealt, np.arange(tile * per_tile, (tile + 1) * per_tile))


@pytest.mark.parametrize("side_px", GRIDS)
def test_round_trip_shared_chips_come_in_whole_groups_and_agree(side_px):
    layout = layout_of(square(side_px), ALL)
    lanes = len(SHARES[side_px].woven)
    assert layout.shared[: lanes * SPREAD].any()
    assert not layout.shared[lanes * SPREAD :].any()
    assert np.array_equal(layout.shared, layout.shared & ((layout.roles == 0) | (layout.roles == PILOT)))
    assert layout.shared[layout.roles == 0].all() == (not any(SHARES[side_px].single))
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
    """The frame matters to the bits of some pilots alone, so a crop can be read once its place is known."""
    side = side_px // BLOCK
    small = layout_of(square(side_px), ALL)
    large = layout_of(WorkingGrid(side_px, side, side + extra), ALL)
    larger = layout_of(WorkingGrid(side_px, side, side + extra + 5), ALL)
    assert_equal(part(large, slice(side), slice(side)), part(small, slice(side), slice(side)))
    assert_equal(part(larger, slice(side), slice(side + extra)), part(large, slice(side), slice(side + extra)))


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_no_two_tiles_lie_on_the_same_lattices(side_px):
    """Else a crop of one tile could be taken for one of another."""
    side = side_px // BLOCK
    lying = layout_of(WorkingGrid(side_px, side, 2 * side), ALL)
    standing = layout_of(WorkingGrid(side_px, 2 * side, side), ALL)
    own = ~lying.shared[:, :, :side]
    tiles = [lying.dither[:, :, :side], lying.dither[:, :, side:], standing.dither[:, side:]]
    assert np.array_equal(tiles[0], standing.dither[:, :side])
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (tiles[one] == tiles[other])[own].mean() < 0.02


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_shared_chips_repeat_in_a_weave(side_px):
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, side + 11), ALL)
    for name in ("shared", "dither", "signs"):
        values = np.where(layout.shared, getattr(layout, name), 0)
        assert np.array_equal(values[:, WEAVE:], values[:, :-WEAVE]), name
        assert np.array_equal(values[:, :, WEAVE:], values[:, :, :-WEAVE]), name
    pilots = (layout.roles == PILOT) & layout.shared
    assert np.array_equal(pilots[:, WEAVE:], pilots[:, :-WEAVE])
    shared = layout.pilots[pilots]
    row, column = np.nonzero(pilots)[1:]
    assert np.array_equal(shared, (row // WEAVE + column // WEAVE) % 2)


@pytest.mark.parametrize("side_px", GRIDS)
@pytest.mark.parametrize("key", [None, b"k" * 32])
def test_limits_flat_places_cancel_out_of_the_weave(side_px, key):
    """All coefficients zero: the doubled phases of the shared chips point evenly all around."""
    dither = weave_of(side_px, key).dither
    for lane in dither:
        assert abs(np.exp(4j * np.pi * lane[~np.isnan(lane)]).sum()) < 1e-5


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_pilots_of_their_own_tell_the_frame(side_px):
    side = side_px // BLOCK
    small, large = WorkingGrid(side_px, side, side + 1), WorkingGrid(side_px, side, side + 2)
    one, other = layout_of(small, ALL), layout_of(large, ALL)
    own = (one.roles == PILOT) & ~one.shared
    assert np.array_equal(one.pilots[own], frame_bits(small)[one.names[own]])
    assert 0.3 < (one.pilots[own] == other.pilots[:, :, : side + 1][own]).mean() < 0.7


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


def equal_share(one, other, where):
    """Share of the chosen chips in which two layouts are alike; 0 where there are none to compare."""
    return (one == other)[where].mean() if where.any() else 0.0


@pytest.mark.parametrize("side_px", GRIDS)
def test_deterministic_a_secret_key_changes_everything(side_px):
    public, one, other = (layout_of(square(side_px), ALL, key) for key in (None, b"one", b"other"))
    for a, b in ((public, one), (one, other)):
        own, shared, first = ~a.shared & ~b.shared, a.shared & b.shared, (a.roles == 0) & (b.roles == 0)
        pilots = (a.roles == PILOT) & (b.roles == PILOT) & own
        assert equal_share(a.dither, b.dither, own) < 0.02
        assert equal_share(a.dither, b.dither, shared) < 0.05
        assert equal_share(a.pilots, b.pilots, pilots) < 0.95
        assert equal_share(a.positions, b.positions, first) < 0.1
    layout_of.cache_clear()
    assert_equal(part(layout_of(square(side_px), ALL, b"one"), slice(None), slice(None)), vars(one))


@pytest.mark.parametrize("side_px", GRIDS)
def test_shapes_and_ranges(side_px):
    grid = WorkingGrid(side_px, side_px // BLOCK, side_px // BLOCK + 7)
    layout = layout_of(grid, ALL)
    types = {
        "roles": "i1",
        "positions": "i4",
        "pilots": "u1",
        "dither": "f4",
        "signs": "f4",
        "shared": "?",
        "names": "u1",
    }
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
    """Pilots and dither are balanced to within four standard deviations, and each tile has pilots of its own."""
    side = side_px // BLOCK
    layout = layout_of(WorkingGrid(side_px, side, 2 * side), ALL)
    own = ~layout.shared
    coins = layout.pilots[(layout.roles == PILOT) & own]
    assert abs(coins.mean() - 0.5) < 4 * 0.5 / np.sqrt(min(coins.size, 256))
    dither = layout.dither[own]
    assert abs(dither.mean() - 0.5) < 4 / np.sqrt(12 * dither.size)
    pilots = (layout.roles == PILOT) & own
    first, second = (layout.pilots[:, :, part][pilots[:, :, part]] for part in (slice(side), slice(side, None)))
    assert 0.2 < (first == second).mean() < 0.8


@pytest.mark.parametrize("side_px", GRIDS)
def test_reference_shares_are_those_of_the_design(side_px):
    layout, shares = layout_of(square(side_px), ALL), SHARES[side_px]
    cells = (side_px // BLOCK // WEAVE) ** 2
    finding = np.count_nonzero((layout.roles == PILOT) & layout.shared) / SPREAD
    first = np.count_nonzero((layout.roles == 0) & layout.shared) / SPREAD
    assert finding == cells * shares.pilots * len(shares.woven)
    assert first == cells * (sum(shares.woven) - shares.pilots * len(shares.woven))
    for group, share in zip(GROUPS, shares.single, strict=True):
        free, alone = ~layout.shared[group], layout.roles[group] == 0
        assert np.count_nonzero(alone & free) == int(np.count_nonzero(free) * share)


@pytest.mark.parametrize("side_px", GRIDS)
@pytest.mark.parametrize("tiers", MESSAGES)
def test_reference_the_first_tier_is_where_it_is_whatever_else_is_sent(side_px, tiers):
    alone = layout_of(square(side_px), (True, False, False, False))
    layout = layout_of(square(side_px), tiers)
    for role in (0, PILOT):
        assert np.array_equal(layout.roles == role, alone.roles == role)
    assert np.array_equal(layout.positions[layout.roles == 0], alone.positions[alone.roles == 0])


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
