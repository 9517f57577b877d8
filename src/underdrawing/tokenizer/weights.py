"""The weights that decide tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import WeightsError
from underdrawing.tokenizer.ladder import LADDER
from underdrawing.tokenizer.patches import PatchAnalysis, PatchSynthesis
from underdrawing.tokenizer.quantizer import LAYOUT_BITS, Scale, Vocabulary

__all__ = ["DECODER_FILE", "LINEAR_FILE", "LinearWeights"]

LINEAR_FILE = "linear.npz"
DECODER_FILE = "decoder.onnx"
_KEPT = 2


@dataclass(frozen=True, eq=False)
class LinearWeights:
    """Everything of the tokenizer but its decoder network: what decides tokens.

    Attributes:
        coarse_analysis: 16-pixel patches → 32 latents.
        scales: layouts and vocabularies of the scales 1 to 16, coarse to fine.
        coarse_synthesis: those latents → the picture whose residual scale 32 codes.
        fine_analysis: 8-pixel patches of the residual picture → 16 latents.
        fine_vocabulary: of scale 32.
        detail: (4096,) int32; how much scale 32 has to add, on average, where scale 16 says this token.
    """

    coarse_analysis: PatchAnalysis
    scales: tuple[Scale, ...]
    coarse_synthesis: PatchSynthesis
    fine_analysis: PatchAnalysis
    fine_vocabulary: Vocabulary
    detail: NDArray[np.int32]

    @classmethod
    def from_bytes(cls, data: bytes) -> LinearWeights:
        """Read what ``to_bytes`` wrote.

        Raises:
            WeightsError: not such a file.
        """
        try:
            with np.load(BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except (ValueError, OSError, EOFError) as error:
            raise WeightsError(f"tokenizer weights: {LINEAR_FILE} is not an array archive ({error})") from error
        return cls.from_arrays(arrays)

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> LinearWeights:
        """Assemble from named arrays; see ``to_arrays``.

        Raises:
            WeightsError: an array is missing.
        """
        try:
            return cls(
                PatchAnalysis(arrays["coarse_factors"], arrays["coarse_mean"], patch=16),
                tuple(_scale(arrays, side) for side in LADDER[:5]),
                PatchSynthesis(arrays["coarse_synthesis"], arrays["coarse_offset"], patch=16),
                PatchAnalysis(arrays["fine_factors"], arrays["fine_mean"], patch=8),
                Vocabulary(arrays["entries_32"]),
                arrays["detail"],
            )
        except KeyError as error:
            raise WeightsError(
                f"tokenizer weights: {LINEAR_FILE} lacks {error}; train or install them again"
            ) from error

    def says(self, latents: NDArray[np.int32]) -> NDArray[np.int16]:
        """The picture that the latents of the scales 1 to 16 stand for, whose residual scale 32 codes.

        The last ones are kept: whoever protects a picture asks for its code's twice.

        Args:
            latents: (16, 16, 32).

        Returns:
            256×256×3 RGB, 0..255; not to be written into.
        """
        return self._said(latents.tobytes())

    @cached_property
    def _said(self) -> Callable[[bytes], NDArray[np.int16]]:
        def said(latents: bytes) -> NDArray[np.int16]:
            picture = self.coarse_synthesis(np.frombuffer(latents, np.int32).reshape(LADDER[4], LADDER[4], -1))
            picture.flags.writeable = False
            return picture

        return lru_cache(maxsize=_KEPT)(said)

    @cached_property
    def fine_scale(self) -> Scale:
        """Scale 32 in the form of the others; each of its cells is one vector."""
        dims = self.fine_vocabulary.entries.shape[1]
        identity = (np.eye(dims) * (1 << LAYOUT_BITS)).astype(np.int16)
        return Scale(identity.reshape(dims, 1, 1, dims), self.fine_vocabulary)

    def digest(self) -> str:
        """SHA-256 of all arrays: two tokenizers with the same digest give the same tokens."""
        state = hashlib.sha256()
        for name, array in sorted(self.to_arrays().items()):
            state.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
        return state.hexdigest()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The named arrays of the archive."""
        return {
            "coarse_factors": self.coarse_analysis.factors,
            "coarse_mean": self.coarse_analysis.mean,
            **{f"layouts_{side}": scale.layouts for side, scale in zip(LADDER, self.scales, strict=False)},
            **{f"entries_{side}": scale.vocabulary.entries for side, scale in zip(LADDER, self.scales, strict=False)},
            "coarse_synthesis": self.coarse_synthesis.factors,
            "coarse_offset": self.coarse_synthesis.offset,
            "fine_factors": self.fine_analysis.factors,
            "fine_mean": self.fine_analysis.mean,
            "entries_32": self.fine_vocabulary.entries,
            "detail": self.detail,
        }


def _scale(arrays: dict[str, NDArray[Any]], side: int) -> Scale:
    return Scale(arrays[f"layouts_{side}"], Vocabulary(arrays[f"entries_{side}"]))
