"""The conditional Transformer: from what is left of a picture to what it was.

::

    known tokens ─► latents ──┐                                 ┌─► latents of the whole picture ─┐
    surroundings ─► patches ──┼─► 16×16 cells ─► blocks of ─────┼─► hints ────────────────────────┼─► decoder ─► picture
    which are known, hidden ──┘                  attention      └─► distributions over tokens     │
                                                                    (known tokens, surroundings) ─┘

Every cell sees every other, so a hole is filled with what the whole picture suggests. Distributions over the tokens of
a scale are those of the latents it predicts, seen through the layouts of that scale: near entries are likely, and how
near they must be is learned. Prediction goes scale by scale: the tokens chosen at one scale are known at the next.
Sources: next-scale prediction, arXiv 2404.02905 (VAR); conditioned on survivors, arXiv 2602.22759.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.tokenizer.codes import Lookup
from train.tokenizer.network import HINTS, shown, spread_of
from underdrawing.tokenizer import LADDER
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Restored", "Restorer", "Width", "token_scores"]

_CELLS = 16
_DIMS = 32


@dataclass(frozen=True)
class Width:
    """Size of the Transformer."""

    channels: int = 256
    heads: int = 8
    blocks: int = 8
    expansion: int = 3


class Restored(NamedTuple):
    """What the Transformer makes of a picture.

    Attributes:
        coarse: (n, 32, 16, 16), latents of the whole picture.
        hints: (n, 64, 16, 16), for the decoder.
        guess: (n, 32, 16, 16), latents that decide which tokens are likely.
        sharpness: (n, 1, 16, 16), how much nearer an entry must be to be likelier: logarithm of the inverse variance.
    """

    coarse: Tensor
    hints: Tensor
    guess: Tensor
    sharpness: Tensor


class _Block(nn.Module):
    def __init__(self, width: Width) -> None:
        super().__init__()
        self.heads = width.heads
        self.norm_1 = nn.LayerNorm(width.channels)
        self.mix = nn.Linear(width.channels, 3 * width.channels)
        self.merge = nn.Linear(width.channels, width.channels)
        self.norm_2 = nn.LayerNorm(width.channels)
        self.widen = nn.Linear(width.channels, width.expansion * width.channels)
        self.narrow = nn.Linear(width.expansion * width.channels, width.channels)
        for last in (self.merge, self.narrow):
            nn.init.normal_(last.weight, std=0.02 / (2 * width.blocks) ** 0.5)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        n, cells, channels = x.shape
        mixed = self.mix(self.norm_1(x)).reshape(n, cells, 3, self.heads, channels // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.merge(seen.transpose(1, 2).reshape(n, cells, channels))
        return x + self.narrow(functional.gelu(self.widen(self.norm_2(x)), approximate="tanh"))


class Restorer(nn.Module):
    """Predicts latents, hints and tokens of the whole picture from what is known of it."""

    def __init__(self, linear: LinearWeights, width: Width = Width()) -> None:
        super().__init__()
        self.register_buffer("coarse_spread", spread_of(linear.scales[-1].vocabulary.entries))
        self.register_buffer("fine_spread", spread_of(linear.fine_vocabulary.entries))
        told = _DIMS + 4 * 16 + (len(LADDER) - 1) + 4 + _CELLS * _CELLS * 4
        self.enter = nn.Linear(told, width.channels)
        self.place = nn.Parameter(torch.randn(1, _CELLS * _CELLS, width.channels) * 0.02)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(width.blocks))
        self.norm = nn.LayerNorm(width.channels)
        self.leave = nn.Linear(width.channels, 2 * _DIMS + 1 + HINTS)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, coarse: Tensor, fine: Tensor, known: Tensor, seen: Tensor, hidden: Tensor) -> Restored:
        """Restore a batch; inputs as of ``Decoder.forward``, without hints."""
        with torch.autocast(coarse.device.type, dtype=torch.bfloat16, enabled=self.training):
            x = self.enter(self._cells(coarse, fine, known, seen, hidden)) + self.place
            for block in self.blocks:
                x = block(x)
            told = self.leave(self.norm(x))
        maps = told.float().transpose(1, 2).reshape(len(coarse), -1, _CELLS, _CELLS)
        corrections, guesses, sharpness, hints = maps.split([_DIMS, _DIMS, 1, HINTS], dim=1)
        spread = 2 * self.coarse_spread
        return Restored(coarse + spread * corrections, hints, coarse + spread * guesses, sharpness)

    def _cells(self, coarse: Tensor, fine: Tensor, known: Tensor, seen: Tensor, hidden: Tensor) -> Tensor:
        maps = [
            coarse / self.coarse_spread / 2,
            functional.pixel_unshuffle(fine / self.fine_spread, 2),
            known[:, :5, ::2, ::2],
            functional.pixel_unshuffle(known[:, 5:], 2),
            functional.pixel_unshuffle(shown(seen, hidden), _CELLS),
        ]
        return torch.cat(maps, dim=1).flatten(2).transpose(1, 2)


def token_scores(restored: Restored, lookup: Lookup, number: int, said: Tensor) -> Tensor:
    """Logits over the 4096 tokens of one of the scales 1 to 16: (n, side, side, 4096).

    Args:
        said: (n, 32, 16, 16), the latents that the scales before say.
    """
    vectors = lookup.seen(number, restored.guess - said)
    entries = lookup.get_buffer(f"entries_{number}")
    closeness = vectors.movedim(1, -1) @ entries.T - entries.square().sum(1) / 2
    inverse_variance = torch.exp(functional.avg_pool2d(restored.sharpness, _CELLS // vectors.shape[-1]).clamp(-6, 6))
    unit = float(entries.var(0).sum()) / entries.shape[1]
    return closeness / unit * inverse_variance.movedim(1, -1)
