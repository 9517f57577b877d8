"""What a network is trained for: examples, drawn on the CPU and perhaps ahead, and what it costs to be wrong on them.

Drawing needs no network and no accelerator, so it can go on in other processes: a fast device is not kept waiting for
one core that compresses pictures. The examples of a step depend on the seed and the number of the step only, whoever
draws them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

__all__ = ["Objective", "drawn_in_turn", "moved"]

_AHEAD = 2
"""How many steps each process draws ahead."""

_Drawn = TypeVar("_Drawn")


@dataclass(frozen=True, eq=False)
class Objective:
    """What a network is trained for.

    Attributes:
        draw: the examples of a step, tensors on the CPU in (named) tuples; random by the generator alone.
        loss: the network and the same examples on its device → a scalar.
    """

    draw: Callable[[np.random.Generator], Any]
    loss: Callable[[nn.Module, Any], Tensor]


def drawn_in_turn(
    objective: Objective, steps: range, *, seed: int, rank: int, workers: int, pinned: bool
) -> Iterator[Any]:
    """The examples of one step after the other.

    Args:
        objective: draws.
        steps: which.
        seed, rank: of the run, and of the process that trains.
        workers: how many processes draw ahead; 0: none, each step is drawn when it is asked for.
        pinned: put them where a CUDA device can fetch them by itself.
    """
    loader: DataLoader[Any] = DataLoader(
        _Steps(objective, seed, rank),
        batch_size=None,
        collate_fn=_as_it_is,
        sampler=steps,
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        multiprocessing_context="fork" if workers else None,
        worker_init_fn=_alone,
        pin_memory=pinned,
    )
    return iter(loader)


def moved(drawn: _Drawn, device: torch.device) -> _Drawn:
    """Tensors in (named) tuples, moved to a device."""
    if isinstance(drawn, Tensor):
        return drawn.to(device, non_blocking=True)
    parts = [moved(part, device) for part in drawn]  # type: ignore[attr-defined]
    return type(drawn)(*parts) if hasattr(drawn, "_fields") else type(drawn)(parts)  # type: ignore[call-arg]


class _Steps(Dataset[Any]):
    def __init__(self, objective: Objective, seed: int, rank: int) -> None:
        self._objective, self._seed, self._rank = objective, seed, rank

    def __getitem__(self, step: int) -> Any:
        return self._objective.draw(np.random.default_rng((self._seed, step, self._rank)))


def _as_it_is(drawn: Any) -> Any:
    return drawn


def _alone(_worker: int) -> None:
    """One thread for each process that draws; threads of OpenCV do not outlive a fork anyway."""
    cv2.setNumThreads(1)
