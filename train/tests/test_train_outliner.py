"""The outliner's training: forgeries, examples, loss, network, export."""

import json
import sys

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from train.export import write_manifest
from train.loop import Plan, Trainer
from train.outliner.__main__ import main
from train.outliner.examples import PLANE_UNIT, Examples, load_examples
from train.outliner.export import FILES, write_outliner
from train.outliner.forgeries import attacked, enlarged, forged, random_attack, random_scene, random_size
from train.outliner.network import Drawer
from train.outliner.scores import measured, network_outline, region_outline
from train.outliner.training import drawn_batch, outline_objective, shortfall

from underdrawing.tamper import Outliner
from underdrawing.tamper.planes import CANVAS_PX, PLANES

CPU = torch.device("cpu")
REGION = PLANES.index("region")


def made_up(count, seed):
    """Regions that are boxes a little larger than the truth; the surprise tells the truth."""
    rng = np.random.default_rng(seed)
    planes = np.zeros((count, len(PLANES), CANVAS_PX, CANVAS_PX), np.int8)
    truth = np.zeros((count, CANVAS_PX, CANVAS_PX), np.uint8)
    for shown, changed in zip(planes, truth, strict=True):
        top, left = rng.integers(16, 160, 2)
        changed[top : top + 60, left : left + 60] = 255
        shown[REGION, top - 8 : top + 68, left - 8 : left + 68] = PLANE_UNIT
        shown[PLANES.index("brightness surprise")] = np.where(changed > 0, 127, 0)
    return Examples(planes, truth)


