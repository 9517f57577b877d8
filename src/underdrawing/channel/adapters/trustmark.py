"""TrustMark: 100 bits by trained networks, from the two ONNX files that its authors publish.

Nothing is downloaded. A folder has to hold ``encoder_Q.onnx`` and ``decoder_Q.onnx`` (or another letter); the error
correction that the authors put on top is left out, ours takes its place.

Source: Bui et al., "TrustMark: Universal Watermarking for Arbitrary Resolution Images", 2023 (arXiv 2311.18297);
https://github.com/adobe/trustmark (MIT), whose Rust version runs the same files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.adapters.pieces import Pixels, as_pixels, checked_bits
from underdrawing.channel.carrier import Heard
from underdrawing.errors import WeightsError

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["TrustMark", "Variant", "weight_files"]

Variant = Literal["Q", "B", "C", "P"]

_BITS = 100
_ENCODER_SIDE_PX = 256
_LEAST_SIDE_PX = 64
_LONGEST_ASPECT = 2.0
_RESIDUAL_LIMIT = 0.2
_STRENGTH = {"Q": 1.0, "B": 1.0, "C": 1.0, "P": 1.25}
_DECODER_SIDE_PX = {"Q": 256, "B": 256, "C": 256, "P": 224}


def weight_files(variant: Variant = "Q") -> tuple[str, str]:
    """Names of the two files a folder has to hold."""
    return f"encoder_{variant}.onnx", f"decoder_{variant}.onnx"


@dataclass(frozen=True, eq=False)
class TrustMark:
    """100 bits, whatever the size of the picture.

    A network marks the picture at 256×256 pixels, and what it adds is enlarged; of a picture more than twice as long as
    wide (with variant P of any) only the square in the middle is marked.

    Attributes:
        encoder: Picture of 1×3×256×256, −1 to 1, and 1×100 bits to a picture of the same kind.
        decoder: Picture to 1×100 logits, positive for 1.
        variant: Letter of the files.
    """

    encoder: onnxruntime.InferenceSession
    decoder: onnxruntime.InferenceSession
    variant: Variant = "Q"
    name: str = "trustmark"
    corrects_errors: bool = False

    @classmethod
    def load(cls, folder: Path, variant: Variant = "Q") -> TrustMark:
        """From a folder with both files.

        Raises:
            WeightsError: A file is missing, or it is not a network of the expected inputs and outputs.
        """
        encoder, decoder = (_session(folder / name) for name in weight_files(variant))
        inputs = [len(session.get_inputs()) for session in (encoder, decoder)]
        if inputs != [2, 1]:
            raise WeightsError(
                f"trustmark: the networks in {folder} have {inputs[0]} and {inputs[1]} inputs, expected 2 (picture, "
                "bits) and 1 (picture); get encoder and decoder as its authors publish them"
            )
        return cls(encoder, decoder, variant)

    def capacity_bits(self, pixels: Pixels) -> int:
        """100; none where a side is below 64 pixels."""
        return _BITS if min(pixels.shape[:2]) >= _LEAST_SIDE_PX else 0

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """What the network adds to the small picture, without its mean, enlarged and added."""
        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        window = self._window(pixels)
        region = pixels[window]
        small = _small(region, _ENCODER_SIDE_PX)
        output = _run(self.encoder, small, bits[None].astype(np.float32))
        added = (np.clip(output, -1, 1) - small)[0].transpose(1, 2, 0)
        added = np.clip(_STRENGTH[self.variant] * (added - added.mean(axis=(0, 1))), -_RESIDUAL_LIMIT, _RESIDUAL_LIMIT)
        size = (region.shape[1], region.shape[0])
        marked = pixels.copy()
        marked[window] = as_pixels(region + 127.5 * cv2.resize(added, size, interpolation=cv2.INTER_LINEAR))
        return marked

    def extract(self, pixels: Pixels) -> Heard | None:
        """The logits of the network."""
        if not self.capacity_bits(pixels):
            return None
        logits = _run(self.decoder, _small(pixels[self._window(pixels)], self._decoder_side_px))
        if logits.size != _BITS:
            raise WeightsError(f"trustmark: the decoder gives {logits.size} numbers, expected {_BITS}")
        return Heard(np.asarray(-logits.ravel(), dtype=np.float32))

    @cached_property
    def _decoder_side_px(self) -> int:
        """As the file says, or as the variant was trained."""
        side = self.decoder.get_inputs()[0].shape[-1]
        return side if isinstance(side, int) else _DECODER_SIDE_PX[self.variant]

    def _window(self, pixels: Pixels) -> tuple[slice, slice]:
        """The whole picture, or its middle square."""
        height, width = pixels.shape[:2]
        short, long = sorted((height, width))
        if self.variant != "P" and long <= _LONGEST_ASPECT * short:
            return slice(None), slice(None)
        top, left = (height - short) // 2, (width - short) // 2
        return slice(top, top + short), slice(left, left + short)


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    if not path.is_file():
        raise WeightsError(
            f"trustmark: there is no {path}; get {path.name} from "
            "https://cai-watermark.adobe.net/watermarking/trustmark-models/ and say where it is with --weights DIR"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(f"trustmark: {path} is not a network that ONNX Runtime can run ({error})") from error


def _run(session: onnxruntime.InferenceSession, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first output, for inputs in the order of the file."""
    names = (given.name for given in session.get_inputs())
    return np.asarray(session.run(None, dict(zip(names, inputs, strict=True)))[0], dtype=np.float32)


def _small(region: Pixels, side_px: int) -> NDArray[np.float32]:
    """1×3×side×side float32, −1 to 1."""
    interpolation = cv2.INTER_AREA if min(region.shape[:2]) > side_px else cv2.INTER_LINEAR
    resized = cv2.resize(region, (side_px, side_px), interpolation=interpolation)
    return np.ascontiguousarray((resized.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])
