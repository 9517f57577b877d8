import math

import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import geometry, suite
from underdrawing.bench.attacks.suite import SUITE
from underdrawing.bench.main_job import targets
from underdrawing.bench.metrics.likeness import psnr_db
from underdrawing.errors import UsageError

PLAIN = [entry for entry in SUITE if entry.needs == "picture"]
MONOTONE = (
    *(
        "JPEG",
        "double JPEG",
        "WebP",
        "AVIF",
        "blur",
        "sharpening",
        "noise",
        "median",
        "denoising",
        "darker",
        "brighter",
    ),
    *("less contrast", "more contrast", "gamma below 1", "gamma above 1", "hue", "less saturation", "more saturation"),
    *("tokenizer regeneration", "autoencoder regeneration"),
)
"""Groups that keep the size, so that severity can be told from likeness."""


@pytest.fixture(scope="module")
def coffee():
    return np.ascontiguousarray(data.coffee()[:300, :400])


@pytest.mark.parametrize("entry", PLAIN, ids=lambda entry: entry.name)
def test_every_attack_on_a_picture_runs_and_is_deterministic(entry, coffee):
    before = coffee.copy()
    first, second = (suite.apply(entry.name, coffee, np.random.default_rng(3)) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(coffee, before)
    assert entry.name == "png" or first.shape != coffee.shape or not np.array_equal(first, coffee)


@pytest.mark.parametrize("entry", [entry for entry in PLAIN if entry.keeps_place], ids=lambda entry: entry.name)
def test_an_attack_that_keeps_the_place_keeps_what_is_seen(entry, coffee):
    attacked = suite.apply(entry.name, coffee, np.random.default_rng(3))
    assert abs(attacked.shape[0] / attacked.shape[1] - 0.75) < 0.01
    small = np.stack(
        [np.asarray(geometry.get("fit64").apply(p, np.random.default_rng(0)).pixels) for p in (coffee, attacked)]
    )
    grey = small.astype(float).mean(axis=3)
    assert np.corrcoef(grey[0].ravel(), grey[1].ravel())[0, 1] > 0.97


@pytest.mark.parametrize("group", MONOTONE)
def test_likeness_falls_with_severity(group, coffee):
    names = [entry.name for entry in PLAIN if entry.group == group]
    likeness = [psnr_db(coffee, suite.apply(name, coffee, np.random.default_rng(3)), data_range=255) for name in names]
    assert len(likeness) > 1
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[0] > likeness[-1]


def test_severity_counts_within_each_group():
    for group in suite.groups():
        assert [entry.severity for entry in SUITE if entry.group == group] == list(
            range(1, 1 + sum(entry.group == group for entry in SUITE))
        )


def test_names_are_there_once_and_groups_are_of_one_kind():
    names = [entry.name for entry in SUITE]
    assert len(set(names)) == len(names)
    assert len(names) > 90
    for group in suite.groups():
        assert len({(entry.needs, entry.aim) for entry in SUITE if entry.group == group}) == 1
    assert set(MONOTONE) <= set(suite.groups())


def test_parameters_are_data():
    assert suite.entry("crop0.7+resize0.6..1.6+jpeg75").parameters == (
        ("crop", 0.7, 0.7),
        ("resize", 0.6, 1.6),
        ("jpeg", 75.0, 75.0),
    )
    assert suite.entry("average3").parameters == (("average", 3.0, 3.0),)
    for entry in SUITE:
        assert len(entry.parameters) == entry.name.count("+") + 1
        for (word, low, high), step in zip(entry.parameters, entry.name.split("+"), strict=True):
            assert step.startswith(word)
            assert low <= high
            assert not math.isnan(low)


def test_the_hard_rows_of_the_promises_are_in_the_suite_or_made_of_its_steps():
    steps = {word for entry in PLAIN for word, _, _ in entry.parameters}
    for name in (*targets.attack_names(), *targets.geometry_attack_names()):
        assert {word for word, _, _ in geometry.get(name).parameters} <= steps


def test_which_attacks_keep_every_point_in_place():
    assert suite.entry("jpeg75").keeps_place
    assert suite.entry("resize0.7+jpeg80").keeps_place
    assert not suite.entry("crop0.7").keeps_place
    assert suite.entry("copyreal").keeps_place


def test_rejects_what_it_does_not_have(coffee):
    with pytest.raises(UsageError, match="suite"):
        suite.entry("jpeg1")
    with pytest.raises(UsageError, match="unknown attack"):
        suite.apply("copyreal", coffee, np.random.default_rng(0))
