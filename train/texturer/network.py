"""The texturer, and the critic it is trained against.

::

    painted picture ──┐                                    ┌──────────────────────► plus ─► textured picture
    surroundings ─────┼─► 64×64 cells of 4 pixels, residual┴─► what is added ────────┘
    known scales ─────┘

The critic sees a picture, what was painted, and what of it is hidden, and says of each place whether it is a photograph
there. It is not shipped.

Source: ours; the two networks are trained against each other as in conditional adversarial networks (Isola et al.,
"Image-to-image translation with conditional adversarial networks", 2017), the critic's weights spectrally normalized
(Miyato et al., 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from train.tokenizer.network import GREY_LEVELS, entered, residual_blocks, shown
from underdrawing.tokenizer import LADDER

__all__ = ["Critic", "Rivals", "Said", "Texturer"]

_SIDE = 4
_CHANNELS, _BLOCKS = 64, 5
_CRITIC_WIDTHS = (48, 96, 128)


class Texturer(nn.Module):
    """A painted picture, its surroundings and the scales that are known → the picture with texture."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(len(LADDER) + _SIDE**2 * 7, _CHANNELS, 1)
        self.blocks = residual_blocks(_BLOCKS, _CHANNELS)
        self.leave = nn.Conv2d(_CHANNELS, 3 * _SIDE**2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, painted: Tensor, known: Tensor, seen: Tensor, hidden: Tensor) -> Tensor:
        """Pictures (n, 3, 256, 256), grey levels, not rounded.

        Args:
            painted: (n, 3, 256, 256), grey levels.
            known: (n, 6, 32, 32), 1 where a scale's token is known, else 0.
            seen: (n, 3, 256, 256), grey levels of the surroundings; of no account where ``hidden``.
            hidden: (n, 1, 256, 256), 1 where there are no surroundings to see, else 0.
        """
        with torch.autocast(painted.device.type, dtype=torch.bfloat16, enabled=self.training):
            pixels = torch.cat([(painted - 128) / GREY_LEVELS, shown(seen, hidden)], dim=1)
            told = functional.interpolate(known, scale_factor=2, mode="nearest")
            cells = self.blocks(entered(self.enter, told, pixels, side=_SIDE))
            added = functional.pixel_shuffle(self.leave(functional.leaky_relu(cells, 0.1)), _SIDE)
        return painted + GREY_LEVELS * added.float()


class Critic(nn.Module):
    """A picture and what it was painted over → what it thinks of each place, and why."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _CRITIC_WIDTHS
        layers = (
            nn.Conv2d(2 * 2 * 7, first, 3, padding=1),
            nn.Conv2d(first, second, 4, stride=2, padding=1),
            nn.Conv2d(second, third, 4, stride=2, padding=1),
            nn.Conv2d(third, third, 3, padding=1),
        )
        self.layers = nn.ModuleList(spectral_norm(layer) for layer in layers)
        self.leave = spectral_norm(nn.Conv2d(third, 1, 3, padding=1))

    def forward(self, picture: Tensor, painted: Tensor, hidden: Tensor) -> list[Tensor]:
        """What its layers see in pictures (n, 3, 256, 256), the last of it a score (n, 1, 32, 32): the higher, the more
        like a photograph.

        Args:
            picture: (n, 3, 256, 256), grey levels.
            painted: (n, 3, 256, 256), grey levels.
            hidden: (n, 1, 256, 256), 1 where the picture is in question, else 0.
        """
        with torch.autocast(picture.device.type, dtype=torch.bfloat16, enabled=self.training):
            pixels = torch.cat([(picture - 128) / GREY_LEVELS, (painted - 128) / GREY_LEVELS, hidden], dim=1)
            features = [functional.pixel_unshuffle(pixels, 2)]
            for layer in self.layers:
                features.append(functional.leaky_relu(layer(features[-1]), 0.2))
            return [*features[1:], self.leave(features[-1])]


@dataclass(frozen=True)
class Said:
    """What the critic says of photographs and of what the texturer made of them.

    Attributes:
        textured: (n, 3, 256, 256), what the texturer made, with the surroundings as they are.
        of_true, of_textured: its layers, for its own schooling.
        to_texturer: its layers on ``textured``, its weights taken as they are: for the schooling of the texturer.
    """

    textured: Tensor
    of_true: list[Tensor]
    of_textured: list[Tensor]
    to_texturer: list[Tensor]


class Rivals(nn.Module):
    """The texturer and its critic, trained in the same step: neither gets a gradient from what the other is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.texturer = Texturer()
        self.critic = Critic()

    def forward(self, target: Tensor, painted: Tensor, known: Tensor, seen: Tensor, hidden: Tensor) -> Said:
        """What both make of a batch; inputs as those of ``Texturer``, and ``target``, what the pictures were."""
        made = self.texturer(painted, known, seen, hidden)
        true, textured = (torch.where(hidden > 0, picture, seen) for picture in (target, made))
        fixed = {name: value.detach() for name, value in self.critic.named_parameters()}
        return Said(
            textured,
            self.critic(true, painted, hidden),
            self.critic(textured.detach(), painted, hidden),
            functional_call(self.critic, fixed, (textured, painted, hidden)),
        )
