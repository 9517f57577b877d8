"""What the imaginer is trained for: the tokens of scale 32, some of them known."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.masks import random_mask
from train.objective import Objective
from train.tokenizer.codes import Lookup, as_tensors
from train.tokenizer.examples import Examples
from train.tokenizer.network import LinearPicture

__all__ = ["Drawn", "Given", "drawn_codes", "given_of", "imaginer_objective"]

_ASKED = 256
_WHOLE_CHANCE = 0.5
_SIDE = 32


class Drawn(NamedTuple):
    """Codes, and what is known of their scale 32.

    Attributes:
        maps: six token maps (n, side, side) int64.
        known: (n, 32, 32) bool.
        asked: (n, k) int64, cells among those that are not known.
    """

    maps: tuple[Tensor, ...]
    known: Tensor
    asked: Tensor


class Given(NamedTuple):
    """Inputs of the network, see ``Imaginer.forward``."""

    said: Tensor
    coarse: Tensor
    fine: Tensor
    known: Tensor


def imaginer_objective(examples: Examples, lookup: Lookup, picture: LinearPicture, batch: int) -> Objective:
    """Cross entropy, in nats, of tokens that are not known.

    Args:
        examples: with their tokens.
        lookup: their latents.
        picture: what latents say.
        batch: how many codes a step.
    """

    def loss(network: nn.Module, drawn: Drawn) -> Tensor:
        network.train()
        scores = network(*given_of(drawn.maps, drawn.known, lookup, picture), drawn.asked)
        truth = drawn.maps[5].flatten(1).gather(1, drawn.asked)
        return functional.cross_entropy(scores.flatten(0, 1), truth.flatten())

    return Objective(partial(drawn_codes, examples, batch), loss)


def drawn_codes(examples: Examples, count: int, rng: np.random.Generator) -> Drawn:
    """Random codes whose scale 32 is known outside a region, or nowhere, and at a random share of places inside."""
    part = examples.drawn(count, rng)
    known = np.empty((len(part), _SIDE, _SIDE), np.bool_)
    asked = np.empty((len(part), _ASKED), np.int64)
    for number in range(len(part)):
        inside = np.ones((_SIDE, _SIDE), np.bool_)
        if rng.random() >= _WHOLE_CHANCE:
            inside = random_mask(rng).reshape(_SIDE, 8, _SIDE, 8).any(axis=(1, 3))
        places = rng.permutation(np.flatnonzero(inside))
        left = max(1, round(len(places) * float(np.cos(rng.random() * np.pi / 2))))
        known[number] = True
        known[number].flat[places[:left]] = False
        asked[number] = np.resize(places[:left], _ASKED)
    return Drawn(as_tensors(part.maps), torch.from_numpy(known), torch.from_numpy(asked))


@torch.no_grad()
def given_of(maps: tuple[Tensor, ...], known: Tensor, lookup: Lookup, picture: LinearPicture) -> Given:
    """What the network gets of codes with all scales to 16, and with scale 32 where it is known, (n, 32, 32) bool."""
    flags = torch.ones(len(known), len(maps), _SIDE, _SIDE, device=known.device)
    flags[:, 5] = known.float()
    inputs = lookup(maps, flags)
    nothing = torch.zeros_like(inputs.fine)
    return Given(picture(inputs.coarse, nothing, torch.zeros_like(flags)), inputs.coarse, inputs.fine, flags[:, 5:])
