"""Where exactly the edge of a changed region runs, by a small network.

::

    colours of the suspect ────────┐
    against the remembered picture ┼─► 17×256×256 ─► network ─► probability that each place was changed
    evidence block by block ───────┘

It does not decide whether anything was changed: it is asked only where a region is proven. It saw, in training,
forgeries of many kinds after many attacks: see ``docs/models/outliner.md``.

Source: the shape of the network is a U-Net (arXiv 1505.04597); what it looks at is ours.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights
from underdrawing.tamper.planes import CANVAS_PX, PLANES

__all__ = ["OUTLINER_FILE", "Outliner"]

OUTLINER_FILE = "outliner.onnx"


class Outliner:
    """Runs the exported network.

    Args:
        network: takes ``planes`` (17, 256, 256); gives log odds of changed against untouched (256, 256).
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Outliner:
        """The network with the shipped weights, or those of another folder.

        Raises:
            WeightsError: the file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("tamper") if weights is None else weights
        return cls(Network(read_verified(folder, OUTLINER_FILE)))

    def draw(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability that each place was changed, 256×256 float32.

        Args:
            planes: 17×256×256 float32 of :func:`.planes.outline_planes`.
        """
        assert planes.shape == (len(PLANES), CANVAS_PX, CANVAS_PX)
        (odds,) = self._network.run({"planes": planes})
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float32)
