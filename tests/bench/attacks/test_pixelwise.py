import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.main_job import targets
from underdrawing.errors import UsageError


@pytest.fixture(scope="module")
def coffee():
    return data.coffee()[:200, :240]


def run(name, pixels, seed=0):
    return pixelwise.get(name).apply(pixels, np.random.default_rng(seed))


@pytest.mark.parametrize("name", sorted({*targets.attack_names("standard"), *targets.attack_names("discreet")}))
def test_every_attack_of_the_main_job_runs_and_is_deterministic(name, coffee):
    before = coffee.copy()
    first, second = run(name, coffee), run(name, coffee)
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(coffee, before)


@pytest.mark.parametrize("name", ["avif60", "median3", "sharpen1.5", "hue10", "hue-10", "saturation1.3"])
def test_the_other_attacks_change_the_picture_and_keep_its_size(name, coffee):
    attacked = run(name, coffee)
    assert attacked.shape == coffee.shape
    assert 0.3 < np.abs(attacked.astype(int) - coffee).mean() < 20


def test_jpeg_is_what_pillow_writes_by_default(coffee):
    buffer = io.BytesIO()
    Image.fromarray(coffee).save(buffer, "JPEG", quality=75)
    np.testing.assert_array_equal(run("jpeg75", coffee), np.asarray(Image.open(buffer)))
    np.testing.assert_array_equal(
        pixelwise.jpeg(75).apply(coffee, np.random.default_rng(0)), np.asarray(Image.open(buffer))
    )


def test_jpeg_without_subsampling_is_closer_to_the_original(coffee):
    rng = np.random.default_rng(0)
    full, halved = (pixelwise.jpeg(75, subsampling=s).apply(coffee, rng).astype(int) for s in ("4:4:4", "4:2:0"))
    assert np.abs(full - coffee).mean() < np.abs(halved - coffee).mean()


def test_a_chain_is_its_steps_in_order(coffee):
    small = run("resize0.5", coffee)
    assert small.shape == (100, 120, 3)
    np.testing.assert_array_equal(run("resize0.5+jpeg75", coffee), run("jpeg75", small))
    attack = pixelwise.get("resize0.5+jpeg75")
    assert attack.parameters == (("resize", 0.5), ("jpeg", 75.0))
    assert (attack.name, attack.family) == ("resize0.5+jpeg75", "compound")


def test_noise_has_the_stated_deviation():
    grey = np.full((256, 256, 3), 128, np.uint8)
    residual = run("noise6", grey).astype(float) - 128
    assert abs(residual.std() - 6) < 0.1
    assert abs(residual.mean()) < 0.1


def test_tone_curves_do_what_their_factor_says():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(run("gamma2", ramp)[0, :, 0], np.rint(np.arange(256) ** 2 / 255))
    assert abs(int(run("brightness0.85", ramp)[0, 200, 0]) - 170) <= 1
    contrast = run("contrast1.15", ramp)[0, :, 0].astype(int)
    assert abs((contrast[150] - contrast[100]) - 57) <= 1


def test_hue_goes_round_and_back():
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    np.testing.assert_allclose(run("hue180", red)[0, 0].astype(int), (0, 255, 255), atol=4)


@pytest.mark.parametrize("name", ["", "jpeg", "jpeg0", "jpeg101", "jpeg75.5", "png3", "rotate5", "jpeg75+", "JPEG75"])
def test_rejects_names_it_does_not_know(name):
    with pytest.raises(UsageError, match=r"expected|leave it away"):
        pixelwise.get(name)


def test_rejects_an_empty_chain():
    with pytest.raises(UsageError):
        pixelwise.chain()


def test_the_table_of_promises_is_consistent():
    for line in targets.MAIN_JOB_ATTACKS:
        assert 0.9 <= line.rate <= 1
        assert line.blocks
        assert len(set(line.attacks)) == len(line.attacks)
    assert "jpeg75" in targets.attack_names()
    assert "noise6" not in targets.attack_names("discreet")
    anchor = {name for line in targets.MAIN_JOB_ATTACKS if line.blocks == ("anchor",) for name in line.attacks}
    assert set(targets.attack_names()) <= anchor
