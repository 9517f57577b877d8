"""Train the tokenizer: ``python -m train.tokenizer --data DIR --output DIR``. The same command on CPU and CUDA."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from train.tokenizer.export import write_weights
from train.tokenizer.linear import encode_pictures, fit_linear, load_linear, save_linear
from train.tokenizer.manifest import describe
from train.tokenizer.pictures import Split, load_split
from train.tokenizer.training import Examples, Plan, Trainer
from underdrawing.tokenizer.weights import LinearWeights


def main() -> None:
    """Fit what decides tokens, train the decoder, export both."""
    options = _options()
    options.output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    linear = _linear(options, device)
    plan = replace(Plan(), steps=options.steps, batch=options.batch, seed=options.seed)
    trainer = Trainer(linear, plan, device)
    checkpoint = options.output / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        trainer.restore(checkpoint)
        _log(f"resumed at step {trainer.step}")
    elif options.start is not None:
        trainer.start_from(options.start)
    val = _examples(options, "val", linear, mirrored=False)
    if trainer.step < plan.steps:
        train = _examples(options, "train", linear, mirrored=True)
        trainer.run(train, val, checkpoint=checkpoint, score_every=options.score_every, log=_log)
    folder = options.output / "weights"
    write_weights(trainer.average, linear, folder)
    trainer.save_half(options.output / "decoder.npz")
    describe(folder, trainer, options)
    _log(f"exported to {folder}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m train.tokenizer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with splits.csv and the pictures it names")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints and exported weights")
    parser.add_argument("--resume", action="store_true", help="go on from what the output folder holds")
    parser.add_argument("--linear", type=Path, help="linear.npz to keep; without it the vocabularies are fitted anew")
    parser.add_argument("--start", type=Path, help="decoder.npz (half precision) to start the decoder from")
    parser.add_argument("--steps", type=int, default=Plan.steps, help="training steps of the decoder in all")
    parser.add_argument("--batch", type=int, default=Plan.batch, help="pictures per step")
    parser.add_argument("--epochs", type=int, default=7, help="passes over the pictures for the vocabularies")
    parser.add_argument("--limit", type=int, help="use only so many pictures of each split")
    parser.add_argument("--score-every", type=int, default=500, help="steps between scores on val")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def _linear(options: argparse.Namespace, device: torch.device) -> LinearWeights:
    path = options.output / "linear.npz"
    if options.linear is not None:
        return load_linear(options.linear)
    if not (options.resume and path.exists()):
        pictures = load_split(options.data, "train", limit=options.limit)
        with torch.no_grad():
            linear = fit_linear(pictures, epochs=options.epochs, seed=options.seed, device=device, log=_log)
        save_linear(linear, path)
    return load_linear(path)


def _examples(options: argparse.Namespace, split: Split, linear: LinearWeights, *, mirrored: bool) -> Examples:
    """Pictures with their tokens; with their mirror images too, when asked."""
    pictures = load_split(options.data, split, limit=options.limit)
    if mirrored:
        pictures = np.concatenate([pictures, pictures[:, :, ::-1]])
    cache = options.output / f"tokens-{split}-{linear.digest()[:12]}-{len(pictures)}.npz"
    if options.resume and cache.exists():
        with np.load(cache) as archive:
            return Examples(pictures, tuple(archive[name] for name in archive.files))
    maps = encode_pictures(pictures, linear)
    np.savez(cache, *maps)
    return Examples(pictures, maps)


def _log(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    main()
