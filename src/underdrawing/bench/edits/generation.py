"""Removal by an inpainting pipeline of ``diffusers``, from weights in a folder; nothing is downloaded.

Needs the extra ``[generation]``. The picture is worked on at the side the pipeline was made for, and only what lies
inside the mask is taken from it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.edits.scene import Inpainter
from underdrawing.errors import UsageError

__all__ = ["DiffusersInpainter", "check_inpainter", "load_inpainter"]

_INDEX_FILE = "model_index.json"

_STEPS = 25
_PROMPT = "background"
"""Removal asks for what is around, not for a thing."""


class DiffusersInpainter:
    """An inpainting pipeline.

    Args:
        pipeline: Called as ``StableDiffusionInpaintPipeline`` is.
        side_px: Side of the square it works on, a multiple of 8.
    """

    def __init__(self, pipeline: Any, *, side_px: int = 512) -> None:
        self._pipeline = pipeline
        self._side_px = side_px

    def fill(self, pixels: Pixels, mask: Mask, *, seed: int) -> Pixels:
        """The picture with the region made up from its surroundings; see ``Inpainter.fill``."""
        import torch

        height, width = mask.shape
        side = (self._side_px, self._side_px)
        made = self._pipeline(
            prompt=_PROMPT,
            image=Image.fromarray(np.asarray(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA), dtype=np.uint8)),
            mask_image=Image.fromarray(_grown(mask, side)),
            height=self._side_px,
            width=self._side_px,
            num_inference_steps=_STEPS,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
        filled = cv2.resize(
            np.asarray(made.convert("RGB"), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
        )
        return np.where(mask[..., None], filled, pixels).astype(np.uint8)


def check_inpainter(weights: Path) -> None:
    """Whether a pipeline can be expected in a folder, before anything heavy is loaded.

    Raises:
        UsageError: ``diffusers`` or PyTorch is not installed, or the folder holds no pipeline.
    """
    missing = [name for name in ("diffusers", "torch", "transformers") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"generative removal needs {' and '.join(missing)}, not installed here; install with: "
            "pip install 'underdrawing[generation]'"
        )
    if not (weights / _INDEX_FILE).is_file():
        raise UsageError(
            f"no pipeline in {weights}: expected a folder as save_pretrained writes it, with {_INDEX_FILE}"
        )


def load_inpainter(weights: Path) -> Inpainter:
    """The inpainting pipeline in a folder, as ``save_pretrained`` writes it.

    Raises:
        UsageError: ``diffusers`` is not installed, or the folder holds no inpainting pipeline.
    """
    check_inpainter(weights)
    import torch
    from diffusers import AutoPipelineForInpainting

    try:
        pipeline = AutoPipelineForInpainting.from_pretrained(str(weights), local_files_only=True)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(
            f"no inpainting pipeline in {weights}: {reason}; give a folder as save_pretrained writes it"
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    size = getattr(pipeline, "unet", None)
    factor = getattr(pipeline, "vae_scale_factor", 8)
    side_px = size.config.sample_size * factor if size is not None and isinstance(size.config.sample_size, int) else 512
    return DiffusersInpainter(pipeline.to("cuda" if torch.cuda.is_available() else "cpu"), side_px=side_px)


def _grown(mask: Mask, side: tuple[int, int]) -> Pixels:
    """The mask at the size worked on, every pixel it touches inside: 0 or 255."""
    touched = cv2.resize(mask.astype(np.uint8) * 255, side, interpolation=cv2.INTER_AREA) > 0
    return np.where(touched, np.uint8(255), np.uint8(0))
