"""Which change of tone a suspect has been through: the one that leaves the fewest cells beyond their tokens' borders.

Changes are fitted to the colours that the code tells, which are those of the middles of tokens. What was there lies
somewhere around these, and of colours there was more than the code says, so a fit is only a beginning: it is varied, by
pattern search, until the fewest cells have strayed. Edits hardly disturb that, for each cell counts up to a bound.

Source: Hooke and Jeeves, "Direct search solution of numerical and statistical problems", 1961.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.examination.tones import Tones, Toning
from underdrawing.tamper import Strays

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from underdrawing.tokenizer import HiddenCode, Tokenizer

__all__ = ["Look", "least_strayed"]

_INTACT, _LEAST_KEPT = 0.9, 0.4
_CLEARLY_LESS = 0.7
_FAR_OFF, _FEW_STRAYED, _HARDLY_ANY_STRAYED = 30.0, 0.03, 0.01
_STEPS = 0.1, 0.05, 0.05, 0.3, 8.0, 0.15, 0.15
"""By how much a change of tone is varied at first, see :meth:`.Toning.varied`."""

_FIRST_ROUNDS, _MORE_ROUNDS, _HARDLY_LESS = 3, 6, 0.9


@dataclass(frozen=True, eq=False)
class Look:
    """A suspect with its tones as they may have been.

    Attributes:
        canvas: 256×256×3 int16.
        analysed: its latents, see ``LinearWeights.coarse_analysis``.
        beyond: how far its cells lie beyond the borders of their tokens, see ``Tokenizer.strays``.
    """

    canvas: NDArray[np.int16]
    analysed: NDArray[np.integer]
    beyond: NDArray[np.float32]

    @property
    def strayed(self) -> float:
        """The sum of that, each cell up to a bound."""
        return _strayed(self.beyond)


def least_strayed(
    tones: Tones, code: HiddenCode, tokenizer: Tokenizer, intact: NDArray[np.float32]
) -> tuple[Look, Strays]:
    """The suspect with the likeliest tones, and its strays.

    Where hardly a cell has strayed that the carrier calls untouched, the tones are as they were, and no others are
    tried. Where many cells have kept their tokens, other tones have to do clearly better to be believed, and
    better with the cells that the carrier calls untouched too: what does not was done to a part of the picture.

    Args:
        tones: those of the suspect.
        code: its hidden code, known at least down to scale 8.
        tokenizer: the tokenizer.
        intact: rows×columns float32, probability that each block of a grid over the image is untouched.
    """

    def look(canvas: NDArray[np.int16]) -> Look:
        analysed = tokenizer.linear.coarse_analysis(canvas)
        return Look(canvas, analysed, tokenizer.strays(analysed, code))

    plain = look(tones.as_they_are())
    counted = cv2.resize(intact, plain.beyond.shape[::-1], interpolation=cv2.INTER_AREA) > _INTACT
    trusted = plain.beyond[counted]
    if _strayed(trusted) <= _FEW_STRAYED * _FAR_OFF * trusted.size:
        return plain, Strays(plain.beyond)
    kept = bool(np.count_nonzero(trusted == 0) > _LEAST_KEPT * trusted.size)
    other = _with_other_tones(tones, look, _HARDLY_ANY_STRAYED * _FAR_OFF * plain.beyond.size)
    if (
        other is None
        or other.strayed >= plain.strayed * (_CLEARLY_LESS if kept else 1)
        or (kept and _strayed(other.beyond[counted]) >= _strayed(trusted))
    ):
        return plain, Strays(plain.beyond, steady=kept)
    return other, Strays(other.beyond, steady=False)


def _with_other_tones(tones: Tones, look: Callable[[NDArray[np.int16]], Look], few: float) -> Look | None:
    """The look with the likeliest change of tone undone; None where nothing is known of any.

    Args:
        tones: those of the suspect.
        look: looks at a canvas.
        few: strays with which nobody looks any further.
    """
    if tones.grey:
        return min(map(look, tones.grey), key=lambda of: of.strayed)
    fits = []
    for toning in tones.guesses():
        fits.append(_Varied(tones, look, toning))
        if fits[-1].nearest.strayed <= few:
            return fits[-1].nearest
    if not fits:
        return None
    begun = min(fits, key=attrgetter("nearest.strayed")), _Varied(tones, look, Toning.none())
    for varied in begun:
        varied.search(_FIRST_ROUNDS, few)
    likeliest = min(begun, key=attrgetter("nearest.strayed"))
    likeliest.search(_MORE_ROUNDS, few)
    return likeliest.nearest


class _Varied:
    """A change of tone that is varied, and the look with the one undone that leaves the fewest strays."""

    def __init__(self, tones: Tones, look: Callable[[NDArray[np.int16]], Look], toning: Toning) -> None:
        self._tones, self._look, self._toning = tones, look, toning
        self._by: NDArray[np.floating] = np.zeros(len(_STEPS))
        self._steps = np.array(_STEPS)
        self.nearest = look(tones.undone(toning))

    def search(self, rounds: int, few: float) -> None:
        """Vary each number by its step, and all together as they have moved, with shorter steps where that was in
        vain."""
        for _ in range(rounds):
            if self.nearest.strayed <= few:
                return
            before, start = self.nearest.strayed, self._by
            for number in range(len(_STEPS)):
                step = self._steps * (np.arange(len(_STEPS)) == number)
                if not self._moved(self._by + step) and self._moved(self._by - step):
                    self._steps[number] *= -1
            self._moved(2 * self._by - start)
            if self.nearest.strayed > _HARDLY_LESS * before:
                self._steps /= 2

    def _moved(self, by: NDArray[np.floating]) -> bool:
        """Whether another variation leaves fewer strays; then it is the one from now on."""
        seen = self._look(self._tones.undone(self._toning.varied(by)))
        better = seen.strayed < self.nearest.strayed
        if better:
            self.nearest, self._by = seen, by
        return better


def _strayed(beyond: NDArray[np.float32]) -> float:
    return float(np.minimum(beyond, _FAR_OFF).sum())
