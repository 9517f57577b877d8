"""The network that draws outlines: from planes on the canvas to log odds of changed against untouched.

::

    17×256×256 ─► 128 ─► 64 ─► 32 ─► 16 ─┐   at each size convolutions around a nonlinearity,
    256×256    ◄─ 128 ◄─ 64 ◄─ 32 ◄──────┘   added to what came in; up again with what was seen at that size

Most of it works at half the size of the canvas, which costs a quarter; the last layer tells four places at once.
Source: the U-Net, arXiv 1505.04597; sub-pixel convolution, arXiv 1609.05158.
"""

from __future__ import annotations

import itertools

from torch import Tensor, nn
from torch.nn import functional

from underdrawing.tamper.planes import PLANES

__all__ = ["Drawer"]

_WIDTHS = (16, 32, 48, 64)
_BLOCKS = (1, 1, 1, 2)


class _Block(nn.Module):
    """Two 3×3 convolutions around a nonlinearity, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, places: Tensor) -> Tensor:
        """The same shape: (n, channels, rows, columns)."""
        changed: Tensor = self.second(functional.relu(self.first(places)))
        return places + changed


class Drawer(nn.Module):
    """Draws outlines."""

    def __init__(self) -> None:
        super().__init__()
        pairs = list(itertools.pairwise(_WIDTHS))
        self.enter = nn.Conv2d(len(PLANES), _WIDTHS[0], 2, stride=2)
        self.seeing = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(count))) for width, count in zip(_WIDTHS, _BLOCKS, strict=True)
        )
        self.shrink = nn.ModuleList(nn.Conv2d(wide, narrow, 2, stride=2) for wide, narrow in pairs)
        self.widen = nn.ModuleList(nn.Conv2d(narrow, wide, 1) for wide, narrow in pairs)
        self.drawing = nn.ModuleList(_Block(width) for width in _WIDTHS[:-1])
        self.leave = nn.Conv2d(_WIDTHS[0], 4, 3, padding=1)

    def forward(self, planes: Tensor) -> Tensor:
        """Log odds (n, side, side) of planes (n, 17, side, side); the side a multiple of 16."""
        places = functional.relu(self.enter(planes))
        seen: list[Tensor] = []
        for look, shrink in zip(self.seeing, self.shrink, strict=False):
            places = look(places)
            seen.append(places)
            places = functional.relu(shrink(places))
        places = self.seeing[-1](places)
        for widen, draw, before in zip(reversed(self.widen), reversed(self.drawing), reversed(seen), strict=True):
            places = draw(functional.interpolate(widen(places), scale_factor=2.0) + before)
        return functional.pixel_shuffle(self.leave(places), 2)[:, 0]
