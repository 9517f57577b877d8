"""What each edit promises about the content it puts into a region."""

import numpy as np
import pytest
from skimage import color, data

from underdrawing.bench.edits.masks import Shape, random_mask
from underdrawing.bench.edits.tampering import Kind, tamper


@pytest.fixture(scope="module")
def picture():
    return data.astronaut()[:300, :400]


def forged(picture, kind, seed=0, **options):
    return tamper(picture, kind=kind, rng=np.random.default_rng(seed), donor=data.coffee(), **options)


def box(picture, top, left, height, width):
    mask = np.zeros(picture.shape[:2], bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize("seed", range(4))
def test_recolour_turns_hues_alike_and_keeps_the_largest_channel(picture, seed):
    result = forged(picture, Kind.RECOLOUR, seed)
    before, after = (color.rgb2hsv(pixels)[result.mask] for pixels in (picture, result.pixels))
    assert np.abs(before[:, 2] - after[:, 2]).max() < 0.005
    colourful = (before[:, 1] > 0.5) & (before[:, 2] > 0.3)
    turns = np.exp(2j * np.pi * (after[colourful, 0] - before[colourful, 0]))
    assert np.abs(turns.mean()) > 0.98, "they are all turned by the same angle"
    assert turns.mean().real < 0.1, "which is at least a quarter of the circle"


def test_recolour_shows_on_grey_too():
    grey = np.full((64, 64, 3), 120, np.uint8)
    result = forged(grey, Kind.RECOLOUR)
    assert np.abs(result.pixels[result.mask].astype(int) - 120).max(axis=1).min() > 10


@pytest.mark.parametrize("shape", list(Shape))
def test_copy_move_takes_rows_from_within_the_picture(shape):
    """In a picture whose pixels tell their row, a region keeps the order and the distance of its rows."""
    rows = np.arange(200, dtype=np.uint8)[:, None, None].repeat(300, axis=1).repeat(3, axis=2)
    mask = random_mask(shape, height=200, width=300, fraction=0.1, rng=np.random.default_rng(1))
    result = forged(rows, Kind.COPY_MOVE, mask=mask)
    moved = result.pixels[mask][:, 0].astype(int) - rows[mask][:, 0]
    assert len(np.unique(moved)) == 1


def test_copy_move_avoids_places_where_nothing_would_change():
    """Beside a stripe on plain ground there is much plain ground to copy; what is copied shows all the same."""
    picture = np.full((200, 200, 3), 200, np.uint8)
    picture[:, 20:70] = 30
    for seed in range(10):
        result = forged(picture, Kind.COPY_MOVE, seed, mask=box(picture, 60, 120, 40, 40))
        assert (result.pixels[result.mask] == 30).mean() > 0.5


def test_copy_move_covers_regions_as_large_as_the_picture(picture):
    mask = box(picture, 0, 0, 300, 399)
    result = forged(picture, Kind.COPY_MOVE, mask=mask)
    assert (result.pixels != picture).any(axis=2)[mask].mean() > 0.85


@pytest.mark.parametrize("height, width", [(40, 300), (200, 60), (280, 380)])
def test_words_end_before_the_plate_does(picture, height, width):
    result = forged(picture, Kind.TEXT, 2, mask=box(picture, 10, 10, height, width))
    plate = result.pixels[10 : 10 + height, 10 : 10 + width].astype(int)
    paper = plate[0, 0]
    assert (plate[:, -1] == paper).all()
    written = np.abs(plate - paper).max(axis=2) > 100
    assert 0.01 < written.mean() < 0.4


def test_splice_shows_the_donor_where_the_donor_has_it(picture):
    """A donor of the picture's own size is not moved, so that an outline drawn on it fits."""
    donor = np.ascontiguousarray(data.coffee()[:300, :400])
    result = tamper(picture, kind=Kind.SPLICE, rng=np.random.default_rng(3), donor=donor)
    np.testing.assert_array_equal(result.pixels[result.mask], donor[result.mask])
