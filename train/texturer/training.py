"""What texturer and critic are trained for: texture like that of photographs, on what the decoder paints."""

from __future__ import annotations

from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.objective import Objective
from train.restorer.survivors import MANY_SCALES
from train.restorer.training import Batch, drawn_suspects
from train.texturer.network import Said
from train.tokenizer.codes import Inputs, Lookup
from train.tokenizer.examples import Examples
from train.tokenizer.network import GREY_LEVELS, Decoder, alone
from train.tokenizer.training import Drawn

__all__ = ["painted", "texture_objective"]

_WHOLE_CHANCE = 0.4
_PIXEL_WEIGHT, _COARSE_WEIGHT, _LAYER_WEIGHT, _CRITIC_WEIGHT = 0.5, 1.0, 2.0, 0.1
_COARSE_PX = 4


def texture_objective(examples: Examples, lookup: Lookup, decoder: Decoder, batch: int) -> Objective:
    """Texturer and critic against each other, behind a decoder that stays as it is."""
    draw = partial(drawn_suspects, examples, batch, chances=MANY_SCALES, whole_chance=_WHOLE_CHANCE)

    def loss(network: nn.Module, drawn: Drawn) -> Tensor:
        network.train()
        decoder.train()  # for its mixed precision: nothing in it is trained
        whole = Batch.of(drawn, lookup)
        given = painted(decoder, whole.inputs)
        said = cast(Said, network(whole.target, given, whole.inputs.known, whole.seen, whole.hidden))
        return _critic_loss(said, whole.hidden) + _texturer_loss(said, whole.target, whole.hidden)

    return Objective(draw, loss)


@torch.no_grad()
def painted(decoder: Decoder, inputs: Inputs) -> Tensor:
    """What the decoder paints from codes alone: (n, 3, 256, 256), grey levels, 0 to 255."""
    picture: Tensor = decoder(*inputs, *alone(len(inputs.coarse), inputs.coarse.device))
    return picture.clamp(0, 255)


def _critic_loss(said: Said, hidden: Tensor) -> Tensor:
    """Hinge loss of the critic, where the picture is in question."""
    true, textured = said.of_true[-1], said.of_textured[-1]
    return _inside(functional.relu(1 - true) + functional.relu(1 + textured), hidden)


def _texturer_loss(said: Said, target: Tensor, hidden: Tensor) -> Tensor:
    """Pixels and their means over 4×4, the critic's layers, and its verdict."""
    apart = (said.textured - target) / GREY_LEVELS
    pixels = _inside(apart.abs(), hidden)
    coarse = _inside(functional.avg_pool2d(apart, _COARSE_PX).abs(), hidden)
    pairs = zip(said.to_texturer[:-1], said.of_true[:-1], strict=True)
    layers = torch.stack([_inside((one - true.detach()).abs(), hidden) for one, true in pairs]).mean()
    verdict = -_inside(said.to_texturer[-1], hidden)
    return _PIXEL_WEIGHT * pixels + _COARSE_WEIGHT * coarse + _LAYER_WEIGHT * layers + _CRITIC_WEIGHT * verdict


def _inside(values: Tensor, hidden: Tensor) -> Tensor:
    """Mean of values (n, channels, h, w) where a picture is hidden, all its channels alike."""
    where = functional.adaptive_avg_pool2d(hidden, values.shape[-2:])
    return (values.float().mean(1, keepdim=True) * where).sum() / where.sum().clamp_min(1)
