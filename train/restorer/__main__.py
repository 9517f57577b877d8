"""Train the Transformer: ``python -m train.restorer --data DIR --output DIR``. The same command on CPU and CUDA.

First the Transformer alone, on latents and tokens; with ``--joint`` it goes on together with the decoder, on pixels.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import nn

from train.console import log, ready, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, main_process
from train.restorer.export import write_restorer
from train.restorer.manifest import describe
from train.restorer.network import Restorer
from train.restorer.scores import Suspects, latent_error_db, restored_psnr
from train.restorer.training import Joint, guided_loss, joint_loss, restorer_loss
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import Examples, load_examples
from train.tokenizer.export import write_weights
from train.tokenizer.linear import load_linear
from train.tokenizer.manifest import describe as describe_tokenizer
from train.tokenizer.network import Decoder
from underdrawing.tokenizer.weights import LinearWeights


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    linear = load_linear(options.linear)
    lookup = Lookup(linear).to(device)
    cache = options.output
    train = load_examples(options.data, "train", linear, cache=cache, limit=options.limit, mirrored=True)
    val = load_examples(options.data, "val", linear, cache=cache, limit=options.score_pictures, mirrored=False)
    suspects = Suspects.of(val)
    torch.manual_seed(options.seed)
    plan = Plan(
        steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed, weight_decay=0.02
    )
    if options.joint:
        network = Joint(Restorer(linear), Decoder(linear))
        network.decoder.requires_grad_(not options.decoder_fixed)
        loss = (guided_loss if options.decoder_fixed else joint_loss)(train, lookup, plan.batch, device)
    else:
        network = Restorer(linear)
        loss = restorer_loss(train, lookup, plan.batch, device)
    trainer = Trainer(network, loss, plan, device)
    checkpoint = options.output / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        trainer.restore(checkpoint)
        log(f"resumed at step {trainer.step}")
    else:
        prefixes = ("restorer.", "decoder.") if options.joint else ("", None)
        for path, prefix in zip((options.transformer, options.decoder), prefixes, strict=True):
            if path is not None and prefix is not None:
                trainer.start_from(path, prefix=prefix)

    def score(network: nn.Module) -> object:
        if isinstance(network, Joint):
            return restored_psnr(network, lookup, suspects, device, helped=True)
        return latent_error_db(network, lookup, suspects, device)

    trainer.run(checkpoint=checkpoint, score=score, score_every=options.score_every, log=log)
    if main_process():
        if options.joint and options.draw_back:
            trainer.draw_back(options.decoder, options.draw_back, prefix="decoder.")
        _export(options, trainer, linear, train)


def _export(options: argparse.Namespace, trainer: Trainer, linear: LinearWeights, train: Examples) -> None:
    """Write half-precision weights to go on from; of a joint run also the files that the package ships."""
    run = this_run("train.restorer", trainer)
    if not isinstance(trainer.average, Joint):
        trainer.save_half(options.output / "restorer.npz")
        (options.output / "training.json").write_text(json.dumps({"training": [run]}, indent=2))
        return
    trainer.save_half(options.output / "restorer.npz", prefix="restorer.")
    trainer.save_half(options.output / "tokenizer.npz", prefix="decoder.")
    tokenizer, recovery = options.output / "tokenizer", options.output / "recovery"
    network, data, limit = trainer.average, options.data, options.limit
    write_weights(network.decoder, linear, tokenizer)
    decoder_runs = history_of(options.decoder_history) + ([] if options.decoder_fixed else [run])
    decoder = Trained(network.decoder, decoder_runs, data, limit)
    describe_tokenizer(tokenizer, decoder, train=train)
    write_restorer(network.restorer, recovery, eight_bits=True)
    transformer = Trained(network.restorer, [*history_of(options.transformer_history), run], data, limit)
    describe(recovery, transformer, tokenizer_weights=tokenizer)
    log(f"exported to {tokenizer} and {recovery}")


def _options() -> argparse.Namespace:
    parser = usual_options("train.restorer", __doc__, steps=8000, batch=8, rate=6e-4)
    parser.add_argument("--linear", type=Path, required=True, help="linear.npz that decides tokens")
    parser.add_argument("--joint", action="store_true", help="train Transformer and decoder together")
    parser.add_argument("--transformer", type=Path, help="half-precision weights to start the Transformer from")
    parser.add_argument("--decoder", type=Path, help="half-precision weights to start the decoder from")
    parser.add_argument(
        "--draw-back", type=float, default=0.0, help="share of the way that the decoder goes back to its start at last"
    )
    parser.add_argument(
        "--decoder-fixed", action="store_true", help="leave the decoder as it is, and train for codes of few scales"
    )
    parser.add_argument("--decoder-history", type=Path, help="weights.json that tells how the decoder was trained")
    parser.add_argument("--transformer-history", type=Path, help="training.json that tells how the Transformer was")
    parser.add_argument("--score-pictures", type=int, default=64, help="pictures of val that are scored on the way")
    options = parser.parse_args()
    if options.decoder_fixed and not (options.joint and options.decoder):
        parser.error("--decoder-fixed needs --joint and --decoder, which stays")
    if options.draw_back and not (options.joint and options.decoder):
        parser.error("--draw-back needs --joint and --decoder, which it draws back to")
    return options


if __name__ == "__main__":
    main()
