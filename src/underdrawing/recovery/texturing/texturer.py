"""The texturer: gives what was painted from a hidden code as much texture as photographs have there.

A code tells shapes and colours, and what it does not tell is painted smooth, for that is nearest on average. A person
calls a picture with grain, leaves and hair the same scene sooner than a smooth one, though none of these is where it
was. So a network tells by how much the painting is likely to be off, band by band and place by place; most of that
energy is added, partly as noise, partly by making what there is of the band stronger. All of it is made up: it tells
nothing of the picture.

Source: ours. That textures are told by the strength of their bands is from Heeger and Bergen, "Pyramid-based texture
analysis/synthesis" (1995); the network is described in ``docs/models/texturer.md``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources.abc import Traversable

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.networks import Network, read_verified, shipped_weights
from underdrawing.recovery.texturing.bands import BANDS, CANVAS_PX, differences, filters, rgb_of
from underdrawing.recovery.texturing.calibration import calibrated

__all__ = ["TEXTURER_FILE", "Texturer"]

TEXTURER_FILE = "texturer.onnx"
_AMOUNT, _AS_NOISE = 0.85, 0.3
"""How much of what is likely missing is made up, and which share of its energy is noise; chosen on val, by eye and so
that no picture gets much more detail than it had."""
_SPREAD_PX = 4.0
_LEAST = 1.0
"""Over how many pixels the strength of a band is measured in what was painted, and grey levels that count as none."""

Planes = NDArray[np.float32]


class Texturer:
    """Runs the exported network, and makes texture as strong as it says.

    Args:
        network: takes a painted picture, what of its code is known, and its surroundings; gives strengths of bands.
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

    def missing(
        self,
        painted: NDArray[np.uint8],
        known: NDArray[np.bool_],
        pixels: NDArray[np.uint8],
        hidden: NDArray[np.bool_],
    ) -> Planes:
        """By how much a painted picture is likely to be off, by band and place: (18, 64, 64) float32, mean absolute
        values in grey levels.

        Args:
            painted: 256×256×3 RGB uint8, from a code.
            known: (6, 32, 32), for each scale the cells where its token is known.
            pixels: 256×256×3 RGB uint8, the suspect; of no account where ``hidden``.
            hidden: 256×256 bool, True where the suspect was changed.
        """
        inputs = {"painted": painted.transpose(2, 0, 1), "known": known, "seen": pixels.transpose(2, 0, 1)}
        return self._network.run({**inputs, "hidden": hidden[None]})[0]

    def textured(
        self,
        painted: NDArray[np.uint8],
        known: NDArray[np.bool_],
        pixels: NDArray[np.uint8],
        hidden: NDArray[np.bool_],
        *,
        unseen: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.uint8]:
        """A picture with texture, the same one every time: 256×256×3 RGB uint8.

        Args:
            painted, known, pixels, hidden: as those of ``missing``.
            unseen: 256×256×3 RGB uint8, painted from the same code as if everything were hidden. With it texture is
                as strong as around the region; without it, as it is in most photographs.
        """
        strengths = self.missing(painted, known, pixels, hidden)
        if unseen is not None:
            usual = self.missing(unseen, known, np.zeros_like(pixels), np.ones_like(hidden))
            strengths = calibrated(strengths, usual, unseen, pixels, hidden)
        planes = differences(painted)
        spectra, added = np.fft.rfft2(planes), np.zeros((3, CANVAS_PX, CANVAS_PX // 2 + 1), np.complex128)
        for plane, kept, noise, strength in zip(BANDS, filters(), _noises(), strengths, strict=True):
            there = np.fft.irfft2(spectra[plane] * kept).astype(np.float32)
            around = cv2.GaussianBlur(np.abs(there), (0, 0), _SPREAD_PX)
            lacking = _AMOUNT * cv2.resize(strength, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_LINEAR)
            stronger = np.sqrt(np.square(around) + (1 - _AS_NOISE) * np.square(lacking)) - around
            made = np.sqrt(_AS_NOISE) * lacking * noise + stronger * there / (around + _LEAST)
            added[plane] += np.fft.rfft2(made) * kept
        texture = rgb_of(np.fft.irfft2(added).astype(np.float32))
        return np.asarray(np.clip(np.rint(painted + texture), 0, 255), dtype=np.uint8)


@cache
def _noises() -> Planes:
    """Noise of each band, (18, 256, 256) float32, of mean absolute value 1; of one noise in all bands of a plane."""
    white = np.fft.rfft2(np.random.default_rng(0).standard_normal((3, CANVAS_PX, CANVAS_PX)))
    noises = np.stack([np.fft.irfft2(white[plane] * kept) for plane, kept in zip(BANDS, filters(), strict=True)])
    return np.asarray(noises / np.abs(noises).mean(axis=(1, 2), keepdims=True), dtype=np.float32)
