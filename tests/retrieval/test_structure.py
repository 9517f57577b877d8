"""Fine structure in place: alike in copies, not in strangers, wherever a quarter was replaced."""

from itertools import combinations

import cv2
import numpy as np
import pytest
import skimage.data

from scenes import jpeg, quarter_replaced
from underdrawing.retrieval.structure import SAME_STRUCTURE, alike, structure_of

NAMES = ("astronaut", "coffee", "chelsea", "rocket", "retina", "colorwheel")


def photograph(name):
    return np.ascontiguousarray(getattr(skimage.data, name)()[..., :3])


def test_shapes():
    structure = structure_of(photograph("coffee"))
    assert structure.shape == (64, 432)
    assert structure.dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
def test_copies_are_alike_with_a_quarter_replaced(name):
    pixels = photograph(name)
    copy = jpeg(cv2.resize(quarter_replaced(pixels)[0], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), 50)
    assert alike(structure_of(pixels), structure_of(copy)) > SAME_STRUCTURE


def test_strangers_are_not():
    structures = [structure_of(photograph(name)) for name in NAMES]
    assert max(alike(*pair) for pair in combinations(structures, 2)) < SAME_STRUCTURE - 0.2


def test_reference_tile_by_tile():
    """Against correlations worked out one tile at a time."""
    one, other = (structure_of(photograph(name)) for name in NAMES[:2])
    agreeing = [
        float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b) + 2.0 * a.size))
        for a, b in zip(one, other, strict=True)
    ]
    assert alike(one, other) == pytest.approx(np.mean(sorted(agreeing)[-37:]), abs=1e-4)


def test_what_is_hidden_does_not_count():
    pixels, mask = quarter_replaced(photograph("coffee"))
    hidden = structure_of(pixels, mask)
    assert not hidden.reshape(8, 8, -1)[3:5, 3:5].any()
    assert np.array_equal(hidden.reshape(8, 8, -1)[0], structure_of(pixels).reshape(8, 8, -1)[0])


def test_flat_pictures_are_like_nothing():
    flat = structure_of(np.full((300, 200, 3), 90, np.uint8))
    assert alike(flat, flat) < 1e-3
    assert alike(flat, structure_of(photograph("coffee"))) < 1e-3
