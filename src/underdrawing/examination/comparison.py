"""A suspect held against its hidden code: how far its latents lie from those the code names, cell by cell.

Latents are local, so what was put into one cell shows in that cell alone. A change of tone is undone first, as far as
the code's own picture tells it; it must not count as another content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.examination.greyness import LUMA
from underdrawing.examination.tone_search import least_strayed
from underdrawing.examination.tones import Tones
from underdrawing.tamper import Comparison, Distances
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["compared"]

_COARSE_SCALES = 5
_AROUND_PX = {16: 16, 32: 12}
_HARDLY_ANY = 0.005


def compared(
    pixels: NDArray[np.uint8],
    code: HiddenCode,
    tokenizer: Tokenizer,
    *,
    says: NDArray[np.int16],
    intact: NDArray[np.float32],
    gamma: float = 1.0,
    missing: NDArray[np.bool_] | None = None,
) -> Comparison:
    """How far a suspect is from its code.

    Args:
        pixels: H×W×3 RGB uint8, the suspect.
        code: its hidden code, known at least down to scale 8.
        tokenizer: the tokenizer.
        says: what ``tokenizer.linear_picture`` makes of the code, 256×256×3.
        intact: rows×columns float32, probability that each block of a grid over the image is untouched.
        gamma: change of tone that is known from elsewhere and is undone. Other changes of tone are guessed here.
        missing: h×w bool, of the same image at any size, what is not to be seen of it; None for nothing. A cell of
            which a part is missing is not compared.
    """
    tones = Tones(to_canvas(pixels), says, intact, gamma)
    look, strays = least_strayed(tones, code, tokenizer, intact)
    latents, busyness = tokenizer.latents(code), _gradient(says)
    strays = replace(strays, shown=_whole_cells(missing, len(strays.beyond)))
    coarse = _distances(_rms(look.analysed - latents.coarse), busyness, missing)
    if code.n_scales < _COARSE_SCALES:
        return Comparison(coarse, strays=strays)
    fine = _rms(tokenizer.linear.fine_analysis(look.canvas - says) - latents.fine)
    distances = _distances(fine, busyness, missing, _rms(latents.fine))
    return Comparison(coarse, distances, latents.known[-1], strays)


def _distances(
    distance: NDArray[np.float32],
    busyness: NDArray[np.float32],
    missing: NDArray[np.bool_] | None,
    own: NDArray[np.float32] | None = None,
) -> Distances:
    side = distance.shape[0]
    around = cv2.blur(busyness, (_AROUND_PX[side], _AROUND_PX[side]))
    cells = np.asarray(cv2.resize(around, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32)
    own = np.zeros_like(distance) if own is None else own
    return Distances(distance, cells, own, _whole_cells(missing, side))


def _whole_cells(missing: NDArray[np.bool_] | None, side: int) -> NDArray[np.bool_] | None:
    """The cells of which nothing is missing, side×side bool; None for all."""
    if missing is None:
        return None
    share = cv2.resize(missing.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(share <= _HARDLY_ANY)


def _rms(latents: NDArray[np.integer]) -> NDArray[np.float32]:
    """Root mean square over the last axis."""
    return np.asarray(np.sqrt(np.square(latents.astype(np.float32)).mean(axis=-1)), dtype=np.float32)


def _gradient(picture: NDArray[np.int16]) -> NDArray[np.float32]:
    """Length of the gradient of the brightness (Sobel), 256×256 float32."""
    luma = cv2.transform(picture.astype(np.float32), LUMA[None])
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)
