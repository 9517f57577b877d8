"""The texturer: gives what was painted from a hidden code the texture of a photograph.

A code tells shapes and colours, and what it does not tell is painted smooth, for that is nearest on average. A person
calls a picture with grain, leaves and hair the same scene sooner than a smooth one, though none of these is where it
was. What is added here is made up: it tells nothing of the picture.

Sources: conditional adversarial training, Isola et al., "Image-to-image translation with conditional adversarial
networks" (2017); the network is ours, see ``docs/models/texturer.md``.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights

__all__ = ["TEXTURER_FILE", "Texturer"]

TEXTURER_FILE = "texturer.onnx"


class Texturer:
    """Runs the exported network.

    Args:
        network: takes a painted picture, what of its code is known, and its surroundings; gives the picture.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Texturer:
        """The network with the shipped weights, or those of another folder.

        Raises:
            WeightsError: the file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("recovery.texturing") if weights is None else weights
        return cls(Network(read_verified(folder, TEXTURER_FILE)))

    def textured(
        self,
        painted: NDArray[np.uint8],
        known: NDArray[np.bool_],
        pixels: NDArray[np.uint8],
        hidden: NDArray[np.bool_],
    ) -> NDArray[np.uint8]:
        """A picture with texture.

        Args:
            painted: 256×256×3 RGB uint8, from a code of all scales up to 8 at least.
            known: (6, 32, 32), for each scale the cells where its token is known.
            pixels: 256×256×3 RGB uint8, the suspect; of no account where ``hidden``.
            hidden: 256×256 bool, True where the suspect was changed.

        Returns:
            256×256×3 RGB uint8; of no account where not ``hidden``.
        """
        (picture,) = self._network.run(
            {
                "painted": painted.transpose(2, 0, 1),
                "known": known,
                "seen": pixels.transpose(2, 0, 1),
                "hidden": hidden[None],
            }
        )
        return np.ascontiguousarray(np.clip(np.rint(picture), 0, 255).transpose(1, 2, 0), dtype=np.uint8)
