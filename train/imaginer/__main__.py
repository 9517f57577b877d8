"""Train the imaginer: ``python -m train.imaginer --data DIR --output DIR``. The same command on CPU and CUDA."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from train.console import begin, log, ready, startable, usual_options
from train.history import Trained, history_of, this_run
from train.imaginer.export import write_imaginer
from train.imaginer.manifest import describe
from train.imaginer.network import Imaginer
from train.imaginer.scores import nats
from train.imaginer.training import imaginer_objective
from train.loop import Plan, Trainer, main_process
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import load_examples
from train.tokenizer.linear import load_linear
from train.tokenizer.network import LinearPicture

_SCORED = 64


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    linear = load_linear(options.linear)
    lookup, picture = Lookup(linear).to(device), LinearPicture(linear).to(device)
    cache = options.output
    train = load_examples(options.data, "train", linear, cache=cache, limit=options.limit, mirrored=True)
    scored = min(_SCORED, options.limit or _SCORED)
    val = load_examples(options.data, "val", linear, cache=cache, limit=scored, mirrored=False)
    torch.manual_seed(options.seed)
    plan = Plan(
        steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed, weight_decay=0.02
    )
    objective = imaginer_objective(train, lookup, picture, plan.batch)
    trainer = Trainer(Imaginer(linear), objective, plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)

    def score(network: nn.Module) -> str:
        return f"{nats(network, lookup, picture, val, device):.3f} nats"

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        _export(options, trainer)


def _export(options: argparse.Namespace, trainer: Trainer) -> None:
    """Write half-precision weights to go on from, and the files that the package ships."""
    trainer.save_half(options.output / "imaginer.npz")
    network, folder = trainer.average, options.output / "weights"
    assert isinstance(network, Imaginer)
    write_imaginer(network, folder)
    training = [*history_of(options.history), this_run("train.imaginer", trainer)]
    describe(folder, Trained(network, training, options.data, options.limit))
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = startable(usual_options("train.imaginer", __doc__, steps=3000, batch=16, rate=1e-3))
    parser.add_argument("--linear", type=Path, required=True, help="linear.npz that decides tokens")
    return parser.parse_args()


if __name__ == "__main__":
    main()
