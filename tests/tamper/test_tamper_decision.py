"""The map and the decision, on evidence made up of known truth."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from underdrawing.tamper import Comparison, Distances, Strays, find_tampering
from underdrawing.tamper.content import USUAL, Depth

ROWS, COLUMNS, SCALE = 32, 48, 8
NOISE = 3.0


def picture(seed=0):
    """Smooth colours, H×W×3 uint8."""
    rough = np.random.default_rng(seed).uniform(50, 205, (6, 8, 3)).astype(np.float32)
    return (
        cv2.resize(rough, (COLUMNS * SCALE, ROWS * SCALE), interpolation=cv2.INTER_CUBIC).clip(5, 250).astype(np.uint8)
    )


def remembered(pixels):
    return cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)


def field(region, *, seed=0, strength=6.0):
    """Noisy evidence of blocks: positive outside, negative inside."""
    noise = np.random.default_rng(seed).normal(0, NOISE, (ROWS, COLUMNS))
    return (np.where(region, -strength, strength) + noise).astype(np.float32)


def agreement(region):
    chips = np.full((ROWS, COLUMNS), 6.0)
    return np.stack([np.where(region, 0, 5.0), chips]).astype(np.float32)


def box(top, bottom, left, right):
    region = np.zeros((ROWS, COLUMNS), dtype=bool)
    region[top:bottom, left:right] = True
    return region


def cells(side, other):
    """Usual distances, ``other`` (side×side) times e² too large."""
    usual = USUAL[Depth.DETAIL if side == 16 else Depth.BEYOND]
    distance = np.expm1(usual.offset + usual.busy * np.log1p(5.0) + 2.0 * other)
    flat = np.ones((side, side), dtype=np.float32)
    return Distances(distance.astype(np.float32), 5 * flat, 0 * flat)


def comparison(region):
    """A comparison that finds other content inside a region."""
    shares = [cv2.resize(region.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) for side in (16, 32)]
    return Comparison(cells(16, shares[0]), cells(32, shares[1]), np.zeros((32, 32), dtype=bool))


def find(region, **changes):
    pixels = changes.pop("pixels", picture())
    arguments = {
        "agreement": agreement(region),
        "suspect": pixels,
        "comparison": comparison(region),
        "remembered": lambda: remembered(picture()),
    } | changes
    evidence = arguments.pop("evidence", field(region))
    return find_tampering(evidence, **arguments)


def enlarged(region):
    return np.kron(region, np.ones((SCALE, SCALE), dtype=bool)).astype(bool)


def test_reference_a_region_is_found_where_it_is():
    region = box(8, 20, 10, 30)
    finding = find(region)
    truth = enlarged(region)
    assert finding.tampered
    assert (finding.mask & truth).sum() / truth.sum() > 0.8
    assert (finding.mask & truth).sum() / finding.mask.sum() > 0.98


def test_reference_the_edge_lies_inside_the_blocks_that_look_replaced():
    """A block looks replaced when a small part of it is: the outline is drawn inwards by less than a block."""
    region = box(8, 20, 10, 30)
    finding = find(region, evidence=np.where(region, -6, 6).astype(np.float32))
    inner = cv2.erode(enlarged(region).astype(np.uint8), np.ones((2 * SCALE + 1, 2 * SCALE + 1))) > 0
    assert finding.mask[inner].all()
    assert not finding.mask[~enlarged(region)].any()


@pytest.mark.parametrize("seed", range(20))
def test_reference_noise_alone_is_no_tampering(seed):
    nowhere = box(0, 0, 0, 0)
    finding = find(nowhere, evidence=field(nowhere, seed=seed, strength=3.0))
    assert not finding.tampered
    assert not finding.mask.any()


def test_reference_specks_do_not_count():
    region = box(5, 6, 5, 6) | box(20, 21, 40, 41)
    assert not find(region, comparison=None).tampered


def test_reference_a_hole_in_a_region_is_closed():
    region = box(8, 20, 10, 30)
    evidence = field(region)
    evidence[13:15, 18:20] = 6
    finding = find(region, evidence=evidence)
    assert finding.mask[13 * SCALE : 15 * SCALE, 18 * SCALE : 20 * SCALE].all()


def test_reference_a_region_whose_chips_still_agree_is_noisy_not_replaced():
    region = box(8, 20, 10, 30)
    nowhere = box(0, 0, 0, 0)
    assert not find(region, agreement=agreement(nowhere), comparison=comparison(nowhere)).tampered


def test_reference_other_content_counts_even_where_the_chips_agree():
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    truth, pixels = enlarged(region), picture()
    pixels[truth] = pixels[truth][:, ::-1] ^ 0x40
    finding = find(region, pixels=pixels, evidence=field(nowhere, strength=6.0), agreement=agreement(nowhere))
    assert finding.tampered
    assert (finding.mask & truth).sum() / truth.sum() > 0.8
    assert (finding.mask & truth).sum() / finding.mask.sum() > 0.9


def test_limits_a_mark_in_another_picture_is_not_a_change_of_places():
    """Chips are right nearly everywhere, content is wrong everywhere: nothing was edited here."""
    nowhere, everywhere = box(0, 0, 0, 0), box(0, ROWS, 0, COLUMNS)
    assert not find(nowhere, comparison=comparison(everywhere)).tampered


def test_reference_the_same_content_hardly_vouches_for_a_place_whose_chips_are_gone():
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    finding = find(region, comparison=comparison(nowhere))
    assert finding.tampered
    assert (finding.mask & enlarged(region)).sum() / enlarged(region).sum() > 0.8


def test_reference_what_is_clipped_carries_no_chips():
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    pixels = picture()
    pixels[enlarged(region)] = 255
    assert not find(region, pixels=pixels, comparison=comparison(nowhere)).tampered
    assert find(region, pixels=pixels).tampered, "white where the code says something else"


def test_reference_what_is_clipped_in_one_channel_carries_no_chips():
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    pixels = picture()
    pixels[enlarged(region), 2] = 0
    assert not find(region, pixels=pixels, comparison=comparison(nowhere)).tampered
    assert find(region, pixels=pixels).tampered, "a black channel where the code says something else"


def test_reference_more_is_asked_of_a_region_where_the_tones_were_changed():
    region = box(8, 11, 10, 13)
    weak = {"evidence": np.where(region, -5, 6).astype(np.float32), "comparison": None}
    finding = find(region, **weak)
    assert finding.tampered
    assert finding.least_evidence < finding.strongest_evidence < find(region, **weak, steady=False).least_evidence
    assert not find(region, **weak, steady=False).tampered


def test_reference_a_region_grows_into_blocks_that_do_not_speak_for_themselves():
    """The core is proven; blocks beside it that say nothing belong to it, blocks elsewhere that say nothing do not."""
    region, around, elsewhere = box(8, 20, 10, 30), box(7, 21, 9, 31), box(26, 30, 36, 44)
    evidence = np.where(region, -6, np.where(around | elsewhere, 0, 6)).astype(np.float32)
    finding = find(region, evidence=evidence, comparison=None, remembered=None)
    assert (finding.probability[enlarged(around & ~region)] > 0.25).mean() > 0.9
    assert finding.probability[enlarged(elsewhere)].max() < 0.5


def test_reference_the_remembered_picture_is_asked_for_only_to_draw_an_outline():
    asked = []

    def painted():
        asked.append(True)
        return remembered(picture())

    assert not find(box(0, 0, 0, 0), remembered=painted).tampered
    assert not asked
    assert find(box(8, 20, 10, 30), remembered=painted).tampered
    assert asked


@pytest.mark.parametrize(("agreeing", "tampered"), [(0.2, True), (0.29, True), (0.5, False)])
def test_limits_how_often_chips_may_still_agree_in_a_large_region_that_clearly_differs(agreeing, tampered):
    """An autoencoder keeps some of what is coarse; a region that is only noisier keeps more."""
    region, without = box(4, 28, 8, 40), {"comparison": None, "remembered": None}
    chips = np.stack([np.where(region, 6 * 0.8 * agreeing, 6 * 0.8), np.full(region.shape, 6.0)]).astype(np.float32)
    evidence = field(region, strength=4.0)
    assert find_tampering(evidence, agreement=chips, suspect=picture(), **without).tampered == tampered


@pytest.mark.parametrize(("steady", "tampered"), [(True, True), (False, False)])
def test_scattered_parts_of_a_change_convict_together(steady, tampered):
    """None is enough alone; where tones were changed, scattered noise looks alike."""
    parts = [box(top, top + 2, left, left + 2) for top in (8, 12, 16) for left in (10, 14, 18)]
    evidence = np.full((ROWS, COLUMNS), 8, np.float32)
    evidence[np.any(parts, axis=0)] = -5
    chips = agreement(np.any(parts, axis=0))
    told = {"agreement": chips, "suspect": picture()}
    assert find_tampering(evidence, steady=steady, **told).tampered == tampered
    evidence[~parts[0]] = 8
    assert not find_tampering(evidence, **told).tampered


def test_limits_without_a_code_chips_decide():
    without = {"comparison": None, "remembered": None}
    assert find(box(8, 20, 10, 30), **without).tampered
    assert not find(box(0, 0, 0, 0), **without).tampered


def test_limits_everything_replaced():
    finding = find(box(0, ROWS, 0, COLUMNS), comparison=None, remembered=None)
    assert finding.tampered
    assert finding.mask.mean() > 0.9


def test_shapes_and_ranges():
    finding = find(box(8, 20, 10, 30), pixels=picture().astype(np.uint16) * 257)
    assert finding.mask.shape == finding.probability.shape == (ROWS * SCALE, COLUMNS * SCALE)
    assert finding.probability.dtype == np.float32
    assert 0 <= finding.probability.min() <= finding.probability.max() <= 1
    assert np.array_equal(finding.probability >= 0.5, finding.mask)
    assert 0.5 <= finding.confidence <= 1


def test_deterministic():
    first, second = (find(box(8, 20, 10, 30)) for _ in range(2))
    assert np.array_equal(first.probability, second.probability)


def outvoted(region, *, beyond, steady=True, loud=1.0):
    """A mark written again over what was changed: every chip agrees, if not all are loud, the code does not."""
    nothing = np.zeros_like(region)
    shares = cv2.resize(region.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
    looked = replace(comparison(0.5 * region), strays=Strays(beyond * shares, steady=steady))
    evidence = loud * field(nothing)
    return find_tampering(evidence, agreement=agreement(nothing), suspect=picture(), comparison=looked)


def test_chips_that_were_made_to_agree_do_not_outvote_the_code():
    region = box(10, 20, 12, 26)
    finding = outvoted(region, beyond=150)
    assert finding.tampered
    found = finding.mask[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE]
    assert (found & region).sum() > 0.8 * region.sum()
    assert (found & ~region).sum() < 0.5 * region.sum()


def test_a_conviction_by_cells_is_weighed_by_what_cells_have_to_bring():
    """They need 20 nats, chips 35: what is enough from cells is not held against what chips would have needed."""
    finding = outvoted(box(10, 20, 12, 26), beyond=150)
    assert finding.strongest_evidence >= finding.least_evidence == 20
    by_chips = find(box(8, 20, 10, 30))
    assert by_chips.strongest_evidence >= by_chips.least_evidence == 35


@pytest.mark.parametrize("beyond", [0, 8])
def test_cells_near_their_tokens_do_not_convict_against_the_chips(beyond):
    assert not outvoted(box(10, 20, 12, 26), beyond=beyond).tampered


def test_one_stray_cell_does_not_convict_against_the_chips():
    assert not outvoted(box(10, 12, 12, 15), beyond=150).tampered


def test_more_is_asked_where_the_tones_were_changed():
    region = box(10, 14, 12, 21)
    assert outvoted(region, beyond=60).tampered
    assert not outvoted(region, beyond=60, steady=False).tampered


def test_more_is_asked_where_chips_tell_hardly_anything():
    region = box(10, 14, 12, 21)
    assert outvoted(region, beyond=60).tampered
    faint = 0.5 / float(field(np.zeros_like(region)).mean())
    assert not outvoted(region, beyond=60, loud=faint).tampered
    assert outvoted(box(8, 22, 10, 30), beyond=150, loud=faint).tampered


def test_a_region_that_chips_have_found_is_not_made_coarser_by_its_cells():
    region = box(9, 19, 11, 29)
    shares = cv2.resize(region.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
    without, looked = comparison(region), replace(comparison(region), strays=Strays(200 * shares))
    assert np.array_equal(find(region, comparison=looked).mask, find(region, comparison=without).mask)


def silenced(region, *, beyond, strength=6.0, **changes):
    """A region in which chips have fallen silent, and which shows what it showed or, if cells lie beyond, not."""
    shares = cv2.resize(region.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
    looked = replace(comparison(np.zeros_like(region)), strays=Strays(beyond * shares))
    evidence = np.where(region, -strength, 6.0).astype(np.float32)
    return find(region, comparison=looked, evidence=evidence, **changes)


def test_more_is_asked_of_a_region_that_shows_nothing_else():
    """A codec takes chips away in places that nobody touched."""
    region, weak = box(12, 15, 16, 20), {"strength": 4.0}
    finding = silenced(region, beyond=0, **weak)
    assert not finding.tampered
    assert silenced(region, beyond=150, **weak).tampered, "it shows something else"
    assert silenced(region, beyond=0, strength=6.0).tampered, "more chips say so"


def test_silent_chips_are_no_proof_in_copies_changed_all_over():
    region = box(12, 17, 16, 23)
    weak = {"strength": 3.5}
    assert silenced(region, beyond=0, **weak).tampered
    assert not silenced(region, beyond=0, **weak, steady=False).tampered
    assert silenced(region, beyond=150, **weak, steady=False).tampered, "it shows something else"


def test_more_is_asked_of_a_region_that_shows_nothing_else_in_a_far_smaller_copy():
    region, weak = box(12, 17, 16, 23), {"strength": 3.5}
    assert silenced(region, beyond=0, **weak).tampered
    assert not silenced(region, beyond=0, **weak, fine=False).tampered
    assert silenced(region, beyond=150, **weak, fine=False).tampered, "it shows something else"
    assert silenced(region, beyond=0, fine=False).tampered, "more chips say so"


def test_overwhelming_silence_is_proof_even_there():
    assert silenced(box(6, 22, 10, 30), beyond=0, steady=False).tampered


def test_limits_a_code_that_is_wrong_nearly_everywhere_blames_no_place():
    assert not outvoted(box(0, ROWS, 0, COLUMNS), beyond=150).tampered
