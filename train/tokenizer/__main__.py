"""Train the tokenizer: ``python -m train.tokenizer --data DIR --output DIR``. The same command on CPU and CUDA."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from train.console import begin, log, ready, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, main_process
from train.pictures import load_split
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import load_examples
from train.tokenizer.export import EXAMPLES, given_to, write_weights
from train.tokenizer.linear import fit_linear, load_linear, save_linear
from train.tokenizer.manifest import describe
from train.tokenizer.network import Decoder
from train.tokenizer.training import decoder_objective, psnr_by_prefix
from underdrawing.tokenizer.weights import LinearWeights


def main() -> None:
    """Fit what decides tokens, train the decoder, export both."""
    options = _options()
    device = ready(options)
    linear = _linear(options, device)
    cache = options.output
    train = load_examples(options.data, "train", linear, cache=cache, limit=options.limit, mirrored=True)
    val = load_examples(options.data, "val", linear, cache=cache, limit=options.limit, mirrored=False)
    plan = Plan(steps=options.steps, batch=options.batch, seed=options.seed, learning_rate=options.rate)
    torch.manual_seed(plan.seed)
    lookup = Lookup(linear).to(device)
    objective = decoder_objective(train, lookup, plan.batch, alone_chance=options.alone, late_chance=options.late)
    trainer = Trainer(Decoder(linear), objective, plan, device, workers=options.workers)
    checkpoint = begin(trainer, options)
    trainer.run(
        checkpoint=checkpoint,
        score=lambda network: psnr_by_prefix(network, lookup, val, device),
        score_every=options.score_every,
        log=log,
    )
    if not main_process():
        return
    folder = options.output / "weights"
    decoder = trainer.average.cpu()
    usual = decoder_objective(train, Lookup(linear), EXAMPLES, alone_chance=options.alone)
    write_weights(decoder, linear, folder, given_to(decoder, usual, decoder))
    trainer.save_half(options.output / "decoder.npz")
    training = [*history_of(options.history), this_run("train.tokenizer", trainer)]
    describe(folder, Trained(trainer.average, training, options.data, options.limit), train=train)
    log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = usual_options("train.tokenizer", __doc__, steps=Plan.steps, batch=Plan.batch, rate=Plan.learning_rate)
    parser.add_argument("--linear", type=Path, help="linear.npz to keep; without it the vocabularies are fitted anew")
    parser.add_argument(
        "--start", "--start-from", type=Path, help="decoder.npz (half precision) to start the decoder from"
    )
    parser.add_argument("--history", type=Path, help="weights.json of the weights to start from")
    parser.add_argument("--alone", type=float, default=0.5, help="share of pictures that are painted from tokens alone")
    parser.add_argument("--late", type=float, default=0.0, help="share of pictures with one of the two longest codes")
    parser.add_argument("--epochs", type=int, default=12, help="passes over the pictures for the vocabularies")
    return parser.parse_args()


def _linear(options: argparse.Namespace, device: torch.device) -> LinearWeights:
    path = options.output / "linear.npz"
    if options.linear is not None:
        return load_linear(options.linear)
    if not (options.resume and path.exists()):
        pictures = load_split(options.data, "train", limit=options.limit)
        with torch.no_grad():
            linear = fit_linear(pictures, epochs=options.epochs, seed=options.seed, device=device, log=log)
        save_linear(linear, path)
    return load_linear(path)


if __name__ == "__main__":
    main()
