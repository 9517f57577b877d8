"""What all training commands have in common: their usual options, where they begin, and how they tell the time."""

import argparse
import time
from pathlib import Path

import torch

from train.loop import Trainer, pick_device

__all__ = ["begin", "log", "ready", "startable", "usual_options"]


def usual_options(
    name: str, description: str | None, *, steps: int, batch: int, rate: float, score_every: int = 500
) -> argparse.ArgumentParser:
    """A parser with the options that every training command takes.

    Args:
        name: of the module, as in ``python -m NAME``.
        description: what the command does.
        steps, batch, rate, score_every: defaults.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder with splits.csv and the pictures it names")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints and what they become")
    parser.add_argument("--resume", action="store_true", help="go on from what the output folder holds")
    parser.add_argument("--steps", type=int, default=steps, help="training steps in all")
    parser.add_argument("--batch", type=int, default=batch, help="pictures per step")
    parser.add_argument("--rate", type=float, default=rate, help="highest learning rate")
    parser.add_argument("--limit", type=int, help="use only so many pictures of each split")
    parser.add_argument("--score-every", type=int, default=score_every, help="steps between scores on val")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw examples ahead, for fast devices")
    parser.add_argument("--device", help="default: a CUDA device where there is one")
    return parser


def startable(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser with the options of a command that may start from weights trained before."""
    # torch.distributed.run takes --start for one of its own options, cut short
    parser.add_argument("--start", "--start-from", type=Path, help="half-precision weights to start from")
    parser.add_argument("--history", type=Path, help="weights.json that tells how those were trained")
    return parser


def ready(options: argparse.Namespace) -> torch.device:
    """Make the output folder, and give the device to train on, with the threads that were asked for."""
    options.output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    return pick_device(options.device)


def begin(trainer: Trainer, options: argparse.Namespace) -> Path:
    """Bring a run to its checkpoint, or else to the weights to start from; gives the checkpoint's path."""
    checkpoint: Path = options.output / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        trainer.restore(checkpoint)
        log(f"resumed at step {trainer.step}")
    elif options.start is not None:
        trainer.start_from(options.start)
    return checkpoint


def log(line: str) -> None:
    """Print a line with the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)
