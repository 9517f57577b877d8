"""What the texturer is trained for: that what a painted picture lacks is likely, as noise of the strength it tells."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.objective import Objective
from train.restorer.training import Batch, drawn_suspects
from train.tokenizer.codes import Inputs, Lookup
from train.tokenizer.examples import Examples
from train.tokenizer.network import Decoder, alone
from train.tokenizer.training import Drawn
from underdrawing.recovery.texturing import BANDS, GRID
from underdrawing.recovery.texturing.bands import differences, filters

__all__ = ["Bands", "likelihood", "painted", "texture_objective"]

_CHANCES = (0.00, 0.03, 0.07, 0.15, 0.20, 0.35, 0.20)
"""Of 0, 1, … 6 scales that arrived whole."""
_WHOLE_CHANCE = 0.5


class Bands(nn.Module):
    """Errors of pictures, taken apart into bands as the package does it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.from_numpy(filters()))
        mixing = np.stack([differences(unit[None, None])[:, 0, 0] for unit in np.eye(3)], axis=1)
        self.register_buffer("mixing", torch.from_numpy(mixing[list(BANDS)]))

    def forward(self, errors: Tensor) -> Tensor:
        """Mean sizes (n, 18, 64, 64) in each place of the bands of errors (n, 3, 256, 256) RGB."""
        spectra = torch.einsum("bc,nchw->nbhw", self.mixing.to(torch.complex64), torch.fft.rfft2(errors))
        parts = torch.fft.irfft2(spectra * self.kept)
        return functional.adaptive_avg_pool2d(parts.abs(), GRID)


def texture_objective(examples: Examples, lookup: Lookup, decoder: Decoder, bands: Bands, batch: int) -> Objective:
    """Nats by which what is missing is unlikely, behind a decoder that stays as it is."""
    draw = partial(drawn_suspects, examples, batch, chances=_CHANCES, whole_chance=_WHOLE_CHANCE)

    def loss(network: nn.Module, drawn: Drawn) -> Tensor:
        network.train()
        decoder.train()  # for its mixed precision: nothing in it is trained
        whole = Batch.of(drawn, lookup)
        given = painted(decoder, whole.inputs)
        strengths = network(given, whole.inputs.known, whole.seen, whole.hidden)
        return likelihood(strengths, bands(whole.target - given), whole.hidden)

    return Objective(draw, loss)


@torch.no_grad()
def painted(decoder: Decoder, inputs: Inputs) -> Tensor:
    """What the decoder paints from codes alone: (n, 3, 256, 256), grey levels, as a picture has them."""
    picture: Tensor = decoder(*inputs, *alone(len(inputs.coarse), inputs.coarse.device))
    return picture.clamp(0, 255).round()


def likelihood(strengths: Tensor, sizes: Tensor, hidden: Tensor) -> Tensor:
    """Mean negative logarithm of the likelihood of errors of these sizes, where a picture is hidden, but for ln 2.

    They are taken for Laplace's, as detail has many small coefficients and few large ones; so a strength is a mean
    size, and a place that may have an edge, but hardly has, is not told to be rough.

    Args:
        strengths: (n, 18, 64, 64), sizes that are expected, and
        sizes: the same shape, mean absolute values.
        hidden: (n, 1, 256, 256), 1 where it is.
    """
    where = functional.adaptive_avg_pool2d(hidden, GRID)
    nats = sizes / strengths + strengths.log()
    return (nats.mean(1, keepdim=True) * where).sum() / where.sum().clamp_min(1)
