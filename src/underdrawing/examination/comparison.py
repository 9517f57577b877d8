"""A suspect held against its hidden code: how far its latents lie from those the code names, cell by cell.

Latents are local, so what was put into one cell shows in that cell alone. A change of tone is undone first, as far as
the code's own picture tells it; it must not count as another content.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.examination.tones import Tones, Toning
from underdrawing.tamper import Comparison, Distances, Strays
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["compared"]

_LUMA = np.array([[0.299, 0.587, 0.114]], dtype=np.float32)
_COARSE_SCALES = 5
_AROUND_PX = {16: 16, 32: 12}
_INTACT, _LEAST_KEPT = 0.9, 0.4
_CLEARLY_LESS = 0.7
_FAR_OFF, _FEW_STRAYED, _HARDLY_ANY_STRAYED = 30.0, 0.03, 0.01
_HARDLY_ANY = 0.005
_STEPS = 0.1, 0.05, 0.05, 0.3, 8.0, 0.15, 0.15
"""By how much a change of tone is varied at first, see :meth:`Toning.varied`."""

_ROUNDS, _HARDLY_LESS = 9, 0.9


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
    canvas, analysed, strays = _least_strayed(tones, code, tokenizer, intact)
    latents, busyness = tokenizer.latents(code), _gradient(says)
    strays = replace(strays, shown=_whole_cells(missing, len(strays.beyond)))
    coarse = _distances(_rms(analysed - latents.coarse), busyness, missing)
    if code.n_scales < _COARSE_SCALES:
        return Comparison(coarse, strays=strays)
    fine = _rms(tokenizer.linear.fine_analysis(canvas - says) - latents.fine)
    distances = _distances(fine, busyness, missing, _rms(latents.fine))
    return Comparison(coarse, distances, latents.known[-1], strays)


@dataclass(frozen=True, eq=False)
class _Look:
    """A canvas with its tones as they may have been, its latents, how far its cells lie beyond the borders of their
    tokens, and the sum of that over those that the carrier calls untouched, each counted to some bound."""

    canvas: NDArray[np.int16]
    analysed: NDArray[np.integer]
    beyond: NDArray[np.float32]
    total: float


def _least_strayed(
    tones: Tones, code: HiddenCode, tokenizer: Tokenizer, intact: NDArray[np.float32]
) -> tuple[NDArray[np.int16], NDArray[np.integer], Strays]:
    """The canvas with the likeliest tones, its latents, and its strays.

    Where hardly a cell has strayed that the carrier calls untouched, the tones are as they were, and no others are
    tried. Where many cells have kept their tokens, other tones have to do clearly better to be believed.
    """

    def look(canvas: NDArray[np.int16]) -> _Look:
        analysed = tokenizer.linear.coarse_analysis(canvas)
        beyond = tokenizer.strays(analysed, code)
        return _Look(canvas, analysed, beyond, float(np.minimum(beyond, _FAR_OFF).sum()))

    plain = look(tones.as_they_are())
    trusted = plain.beyond[cv2.resize(intact, plain.beyond.shape[::-1], interpolation=cv2.INTER_AREA) > _INTACT]
    if np.minimum(trusted, _FAR_OFF).sum() <= _FEW_STRAYED * _FAR_OFF * trusted.size:
        return plain.canvas, plain.analysed, Strays(plain.beyond)
    kept = bool(np.count_nonzero(trusted == 0) > _LEAST_KEPT * trusted.size)
    other = _with_other_tones(tones, look, _HARDLY_ANY_STRAYED * _FAR_OFF * plain.beyond.size)
    if other is None or other.total >= plain.total * (_CLEARLY_LESS if kept else 1):
        return plain.canvas, plain.analysed, Strays(plain.beyond, steady=kept)
    return other.canvas, other.analysed, Strays(other.beyond, steady=False)


def _with_other_tones(tones: Tones, look: Callable[[NDArray[np.int16]], _Look], few: float) -> _Look | None:
    """The look with the likeliest change of tone undone; None where nothing is known of any.

    Changes are fitted to the colours that the code tells, which are those of the middles of tokens. What was there lies
    somewhere around these, so the best fit is varied until fewest cells have strayed.
    """
    if tones.grey:
        return min(map(look, tones.grey), key=lambda of: of.total)
    best: tuple[_Look, Toning] | None = None
    for toning in tones.guesses():
        seen = look(tones.undone(toning))
        if best is None or seen.total < best[0].total:
            best = seen, toning
        if seen.total <= few:
            return seen
    if best is None:
        return None
    fitted = _varied(tones, look, *best, few)
    if fitted.total <= few:
        return fitted
    plain = Toning.none()
    return min(fitted, _varied(tones, look, look(tones.undone(plain)), plain, few), key=lambda of: of.total)


def _varied(
    tones: Tones, look: Callable[[NDArray[np.int16]], _Look], nearest: _Look, toning: Toning, few: float
) -> _Look:
    """The look with the change of tone near a given one that leaves the fewest strays, by pattern search."""
    steps, by = np.array(_STEPS), np.zeros(len(_STEPS))
    for _ in range(_ROUNDS):
        before, start = nearest.total, by
        for number in range(len(_STEPS)):
            for way in (1, -1):
                tried = by + way * steps * (np.arange(len(_STEPS)) == number)
                seen = look(tones.undone(toning.varied(tried)))
                if seen.total < nearest.total:
                    nearest, by = seen, tried
                    steps[number] *= way
                    break
        seen = look(tones.undone(toning.varied(2 * by - start)))
        if seen.total < nearest.total:
            nearest, by = seen, 2 * by - start
        if nearest.total <= few:
            break
        if nearest.total > _HARDLY_LESS * before:
            steps /= 2
    return nearest


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
    luma = cv2.transform(picture.astype(np.float32), _LUMA)
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)
