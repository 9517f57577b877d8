import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import forgery
from underdrawing.bench.attacks.forgery import Scene
from underdrawing.bench.attacks.suite import SUITE
from underdrawing.errors import UsageError

STRENGTH = 3


def pattern(shape, by):
    """A mark that knows nothing of the picture: a pattern of ±1 over all pixels, another one for each publisher."""
    return np.random.default_rng(100 + by).choice([-1, 1], size=shape).astype(np.int16)


def spread(pixels, by):
    return np.clip(pixels + STRENGTH * pattern(pixels.shape, by), 0, 255).astype(np.uint8)


def heard(pixels, by):
    """Correlation with the pattern, in grey levels: about 3 where the mark is, about 0 where it is not."""
    return float((pixels.astype(float) - pixels.mean()).ravel() @ pattern(pixels.shape, by).ravel() / pixels.size)


@pytest.fixture(scope="module")
def scene():
    original, target = data.coffee()[:384, :512], data.astronaut()[:384, :512]

    def rewrite(marked, onto):
        strongest = max(range(6), key=lambda by: heard(marked, by))
        return spread(onto, strongest)

    return Scene(original, spread(original, 0), target, spread, rewrite)


def run(name, scene, seed=0):
    return forgery.get(name).apply(scene, np.random.default_rng(seed))


def names():
    return [entry.name for entry in SUITE if entry.needs != "picture"]


@pytest.mark.parametrize("name", names())
def test_every_forgery_of_the_suite_runs_and_is_deterministic(name, scene):
    before = scene.marked.copy(), scene.target.copy(), scene.original.copy()
    first, second = run(name, scene), run(name, scene)
    assert first.shape == scene.marked.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    for now, then in zip((scene.marked, scene.target, scene.original), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_mark_is_heard_where_it_is_and_nowhere_else(scene):
    assert heard(scene.marked, 0) > 0.8 * STRENGTH
    assert abs(heard(scene.original, 0)) < 0.4
    assert abs(heard(scene.target, 0)) < 0.4


def test_a_copied_mark_is_read_in_the_target(scene):
    forged = run("copyreal", scene)
    assert heard(forged, 0) > 0.8 * STRENGTH
    inside = (scene.target > STRENGTH) & (scene.target < 255 - STRENGTH) & (scene.original > 3) & (scene.original < 252)
    difference = forged.astype(int) - scene.target
    np.testing.assert_array_equal(np.abs(difference[inside]), STRENGTH)


@pytest.mark.parametrize("name", ["copyestimate3", "copyestimate5"])
def test_a_mark_is_copied_without_the_original(name, scene):
    forged = run(name, scene)
    assert heard(forged, 0) > 0.4 * STRENGTH
    assert heard(forged, 0) > 5 * abs(heard(forged, 1))


def test_an_average_wears_every_mark_down_and_comes_nearer_to_the_original(scene):
    distances, levels = [], []
    for copies in (1, 2, 3, 5):
        forged = forgery.average([spread(scene.original, by) for by in range(copies)])
        distances.append(np.square(forged.astype(float) - scene.original).mean())
        levels.append(heard(forged, 0))
    assert distances == sorted(distances, reverse=True)
    assert levels == sorted(levels, reverse=True)
    assert levels[3] == pytest.approx(STRENGTH / 5, abs=0.5)
    np.testing.assert_array_equal(run("average2", scene), forgery.average([scene.marked, spread(scene.original, 1)]))


def test_marking_again_adds_the_marks_of_strangers(scene):
    twice = run("remark2", scene)
    assert heard(twice, 1) > 0.8 * STRENGTH
    assert heard(twice, 2) > 0.8 * STRENGTH
    np.testing.assert_array_equal(run("remark1", scene), spread(scene.marked, 1))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_collage_is_two_marked_pictures_side_by_side(share, scene):
    forged = run(f"collage{share}", scene)
    rows, columns = forgery.window(*forged.shape[:2], share)
    inside = np.zeros(forged.shape[:2], bool)
    inside[rows, columns] = True
    assert inside.mean() == pytest.approx(share, rel=0.02)
    np.testing.assert_array_equal(forged[inside], spread(scene.target, 0)[inside])
    np.testing.assert_array_equal(forged[~inside], scene.marked[~inside])


def test_a_laundered_picture_bears_the_mark_where_it_was_doctored_too(scene):
    forged = run("launder0.25", scene)
    window = forgery.window(*forged.shape[:2], 0.25)
    np.testing.assert_array_equal(forged[window], spread(scene.target, 0)[window])
    np.testing.assert_array_equal(run("transplant", scene), spread(scene.target, 0))


@pytest.mark.parametrize("name", names())
def test_the_truth_is_where_another_picture_is_seen(name, scene):
    truth = forgery.get(name).truth(*scene.marked.shape[:2])
    suspect = run(name, scene).astype(int)
    to_marked, to_target = (np.abs(suspect - p).sum(axis=2) for p in (scene.marked, scene.target))
    differ = np.abs(scene.marked.astype(int) - scene.target).sum(axis=2) > 120
    assert np.mean((to_target < to_marked)[differ] == truth[differ]) > 0.999


def test_steps_may_follow(scene):
    chained = forgery.get("average3+jpeg75")
    assert chained.parameters == (("average", 3.0, 3.0), ("jpeg", 75.0, 75.0))
    assert not np.array_equal(run("average3+jpeg75", scene), run("average3", scene))


def test_rejects_a_scene_that_does_not_fit(scene):
    with pytest.raises(UsageError, match="one shape"):
        Scene(scene.original, scene.marked, scene.target[:100], spread)
    closed = Scene(scene.original, scene.marked, scene.target, spread)
    with pytest.raises(UsageError, match="rewrite"):
        run("transplant", closed)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "copy",
        "copyreal1",
        "copyestimate",
        "copyestimate4",
        "average1",
        "average2.5",
        "collage1",
        "remark0",
        "x3",
        "average3+",
        "average3+crop0.5",
        "jpeg75",
    ],
)
def test_rejects_names_it_does_not_know(name):
    with pytest.raises(UsageError, match=r"expected|leave it away"):
        forgery.get(name)
