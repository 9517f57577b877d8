"""Train the Transformer: ``python -m train.restorer --data DIR --output DIR``. The same command on CPU and CUDA.

First the Transformer alone, on latents and tokens; with ``--joint`` it goes on together with the decoder, on pixels.
Training (``--weights-only``) and exporting (``--export-only``) may go on on different machines.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from train.console import log, ready, usual_options
from train.history import Trained, history_of, this_run
from train.loop import Plan, Trainer, load_half, main_process
from train.restorer.export import write_restorer
from train.restorer.manifest import describe
from train.restorer.network import Restorer
from train.restorer.scores import Suspects, latent_error_db, restored_psnr
from train.restorer.training import Joint, guided_objective, joint_objective, restorer_objective
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import Examples, load_examples
from train.tokenizer.export import EXAMPLES, given_to, write_weights
from train.tokenizer.export import FILES as TOKENIZER_FILES
from train.tokenizer.linear import load_linear
from train.tokenizer.manifest import describe as describe_tokenizer
from train.tokenizer.network import Decoder
from underdrawing.networks import MANIFEST_FILE
from underdrawing.tokenizer.weights import LinearWeights

_FIXED = "--decoder-fixed"


def main() -> None:
    """Train, and export what was trained."""
    options = _options()
    device = ready(options)
    linear = load_linear(options.linear)
    lookup = Lookup(linear).to(device)
    cache = options.output
    train = load_examples(options.data, "train", linear, cache=cache, limit=options.limit, mirrored=True)
    if options.export_only:
        _export(options, linear, train)
        return
    val = load_examples(options.data, "val", linear, cache=cache, limit=options.score_pictures, mirrored=False)
    suspects = Suspects.of(val)
    torch.manual_seed(options.seed)
    plan = Plan(
        steps=options.steps, batch=options.batch, learning_rate=options.rate, seed=options.seed, weight_decay=0.02
    )
    if options.joint:
        network = Joint(Restorer(linear), Decoder(linear))
        network.decoder.requires_grad_(not options.decoder_fixed)
        objective = (guided_objective if options.decoder_fixed else joint_objective)(train, lookup, plan.batch)
    else:
        network = Restorer(linear)
        objective = restorer_objective(train, lookup, plan.batch)
    trainer = Trainer(network, objective, plan, device, workers=options.workers)
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
        _keep(options, trainer)
        if options.joint and not options.weights_only:
            _export(options, linear, train)


def _keep(options: argparse.Namespace, trainer: Trainer) -> None:
    """Write half-precision weights to go on from or to export, and how they were trained."""
    if isinstance(trainer.average, Joint):
        if options.draw_back:
            trainer.draw_back(options.decoder, options.draw_back, prefix="decoder.")
        trainer.save_half(options.output / "restorer.npz", prefix="restorer.")
        trainer.save_half(options.output / "tokenizer.npz", prefix="decoder.")
    else:
        trainer.save_half(options.output / "restorer.npz")
    runs = [*history_of(options.transformer_history), this_run("train.restorer", trainer)]
    (options.output / "training.json").write_text(json.dumps({"training": runs}, indent=2))


def _export(options: argparse.Namespace, linear: LinearWeights, train: Examples) -> None:
    """Write the files that the package ships, from what a joint run kept."""
    output, data, limit = options.output, options.data, options.limit
    restorer, decoder = Restorer(linear), Decoder(linear)
    load_half(restorer, output / "restorer.npz")
    load_half(decoder, output / "tokenizer.npz")
    runs = history_of(output / "training.json")
    if options.decoder_fixed and options.decoder_history is not None:
        _copy(options.decoder_history.parent, output / "tokenizer", [*TOKENIZER_FILES, MANIFEST_FILE])
    else:
        usual = joint_objective(train, Lookup(linear), EXAMPLES)
        write_weights(decoder, linear, output / "tokenizer", given_to(decoder, usual, Joint(restorer, decoder)))
        trained = Trained(decoder, _runs_of_decoder(options, runs), data, limit)
        describe_tokenizer(output / "tokenizer", trained, train=train)
    write_restorer(restorer, output / "recovery", eight_bits=True)
    describe(output / "recovery", Trained(restorer, runs, data, limit), tokenizer_weights=output / "tokenizer")
    log(f"exported to {output / 'tokenizer'} and {output / 'recovery'}")


def _runs_of_decoder(options: argparse.Namespace, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs that its manifest tells, and the last joint one, unless that is told already or left it as it was."""
    told = history_of(options.decoder_history)
    return [*told, *(run for run in runs[-1:] if run not in told and _FIXED not in run["command"].split())]


def _copy(source: Path, target: Path, names: Sequence[str]) -> None:
    """Copy files into a folder, if it is another one."""
    target.mkdir(parents=True, exist_ok=True)
    if not source.samefile(target):
        for name in names:
            shutil.copy(source / name, target / name)


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
        _FIXED, action="store_true", help="leave the decoder as it is, and train for codes of few scales"
    )
    parser.add_argument("--weights-only", action="store_true", help="keep what was trained, export nothing")
    parser.add_argument("--export-only", action="store_true", help="export what an earlier run kept, train nothing")
    parser.add_argument("--decoder-history", type=Path, help="weights.json that tells how the decoder was trained")
    parser.add_argument("--transformer-history", type=Path, help="training.json that tells how the Transformer was")
    parser.add_argument("--score-pictures", type=int, default=64, help="pictures of val that are scored on the way")
    options = parser.parse_args()
    if options.decoder_fixed and not (options.joint and options.decoder):
        parser.error("--decoder-fixed needs --joint and --decoder, which stays")
    if options.export_only and (options.weights_only or not options.joint):
        parser.error("--export-only exports what a run with --joint kept")
    if options.draw_back and not (options.joint and options.decoder):
        parser.error("--draw-back needs --joint and --decoder, which it draws back to")
    return options


if __name__ == "__main__":
    main()
