"""The imaginer: makes up the tokens of scale 32 that nobody received.

A code with the scales 1 to 16 tells shapes and colours, and what it does not tell is painted smooth, for that is
nearest on average. A person calls a picture with grain, leaves and hair the same scene sooner than a smooth one, though
none of these is where it was. So tokens are drawn by how likely they are, those first of which the network is surest,
and each round sees those of the rounds before: neighbours then fit each other. All that the code told stays as it is,
and what is drawn tells nothing more.

Source: Chang et al., "MaskGIT: masked generative image transformer" (2022); the network is ours, see
``docs/models/imaginer.md``.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights

__all__ = ["IMAGINER_FILE", "Imaginer"]

IMAGINER_FILE = "imaginer.onnx"
_ROUNDS = 8
_WARMTH = 1.0
_RESTLESS = 4.0
"""By how many nats the order of places is left to chance at first; in the last round by none."""


class Imaginer:
    """Runs the exported network.

    Args:
        network: takes what is known of a code, gives scores of the tokens of scale 32.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Imaginer:
        """The network with the shipped weights, or those of another folder.

        Raises:
            WeightsError: the file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("recovery.imagining") if weights is None else weights
        return cls(Network(read_verified(folder, IMAGINER_FILE)))

    def scores(
        self,
        said: NDArray[np.integer],
        coarse: NDArray[np.integer | np.floating],
        fine: NDArray[np.integer],
        known: NDArray[np.bool_],
    ) -> NDArray[np.float32]:
        """How likely each token of scale 32 is at each place.

        Args:
            said: 256×256×3 RGB, 0..255, what the scales 1 to 16 say without a decoder.
            coarse: (16, 16, 32), their latents.
            fine: (32, 32, 16), latents of the tokens of scale 32 that are known, 0 elsewhere.
            known: (32, 32) bool, where they are.

        Returns:
            (32, 32, 4096) float32, logarithms of probabilities but for a constant at each place.
        """
        (scores,) = self._network.run(
            {
                "said": said.transpose(2, 0, 1),
                "coarse": coarse.transpose(2, 0, 1),
                "fine": fine.transpose(2, 0, 1),
                "known": known[None],
            }
        )
        return scores.reshape(*known.shape, -1)

    def drawn(
        self,
        said: NDArray[np.integer],
        coarse: NDArray[np.integer | np.floating],
        tokens: NDArray[np.uint16],
        known: NDArray[np.bool_],
        *,
        entries: NDArray[np.integer],
        seed: int = 0,
    ) -> NDArray[np.uint16]:
        """Tokens of scale 32, those that are not known drawn at random, as likely as they are.

        Args:
            said, coarse: see ``scores``.
            tokens: (32, 32), of no account where not known.
            known: (32, 32) bool.
            entries: (4096, 16), latents that each token stands for.
            seed: decides; the same for the same picture every time.
        """
        rng = np.random.default_rng(seed)
        tokens, known = tokens.copy(), known.copy()
        unknown = int(known.size - np.count_nonzero(known))
        for number in range(1, _ROUNDS + 1):
            left = int(unknown * np.cos(np.pi / 2 * number / _ROUNDS))
            fine = np.where(known[..., None], entries[tokens], 0)
            places = np.flatnonzero(~known)
            likely = _normalized(self.scores(said, coarse, fine, known).reshape(known.size, -1)[places] / _WARMTH)
            chosen = (likely + rng.gumbel(size=likely.shape).astype(np.float32)).argmax(axis=1)
            restless = _RESTLESS * (1 - number / _ROUNDS)
            sure = likely[np.arange(len(places)), chosen] + restless * rng.gumbel(size=len(places))
            taken = np.argsort(-sure, kind="stable")[: len(places) - left]
            tokens.flat[places[taken]] = chosen[taken]
            known.flat[places[taken]] = True
        return tokens


def _normalized(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithms of probabilities, n×4096, from scores."""
    highest = scores.max(axis=1, keepdims=True)
    return np.asarray(scores - highest - np.log(np.exp(scores - highest).sum(axis=1, keepdims=True)), np.float32)
