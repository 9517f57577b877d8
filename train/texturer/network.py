"""The network: by how much a painted picture is likely to be off, band by band.

::

    painted picture ─┐
    surroundings ────┼─► 64×64 cells of 4 pixels, residual ─► logarithms ─► strengths of 18 bands
    known scales ────┘
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.tokenizer.network import GREY_LEVELS, entered, residual_blocks, shown
from underdrawing.recovery.texturing import BANDS, GRID
from underdrawing.tokenizer import CANVAS, LADDER

__all__ = ["Texturer"]

_CELL_PX = CANVAS // GRID
_CHANNELS, _BLOCKS = 64, 4
_USUAL = 1.0
_LEAST, _MOST = -3.0, 4.5
"""Logarithms of grey levels: what is said at first, and the least and the most that is ever said."""


class Texturer(nn.Module):
    """A painted picture, its surroundings and the scales that are known → strengths of bands."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(len(LADDER) + _CELL_PX**2 * 7, _CHANNELS, 1)
        self.blocks = residual_blocks(_BLOCKS, _CHANNELS)
        self.leave = nn.Conv2d(_CHANNELS, len(BANDS), 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.constant_(self.leave.bias, _USUAL)

    def forward(self, painted: Tensor, known: Tensor, seen: Tensor, hidden: Tensor) -> Tensor:
        """Mean absolute values (n, 18, 64, 64), grey levels.

        Args:
            painted: (n, 3, 256, 256), grey levels.
            known: (n, 6, 32, 32), 1 where a scale's token is known, else 0.
            seen: (n, 3, 256, 256), grey levels of the surroundings; of no account where ``hidden``.
            hidden: (n, 1, 256, 256), 1 where there are no surroundings to see, else 0.
        """
        with torch.autocast(painted.device.type, dtype=torch.bfloat16, enabled=self.training):
            pixels = torch.cat([(painted - 128) / GREY_LEVELS, shown(seen, hidden)], dim=1)
            told = functional.interpolate(known, scale_factor=2, mode="nearest")
            cells = self.blocks(entered(self.enter, told, pixels, side=_CELL_PX))
            logarithms = self.leave(functional.leaky_relu(cells, 0.1))
        return logarithms.float().clamp(_LEAST, _MOST).exp()
