"""From blocks to pixels, with a stand-in for the network."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from underdrawing.tamper.drawing import drawn
from underdrawing.tamper.planes import CANVAS_PX, PLANES, Places

ROWS, COLUMNS, SCALE = 32, 64, 8
CELL = (CANVAS_PX // ROWS, CANVAS_PX // COLUMNS)


class Says:
    """Draws what it was given; remembers what it was shown."""

    def __init__(self, said):
        self.said = np.broadcast_to(np.float32(said), (CANVAS_PX, CANVAS_PX)).copy()
        self.shown = None

    def draw(self, planes):
        self.shown = planes
        return self.said


def box(top, bottom, left, right):
    region = np.zeros((ROWS, COLUMNS), np.bool_)
    region[top:bottom, left:right] = True
    return region


def places(regions):
    evidence = np.where(regions, -20, 20).astype(np.float32)
    chips = np.full(regions.shape, 6, np.float32)
    return Places(evidence, chips, np.zeros_like(chips), np.where(regions, 0.99, 0.01).astype(np.float32), regions)


def picture():
    rough = np.random.default_rng(0).uniform(50, 205, (6, 8, 3)).astype(np.float32)
    size = (COLUMNS * SCALE, ROWS * SCALE)
    return cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC).clip(5, 250).astype(np.uint8)


def on_canvas(blocks):
    return np.kron(blocks, np.ones(CELL)) > 0


def full(blocks):
    return np.kron(blocks, np.ones((SCALE, SCALE))) > 0


def test_reference_the_network_draws_the_edge():
    region, inside = box(8, 20, 10, 30), box(10, 18, 12, 28)
    outliner = Says(np.where(on_canvas(inside), 0.9, 0.1))
    drawing = drawn(places(region), picture(), None, outliner)
    assert (drawing.mask != full(inside)).mean() < 0.01
    assert outliner.shown.shape == (len(PLANES), CANVAS_PX, CANVAS_PX)


def said_of(**shares):
    """A canvas on which the network says 0.1, but for boxes of blocks: name → (box, probability)."""
    said = np.full((CANVAS_PX, CANVAS_PX), 0.1, np.float32)
    for blocks, probability in shares.values():
        said[on_canvas(blocks)] = probability
    return Says(said)


def test_limits_where_chips_are_all_but_silent_nothing_far_from_a_region_is_believed():
    region, grown, elsewhere = box(8, 20, 10, 30), box(8, 20, 10, 60), box(24, 30, 40, 60)
    known, outliner = places(region), said_of(grown=(grown, 0.99), elsewhere=(elsewhere, 0.99))
    assert (drawn(known, picture(), None, outliner).mask != full(grown | elsewhere)).mean() < 0.01
    faint = replace(known, evidence=known.evidence / 40)
    assert (drawn(faint, picture(), None, outliner).mask != full(box(8, 20, 10, 31))).mean() < 0.01


def test_reference_what_hangs_together_with_a_proven_region_is_believed():
    region, grown = box(8, 20, 10, 30), box(8, 20, 10, 60)
    drawing = drawn(places(region), picture(), None, said_of(grown=(grown, 0.6)))
    assert (drawing.mask != full(grown)).mean() < 0.01


def test_limits_elsewhere_the_network_has_to_be_sure():
    region, elsewhere = box(8, 20, 10, 30), box(24, 30, 45, 55)
    for probability, believed in ((0.9, False), (0.99, True)):
        outliner = said_of(region=(region, 0.9), elsewhere=(elsewhere, probability))
        drawing = drawn(places(region), picture(), None, outliner)
        assert drawing.mask[full(box(10, 18, 12, 28))].all()
        assert drawing.mask[full(box(25, 29, 46, 54))].all() == believed
        assert drawing.mask[full(elsewhere)].any() == believed
        assert drawing.probability[full(box(25, 29, 46, 54))].min() > 0.4, "it may be unsure without being believed"


def test_limits_a_speck_elsewhere_is_not_believed_however_sure():
    region, speck = box(8, 20, 10, 30), np.zeros((CANVAS_PX, CANVAS_PX), np.bool_)
    speck[220:224, 200:205] = True
    said = np.where(on_canvas(region), 0.9, np.where(speck, 0.99, 0.1))
    drawing = drawn(places(region), picture(), None, Says(said))
    assert not drawing.mask[full(box(24, 32, 40, 64))].any()


def test_limits_a_region_of_which_the_network_leaves_nothing_is_drawn_by_rule():
    region = box(8, 20, 10, 30)
    drawing = drawn(places(region), picture(), None, Says(0.1))
    by_rule = drawn(places(region), picture(), None)
    assert by_rule.mask.any()
    assert np.array_equal(drawing.mask, by_rule.mask)


def test_limits_without_a_region_nobody_is_asked():
    outliner = Says(0.9)
    drawing = drawn(places(box(0, 0, 0, 0)), picture(), None, outliner)
    assert outliner.shown is None
    assert not drawing.mask.any()
    assert drawing.probability.max() < 0.5


@pytest.mark.parametrize("outliner", [None, Says(np.random.default_rng(1).random((CANVAS_PX, CANVAS_PX)))])
def test_shapes_the_mask_is_where_the_probability_is_one_half_or_more(outliner):
    drawing = drawn(places(box(8, 20, 10, 30)), picture(), picture()[:256, :256], outliner)
    assert drawing.probability.shape == drawing.mask.shape == (ROWS * SCALE, COLUMNS * SCALE)
    assert drawing.probability.dtype == np.float32
    assert 0 <= drawing.probability.min() <= drawing.probability.max() <= 1
    assert np.array_equal(drawing.probability >= 0.5, drawing.mask)
    assert drawing.mask.any()


def test_reference_a_canvas_at_hand_shows_the_same():
    known, pixels, remembered = places(box(8, 20, 10, 30)), picture(), picture()[:256, :256]
    canvas = cv2.resize(pixels, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)
    with_it, without = Says(0.9), Says(0.9)
    drawn(known, pixels, remembered, with_it, canvas)
    drawn(known, pixels, remembered, without)
    assert np.abs(with_it.shown - without.shown).max() < 0.05


@pytest.mark.parametrize("size", [(ROWS * SCALE, COLUMNS * SCALE), (ROWS // 2, COLUMNS // 2)])
def test_regions_too_thin_for_an_outline_are_drawn_as_they_are(size):
    regions = box(4, 28, 30, 31)
    suspect = cv2.resize(picture(), size[::-1], interpolation=cv2.INTER_AREA)
    drawing = drawn(replace(places(regions), belief=np.full(regions.shape, 0.01, np.float32)), suspect, None, Says(0.1))
    np.testing.assert_array_equal(drawing.mask, drawing.probability >= 0.5)
    expected = cv2.resize(regions.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) > 0
    np.testing.assert_array_equal(drawing.mask, expected)
