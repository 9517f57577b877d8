"""The one training loop: mixed precision, moving-average weights, checkpoints, one machine or many.

A step depends on the seed and its number only, so a resumed run is the same run. Started by ``torchrun``, every process
draws its own examples and gradients are averaged; the batch of the plan is that of one process.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from train.objective import Objective, drawn_in_turn, moved

__all__ = ["Plan", "Trainer", "load_half", "main_process", "pick_device"]

Log = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long and how to train."""

    steps: int = 6000
    batch: int = 8
    learning_rate: float = 1e-3
    warm_up: int = 200
    averaging: float = 0.999
    weight_decay: float = 1e-4
    seed: int = 0

    def rate(self, step: int) -> float:
        """Learning rate at a step: linear warm-up, then half a cosine down to 1 %."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Trainer:
    """A network under training, and the moving average of its weights, which is what is kept.

    Args:
        network: what is trained.
        objective: what for.
        plan: how long and how.
        device: where.
        workers: how many processes draw examples ahead; 0: none.

    Attributes:
        network: the network being trained.
        average: the moving average of its parameters.
        step: steps taken so far.
        runs: from which step which plan was followed.
    """

    def __init__(
        self, network: nn.Module, objective: Objective, plan: Plan, device: torch.device, *, workers: int = 0
    ) -> None:
        self.plan = plan
        self.device = device
        self.network = network.to(device)
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self._parallel = _distributed(self.network, device)
        self._objective = objective
        self._workers = workers
        self._examples: Iterator[Any] | None = None
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(trained, lr=plan.learning_rate, weight_decay=plan.weight_decay)
        self.step = 0
        self.runs: list[dict[str, int]] = [{"from_step": 0, "steps": plan.steps, "batch": plan.batch}]

    def save(self, path: Path) -> None:
        """Write everything needed to go on, replacing the file at once."""
        if not main_process():
            return
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
            "runs": self.runs,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from what ``save`` wrote."""
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step, self._examples = int(state["step"]), None
        self.runs = list(state["runs"])
        current = {"from_step": self.step, "steps": self.plan.steps, "batch": self.plan.batch}
        if {**self.runs[-1], "from_step": self.step} != current:
            self.runs.append(current)

    def save_half(self, path: Path, *, prefix: str = "") -> None:
        """Write the averaged weights, or the part of the network with a prefix, in half precision.

        Small, and enough to start again from.
        """
        parameters = {
            name.removeprefix(prefix): value.detach().half().cpu().numpy()
            for name, value in self.average.named_parameters()
            if name.startswith(prefix)
        }
        np.savez_compressed(path, **parameters)

    def start_from(self, path: Path, *, prefix: str = "") -> None:
        """Take the weights that ``save_half`` wrote, with a fresh optimizer.

        A layer that has gained inputs since keeps what it had learned and starts at zero for the new ones, which come
        last; a layer that is new keeps its own start. ``prefix`` names the part of the network that the file is of.
        """
        for network in (self.network, self.average):
            load_half(network, path, prefix=prefix)

    def draw_back(self, path: Path, share: float, *, prefix: str = "") -> None:
        """Move the averaged weights of a part of the network a share of the way back to what ``save_half`` wrote: where
        a start and what was trained from it are better at different things, the way between them has both.

        Source: weight averaging along fine-tuning, Wortsman et al., Robust fine-tuning of zero-shot models (2022).
        """
        with np.load(path, allow_pickle=False) as archive, torch.no_grad():
            for name, parameter in self.average.named_parameters():
                if name.startswith(prefix):
                    start = torch.from_numpy(archive[name.removeprefix(prefix)]).float().to(parameter.device)
                    parameter.lerp_(start, share)

    def take_step(self) -> float:
        """One step of the plan; returns the loss."""
        if self._examples is None:
            self._examples = self._drawn_from_here()
        drawn = moved(next(self._examples), self.device)
        for group in self._optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        loss = self._objective.loss(self._parallel, drawn)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self._follow()
        self.step += 1
        return float(loss.detach())

    def run(
        self,
        *,
        checkpoint: Path,
        score: Callable[[nn.Module], object],
        score_every: int = 500,
        save_every_s: float = 180.0,
        log: Log = print,
    ) -> None:
        """Train to the end of the plan, with checkpoints and scores of the average on the way."""
        started = saved = time.monotonic()
        losses: list[float] = []
        while self.step < self.plan.steps:
            losses.append(self.take_step())
            if self.step % 50 == 0 and main_process():
                pace = len(losses) / (time.monotonic() - started)
                log(f"step {self.step}: loss {np.mean(losses[-50:]):.3f}, {pace:.2f} steps/s")
            if time.monotonic() - saved > save_every_s:
                self.save(checkpoint)
                saved = time.monotonic()
            if self.step % score_every == 0 and main_process():
                log(f"step {self.step}: val {score(self.average)}")
        self.save(checkpoint)

    def _drawn_from_here(self) -> Iterator[Any]:
        return drawn_in_turn(
            self._objective,
            range(self.step, self.plan.steps),
            seed=self.plan.seed,
            rank=_rank(),
            workers=self._workers,
            pinned=self.device.type == "cuda",
        )

    def _follow(self) -> None:
        keep = min(self.plan.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 - keep)


def load_half(network: nn.Module, path: Path, *, prefix: str = "") -> None:
    """Put the weights that ``Trainer.save_half`` wrote into a network, see ``Trainer.start_from``."""
    with np.load(path, allow_pickle=False) as archive, torch.no_grad():
        for name, parameter in network.named_parameters():
            stored = name.removeprefix(prefix)
            if name.startswith(prefix) and stored in archive.files:
                _grow(parameter, torch.from_numpy(archive[stored]).float())


def main_process() -> bool:
    """Whether this process is the one that writes and scores."""
    return _rank() == 0


def pick_device(name: str | None) -> torch.device:
    """The device asked for, or a CUDA device where there is one (the process's own under ``torchrun``), or the CPU."""
    if name is not None:
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def _rank() -> int:
    return int(os.environ.get("RANK", "0"))


def _distributed(network: nn.Module, device: torch.device) -> nn.Module:
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return network
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return nn.parallel.DistributedDataParallel(network)


def _grow(parameter: nn.Parameter, learned: Tensor) -> None:
    if parameter.shape == learned.shape:
        parameter.copy_(learned)
        return
    parameter.zero_()
    parameter[tuple(slice(0, size) for size in learned.shape)] = learned.to(parameter.device)
