"""Examples drawn in turn, by the process that trains or ahead by others."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from train.loop import Plan, Trainer
from train.objective import Objective, drawn_in_turn, moved

CPU = torch.device("cpu")
PLAN = Plan(steps=6, batch=3, learning_rate=1e-2, warm_up=1, averaging=0.5, seed=3)


class Numbers(NamedTuple):
    given: Tensor
    asked: tuple[Tensor, Tensor]


def draw(rng: np.random.Generator) -> Numbers:
    given = torch.from_numpy(rng.normal(size=(PLAN.batch, 4)).astype(np.float32))
    return Numbers(given, (given.sum(1, keepdim=True), given.amax(1, keepdim=True)))


def loss(network: nn.Module, drawn: Numbers) -> Tensor:
    return (network(drawn.given) - torch.cat(drawn.asked, dim=1)).square().mean()


def make_trainer(workers: int) -> Trainer:
    torch.manual_seed(0)
    return Trainer(nn.Linear(4, 2), Objective(draw, loss), PLAN, CPU, workers=workers)


@pytest.mark.parametrize("workers", [0, 2])
def test_each_step_has_its_own_examples_in_turn(workers):
    drawn = list(drawn_in_turn(Objective(draw, loss), range(2, 7), seed=3, rank=1, workers=workers, pinned=False))
    assert len(drawn) == 5
    for step, numbers in zip(range(2, 7), drawn, strict=True):
        expected = draw(np.random.default_rng((3, step, 1)))
        assert isinstance(numbers, Numbers)
        torch.testing.assert_close(numbers, expected, rtol=0, atol=0)


def test_processes_that_draw_ahead_change_nothing(tmp_path):
    alone, helped = make_trainer(0), make_trainer(2)
    losses = [(alone.take_step(), helped.take_step()) for _ in range(3)]
    helped.save(tmp_path / "checkpoint.pt")
    resumed = make_trainer(1)
    resumed.restore(tmp_path / "checkpoint.pt")
    losses += [(alone.take_step(), resumed.take_step()) for _ in range(3)]
    assert all(one == other for one, other in losses)
    assert len({one for one, _ in losses}) == 6
    for one, other in zip(alone.average.parameters(), resumed.average.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_tuples_are_moved_whole():
    numbers = draw(np.random.default_rng(0))
    there = moved(numbers, torch.device("meta"))
    assert isinstance(there, Numbers)
    assert {there.given.device.type, *(part.device.type for part in there.asked)} == {"meta"}
    assert there.given.shape == numbers.given.shape
