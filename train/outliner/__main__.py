"""Train the outliner: ``python -m train.outliner --data DIR --output DIR``. The same command on CPU and CUDA.

Forgeries are made first, about one a second and core, and kept in the output folder.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

from train.console import begin, log, ready, startable, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, main_process
from train.outliner.examples import Examples, load_examples
from train.outliner.export import write_outliner
from train.outliner.manifest import describe
from train.outliner.network import Drawer
from train.outliner.scores import measured, network_outline
from train.outliner.training import outline_objective


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    cache = options.output
    train = load_examples(options.data, "train", cache=cache, count=options.forgeries, seed=options.seed)
    val = load_examples(options.data, "val", cache=cache, count=options.score_forgeries, seed=options.seed)
    torch.manual_seed(options.seed)
    plan = Plan(
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.rate,
        warm_up=50,
        averaging=0.995,
        weight_decay=0.01,
        seed=options.seed,
    )
    network = Drawer().to(memory_format=torch.channels_last)
    trainer = Trainer(network, outline_objective(train, plan.batch), plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)

    def score(network: nn.Module) -> object:
        return measured(val, network_outline(network, device))

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        _export(options, trainer, train, val)


def _export(options: argparse.Namespace, trainer: Trainer, train: Examples, val: Examples) -> None:
    """Write half-precision weights to go on from, and the files that the package ships."""
    trainer.save_half(options.output / "outliner.npz")
    network, folder = trainer.average, options.output / "weights"
    assert isinstance(network, Drawer)
    write_outliner(network, folder)
    training = [*history_of(options.history), this_run("train.outliner", trainer)]
    describe(folder, Trained(network, training, options.data), train=train, val=val)
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = startable(usual_options("train.outliner", __doc__, steps=1800, batch=24, rate=2e-3, score_every=300))
    parser.add_argument("--forgeries", type=int, default=1200, help="how many to train on")
    parser.add_argument("--score-forgeries", type=int, default=120, help="how many to score on, of pictures of val")
    return parser.parse_args()


if __name__ == "__main__":
    main()
