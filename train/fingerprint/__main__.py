"""Train the fingerprint: ``python -m train.fingerprint --data DIR --output DIR``. The same command on CPU and CUDA."""

from __future__ import annotations

import argparse

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from train.console import begin, log, ready, startable, usual_options
from train.fingerprint.export import balanced, write_fingerprint
from train.fingerprint.manifest import describe
from train.fingerprint.network import Described
from train.fingerprint.scores import copies_by_kind, found_again
from train.fingerprint.training import fingerprint_objective
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, main_process
from train.pictures import load_split

_STRANGERS = 1000


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    train = load_split(options.data, "train", limit=options.limit)
    val = load_split(options.data, "val")
    kinds = copies_by_kind(val)
    strangers = train[:: max(1, len(train) // _STRANGERS)]
    torch.manual_seed(options.seed)
    plan = Plan(
        steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed, weight_decay=0.02
    )
    network = Described().to(memory_format=torch.channels_last)
    trainer = Trainer(network, fingerprint_objective(train, plan.batch), plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)

    def score(network: nn.Module) -> object:
        assert isinstance(network, Described)
        return found_again(network, val, kinds, strangers, device)

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        _export(options, trainer, train)


def _export(options: argparse.Namespace, trainer: Trainer, train: NDArray[np.uint8]) -> None:
    """Write half-precision weights to go on from, and the files that the package ships."""
    trainer.save_half(options.output / "fingerprint.npz")
    network = trainer.average
    assert isinstance(network, Described)
    shipped, folder = balanced(network, train), options.output / "weights"
    write_fingerprint(shipped, folder)
    training = [*history_of(options.history), this_run("train.fingerprint", trainer)]
    describe(folder, Trained(shipped, training, options.data, options.limit))
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = startable(usual_options("train.fingerprint", __doc__, steps=2400, batch=96, rate=1.5e-3, score_every=400))
    return parser.parse_args()


if __name__ == "__main__":
    main()
