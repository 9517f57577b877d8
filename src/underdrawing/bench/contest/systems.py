"""Who takes part: one protocol for marks, hashes and inpainting alike.

A system is asked twice: to protect a picture, and later to examine a suspect, knowing what its owner keeps. What it
cannot do it leaves empty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.baselines.fragile import FragileFinding, embed_fragile, examine_fragile
from underdrawing.bench.baselines.inpainting import Filling, fill
from underdrawing.bench.contest.gallery import Shelf
from underdrawing.bench.edits.masks import Mask
from underdrawing.findings import Protection
from underdrawing.tokenizer import HiddenCode

__all__ = ["Examined", "Filled", "Fragile", "Marked", "Nothing", "System"]


@dataclass(frozen=True, eq=False)
class Marked:
    """A protected picture and what its owner keeps.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        parts: What the mark holds, by name.
        id_bits: Bits of the id.
        code_bits: Bits that describe the picture.
        secret: What examining needs to know; whatever the system likes.
        protection: What our own ``protect`` gave back, for the owner's record; None with other systems.
        shelf: The gallery with that record in it; None without a gallery, or a record.
    """

    pixels: Pixels
    parts: tuple[str, ...] = ()
    id_bits: int = 0
    code_bits: int = 0
    secret: object = None
    protection: Protection | None = None
    shelf: Shelf | None = None


@dataclass(frozen=True, eq=False)
class Examined:
    """What a system says of a suspect; H×W is the size of the suspect.

    Attributes:
        parts: Which parts of the mark were read.
        whole: Whether all that was put in came back; None where nothing was put in.
        id_right: Whether the id did; None where there is none.
        verdict: One word, where the system has one.
        flagged: Whether something is said to be changed; None where the system does not say.
        believed: Whether a reader would take the suspect for something that the owner published as it is.
        mask: H×W bool, True where it is; None without a map.
        probability: H×W, larger where a change is likelier; None where the mask is all there is.
        recovered: H×W×3 uint8 RGB, the suspect with the changed part as it was; None where nothing was recovered.
        repaint: From another mask to the suspect with that part as it was; None where nothing can be painted.
        code: What was read of the hidden code.
    """

    parts: tuple[str, ...] = ()
    whole: bool | None = None
    id_right: bool | None = None
    verdict: str = ""
    flagged: bool | None = None
    believed: bool = False
    mask: Mask | None = None
    probability: NDArray[np.float32] | None = None
    recovered: Pixels | None = None
    repaint: Callable[[Mask], Pixels] | None = None
    code: HiddenCode | None = None


class System(Protocol):
    """Somebody who takes part."""

    @property
    def name(self) -> str:
        """As it stands in tables."""

    @property
    def marks(self) -> bool:
        """Whether protecting changes the picture, or does anything at all."""

    @property
    def hashes(self) -> bool:
        """Whether the suspect is looked for by hashes: it is the same for all who do not mark, so one does it."""

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """A protected picture, H×W×3 uint8 RGB; the same for the same pixels, name and stranger.

        Args:
            original: H×W×3 uint8 RGB.
            name: Of the picture.
            stranger: 0 is the owner; 1, 2, … are others, with other keys and ids, who protect it too.

        Raises:
            UnderdrawingError: The system cannot mark this picture.
        """

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """What became of a protected picture.

        Args:
            suspect: H×W×3 uint8 RGB.
            marked: What ``protect`` gave for the original.
            truth: H×W bool, where it was changed. For the answer to *what was there, if the place is known*, and for
                systems that can answer nothing else.
        """


class Nothing:
    """No mark at all: the suspect is looked for by what it looks like."""

    name = "nothing"
    marks = False
    hashes = True

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """The picture itself."""
        return Marked(original)

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """Nothing."""
        return Examined()


@dataclass(frozen=True)
class Filled:
    """OpenCV's inpainting of the true mask, which it has to be told."""

    name: str
    filling: Filling
    marks = False
    hashes = False

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """The picture itself."""
        return Marked(original)

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """The true mask filled in."""

        def repaint(mask: Mask) -> Pixels:
            return fill(suspect, mask, self.filling)

        return Examined(recovered=repaint(truth) if truth.any() else None, repaint=repaint)


class Fragile:
    """The classical self-embedding mark; what neither block remembers is filled in by Telea's method."""

    name = "fragile self-embedding"
    marks = True
    hashes = False

    def protect(self, original: Pixels, name: str, *, stranger: int = 0) -> Marked:
        """The picture in its own low bits."""
        key = f"{name}|{stranger}".encode()[:64]
        blocks = (original.shape[0] // 8) * (original.shape[1] // 8)
        return Marked(embed_fragile(original, key), parts=("blocks",), code_bits=320 * blocks, secret=key)

    def examine(self, suspect: Pixels, marked: Marked, truth: Mask) -> Examined:
        """Every block that authenticates was read."""
        key = marked.secret
        if not isinstance(key, bytes) or min(suspect.shape[:2]) < 16:
            return Examined()
        finding = examine_fragile(suspect, key)
        read = bool(finding.kept.any())

        def repaint(mask: Mask) -> Pixels:
            return _as_remembered(suspect, finding, mask)

        return Examined(
            parts=("blocks",) if read else (),
            verdict="changed" if finding.mask.any() else "unchanged",
            flagged=bool(finding.mask.any()),
            believed=not finding.mask.any(),
            mask=finding.mask,
            recovered=repaint(finding.mask) if read and finding.mask.any() else None,
            repaint=repaint if read else None,
        )


def _as_remembered(suspect: Pixels, finding: FragileFinding, mask: Mask) -> Pixels:
    """The suspect with a region from the partners' descriptions, and what has none filled in from around."""
    there = mask & finding.kept
    painted = np.where(there[..., None], finding.remembered, suspect)
    return fill(painted, mask & ~there, Filling.TELEA)
