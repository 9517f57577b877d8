"""The imaginer: which tokens of scale 32 are likely, where the coarser scales and some of its own are known.

::

    what the scales to 16 say, as picture and latents ─┐
    known tokens of scale 32 ──────────────────────────┴─► 32×32 cells, residual ─► queries ─┐
    vocabulary of scale 32 ────────────────────────────────► small perceptron ─► keys ───────┴─► scores of its entries

Source: masked prediction of tokens, Chang et al., "MaskGIT: masked generative image transformer" (2022); the network is
ours: textures are local, so convolutions will do.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.tokenizer.network import GREY_LEVELS, entered, residual_blocks, spread_of
from underdrawing.tokenizer import VOCABULARY
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Imaginer"]

_SIDE = 8
_CHANNELS, _BLOCKS, _KEY = 96, 4, 96


class Imaginer(nn.Module):
    """What is known of a code → scores of the tokens of scale 32."""

    def __init__(self, linear: LinearWeights) -> None:
        super().__init__()
        entries, coarse = linear.fine_vocabulary.entries, linear.scales[-1].vocabulary.entries
        self.register_buffer("coarse_spread", spread_of(coarse))
        self.register_buffer("fine_spread", spread_of(entries))
        self.register_buffer("entries", torch.from_numpy(entries.astype(np.float32)))
        told = coarse.shape[1] + entries.shape[1] + 1
        self.enter = nn.Conv2d(told + 3 * _SIDE**2, _CHANNELS, 1)
        self.blocks = residual_blocks(_BLOCKS, _CHANNELS)
        self.query = nn.Conv2d(_CHANNELS, _KEY, 1)
        self.key = nn.Sequential(nn.Linear(entries.shape[1], _KEY), nn.LeakyReLU(0.1), nn.Linear(_KEY, _KEY))
        self.liking = nn.Parameter(torch.zeros(VOCABULARY))

    def forward(self, said: Tensor, coarse: Tensor, fine: Tensor, known: Tensor, asked: Tensor | None = None) -> Tensor:
        """Logarithms of how likely each token is, but for a constant at each place: (n, cells, 4096).

        Args:
            said: (n, 3, 256, 256) grey levels, what the scales 1 to 16 say without a decoder.
            coarse: (n, 32, 16, 16), their latents.
            fine: (n, 16, 32, 32), latents of the known tokens of scale 32, 0 elsewhere.
            known: (n, 1, 32, 32), 1 where they are known.
            asked: (n, k) int64, which of the 1024 cells; None for all of them, in raster order.
        """
        with torch.autocast(said.device.type, dtype=torch.bfloat16, enabled=self.training):
            latents = functional.interpolate(coarse / self.coarse_spread, scale_factor=2, mode="nearest")
            told = torch.cat([latents, fine / self.fine_spread, known], dim=1)
            cells = self.blocks(entered(self.enter, told, (said - 128) / GREY_LEVELS, side=_SIDE))
            queries = self.query(functional.leaky_relu(cells, 0.1)).flatten(2).transpose(1, 2)
            if asked is not None:
                queries = queries.gather(1, asked[..., None].expand(-1, -1, queries.shape[-1]))
            keys = self.key(self.entries / self.fine_spread.flatten())
            scores = queries @ keys.T / _KEY**0.5
        return scores.float() + self.liking
