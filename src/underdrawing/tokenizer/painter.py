"""The decoder network: from latents to a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network
from underdrawing.tokenizer.ladder import CANVAS

__all__ = ["HINTS", "Latents", "Painter", "Surroundings"]

HINTS = 64
"""Channels of what a Transformer may tell the decoder about each of the 16×16 cells."""


@dataclass(frozen=True)
class Latents:
    """What a hidden code says, before it is painted.

    Attributes:
        coarse: (16, 16, 32) integers from the scales 1 to 16, or better ones in floating point.
        fine: (32, 32, 16) int32, from scale 32; 0 where unknown.
        known: (6, 32, 32) bool, for each scale the cells where its token is known.
    """

    coarse: NDArray[np.integer | np.floating]
    fine: NDArray[np.int32]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Surroundings:
    """What is to be seen of a picture apart from its code.

    Attributes:
        pixels: 256×256×3 RGB uint8; of no account where ``hidden``.
        hidden: 256×256 bool, True where the picture is not to be seen.
    """

    pixels: NDArray[np.uint8]
    hidden: NDArray[np.bool_]


class Painter:
    """Runs the exported decoder."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def paint(
        self, latents: Latents, *, surroundings: Surroundings | None = None, hints: NDArray[np.float32] | None = None
    ) -> NDArray[np.uint8]:
        """The picture that latents stand for.

        Args:
            latents: what is known of it.
            surroundings: what is to be seen around; None for a picture painted on its own.
            hints: (64, 16, 16), from the Transformer; None without it.

        Returns:
            256×256×3 RGB, uint8.
        """
        picture = self.paint_exactly(latents, surroundings=surroundings, hints=hints)
        return np.ascontiguousarray(np.clip(np.rint(picture), 0, 255).transpose(1, 2, 0), dtype=np.uint8)

    def paint_exactly(
        self, latents: Latents, *, surroundings: Surroundings | None = None, hints: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """The network's own output for the inputs of ``paint``: (3, 256, 256) float32 grey levels, not clipped."""
        around = _NOTHING if surroundings is None else surroundings
        return self._network.run(
            {
                "coarse": latents.coarse.transpose(2, 0, 1),
                "fine": latents.fine.transpose(2, 0, 1),
                "known": latents.known,
                "seen": around.pixels.transpose(2, 0, 1),
                "hidden": around.hidden[None],
                "hints": np.zeros((HINTS, 16, 16), np.float32) if hints is None else hints,
            }
        )[0]


_NOTHING = Surroundings(np.zeros((CANVAS, CANVAS, 3), np.uint8), np.ones((CANVAS, CANVAS), np.bool_))
