import math

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import answers
from underdrawing.bench.attacks.answers import Answer, ask, make_scene, table


@pytest.fixture(scope="module")
def scene():
    original, target = (
        np.asarray(cv2.resize(picture, (768, 512), interpolation=cv2.INTER_AREA))
        for picture in (data.coffee(), data.astronaut())
    )
    return make_scene(original, target)


def row(attack, verdict, signature="valid", **given):
    usual = {"publishers": True, "blocks": ("anchor",), "likeness_db": 40.0, "f1": math.nan, "tampered_fraction": 0.0}
    return Answer("picture", attack, verdict, signature, **{**usual, **given})


def test_an_untouched_mark_is_believed(scene):
    found = ask("png", scene, picture="coffee")
    assert found.believed
    assert found.publishers
    assert (found.picture, found.attack, found.likeness_db) == ("coffee", "png", math.inf)
    assert math.isnan(found.f1)


def test_a_mark_by_somebody_else_is_not_believed_to_be_the_publishers(scene):
    found = ask("remark1", scene, picture="coffee")
    assert not found.believed
    assert not found.publishers
    assert found.signature == "unknown-key"


def test_a_collage_is_held_against_the_truth(scene):
    found = ask("collage0.25", scene, picture="coffee")
    assert found.verdict == "tampered"
    assert 0.8 < found.f1 <= 1
    assert found.tampered_fraction == pytest.approx(0.25, abs=0.08)
    assert found.likeness_db < 20


def test_a_map_that_finds_nothing_scores_nothing():
    class Found:
        mask = None

    truth = np.zeros((4, 4), bool)
    assert math.isnan(answers._map_f1(Found, truth))
    truth[0] = True
    assert answers._map_f1(Found, truth) == 0


def test_only_the_publishers_valid_signature_under_authentic_is_belief():
    assert row("copyreal", "authentic").believed
    assert not row("copyreal", "authentic", "unknown-key").believed
    assert not row("copyreal", "transplanted").believed


def test_the_table_counts_what_was_answered():
    rows = [
        row("launder0.25", "tampered", f1=0.9, likeness_db=20.0),
        row("launder0.25", "tampered", f1=0.8, likeness_db=22.0),
        row("launder0.25", "authentic", f1=0.0, likeness_db=24.0, blocks=("anchor", "core")),
        row("autoencoder", "undecided", "absent", publishers=False, likeness_db=math.nan),
    ]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    first, second = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:])
    assert first[0] == "autoencoder regeneration: `autoencoder`"
    assert first[2:] == ["1 undecided", "–", "0 of 1", "0 of 1", "–", "–"]
    assert second[1:3] == ["3", "2 tampered, 1 authentic"]
    assert second[3].startswith("33%")
    assert second[4:] == ["3 of 3", "1 of 3", "0.567", "22.0"]
