"""Train the autoencoder of the attack suite: ``python -m train.autoencoder --data DIR --output DIR``."""

from __future__ import annotations

import argparse

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from train.autoencoder.export import describe, write_autoencoder
from train.autoencoder.network import Autoencoded
from train.console import begin, log, ready, startable, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, main_process
from train.objective import Objective
from train.pictures import load_split

__all__ = ["main"]

_CROP_PX = 128
_SCORED = 32


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    train = load_split(options.data, "train", limit=options.limit)
    scored = load_split(options.data, "val", limit=min(_SCORED, options.limit or _SCORED))
    pixels = _planes(torch.from_numpy(scored).to(device))
    torch.manual_seed(options.seed)
    plan = Plan(steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed)
    trainer = Trainer(Autoencoded(), crop_objective(train, plan.batch), plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)

    def score(network: nn.Module) -> str:
        with torch.no_grad():
            squares = (network(pixels).clamp(0, 255) - pixels).square().mean(dim=(1, 2, 3))
        return f"PSNR {float((10 * torch.log10(255**2 / squares)).mean()):.2f} dB"

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        _export(options, trainer)


def crop_objective(pictures: NDArray[np.uint8], batch: int) -> Objective:
    """Mean square error, in units of 16 grey levels, of random crops of pictures (n, 256, 256, 3), mirrored or not."""

    def draw(rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(np.stack([_crop(pictures[rng.integers(len(pictures))], rng) for _ in range(batch)]))

    def loss(network: nn.Module, crops: Tensor) -> Tensor:
        pixels = _planes(crops)
        return (network(pixels) - pixels).div(16).square().mean()

    return Objective(draw, loss)


def _crop(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    top, left = rng.integers(0, picture.shape[0] - _CROP_PX + 1, 2)
    crop = picture[top : top + _CROP_PX, left : left + _CROP_PX]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def _planes(pictures: Tensor) -> Tensor:
    """Pictures (n, rows, columns, 3) uint8 as the network takes them: (n, 3, rows, columns) float32."""
    return pictures.permute(0, 3, 1, 2).contiguous().float()


def _export(options: argparse.Namespace, trainer: Trainer) -> None:
    """Write half-precision weights to go on from, and the files that the package ships."""
    trainer.save_half(options.output / "autoencoder.npz")
    network = trainer.average
    assert isinstance(network, Autoencoded)
    folder = options.output / "weights"
    write_autoencoder(network, folder)
    training = [*history_of(options.history), this_run("train.autoencoder", trainer)]
    describe(folder, Trained(network, training, options.data))
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = startable(usual_options("train.autoencoder", __doc__, steps=6000, batch=8, rate=1.5e-3, score_every=500))
    return parser.parse_args()


if __name__ == "__main__":
    main()
