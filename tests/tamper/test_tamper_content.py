"""Distances between a suspect and its code, as evidence."""

from dataclasses import replace

import numpy as np
import pytest

from underdrawing.tamper.content import (
    USUAL,
    Comparison,
    Depth,
    Distances,
    Strays,
    content_evidence,
    other_content,
    share_of_cell,
)


def distances(side, surprise, depth, *, busyness=5.0, own=3.0):
    """Cells that are farther off by ``surprise`` (a number or side×side) than is usual."""
    usual, ones = USUAL[depth], np.ones((side, side))
    logarithm = usual.offset + usual.busy * np.log1p(busyness) + usual.own * np.log1p(own) + surprise * ones
    return Distances(*(plane.astype(np.float32) for plane in (np.expm1(logarithm), busyness * ones, own * ones)))


def comparison(surprise):
    coarse, fine = (distances(side, surprise, depth) for side, depth in ((16, Depth.DETAIL), (32, Depth.FINE)))
    return Comparison(coarse, fine, np.ones((32, 32), dtype=bool))


@pytest.mark.parametrize("depth", Depth)
def test_reference_the_surprise_is_what_exceeds_the_usual(depth):
    for busyness in (0.5, 5.0, 80.0):
        found = distances(16, 0.7, depth, busyness=busyness).surprise(depth)
        assert np.allclose(found, 0.7, atol=1e-3)


@pytest.mark.parametrize("depth", Depth)
def test_limits_likeness_vouches_with_no_more_than_the_logarithm_of_two(depth):
    nats = [float(distances(4, surprise, depth).nats(depth)[0, 0]) for surprise in np.linspace(-3, 4, 36)]
    assert max(nats) <= np.log(2)
    assert min(nats) >= -6
    assert nats[-1] == -6


@pytest.mark.parametrize("depth", Depth)
def test_reference_farther_off_is_never_likelier_to_be_untouched(depth):
    surprise = np.linspace(0, 4, 32) * np.ones((32, 1))
    nats = distances(32, surprise, depth).nats(depth)
    assert (np.diff(nats, axis=1) <= 1e-5).all()


def test_reference_of_many_cells_the_mean_evidence_has_the_right_sign():
    """Untouched cells as they are measured to be, and replaced ones as they are taken to be."""
    rng = np.random.default_rng(0)
    usual = distances(32, rng.normal(0, USUAL[Depth.FINE].deviation, (32, 32)), Depth.FINE)
    replaced = distances(32, rng.normal(1.8, 0.8, (32, 32)), Depth.FINE)
    assert usual.nats(Depth.FINE).mean() > 0.3
    assert replaced.nats(Depth.FINE).mean() < -2


def test_reference_a_cell_counts_once_however_many_blocks_lie_in_it():
    sizes = ((32, 32), (64, 96), (16, 24))
    sums = [content_evidence(comparison(0.0), size=size).sum() for size in sizes]
    assert sums[0] == pytest.approx(sums[1], rel=1e-3)
    assert sums[2] == pytest.approx(sums[0] * 16 * 24 / 1024, rel=1e-3)
    assert share_of_cell((64, 96)) == pytest.approx(1 / 6)


def test_reference_the_finest_known_scale_speaks():
    known = np.zeros((32, 32), dtype=bool)
    known[:, 16:] = True
    coarse, fine = distances(16, 2.0, Depth.DETAIL), distances(32, 0.0, Depth.FINE)
    nats = content_evidence(Comparison(coarse, fine, known), size=(32, 32))
    assert (nats[:, 16:] > 0).all(), "their own token is known and fits"
    assert (nats[:, :16] < 0).all()
    assert (content_evidence(Comparison(distances(16, 3.0, Depth.CORE)), size=(32, 32)) < 0).all()


def test_reference_other_content_takes_the_whole_neighbourhood():
    surprise = np.zeros((32, 32))
    surprise[4:6, 4:6] = 3
    surprise[16:26, 16:26] = 3
    coarse = distances(16, surprise.reshape(16, 2, 16, 2).mean(axis=(1, 3)), Depth.DETAIL)
    known = np.ones((32, 32), dtype=bool)
    other = other_content(Comparison(coarse, distances(32, surprise, Depth.FINE), known), size=(32, 32))
    assert (other[:8, :8] > 0).all(), "a few cells alone may be wrong"
    assert (other[18:24, 18:24] < -2).all()


def test_shapes():
    for function in (content_evidence, other_content):
        nats = function(comparison(0.0), size=(16, 40))
        assert nats.shape == (16, 40)
        assert nats.dtype == np.float32


def strays_of(seed, *, share=0.05, usual=3.0):
    """Cells that kept their tokens, but for a share that noise threw a little beyond the border."""
    rng = np.random.default_rng(seed)
    moved = rng.random((16, 16)) < share
    return np.where(moved, rng.exponential(usual, (16, 16)), 0).astype(np.float32)


def test_strays_of_untouched_cells_speak_against_nobody():
    nats = np.stack([Strays(strays_of(seed)).nats for seed in range(40)])
    assert np.median(nats) > 0.5
    assert nats.min() > -5
    assert nats.mean() > 0.4


def test_a_cell_far_from_its_token_is_as_good_as_proof():
    beyond = strays_of(0)
    beyond[4:7, 5:9] = 150
    nats = Strays(beyond).nats
    assert nats[4:7, 5:9].max() < -8
    assert nats[8:].min() > -5


def test_the_farther_a_cell_has_strayed_the_less_it_is_believed():
    beyond = np.zeros((16, 16), np.float32)
    beyond[0] = np.geomspace(6, 80, 16)
    assert (np.diff(Strays(beyond).nats[0]) < 0).all()


def test_where_tones_were_changed_cells_may_stray_farther():
    beyond = strays_of(1, share=0.8, usual=20.0)
    assert Strays(beyond, steady=False).nats.min() > Strays(beyond).nats.min()


def test_nothing_is_said_of_cells_that_are_not_shown():
    beyond, shown = strays_of(2), np.ones((16, 16), dtype=bool)
    shown[:, 12:] = False
    torn = np.where(shown, beyond, 300).astype(np.float32)
    nats = Strays(torn, shown=shown).nats
    assert not nats[:, 12:].any()
    assert np.allclose(nats[:, :12], Strays(beyond[:, :12]).nats, atol=1e-5)
    far = replace(distances(16, 4.0, Depth.CORE), shown=shown)
    assert not far.nats(Depth.CORE)[:, 12:].any()
    assert (far.nats(Depth.CORE)[:, :12] < -1).all()
    assert not Strays(torn, shown=np.zeros_like(shown)).nats.any()
