"""The network that draws outlines, as shipped."""

import cv2
import numpy as np
import pytest

from underdrawing.errors import WeightsError
from underdrawing.networks import shipped_weights
from underdrawing.tamper import OUTLINER_FILE, Outliner
from underdrawing.tamper.drawing import drawn
from underdrawing.tamper.planes import CANVAS_PX, PLANES, Places

ROWS, COLUMNS, BLOCK_PX = 32, 48, 16


@pytest.fixture(scope="module")
def outliner():
    return Outliner.load()


def scene(top, bottom, left, right):
    """A picture with a box pasted in, given in pixels; what its blocks say; and where the box is.

    A block is called replaced as soon as any part of it is.
    """
    rng = np.random.default_rng(0)
    rough, other = rng.uniform(60, 200, (2, 12, 18, 3)).astype(np.float32)
    size = (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX)
    original, donor = (cv2.resize(each, size, interpolation=cv2.INTER_CUBIC).clip(5, 250) for each in (rough, other))
    truth = np.zeros(size[::-1], np.bool_)
    truth[top:bottom, left:right] = True
    suspect = np.where(truth[..., None], donor, original).astype(np.uint8)
    regions = truth.reshape(ROWS, BLOCK_PX, COLUMNS, BLOCK_PX).any(axis=(1, 3))
    nats = np.where(regions, -30, 30) + rng.normal(0, 5, regions.shape)
    chips = np.full(regions.shape, 20, np.float32)
    belief = np.where(regions, 0.99, 0.01).astype(np.float32)
    places = Places(nats.astype(np.float32), chips, np.zeros_like(chips), belief, regions)
    remembered = cv2.resize(original.astype(np.uint8), (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)
    return places, suspect, remembered, truth


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("edges", [(131, 300, 197, 420), (57, 250, 90, 203), (203, 449, 333, 670)])
def test_reference_an_edge_between_blocks_is_found_where_the_colours_say(outliner, edges):
    places, suspect, remembered, truth = scene(*edges)
    blocks = np.kron(places.regions, np.ones((BLOCK_PX, BLOCK_PX))) > 0
    by_network = overlap(drawn(places, suspect, remembered, outliner).mask, truth)
    by_rule = overlap(drawn(places, suspect, remembered).mask, truth)
    assert by_network > 0.93
    assert by_network > max(by_rule, overlap(blocks, truth))


def test_limits_blocks_alone_still_make_an_outline(outliner):
    """No picture is remembered: the region is drawn, no better than its blocks allow."""
    places, suspect, _, truth = scene(131, 300, 197, 420)
    assert overlap(drawn(places, suspect, None, outliner).mask, truth) > 0.75


def test_shapes_and_ranges(outliner):
    planes = np.random.default_rng(0).normal(0, 1, (len(PLANES), CANVAS_PX, CANVAS_PX)).astype(np.float32)
    said = outliner.draw(planes)
    assert said.shape == (CANVAS_PX, CANVAS_PX)
    assert said.dtype == np.float32
    assert 0 <= said.min() <= said.max() <= 1


def test_deterministic(outliner):
    planes = np.random.default_rng(1).normal(0, 1, (len(PLANES), CANVAS_PX, CANVAS_PX)).astype(np.float32)
    assert np.array_equal(outliner.draw(planes), Outliner.load().draw(planes))


def test_rejects_other_weights_than_the_manifest_names(tmp_path):
    manifest = (shipped_weights("tamper") / "weights.json").read_text("utf-8")
    (tmp_path / "weights.json").write_text(manifest, "utf-8")
    (tmp_path / OUTLINER_FILE).write_bytes(b"something else")
    with pytest.raises(WeightsError, match=r"outliner\.onnx has sha256"):
        Outliner.load(weights=tmp_path)
