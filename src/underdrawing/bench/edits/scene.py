"""What an edit gets to work with."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask

__all__ = ["Inpainter", "Scene"]


class Inpainter(Protocol):
    """A network that fills regions in."""

    def fill(self, pixels: Pixels, mask: Mask, *, seed: int) -> Pixels:
        """The picture with the region filled in from its surroundings.

        Args:
            pixels: H×W×3 uint8 RGB.
            mask: H×W bool, True where to fill in.
            seed: Decides what is made up, 0 ≤ seed < 2^31.

        Returns:
            H×W×3 uint8 RGB; what lies outside the mask is of no account.
        """
        ...


@dataclass(frozen=True, eq=False)
class Scene:
    """One edit to make.

    Attributes:
        pixels: H×W×3 uint8 RGB, the picture to change.
        mask: H×W bool, where.
        donor: H'×W'×3 uint8 RGB, another photograph.
        guide: H×W×3 uint8 RGB, the picture that the edit is decided on.
        rng: Decides the rest.
        inpainter: A network that fills regions in, or None.
    """

    pixels: Pixels
    mask: Mask
    donor: Pixels
    guide: Pixels
    rng: np.random.Generator
    inpainter: Inpainter | None = None
