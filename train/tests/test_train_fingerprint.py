"""The fingerprint's training: copies, loss, network, export."""

import json
import sys

import numpy as np
import pytest
import torch
from train.fingerprint.__main__ import main
from train.fingerprint.export import balanced, write_fingerprint
from train.fingerprint.network import Described
from train.fingerprint.scores import copies_by_kind, found_again, numbers_of
from train.fingerprint.training import contrast, fingerprint_objective, tensors
from train.fingerprint.views import View, copy_of, original
from train.loop import Plan, Trainer
from train.tests.conftest import synthesize

from underdrawing.fingerprint import FINGERPRINT_BITS, SIDE_PX, Fingerprinter
from underdrawing.fingerprint.fingerprinter import _halved

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures():
    return synthesize(24, 5)


def test_views_have_their_shapes(pictures):
    for seed in range(40):
        view = copy_of(pictures[0], pictures[1], np.random.default_rng(seed))
        assert view.pixels.shape == (SIDE_PX, SIDE_PX, 3)
        assert view.pixels.dtype == np.uint8
        assert view.hidden.shape == (SIDE_PX, SIDE_PX)
        assert set(np.unique(view.hidden)) <= {0, 1}


def test_views_depend_on_the_generator_only(pictures):
    one, other = (copy_of(pictures[2], pictures[3], np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.hidden, other.hidden)


def test_training_and_package_shrink_alike(pictures):
    difference = original(pictures[0]).pixels.astype(int) - _halved(pictures[0])
    assert np.abs(difference).max() <= 1


def test_a_copy_is_nearer_than_others_costs_less(pictures):
    rng = np.random.default_rng(0)
    originals = torch.from_numpy(rng.normal(size=(16, FINGERPRINT_BITS)).astype(np.float32))
    noise = torch.from_numpy(rng.normal(size=(16, FINGERPRINT_BITS)).astype(np.float32))
    near, far = (contrast(torch.cat([originals, originals + strength * noise])) for strength in (0.3, 3.0))
    strangers = contrast(torch.cat([originals, noise]))
    assert near < far < strangers


def test_what_is_hidden_does_not_matter(pictures):
    torch.manual_seed(0)
    network = Described().eval()
    hidden = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    hidden[32:96, 16:80] = 1
    plain = original(pictures[0]).pixels
    painted = np.where(hidden[..., None] > 0, np.uint8(200), plain)
    one, other = numbers_of(network, [View(plain, hidden), View(painted, hidden)], CPU)
    np.testing.assert_allclose(one, other, atol=1e-5)
    free = numbers_of(network, [original(np.repeat(np.repeat(painted, 2, 0), 2, 1))], CPU)[0]
    assert np.abs(free - one).max() > 1e-3


def test_a_few_steps_lower_the_loss(pictures):
    torch.manual_seed(0)
    plan = Plan(steps=12, batch=12, learning_rate=2e-3, warm_up=2)
    trainer = Trainer(Described(), fingerprint_objective(pictures, plan.batch), plan, CPU)
    losses = [trainer.take_step() for _ in range(plan.steps)]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_every_bit_is_set_for_half_of_the_pictures(pictures):
    torch.manual_seed(0)
    shipped = balanced(Described(), pictures)
    numbers = numbers_of(shipped, [original(picture) for picture in pictures], CPU)
    shares = (numbers > 0).mean(axis=0)
    assert 0.4 <= shares.min() <= shares.max() <= 0.6


def test_the_exported_network_says_the_same(pictures, tmp_path):
    torch.manual_seed(0)
    shipped = balanced(Described(), pictures)
    write_fingerprint(shipped, tmp_path)
    from train.export import write_manifest
    from train.fingerprint.export import FILES

    write_manifest(tmp_path, FILES, {})
    found = Fingerprinter.load(weights=tmp_path).describe(pictures[3]).numbers
    with torch.no_grad():
        expected = shipped(*tensors([View(_halved(pictures[3]), np.zeros((SIDE_PX, SIDE_PX), np.uint8))], CPU))[0]
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-3 * float(expected.std()))


def test_scores_name_every_kind(pictures):
    torch.manual_seed(0)
    kinds = copies_by_kind(pictures[:6])
    scores = found_again(Described().eval(), pictures[:6], kinds, pictures[6:], CPU)
    assert set(scores) == {"replaced", "cropped", "both", "small"}


def test_the_command_trains_and_exports(photographs, tmp_path, monkeypatch):
    output = tmp_path / "out"
    arguments = ["--data", str(photographs), "--output", str(output), "--steps", "2", "--batch", "4"]
    monkeypatch.setattr(sys, "argv", ["train.fingerprint", *arguments, "--score-every", "2"])
    main()
    manifest = json.loads((output / "weights" / "weights.json").read_text())
    assert manifest["training"][0]["steps"] == 2
    assert set(manifest["scores"]) == {"val", "test"}
    assert (output / "fingerprint.npz").exists()
    assert len(Fingerprinter.load(weights=output / "weights").describe(synthesize(1, 9)[0]).bits) == 64
