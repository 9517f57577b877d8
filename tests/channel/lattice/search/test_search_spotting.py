"""Spotting: a patch is found at its place in the frame, and only there."""

import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, jpeg, message
from underdrawing.channel.lattice import capacity_bits, embed
from underdrawing.channel.lattice.grid import luminance
from underdrawing.channel.lattice.search import Luma, Voice
from underdrawing.channel.lattice.search.placement import moved
from underdrawing.channel.lattice.search.spotting import _Frame, most_blocks, spotted
from underdrawing.channel.profiles import Profile

VOICE = Voice(512, Profile.STANDARD)
CUT = np.s_[77:470, 103:500]


@pytest.fixture(scope="module")
def keyed(astronaut):
    tiers = message(FIRST_TIER_BITS, *capacity_bits(astronaut))
    return embed(astronaut, tiers, key=b"k" * 32).pixels[CUT]


def spot(pixels, centre=(190, 200), *, steps=1.0, key=None):
    luma = Luma(luminance(np.ascontiguousarray(pixels)))
    return spotted(luma, np.eye(2) * steps, np.array(centre, dtype=float), VOICE, key=key)


@pytest.mark.parametrize("centre", [(190, 200), (160, 241)])
def test_reference_a_patch_is_found_where_it_was_cut(marked, centre):
    lead = spot(jpeg(marked.pixels[CUT], 75), centre)
    assert lead.score > 8
    assert np.allclose(moved(lead.matrix, np.array([[103.0, 77.0]])), 0)


def test_reference_a_patch_is_found_below_what_a_landscape_has(astronaut):
    portrait = np.concatenate([astronaut, astronaut[::-1][:304]])
    tiers = message(FIRST_TIER_BITS, *capacity_bits(portrait))
    lead = spot(embed(portrait, tiers).pixels[433:800, 65:450], (190, 200))
    assert lead.score > 8
    assert np.allclose(moved(lead.matrix, np.array([[65.0, 433.0]])), 0)


@pytest.mark.parametrize(
    "side, patch", [(512, (12, 12)), (1024, (12, 12)), (512, (13, 21)), (512, (12, 34)), (512, (34, 12))]
)
def test_invariants_a_frame_holds_every_place_once_with_the_chips_of_its_own(side, patch):
    frame, blocks, (high, wide) = _Frame(side, patch, 2, None), side // 16, patch
    places = np.concatenate([alike.places for alike in frame._alike])
    long = int(1.8 * blocks)
    lengths = (blocks, long), (long, blocks)
    expected = {
        (row, column)
        for down, across in lengths
        for row in range(down - high + 1)
        for column in range(across - wide + 1)
    }
    assert len(places) == len(expected)
    assert {tuple(place) for place in places.tolist()} == expected
    for alike in frame._alike:
        for row, column in alike.places[::40]:
            whole = frame._wide if row + high <= blocks else frame._high
            chips = whole[:2, row : row + high, column : column + wide].ravel()
            apart = np.concatenate([chips.real, chips.imag])
            assert np.array_equal(np.flatnonzero(np.tile(chips != 0, 2)), alike.chips)
            first = alike.first[(alike.places == (row, column)).all(axis=1)][0]
            assert np.allclose(first, apart[alike.chips] / np.linalg.norm(apart))


@pytest.mark.parametrize(
    "size, blocks",
    [((224, 368), (13, 22)), ((206, 400), None), ((223, 223), (13, 13)), ((222, 215), None), ((700, 700), None)],
)
def test_limits_a_patch_as_large_as_the_suspect_fits_wherever_its_blocks_begin(size, blocks):
    found = most_blocks(Luma(np.zeros(size, np.float32)))
    assert found == blocks
    assert found is None or all(count * 16 + 15 <= side for count, side in zip(found, size, strict=True))


def test_reference_a_larger_patch_is_told_more_clearly(marked):
    luma = Luma(luminance(jpeg(marked.pixels[40:310, 60:400], 55)))
    blocks = most_blocks(luma)
    small, large = (spotted(luma, np.eye(2), np.array([170.0, 135]), VOICE, blocks=size) for size in ((12, 12), blocks))
    assert large.score > 1.15 * small.score
    assert np.allclose(moved(large.matrix, np.array([[60.0, 40.0]])), 0)


def test_rejects_other_scales_other_keys_and_unmarked_pictures(marked, keyed, astronaut):
    assert spot(keyed, key=b"k" * 32).score > 8
    quiet = [spot(keyed), spot(keyed, key=b"q" * 32), spot(astronaut[CUT]), spot(marked.pixels[CUT], steps=1.03)]
    assert max((lead.score for lead in quiet if lead is not None), default=0.0) < 6.3


def test_rejects_places_that_leave_no_room_for_the_suspect(marked):
    """What lies around the patch in the suspect lies around it in the frame: beside its border there is no frame."""
    page = np.full((900, 900, 3), 200, dtype=np.uint8)
    page[400:793, 400:797] = marked.pixels[CUT]
    lead = spot(page, (590, 600))
    assert lead is None or lead.score < 6.3


def test_limits_a_patch_with_nothing_in_it_says_nothing():
    busy = np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8)
    checks = np.kron(np.indices((25, 25)).sum(0) % 2, np.ones((16, 16)))[..., None] * np.full(3, 255)
    for pixels in (busy, checks.astype(np.uint8), data.brick()[..., None].repeat(3, 2), np.zeros_like(busy)):
        lead = spot(pixels)
        assert lead is None or lead.score < 6.3
