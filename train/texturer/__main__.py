"""Train the texturer: ``python -m train.texturer --data DIR --output DIR``. The same command on CPU and CUDA."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from train.console import begin, log, ready, startable, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, load_half, main_process
from train.texturer.examples import load_sharp_and_soft
from train.texturer.export import write_texturer
from train.texturer.manifest import describe
from train.texturer.network import Texturer
from train.texturer.scores import nats
from train.texturer.training import Bands, texture_objective
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import load_examples
from train.tokenizer.linear import load_linear
from train.tokenizer.network import Decoder

_SCORED = 64


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    linear = load_linear(options.linear)
    lookup, bands = Lookup(linear).to(device), Bands().to(device)
    cache = options.output
    train = load_sharp_and_soft(options.data, linear, cache=cache, limit=options.limit, seed=options.seed)
    scored = min(_SCORED, options.limit or _SCORED)
    val = load_examples(options.data, "val", linear, cache=cache, limit=scored, mirrored=False)
    decoder = Decoder(linear).to(device).requires_grad_(False)
    load_half(decoder, options.decoder)
    torch.manual_seed(options.seed)
    plan = Plan(steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed)
    objective = texture_objective(train, lookup, decoder, bands, plan.batch)
    trainer = Trainer(Texturer(), objective, plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)

    def score(network: nn.Module) -> str:
        return f"{nats(network, decoder, lookup, bands, val, device):.3f} nats"

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        _export(options, trainer)


def _export(options: argparse.Namespace, trainer: Trainer) -> None:
    """Write half-precision weights to go on from, and the files that the package ships."""
    trainer.save_half(options.output / "texturer.npz")
    network, folder = trainer.average, options.output / "weights"
    assert isinstance(network, Texturer)
    write_texturer(network, folder)
    training = [*history_of(options.history), this_run("train.texturer", trainer)]
    describe(folder, Trained(network, training, options.data, options.limit))
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = startable(usual_options("train.texturer", __doc__, steps=2000, batch=4, rate=1e-3))
    parser.add_argument("--linear", type=Path, required=True, help="linear.npz that decides tokens")
    parser.add_argument("--decoder", type=Path, required=True, help="half-precision weights of the decoder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
