"""The decoder network: from latents to a picture."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["Painter"]


class Painter:
    """Runs the exported decoder; the session is made on first use.

    Args:
        network: the ONNX file's contents.
        threads: threads within one operation. One is the default because spinning threads of several workers on busy
            cores cost far more than they bring.
    """

    def __init__(self, network: bytes, *, threads: int = 1) -> None:
        self._network = network
        self._threads = threads

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self._network, options, providers=["CPUExecutionProvider"])

    def paint(
        self, coarse: NDArray[np.integer], fine: NDArray[np.integer], known: NDArray[np.bool_]
    ) -> NDArray[np.uint8]:
        """The picture that latents stand for.

        Args:
            coarse: (16, 16, 32), latents of the scales 1 to 16.
            fine: (32, 32, 16), latents of scale 32, 0 where unknown.
            known: (6, 32, 32), for each scale the cells where its token is known.

        Returns:
            256×256×3 RGB, uint8.
        """
        picture = np.rint(self.paint_exactly(coarse, fine, known)[0])
        return np.ascontiguousarray(np.clip(picture, 0, 255).transpose(1, 2, 0), dtype=np.uint8)

    def paint_exactly(
        self, coarse: NDArray[np.integer], fine: NDArray[np.integer], known: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """The network's own output for the inputs of ``paint``: (1, 3, 256, 256) float32 grey levels, not clipped."""
        inputs = {"coarse": _channels_first(coarse), "fine": _channels_first(fine), "known": known[None]}
        feeds = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in inputs.items()}
        return np.asarray(self._session.run(None, feeds)[0], dtype=np.float32)


def _channels_first(latents: NDArray[np.integer]) -> NDArray[np.integer]:
    return latents.transpose(2, 0, 1)[None]
