"""The shipped weights, and the proof that they are the ones that were measured."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import WeightsError
from underdrawing.tokenizer.patches import PatchAnalysis, PatchSynthesis
from underdrawing.tokenizer.quantizer import Vocabulary

__all__ = ["DECODER_FILE", "LINEAR_FILE", "MANIFEST_FILE", "LinearWeights", "read_verified", "shipped_weights"]

MANIFEST_FILE = "weights.json"
LINEAR_FILE = "linear.npz"
DECODER_FILE = "decoder.onnx"


@dataclass(frozen=True)
class LinearWeights:
    """Everything of the tokenizer but its decoder network: what decides tokens.

    Attributes:
        coarse_analysis: 16-pixel patches → 32 latents.
        coarse_vocabulary: shared by the scales 1 to 16.
        coarse_synthesis: those latents → the picture whose residual scale 32 codes.
        fine_analysis: 8-pixel patches of the residual picture → 16 latents.
        fine_vocabulary: of scale 32.
        detail: (4096,) int32; how much scale 32 has to add, on average, where scale 16 says this token.
    """

    coarse_analysis: PatchAnalysis
    coarse_vocabulary: Vocabulary
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
                Vocabulary(arrays["coarse_entries"]),
                PatchSynthesis(arrays["coarse_synthesis"], arrays["coarse_offset"], patch=16),
                PatchAnalysis(arrays["fine_factors"], arrays["fine_mean"], patch=8),
                Vocabulary(arrays["fine_entries"]),
                arrays["detail"],
            )
        except KeyError as error:
            raise WeightsError(
                f"tokenizer weights: {LINEAR_FILE} lacks {error}; train or install them again"
            ) from error

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
            "coarse_entries": self.coarse_vocabulary.entries,
            "coarse_synthesis": self.coarse_synthesis.factors,
            "coarse_offset": self.coarse_synthesis.offset,
            "fine_factors": self.fine_analysis.factors,
            "fine_mean": self.fine_analysis.mean,
            "fine_entries": self.fine_vocabulary.entries,
            "detail": self.detail,
        }


def shipped_weights() -> Traversable:
    """The folder of weights inside the package."""
    return files("underdrawing.tokenizer") / "weights"


def read_verified(folder: Traversable, name: str) -> bytes:
    """Contents of a weights file, checked against the folder's ``weights.json``.

    Raises:
        WeightsError: the file or the manifest is missing, or the file is another one than the manifest names.
    """
    expected = _expected_hash(folder, name)
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise WeightsError(f"tokenizer weights: cannot read {name} ({error}); install the package again") from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        raise WeightsError(
            f"tokenizer weights: {name} has sha256 {actual[:16]}…, {MANIFEST_FILE} names {expected[:16]}…; "
            f"install the package again"
        )
    return data


def _expected_hash(folder: Traversable, name: str) -> str:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return str(next(entry["sha256"] for entry in manifest["files"] if entry["file"] == name))
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise WeightsError(
            f"tokenizer weights: {MANIFEST_FILE} is missing or does not name {name}; install the package again"
        ) from error
