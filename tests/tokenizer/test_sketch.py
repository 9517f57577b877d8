"""Sketches of coarse codes: an edited copy stays nearer than other pictures."""

import cv2
import numpy as np
import pytest
import skimage.data

from scenes import jpeg
from underdrawing.tokenizer import Tokenizer, to_canvas
from underdrawing.tokenizer.sketch import SKETCH_SHAPE, sketch_distances, sketches_of

NAMES = ("astronaut", "coffee", "chelsea", "rocket")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def sketches(tokenizer):
    codes = [tokenizer.encode(getattr(skimage.data, name)()) for name in NAMES]
    latents = np.stack([tokenizer.latents(code.prefix(3)).coarse for code in codes])
    return sketches_of(latents, tokenizer.linear)


def test_shapes(sketches):
    assert sketches.shape == (len(NAMES), *SKETCH_SHAPE)
    assert sketches.dtype == np.float32


def test_the_same_is_at_no_distance(sketches):
    for number, sketch in enumerate(sketches):
        distances = sketch_distances(sketch, sketches)
        assert distances[number] == 0
        assert (np.delete(distances, number) > 0.1).all()


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_an_edited_copy_is_nearest_to_its_original(tokenizer, sketches, number):
    canvas = to_canvas(getattr(skimage.data, NAMES[number])())
    canvas[40:168, 60:188] = to_canvas(getattr(skimage.data, NAMES[number - 1])())[40:168, 60:188]
    copy = jpeg(np.ascontiguousarray(cv2.resize(canvas[6:-7, 4:-9], (256, 256))), 50)
    sketch = sketches_of(tokenizer.linear.coarse_analysis(copy.astype(np.int16)), tokenizer.linear)
    assert sketch_distances(sketch, sketches).argmin() == number


def test_what_happens_in_a_quarter_hardly_counts(sketches):
    changed = sketches[0].copy()
    changed[:16] = 1e3
    assert sketch_distances(changed, sketches[:1])[0] < 1e-3
    changed[:] = 1e3
    assert sketch_distances(changed, sketches[:1])[0] > 0.5
