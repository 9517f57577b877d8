"""The network behind the fingerprint: from a small picture to 512 numbers whose signs are the bits.

::

    pixels 128×128×3 ─┐                                                        of the whole and of
    hidden 128×128  ──┴─► 8×8 kernels, every 4 px ─► 32×32 ─► 16×16 ─► 8×8 ─► four corners: generalized mean ─► 512

What is shown is described by what occurs in it, and roughly where: so a crop is described nearly like the whole, and a
pasted region leaves some corners alone. Hidden cells do not count. Sources: SSCD, arXiv 2202.10261, for the training;
generalized-mean pooling, arXiv 1711.02512.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from underdrawing.fingerprint import FINGERPRINT_BITS, SIDE_PX

__all__ = ["Described"]

_WIDTHS = (32, 96, 144)
_STRIDE = 16
_CELLS = SIDE_PX // _STRIDE
_POWER = 3.0
_WHOLE_SHARE = 0.05  # how much of the whole each corner counts in, so that a hidden corner says what the rest does


class _Block(nn.Module):
    """Two 3×3 convolutions around a nonlinearity, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, cells: Tensor) -> Tensor:
        """The same shape: (n, channels, rows, columns)."""
        changed: Tensor = self.second(functional.relu(self.first(self.norm(cells))))
        return cells + changed


class Described(nn.Module):
    """Describes pictures.

    Attributes:
        trunk: from pixels to cells.
        project: from pooled cells to the numbers of the fingerprint.
    """

    windows: Tensor

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        self.trunk = nn.Sequential(
            nn.Conv2d(4, first, 8, stride=4, padding=2),
            nn.ReLU(),
            nn.GroupNorm(1, first),
            nn.Conv2d(first, second, 2, stride=2),
            _Block(second),
            nn.GroupNorm(1, second),
            nn.Conv2d(second, third, 2, stride=2),
            _Block(third),
            _Block(third),
            nn.GroupNorm(1, third),
            nn.Conv2d(third, third, 1),
        )
        windows = _windows()
        self.register_buffer("windows", windows, persistent=False)
        self.project = nn.Linear(third * len(windows), FINGERPRINT_BITS)

    def forward(self, pixels: Tensor, hidden: Tensor) -> Tensor:
        """Numbers (n, 512) of pictures (n, 3, 128, 128), 0 to 255, where hidden (n, 1, 128, 128) is 0."""
        visible = 1 - hidden
        seen = torch.cat([(pixels / 127.5 - 1) * visible, hidden], dim=1)
        cells = functional.relu(self.trunk(seen.contiguous(memory_format=torch.channels_last))).float()
        numbers: Tensor = self.project(self._pooled(cells, functional.avg_pool2d(visible, _STRIDE)))
        return numbers

    def _pooled(self, cells: Tensor, shares: Tensor) -> Tensor:
        """Generalized means of cells (n, c, 8, 8) over the windows, (n, c·windows); cells count by visible share."""
        weights = (shares + 1e-3).flatten(1)[:, None] * self.windows[None]
        powers = (cells + 1e-3).pow(_POWER).flatten(2)
        means = powers @ (weights / weights.sum(dim=2, keepdim=True)).transpose(1, 2)
        return means.pow(1 / _POWER).flatten(1)


def _windows() -> Tensor:
    """Weights (5, 64) of the cells: of the whole, and of four corners that reach over the middle."""
    places = (torch.arange(_CELLS) + 0.5) / _CELLS
    ramp = ((0.75 - places) / 0.5).clamp(0, 1)
    sides = (ramp, ramp.flip(0))
    corners = [rows[:, None] * columns[None] for rows in sides for columns in sides]
    whole = torch.ones(_CELLS, _CELLS)
    return torch.stack([whole, *(corner + _WHOLE_SHARE * whole for corner in corners)]).flatten(1)
