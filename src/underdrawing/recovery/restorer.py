"""The conditional Transformer: from what is left of a picture to the latents of the whole of it.

Sources: next-scale prediction conditioned on survivors, arXiv 2602.22759 and arXiv 2404.02905; the network is ours, see
``docs/models/restorer.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights

__all__ = ["RESTORER_FILE", "Restoration", "Restorer"]

RESTORER_FILE = "restorer.onnx"


@dataclass(frozen=True)
class Restoration:
    """What the Transformer makes of a picture.

    Attributes:
        coarse: (16, 16, 32) float32, latents of the whole picture, in the tokenizer's unit.
        hints: (64, 16, 16) float32, what else it tells the decoder.
        guess: (16, 16, 32) float32, latents whose nearest tokens are the likeliest.
        sharpness: (16, 16) float32, logarithm of the inverse variance of that guess: the higher, the surer.
    """

    coarse: NDArray[np.float32]
    hints: NDArray[np.float32]
    guess: NDArray[np.float32]
    sharpness: NDArray[np.float32]


class Restorer:
    """Runs the exported Transformer.

    Args:
        network: takes the decoder's inputs, gives the fields of ``Restoration``.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Restorer:
        """The Transformer with the shipped weights, or those of another folder.

        Raises:
            WeightsError: the file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("recovery") if weights is None else weights
        return cls(Network(read_verified(folder, RESTORER_FILE)))

    def restore(
        self,
        coarse: NDArray[np.integer | np.floating],
        fine: NDArray[np.integer],
        known: NDArray[np.bool_],
        pixels: NDArray[np.uint8],
        hidden: NDArray[np.bool_],
    ) -> Restoration:
        """Restore a picture.

        Args:
            coarse: (16, 16, 32), latents of the known tokens of the scales 1 to 16; 0 without any.
            fine: (32, 32, 16), latents of scale 32, 0 where unknown.
            known: (6, 32, 32), for each scale the cells where its token is known.
            pixels: 256×256×3 RGB uint8, the suspect; of no account where ``hidden``.
            hidden: 256×256 bool, True where the suspect was changed.
        """
        coarse_out, hints, guess, sharpness = self._network.run(
            {
                "coarse": coarse.transpose(2, 0, 1),
                "fine": fine.transpose(2, 0, 1),
                "known": known,
                "seen": pixels.transpose(2, 0, 1),
                "hidden": hidden[None],
            }
        )
        return Restoration(coarse_out.transpose(1, 2, 0), hints, guess.transpose(1, 2, 0), sharpness[0])
