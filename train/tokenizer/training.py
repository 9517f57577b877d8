"""Training of the decoder on frozen tokens."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from train.tokenizer.codes import Inputs, Lookup, as_tensors, random_known
from train.tokenizer.network import GREY_LEVELS, Decoder, Size
from underdrawing.tokenizer import LADDER
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Examples", "Plan", "Trainer", "psnr_by_prefix"]

Log = Callable[[str], None]


@dataclass(frozen=True)
class Examples:
    """Pictures (n, 256, 256, 3) uint8 and their six token maps (n, side, side) uint16."""

    pictures: NDArray[np.uint8]
    maps: tuple[NDArray[np.uint16], ...]

    def __len__(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True)
class Plan:
    """How long and how to train."""

    steps: int = 6000
    batch: int = 12
    learning_rate: float = 1e-3
    warm_up: int = 200
    averaging: float = 0.999
    coarse_weight: float = 0.1
    seed: int = 0
    size: Size = field(default_factory=Size)

    def rate(self, step: int) -> float:
        """Learning rate at a step: linear warm-up, then half a cosine down to 1 %."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Trainer:
    """A decoder under training; a step depends on the seed and its number only, so a resumed run is the same run."""

    def __init__(self, linear: LinearWeights, plan: Plan, device: torch.device) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.device = device
        self.lookup = Lookup(linear).to(device)
        self.network = Decoder(linear, plan.size).to(device)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=plan.learning_rate, weight_decay=1e-4)
        self.step = 0
        self.runs = [{"from_step": 0, "steps": plan.steps, "batch": plan.batch}]

    def save(self, path: Path) -> None:
        """Write everything needed to go on, replacing the file at once."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "runs": self.runs,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from what ``save`` wrote."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = int(state["step"])
        self.runs = list(state["runs"])
        current = {"from_step": self.step, "steps": self.plan.steps, "batch": self.plan.batch}
        if {**self.runs[-1], "from_step": self.step} != current:
            self.runs.append(current)

    def save_half(self, path: Path) -> None:
        """Write the averaged decoder in half precision: small, and enough to start again from."""
        parameters = self.average.named_parameters()
        np.savez_compressed(path, **{name: value.detach().half().cpu().numpy() for name, value in parameters})

    def start_from(self, path: Path) -> None:
        """Take the decoder that ``save_half`` wrote, with a fresh optimizer."""
        with np.load(path, allow_pickle=False) as archive:
            for network in (self.network, self.average):
                values = {name: torch.from_numpy(archive[name]).float() for name, _ in network.named_parameters()}
                network.load_state_dict(values, strict=False)

    def take_step(self, examples: Examples) -> float:
        """One step on a batch of examples; returns the loss, in decibels of error."""
        rng = np.random.default_rng((self.plan.seed, self.step))
        chosen = rng.choice(len(examples), size=min(self.plan.batch, len(examples)), replace=False)
        maps = as_tensors(tuple(m[chosen] for m in examples.maps), self.device)
        target = _as_targets(examples.pictures[chosen], self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        inputs = self.lookup(maps, random_known(self.lookup, maps[4], rng))
        picture = _paint(self.network, inputs)
        loss = _decibels(picture, target) + self.plan.coarse_weight * _decibels(_quarter(picture), _quarter(target))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        self.step += 1
        return float(loss.detach())

    def _follow(self) -> None:
        keep = min(self.plan.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 - keep)

    def run(
        self,
        train: Examples,
        val: Examples,
        *,
        checkpoint: Path,
        save_every_s: float = 180.0,
        score_every: int = 1000,
        log: Log = print,
    ) -> None:
        """Train to the end of the plan, with checkpoints and scores on the way."""
        started = saved = time.monotonic()
        losses: list[float] = []
        while self.step < self.plan.steps:
            losses.append(self.take_step(train))
            if self.step % 50 == 0:
                pace = time.monotonic() - started
                log(f"step {self.step}: loss {np.mean(losses[-50:]):.3f}, {len(losses) / pace:.2f} steps/s")
            if time.monotonic() - saved > save_every_s:
                self.save(checkpoint)
                saved = time.monotonic()
            if self.step % score_every == 0:
                log(f"step {self.step}: val {psnr_by_prefix(self.average, self.lookup, val, self.device)}")
        self.save(checkpoint)


@torch.no_grad()
def psnr_by_prefix(
    network: Decoder, lookup: Lookup, examples: Examples, device: torch.device, *, batch: int = 16
) -> list[float]:
    """Mean over pictures of the PSNR in decibels (RGB, rounded to 0..255), for each prefix of the ladder."""
    scores = np.zeros((len(LADDER), len(examples)))
    for start in range(0, len(examples), batch):
        part = slice(start, start + batch)
        maps = as_tensors(tuple(m[part] for m in examples.maps), device)
        target = _as_targets(examples.pictures[part], device)
        for count in range(1, len(LADDER) + 1):
            known = torch.zeros(len(target), len(LADDER), 32, 32, device=device)
            known[:, :count] = 1
            inputs = lookup(maps, known)
            picture = _paint(network, inputs)
            error = (picture.clamp(0, 255).round() - target).square().mean((1, 2, 3))
            scores[count - 1, part] = (10 * torch.log10(255**2 / error)).cpu().numpy()
    return [round(float(value), 3) for value in scores.mean(axis=1)]


def _paint(network: Decoder, inputs: Inputs) -> Tensor:
    """The decoder's picture; the linear part in full precision, the network in bfloat16."""
    picture = network.linear(inputs.coarse, inputs.fine, inputs.known)
    with torch.autocast(picture.device.type, dtype=torch.bfloat16):
        correction = network.correction(picture, inputs.coarse, inputs.fine, inputs.known)
    return picture + GREY_LEVELS * correction.float()


def _decibels(picture: Tensor, target: Tensor) -> Tensor:
    """Mean over pictures of the error's logarithm: what a mean PSNR rewards, whatever the prefix."""
    return 10 * torch.log10((picture - target).square().mean((1, 2, 3)) + 1).mean()


def _quarter(picture: Tensor) -> Tensor:
    return functional.avg_pool2d(picture, 4)


def _as_targets(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float()
