"""The autoencoder: 8×8 pixels to eight whole numbers, and back.

::

    3×H×W ─► 24×H/2×W/2 ─► 48×H/4×W/4, residual ─► 8×H/8×W/8 ─► whole numbers −7 to 7
                                                                        │
    3×H×W ◄─ shuffle ◄─ 24×H/2×W/2 ◄─ shuffle ◄─ 48×H/4×W/4, residual ◄─┴ shuffle ◄─ 64×H/8×W/8, residual

Source: ours; the bottleneck is that of the autoencoders of latent diffusion (Rombach et al., 2022), made coarser by
rounding (Theis et al., "Lossy image compression with compressive autoencoders", 2017: the gradient passes through).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LATENTS", "LEVEL", "STRIDE", "Autoencoded"]

STRIDE = 8
"""Pixels along each side of what one place of the bottleneck stands for."""
LATENTS = 8
"""Numbers at each place of the bottleneck."""
LEVEL = 7
"""The largest number; the smallest is its negative."""

_WIDTHS = (24, 48, 64)


class _Residual(nn.Module):
    """Two convolutions beside the identity; the second starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, cells: Tensor) -> Tensor:
        """(n, channels, h, w), the same shape out."""
        added: Tensor = self.second(functional.relu(self.first(cells)))
        return cells + added


class Autoencoded(nn.Module):
    """Pictures (n, 3, h, w), RGB, 0 to 255, h and w multiples of 8, as they come out of the bottleneck again."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        self.encoder = nn.Sequential(
            nn.Conv2d(3, first, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(first, second, 5, stride=2, padding=2),
            _Residual(second),
            nn.ReLU(),
            nn.Conv2d(second, LATENTS, 5, stride=2, padding=2),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENTS, third, 3, padding=1),
            _Residual(third),
            nn.Conv2d(third, 4 * second, 3, padding=1),
            nn.PixelShuffle(2),
            _Residual(second),
            nn.Conv2d(second, 4 * first, 3, padding=1),
            nn.PixelShuffle(2),
            nn.ReLU(),
            nn.Conv2d(first, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """The pictures written anew, 0 to 255 apart from what overshoots."""
        painted: Tensor = self.decoder(self.numbers(pixels) / LEVEL)
        return (painted + 1) * 127.5

    def numbers(self, pixels: Tensor) -> Tensor:
        """What is kept of pictures, (n, 8, h/8, w/8), whole numbers; the gradient passes through the rounding."""
        bounded = LEVEL * torch.tanh(self.encoder(pixels / 127.5 - 1))
        if not self.training:
            return torch.round(bounded)
        return bounded + (torch.round(bounded) - bounded).detach()
