"""Beliefs of neighbours."""

import itertools

import numpy as np

from underdrawing.tamper.field import settled_beliefs

COUPLING = 0.3


def exact(own):
    """Marginals of the field by adding up all its states."""
    rows, columns = own.shape
    cells = list(itertools.product(range(rows), range(columns)))
    weights, sums = 0.0, np.zeros(own.shape)
    for state in itertools.product((0, 1), repeat=len(cells)):
        plane = np.array(state).reshape(own.shape)
        energy = (plane * own).sum()
        for (i, j), (k, m) in itertools.combinations(cells, 2):
            if max(abs(i - k), abs(j - m)) == 1:
                bond = COUPLING / 2 if i != k and j != m else COUPLING
                energy += bond * (2 * plane[i, j] - 1) * (2 * plane[k, m] - 1) / 2
        weights += np.exp(energy)
        sums += np.exp(energy) * plane
    return sums / weights


def test_reference_alone_a_place_believes_its_own_odds():
    own = np.array([[-3.0, 0.0, 2.0]], dtype=np.float32)
    assert np.allclose(settled_beliefs(own, coupling=0.0), 1 / (1 + np.exp(-own)), atol=1e-3)


def test_reference_close_to_the_exact_marginals_inside():
    own = np.random.default_rng(0).normal(0, 1, (3, 3)).astype(np.float32)
    assert abs(settled_beliefs(own, coupling=COUPLING)[1, 1] - exact(own)[1, 1]) < 0.1


def test_reference_a_lonely_doubt_is_outvoted():
    own = np.full((5, 5), 2.0, dtype=np.float32)
    own[2, 2] = -1.0
    assert settled_beliefs(own, coupling=0.6)[2, 2] > 0.8


def test_limits_certainty_is_finite():
    own = np.array([[1e6, -1e6]], dtype=np.float32)
    assert np.isfinite(settled_beliefs(own, coupling=1.0)).all()