@pytest.fixture
def enlarged_photographs(tmp_path):
    """A folder of real photographs, for they are protected and verified."""
    rows = ["file,split,label"]
    for split, name in (("train", "chelsea"), ("train", "coffee"), ("val", "astronaut"), ("test", "rocket")):
        picture = cv2.resize(getattr(skimage.data, name)(), (256, 256), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
        rows.append(f"{name}.png,{split},none")
    (tmp_path / "splits.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_forgeries_change_nothing_outside_their_mask():
    picture = skimage.data.chelsea()[:256, :256]
    donor = skimage.data.astronaut()[:256, :256]
    for seed in range(40):
        forgery = forged(picture, donor, np.random.default_rng(seed))
        assert forgery.pixels.shape == picture.shape
        assert forgery.pixels.dtype == np.uint8
        assert forgery.mask.any()
        assert np.array_equal(forgery.pixels[~forgery.mask], picture[~forgery.mask])


def test_forgeries_depend_on_the_generator_only():
    picture, donor = skimage.data.chelsea()[:256, :256], skimage.data.coffee()[:256, :256]
    one, other = (forged(picture, donor, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert np.array_equal(one.mask, other.mask)


def test_every_size_and_attack_can_be_made():
    rng = np.random.default_rng(0)
    picture = skimage.data.chelsea()[:256, :256]
    assert {min(random_size(rng)) for _ in range(60)} == {256, 341, 512, 640, 1024}
    for _ in range(30):
        forgery = forged(enlarged(picture, (96, 128), rng), enlarged(picture, (96, 128), rng), rng)
        assert attacked(forgery, random_attack(rng), rng).dtype == np.uint8


def test_scenes_are_enlarged_or_laid_side_by_side():
    """Some of those with room for it hold each picture as it is, pixel by pixel."""
    pictures = np.stack([skimage.data.chelsea()[:256, :256], skimage.data.coffee()[:256, :256]])
    rng = np.random.default_rng(0)
    scenes = [random_scene(pictures, (640, 768), rng) for _ in range(24)]
    assert {scene.shape for scene in scenes} == {(640, 768, 3)}
    whole = [any(np.array_equal(scene[:256, 256:512], one) for one in pictures) for scene in scenes]
    assert 0 < sum(whole) < len(scenes)
    small = [random_scene(pictures, (341, 512), rng) for _ in range(24)]
    assert not any(np.array_equal(scene[:256, :256], one) for scene in small for one in pictures)


def test_examples_show_what_the_map_knows_and_the_truth(enlarged_photographs, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    first = load_examples(enlarged_photographs, "train", cache=cache, count=3, seed=1)
    assert first.planes.shape == (3, len(PLANES), CANVAS_PX, CANVAS_PX)
    for planes, truth in zip(first.planes, first.truth, strict=True):
        region = planes[REGION] > 0
        assert region.any()
        assert (region & (truth > 127)).any(), "a proven region lies where something was changed"
    again = load_examples(enlarged_photographs, "train", cache=cache, count=3, seed=1)
    assert np.array_equal(first.planes, again.planes)


def test_batches_have_their_shapes_and_depend_on_the_generator_only():
    examples = made_up(3, 0)
    planes, truth = drawn_batch(examples, 4, np.random.default_rng(5))
    assert planes.shape == (4, len(PLANES), 128, 128)
    assert truth.shape == (4, 128, 128)
    assert truth.min() >= 0
    assert truth.max() <= 1
    same, _ = drawn_batch(examples, 4, np.random.default_rng(5))
    assert np.array_equal(planes, same)


def test_planes_and_truth_are_turned_together():
    """Where the surprise is known, and the place is shown, it tells the truth in every square."""
    examples, compared = made_up(2, 1), 0
    for seed in range(30):
        planes, truth = drawn_batch(examples, 2, np.random.default_rng(seed))
        for surprise, changed in zip(planes[:, PLANES.index("brightness surprise")], truth, strict=True):
            if surprise.any() and changed.any():
                compared += 1
                assert (surprise[changed > 0] > 0).all()
    assert compared > 30


def test_the_truth_costs_least():
    truth = torch.zeros(1, 32, 32)
    truth[:, 8:20, 8:20] = 1
    right, small, none = truth.clone(), truth.clone(), torch.zeros_like(truth)
    small[:, 8:12] = 0
    costs = [float(shortfall(8 * (2 * said - 1), truth)) for said in (right, small, none)]
    assert costs[0] < 0.01 < costs[1] < costs[2]


def test_scores_of_the_blocks_are_those_of_boxes():
    outlines = measured(made_up(4, 2), region_outline)
    assert outlines.forgeries == (4, 0)
    assert outlines.iou[0] == pytest.approx(60 * 60 / (76 * 76))
    assert outlines.f1[0] == pytest.approx(2 * 60 * 60 / (60 * 60 + 76 * 76))


def test_a_few_steps_draw_the_edge_further_in():
    torch.manual_seed(0)
    examples = made_up(6, 3)
    plan = Plan(steps=40, batch=6, learning_rate=4e-3, warm_up=5, averaging=0.9)
    trainer = Trainer(Drawer().to(memory_format=torch.channels_last), outline_objective(examples, 6), plan, CPU)
    losses = [trainer.take_step() for _ in range(plan.steps)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 2
    drawn = measured(examples, network_outline(trainer.average, CPU))
    assert drawn.iou[0] > measured(examples, region_outline).iou[0] + 0.1


def test_the_exported_network_says_the_same(tmp_path):
    torch.manual_seed(0)
    network = Drawer()
    write_outliner(network, tmp_path)
    write_manifest(tmp_path, FILES, {})
    planes = np.random.default_rng(0).normal(0, 1, (len(PLANES), CANVAS_PX, CANVAS_PX)).astype(np.float32)
    found = Outliner.load(weights=tmp_path).draw(planes)
    with torch.no_grad():
        expected = torch.sigmoid(network(torch.from_numpy(planes[None])))[0].numpy()
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_the_command_trains_and_exports(enlarged_photographs, tmp_path, monkeypatch):
    output = tmp_path / "out"
    arguments = ["--data", str(enlarged_photographs), "--output", str(output), "--steps", "2", "--batch", "2"]
    counts = ["--forgeries", "3", "--score-forgeries", "2", "--score-every", "2"]
    monkeypatch.setattr(sys, "argv", ["train.outliner", *arguments, *counts])
    main()
    manifest = json.loads((output / "weights" / "weights.json").read_text())
    assert manifest["training"][0]["steps"] == 2
    assert set(manifest["scores"]["val"]) == {"network", "blocks", "draw_ms_median"}
    assert (output / "outliner.npz").exists()
    planes = np.zeros((len(PLANES), CANVAS_PX, CANVAS_PX), np.float32)
    assert Outliner.load(weights=output / "weights").draw(planes).shape == (CANVAS_PX, CANVAS_PX)
