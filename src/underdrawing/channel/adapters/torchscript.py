"""Watermarks that come as one TorchScript file: VideoSeal, PixelSeal, ChunkySeal, Watermark Anything.

The file holds a network with two methods. Pictures are 1×3×H×W float32, 0 to 1, of any size; messages 1×n of 0 and 1::

    embed(picture, message) -> picture
    detect(picture) -> 1×(1+n) or 1×(1+n)×H×W    logits: of being marked at all, then of each bit, positive for 1

The second form looks place by place, and so says where the mark is. PyTorch is imported when a file is loaded, and by
nothing else. A TorchScript file is a program: load only what you trust.

Source: https://github.com/facebookresearch/videoseal (MIT), ``docs/torchscript.md``; Sander et al., "Watermark Anything
with Localized Messages", 2024 (arXiv 2411.07231).
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.adapters.pieces import Pixels, as_pixels, checked_bits
from underdrawing.channel.carrier import Heard
from underdrawing.errors import UsageError, WeightsError

__all__ = ["TorchScriptCarrier"]

_PROBE_SIDE_PX = 256
_LEAST_SIDE_PX = 64


@dataclass(frozen=True, eq=False)
class TorchScriptCarrier:
    """As many bits as the network has, whatever the size of the picture.

    Attributes:
        network: With ``embed`` and ``detect``, as above.
        bits: n.
        name: The word it is chosen by.
    """

    network: Any
    bits: int
    name: str
    corrects_errors: bool = False

    @classmethod
    def load(cls, path: Path, *, name: str) -> TorchScriptCarrier:
        """From a file; how many bits it takes is asked of the network itself.

        Raises:
            UsageError: PyTorch is not installed.
            WeightsError: There is no such file, or it is not a TorchScript network with these two methods.
        """
        if importlib.util.find_spec("torch") is None:
            raise UsageError(f"{name}: it needs PyTorch, which is not installed; install it with: pip install torch")
        if not path.is_file():
            raise WeightsError(f"{name}: there is no {path}; get the file and say where it is with --weights DIR")
        network = _loaded(path, name)
        probe = _detect(network, np.zeros((_PROBE_SIDE_PX, _PROBE_SIDE_PX, 3), dtype=np.uint8), name)
        return cls(network, probe.shape[0] - 1, name)

    def capacity_bits(self, pixels: Pixels) -> int:
        """The bits of the network; none where a side is below 64 pixels."""
        return self.bits if min(pixels.shape[:2]) >= _LEAST_SIDE_PX else 0

    def embed(self, pixels: Pixels, bits: NDArray[np.uint8]) -> Pixels:
        """The network's picture, rounded."""
        import torch

        bits = checked_bits(bits, self.capacity_bits(pixels), carrier=self.name)
        message = torch.from_numpy(bits[None].astype(np.float32))
        with torch.inference_mode():
            marked = self.network.embed(_tensor(pixels), message)
        return as_pixels(255 * marked[0].permute(1, 2, 0).numpy())

    def extract(self, pixels: Pixels) -> Heard | None:
        """Logits of the bits, averaged over where the mark is; and where it is, if the network says so."""
        if not self.capacity_bits(pixels):
            return None
        logits = _detect(self.network, pixels, self.name)
        if logits.ndim == 1:
            return Heard(-logits[1:])
        marked = np.asarray(1 / (1 + np.exp(-logits[0])), dtype=np.float32)
        weight = marked / max(float(marked.sum()), 1e-6)
        return Heard(-(logits[1:] * weight).sum(axis=(1, 2)), marked)


def _loaded(path: Path, name: str) -> Any:
    import torch

    jit: Any = torch.jit
    try:
        with warnings.catch_warnings():  # the form is on its way out, but it is the one these files are published in
            warnings.simplefilter("ignore", DeprecationWarning)
            network = jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(f"{name}: {path} is not a TorchScript network ({reason}); get the file again") from error
    if not all(callable(getattr(network, method, None)) for method in ("embed", "detect")):
        raise WeightsError(f"{name}: the network in {path} has no embed and detect; see docs/carriers.md for its form")
    return network


def _detect(network: Any, pixels: Pixels, name: str) -> NDArray[np.float32]:
    """(1+n) or (1+n)×H×W logits, float32."""
    import torch

    with torch.inference_mode():
        found = network.detect(_tensor(pixels))
    logits = np.asarray(found[0].numpy(), dtype=np.float32)
    if found.shape[0] != 1 or logits.ndim not in (1, 3) or logits.shape[0] < 2:
        raise WeightsError(f"{name}: detect gives shape {tuple(found.shape)}, expected 1×(1+n) or 1×(1+n)×H×W")
    return logits


def _tensor(pixels: Pixels) -> Any:
    """1×3×H×W float32, 0 to 1."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255))
