"""The autoencoder's training: what it keeps, that it learns, and that the package runs what was trained."""

import json
import sys

import numpy as np
import pytest
import torch
from train.autoencoder.__main__ import crop_objective, main
from train.autoencoder.export import write_autoencoder
from train.autoencoder.network import LATENTS, LEVEL, STRIDE, Autoencoded
from train.export import halved, write_manifest
from train.loop import Plan, Trainer
from train.tests.conftest import synthesize

from underdrawing.bench.attacks.regeneration import AUTOENCODER_FILE, TILE_PX, Autoencoder

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures():
    return synthesize(8, 5)


def test_it_keeps_eight_small_whole_numbers_of_every_64_pixels(pictures):
    network = Autoencoded().eval()
    kept = network.numbers(torch.from_numpy(pictures[:2]).permute(0, 3, 1, 2).float())
    assert kept.shape == (2, LATENTS, 256 // STRIDE, 256 // STRIDE)
    assert torch.equal(kept, kept.round())
    assert kept.abs().max() <= LEVEL


def test_the_gradient_passes_through_the_rounding():
    network = Autoencoded().train()
    pixels = torch.rand(1, 3, 64, 64) * 255
    kept = network.numbers(pixels)
    torch.testing.assert_close(kept, kept.round())
    network(pixels).square().mean().backward()
    assert network.encoder[0].weight.grad.abs().sum() > 0


def test_a_few_steps_of_training_bring_the_loss_down(pictures):
    torch.manual_seed(0)
    trainer = Trainer(Autoencoded(), crop_objective(pictures, 2), Plan(steps=24, batch=2, warm_up=4), CPU)
    losses = [trainer.take_step() for _ in range(24)]
    assert np.mean(losses[-6:]) < 0.8 * np.mean(losses[:6])


def test_the_package_runs_what_was_trained(pictures, tmp_path):
    torch.manual_seed(1)
    network = halved(Autoencoded()).eval()
    write_autoencoder(network, tmp_path)
    write_manifest(tmp_path, (AUTOENCODER_FILE,), {})
    tile = np.tile(pictures[0], (2, 2, 1))[:TILE_PX, :TILE_PX]
    with torch.no_grad():
        expected = network(torch.from_numpy(tile).permute(2, 0, 1)[None].float())[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(
        Autoencoder.load(weights=tmp_path)._tile(tile), np.clip(np.rint(expected), 0, 255), atol=1
    )


def test_the_command_trains_exports_and_tells_where_the_weights_come_from(photographs, tmp_path, monkeypatch):
    output = tmp_path / "out"
    options = ["--data", str(photographs), "--output", str(output), "--steps", "2", "--batch", "1", "--limit", "4"]
    monkeypatch.setattr(sys, "argv", ["autoencoder", *options])
    main()
    facts = json.loads((output / "weights" / "weights.json").read_text())
    assert facts["training"][0]["steps"] == 2
    assert str(photographs) not in facts["training"][0]["command"]
    assert facts["config"]["bits_per_pixel"] == pytest.approx(LATENTS * np.log2(2 * LEVEL + 1) / STRIDE**2, abs=1e-3)
    assert facts["scores"]["test"]["pictures"] == 2
    assert Autoencoder.load(weights=output / "weights").regenerate(np.zeros((50, 70, 3), np.uint8)).shape == (50, 70, 3)
