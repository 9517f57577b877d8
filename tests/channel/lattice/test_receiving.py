"""From the pixels of a suspect to receptions: which, and in which order."""

from itertools import pairwise

import numpy as np
import pytest

from underdrawing.channel.lattice import searched, sync
from underdrawing.channel.lattice.receiving import nearby, receptions
from underdrawing.channel.lattice.sync import MARKED_SCORE

CORNERS = [(250, 30), (40, 240), (10, 10), (270, 260), (130, 140), (250, 140)]
SIDE = 226


@pytest.fixture(scope="module")
def found(marked):
    """What is received of small crops, corner by corner."""
    crops = [marked.pixels[top : top + SIDE, left : left + SIDE] for top, left in CORNERS]
    return [list(searched(np.ascontiguousarray(crop))) for crop in crops]


@pytest.mark.parametrize("enough", [["MARKED_SCORE"], ["MARKED_SCORE", "_WORTH_READING"]])
def test_reference_a_crop_with_too_few_pilots_to_be_sure_is_still_received(marked, monkeypatch, enough):
    """Which crops are so is chance, so here no number of pilots is enough; but the place is sure."""
    for name in enough:
        monkeypatch.setattr(sync, name, 1000.0)
    (top, left), *_ = CORNERS
    heard = list(searched(np.ascontiguousarray(marked.pixels[top : top + SIDE, left : left + SIDE])))
    assert not any(each.candidate.is_sure for each in heard)
    assert np.allclose(heard[0].suspect.placement.matrix[:2, 2], (-left, -top), atol=0.1)


def test_reference_what_is_not_sure_comes_last_loudest_first_and_four_times_at_most(found):
    for heard in found:
        sure = [each.candidate.is_sure for each in heard]
        assert sure == sorted(sure, reverse=True)
        scores = [each.candidate.support for each in heard if not each.candidate.is_sure]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= 4
        surely = [each.suspect.placement.score >= 8 for each in heard if not each.candidate.is_sure]
        assert all(score < MARKED_SCORE for score in scores)
        assert all(placed or score >= 4.5 for placed, score in zip(surely, scores, strict=True))


def test_reference_no_place_is_received_twice_under_one_tone(found):
    for heard in found:
        places = [each.suspect.placement for each in heard]
        apart = [one for one, other in pairwise(places) if one is not other]
        assert not any(one.is_like(other) for one, other in pairwise([*apart, places[-1]] if places else []))


def test_rejects_a_nearby_place_that_is_not_sure(marked):
    for heard in receptions(marked.pixels):
        assert all(near.candidate.is_sure for near in nearby(heard))
