"""Attacks by somebody who holds marked pictures: moving a mark onto another picture, wearing it down, writing over it.

::

    copy      marked − unmarked, real or estimated ─────► + target       a mark where it does not belong
    collage   part of another marked picture ───────────► into this one  a change in marks that are all genuine
    average   the same picture marked by several ───────► their mean     no mark, or somebody's
    remark    marked ─► protected again by somebody else                  the first mark gone
    transplant, launder   bits of the mark ─► written into the target, or into the doctored picture

None of them needs a key. The last two need somebody who knows the channel from inside; for marks that depend on the
picture under them, as ours do, the plain copy is no more than noise. Steps of :mod:`.pixelwise` may follow after a
``+``: ``"copyreal+jpeg75"``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.attacks.damage import Pixels, denoised
from underdrawing.errors import UsageError

__all__ = ["Forgery", "Mark", "Scene", "average", "collage", "copy_attack", "estimate", "get", "remark", "window"]

Mark = Callable[[Pixels, int], Pixels]
"""Marks a picture, H×W×3 uint8 RGB, as 0 for the publisher, 1, 2, … for others: with other ids, and other keys."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What an attacker may hold. All pictures are H×W×3 uint8 RGB of one size.

    Attributes:
        original: Before it was marked; he has it where the publisher leaked it.
        marked: As published.
        target: The picture that he wants to be believed, without a mark.
        mark: Anybody can mark pictures.
        rewrite: Reads the bits of the mark in one picture, signature and all, and gives the second picture with them in
            it; None where nobody knows the channel so well.
    """

    original: Pixels
    marked: Pixels
    target: Pixels
    mark: Mark
    rewrite: Callable[[Pixels, Pixels], Pixels] | None = None

    def __post_init__(self) -> None:
        if not self.original.shape == self.marked.shape == self.target.shape:
            raise UsageError(
                f"scene of a forgery: got pictures of {self.original.shape}, {self.marked.shape} and "
                f"{self.target.shape}, expected one shape"
            )


@dataclass(frozen=True)
class Forgery:
    """One attack that needs a marked pair: call ``apply(scene, rng)``.

    Attributes:
        name: What ``get`` takes to make the same attack again.
        parameters: Of each step its kind and its number, twice: ``(("average", 3.0, 3.0), ("jpeg", 75.0, 75.0))``.
        apply: From a scene and a random generator to the suspect, H×W×3 uint8 RGB.
    """

    name: str
    parameters: tuple[tuple[str, float, float], ...]
    apply: Callable[[Scene, np.random.Generator], Pixels]

    def truth(self, height: int, width: int) -> NDArray[np.bool_]:
        """Which pixels show another picture than the one that was marked, height×width bool, before any later step."""
        word, share, _ = self.parameters[0]
        shown = np.full((height, width), _KINDS[word].shows_target)
        if word in ("collage", "launder"):
            shown[window(height, width, share)] = True
        return shown


def copy_attack(marked: Pixels, unmarked: Pixels, target: Pixels) -> Pixels:
    """A target with the mark of another picture added, as far as the difference of two pictures is that mark.

    Args:
        marked: H×W×3 uint8 RGB.
        unmarked: The picture before it was marked, or an ``estimate`` of it.
        target: H×W×3 uint8 RGB.

    Source: Kutter, Voloshynovskiy and Herrigel, "The watermark copy attack", 2000.
    """
    residual = marked.astype(np.int16) - unmarked
    return np.clip(target + residual, 0, 255).astype(np.uint8)


def estimate(marked: Pixels, window_px: int = 5) -> Pixels:
    """What a marked picture was before, guessed by taking what looks like noise for the mark."""
    return denoised(marked, window_px)


def collage(marked: Pixels, other: Pixels, share: float) -> Pixels:
    """A marked picture with part of another marked one in its middle, in the same place, so that grids agree.

    Source: Holliman and Memon, "Counterfeiting attacks on oblivious block-wise independent invisible watermarking
    schemes", 2000.
    """
    rows, columns = window(marked.shape[0], marked.shape[1], share)
    forged = marked.copy()
    forged[rows, columns] = other[rows, columns]
    return forged


def window(height: int, width: int, share: float) -> tuple[slice, slice]:
    """Rows and columns of the middle of a picture, of this share of its area and of its aspect."""
    rows, columns = (max(1, round(size * share**0.5)) for size in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


def average(copies: Sequence[Pixels]) -> Pixels:
    """The mean of several copies of one picture, H×W×3 uint8 RGB, that carry different marks.

    Source: the averaging collusion of Cox et al., "Secure spread spectrum watermarking for multimedia", 1997.
    """
    return np.asarray(np.rint(np.mean(np.stack(copies), axis=0, dtype=np.float32)), dtype=np.uint8)


def remark(marked: Pixels, mark: Mark, *, times: int = 1) -> Pixels:
    """A marked picture protected again by one stranger after another."""
    for stranger in range(1, times + 1):
        marked = mark(marked, stranger)
    return marked


def _copyreal(scene: Scene, number: float) -> Pixels:
    return copy_attack(scene.marked, scene.original, scene.target)


def _copyestimate(scene: Scene, number: float) -> Pixels:
    return copy_attack(scene.marked, estimate(scene.marked, int(number)), scene.target)


def _collage(scene: Scene, number: float) -> Pixels:
    return collage(scene.marked, scene.mark(scene.target, 0), number)


def _average(scene: Scene, number: float) -> Pixels:
    return average([scene.marked, *(scene.mark(scene.original, stranger) for stranger in range(1, int(number)))])


def _remark(scene: Scene, number: float) -> Pixels:
    return remark(scene.marked, scene.mark, times=int(number))


def _transplant(scene: Scene, number: float) -> Pixels:
    return _rewrite(scene)(scene.marked, scene.target)


def _launder(scene: Scene, number: float) -> Pixels:
    return _rewrite(scene)(scene.marked, collage(scene.marked, scene.target, number))


def _rewrite(scene: Scene) -> Callable[[Pixels, Pixels], Pixels]:
    if scene.rewrite is None:
        raise UsageError("forgery: got a scene in which nobody can rewrite marks, expected one with ``rewrite``")
    return scene.rewrite


@dataclass(frozen=True)
class _Kind:
    """One kind of forgery: what it does, the numbers it accepts (none where both ends are 0), and what is seen then."""

    step: Callable[[Scene, float], Pixels]
    low: float = 0.0
    high: float = 0.0
    choices: tuple[float, ...] = ()
    shows_target: bool = False

    def accepts(self, value: float) -> bool:
        """Whether it can be told this number."""
        return self.low <= value <= self.high and (not self.choices or value in self.choices)


_KINDS: dict[str, _Kind] = {
    "copyreal": _Kind(_copyreal, shows_target=True),
    "copyestimate": _Kind(_copyestimate, 3, 15, choices=(3, 5, 7, 9, 11, 13, 15), shows_target=True),
    "collage": _Kind(_collage, 0.01, 0.9),
    "average": _Kind(_average, 2, 9, choices=tuple(range(2, 10))),
    "remark": _Kind(_remark, 1, 5, choices=tuple(range(1, 6))),
    "transplant": _Kind(_transplant, shows_target=True),
    "launder": _Kind(_launder, 0.01, 0.9),
}
_NAME = re.compile(r"(?P<kind>[a-z]+)(?P<value>\d+(?:\.\d+)?)?")


def get(name: str) -> Forgery:
    """The forgery with this name.

    Args:
        name: ``copyreal`` (the mark as it is), ``copyestimate5`` (guessed with windows of so many pixels),
            ``collage0.25`` (so much of the area is another marked picture), ``average3`` (so many copies), ``remark1``
            (so many times), ``transplant`` (the bits of the mark in the target) or ``launder0.25`` (so much of the area
            replaced, and the bits of the mark written again over all), and after it any steps of ``pixelwise.get``,
            joined by ``+``.

    Raises:
        UsageError: A step is unknown or its number is missing or out of range.
    """
    first, more, rest = name.partition("+")
    kind, word, value = _parsed(first)
    after = pixelwise.get(rest) if more else None

    def apply(scene: Scene, rng: np.random.Generator) -> Pixels:
        forged = kind.step(scene, value)
        return forged if after is None else after.apply(forged, rng)

    steps = ((word, value), *(after.parameters if after else ()))
    return Forgery(name, tuple((step, number, number) for step, number in steps), apply)


def _parsed(text: str) -> tuple[_Kind, str, float]:
    match = _NAME.fullmatch(text)
    kind = _KINDS.get(match["kind"]) if match else None
    if match is None or kind is None:
        raise UsageError(f"unknown forgery: got {text!r}, expected one of {', '.join(_KINDS)} followed by its number")
    if kind.low == kind.high and match["value"] is not None:
        raise UsageError(f"forgery {text!r} has a number: this kind takes none; leave it away")
    value = float("nan") if match["value"] is None else float(match["value"])
    if kind.low == kind.high:
        return kind, match["kind"], 0.0
    if not kind.accepts(value):
        numbers = ", ".join(f"{n:g}" for n in kind.choices) or f"a number from {kind.low:g} to {kind.high:g}"
        raise UsageError(f"forgery {text!r}: expected {numbers} after the word")
    return kind, match["kind"], value
