"""What all training commands have in common: their usual options, and how they tell the time."""

import argparse
import time
from pathlib import Path

__all__ = ["log", "usual_options"]


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
    parser.add_argument("--device", help="default: a CUDA device where there is one")
    return parser


def log(line: str) -> None:
    """Print a line with the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)
