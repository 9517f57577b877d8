"""The decoder: a small residual network around the linear picture.

::

    coarse latents ─► linear 16-px patches ─► clip ─┐
    fine latents ──► linear 8-px patches ───────────┴─► linear picture ──────────────────► plus ─► picture
         │                                                    │                              ▲
         └──────────── known scales ──► 32×32 ─► 16×16 ─► 32×32 ─► 64×64 ─► correction ──────┘
                                          ▲        ▲                 ▲
                   surroundings ──────────┴────────┼─────────────────┘
                   hints of the Transformer ───────┘

The surroundings are the pixels of the suspect that were not changed, so that what is painted continues them; a picture
decoded on its own has none. The last layer of every branch starts at zero, so training starts from the linear picture
and can only improve on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.tokenizer.linear import UNIT
from underdrawing.tokenizer import LADDER
from underdrawing.tokenizer.painter import HINTS
from underdrawing.tokenizer.patches import FRACTION_BITS
from underdrawing.tokenizer.weights import LinearWeights

__all__ = [
    "GREY_LEVELS",
    "HINTS",
    "Decoder",
    "LinearPicture",
    "Size",
    "alone",
    "entered",
    "residual_blocks",
    "shown",
    "spread_of",
]

GREY_LEVELS = 64.0
"""What the network sees as 1."""


@dataclass(frozen=True)
class Size:
    """Channels and numbers of residual blocks of the decoder on its three grids."""

    channels_16: int = 192
    channels_32: int = 128
    channels_64: int = 48
    blocks_16: int = 2
    blocks_32: int = 2
    blocks_64: int = 2


class LinearPicture(nn.Module):
    """The picture that latents stand for, as the package computes it, but in float32."""

    def __init__(self, linear: LinearWeights) -> None:
        super().__init__()
        scale = float(1 << FRACTION_BITS)
        synthesis, fine = linear.coarse_synthesis, linear.fine_analysis
        kernel = torch.from_numpy(synthesis.factors.astype(np.float32) / scale)
        self.register_buffer("coarse_kernel", kernel.reshape(len(kernel), 3, 3, -1).permute(0, 3, 1, 2).contiguous())
        self.register_buffer("coarse_offset", torch.from_numpy(synthesis.offset.astype(np.float32) / scale))
        kernel = torch.from_numpy(fine.factors.T.astype(np.float32) * (UNIT * UNIT / scale))
        self.register_buffer("fine_kernel", kernel[:, :, None, None].contiguous())
        self.register_buffer("fine_mean", torch.from_numpy(fine.mean.astype(np.float32))[None, :, None, None])

    def forward(self, coarse: Tensor, fine: Tensor, known: Tensor) -> Tensor:
        """Picture (n, 3, 256, 256), grey levels, of latents (n, 32, 16, 16) and (n, 16, 32, 32)."""
        around = functional.pad(coarse, (1, 1, 1, 1), mode="replicate")
        picture = _join(functional.conv2d(around, self.coarse_kernel, self.coarse_offset)).clamp(0, 255)
        return picture + _join(functional.conv2d(fine, self.fine_kernel) + self.fine_mean * known[:, 5:])


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.leaky_relu(self.first(functional.leaky_relu(x, 0.1)), 0.1))


def residual_blocks(count: int, channels: int) -> nn.Sequential:
    """So many pairs of convolutions beside the identity, which they start as."""
    return nn.Sequential(*(_Block(channels) for _ in range(count)))


class Decoder(nn.Module):
    """Latents and what is known of them → picture."""

    def __init__(self, linear: LinearWeights, size: Size = Size()) -> None:
        super().__init__()
        self.linear = LinearPicture(linear)
        self.register_buffer("coarse_spread", spread_of(linear.scales[-1].vocabulary.entries))
        self.register_buffer("fine_spread", spread_of(linear.fine_vocabulary.entries))
        told = 32 + 16 + len(LADDER) + 8 * 8 * 3
        self.enter_32 = nn.Conv2d(told + 8 * 8 * 4, size.channels_32, 1)
        self.before = residual_blocks(size.blocks_32, size.channels_32)
        self.down = nn.Conv2d(size.channels_32, size.channels_16, 2, stride=2)
        self.enter_16 = nn.Conv2d(HINTS, size.channels_16, 1)
        self.middle = residual_blocks(size.blocks_16, size.channels_16)
        self.up = nn.Conv2d(size.channels_16, 4 * size.channels_32, 1)
        self.after = residual_blocks(size.blocks_32, size.channels_32)
        self.to_64 = nn.Conv2d(size.channels_32, 4 * size.channels_64, 1)
        self.enter_64 = nn.Conv2d(4 * 4 * 3 + 4 * 4 * 4, size.channels_64, 1)
        self.late = residual_blocks(size.blocks_64, size.channels_64)
        self.leave = nn.Conv2d(size.channels_64, 4 * 4 * 3, 3, padding=1)
        for last in (self.leave, self.enter_16):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(
        self, coarse: Tensor, fine: Tensor, known: Tensor, seen: Tensor, hidden: Tensor, hints: Tensor
    ) -> Tensor:
        """Picture (n, 3, 256, 256), grey levels, not rounded.

        Args:
            coarse: (n, 32, 16, 16), latents of the scales 1 to 16.
            fine: (n, 16, 32, 32), latents of scale 32, 0 where unknown.
            known: (n, 6, 32, 32), 1 where a scale's token is known, else 0.
            seen: (n, 3, 256, 256), grey levels of the surroundings; of no account where ``hidden``.
            hidden: (n, 1, 256, 256), 1 where there are no surroundings to see, else 0.
            hints: (n, 64, 16, 16), from the Transformer; 0 without it.
        """
        picture = self.linear(coarse, fine, known)
        with torch.autocast(picture.device.type, dtype=torch.bfloat16, enabled=self.training):
            correction = self._correction(picture, coarse, fine, known, shown(seen, hidden), hints)
        return picture + GREY_LEVELS * correction.float()

    def _correction(
        self, picture: Tensor, coarse: Tensor, fine: Tensor, known: Tensor, surroundings: Tensor, hints: Tensor
    ) -> Tensor:
        """What to add to the linear picture, in units of 64 grey levels."""
        painted = (picture - 128) / GREY_LEVELS
        latents = functional.interpolate(coarse / self.coarse_spread, scale_factor=2, mode="nearest")
        told = torch.cat([latents, fine / self.fine_spread, known], dim=1)
        pixels = torch.cat([painted, surroundings], dim=1)
        x = self.before(entered(self.enter_32, told, pixels, side=8))
        inner = self.middle(self.down(x) + self.enter_16(hints))
        x = self.after(x + functional.pixel_shuffle(self.up(inner), 2))
        y = functional.pixel_shuffle(self.to_64(x), 2) + entered(self.enter_64, None, pixels, side=4)
        return functional.pixel_shuffle(self.leave(functional.leaky_relu(self.late(y), 0.1)), 4)


def entered(layer: nn.Conv2d, told: Tensor | None, pixels: Tensor, *, side: int) -> Tensor:
    """A layer over 1×1 cells given what is told of each cell, and then the side×side pixels of its patch.

    The same as ``layer(torch.cat([told, functional.pixel_unshuffle(pixels, side)], dim=1))``; but the patches are not
    written out, which takes longer than it takes to multiply them.
    """
    split = layer.in_channels - pixels.shape[1] * side * side
    kernel = layer.weight[:, split:].reshape(layer.out_channels, pixels.shape[1], side, side)
    cells = functional.conv2d(pixels, kernel, layer.bias, stride=side)
    return cells if told is None else cells + functional.conv2d(told, layer.weight[:, :split])


def alone(n: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """``seen``, ``hidden`` and ``hints`` of pictures decoded on their own."""
    seen = torch.zeros(n, 3, 256, 256, device=device)
    return seen, torch.ones(n, 1, 256, 256, device=device), torch.zeros(n, HINTS, 16, 16, device=device)


def shown(seen: Tensor, hidden: Tensor) -> Tensor:
    """What a network gets of the surroundings: (n, 4, 256, 256), the pixels that are to be seen and the mask."""
    return torch.cat([(seen - 128) / GREY_LEVELS * (1 - hidden), hidden], dim=1)


def _join(patches: Tensor) -> Tensor:
    """(n, patch·patch·3, rows, columns) → (n, 3, rows·patch, columns·patch), the order of ``patches.join``."""
    n, numbers, rows, columns = patches.shape
    side = round((numbers / 3) ** 0.5)
    grid = patches.reshape(n, side, side, 3, rows, columns).permute(0, 3, 4, 1, 5, 2)
    return grid.reshape(n, 3, rows * side, columns * side)


def spread_of(entries: np.ndarray) -> Tensor:
    """Standard deviation of each number of entries (n, dims): (1, dims, 1, 1)."""
    return torch.from_numpy(entries.std(axis=0).astype(np.float32))[None, :, None, None]
