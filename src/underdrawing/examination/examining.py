"""A suspect held against the code of what it was: the map of the change, and the picture as it was.

::

    evidence of the mark ─┐
    suspect ──────────────┼─► map ─┬─► what was there, fitted in
    hidden code ──────────┘        └─► is this the picture that the code describes?
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from underdrawing.channel.lattice import BLOCK, TONE_DRIFT_LIMIT
from underdrawing.examination.comparison import compared
from underdrawing.examination.likeness import shows_another_picture
from underdrawing.examination.remembering import remember, surroundings_of, tells_enough
from underdrawing.examination.repainting import repainted
from underdrawing.findings import RecoverySetting
from underdrawing.images import to_eight_bits
from underdrawing.shipped import outliner, restorer, texturer, tokenizer
from underdrawing.tamper import find_tampering
from underdrawing.tokenizer import to_canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.examination.framing import Framing
    from underdrawing.messages.reading import Reading
    from underdrawing.tamper import TamperFinding
    from underdrawing.tokenizer import HiddenCode

__all__ = ["COMPARED_SCALES", "Examination", "Testimony", "examine", "repaint"]

COMPARED_SCALES = 4
"""From so many scales on a code tells enough of each place to compare."""

_LEAST_SHARE_OF_GRID = 0.45


@dataclass(frozen=True, eq=False)
class Testimony:
    """What a carrier says about places, on a grid of rows×columns blocks laid over the frame.

    Attributes:
        evidence: rows×columns float32, log-likelihood ratio of untouched against replaced, in nats.
        agreement: 2×rows×columns float32, see ``tamper.find_tampering``.
        intact: rows×columns float32, probability that a block is untouched.
        gamma: change of tone that is known and to be undone.
        steady: whether tones are as they were and nothing was blurred.
        visible: rows×columns bool, which blocks the suspect shows; None for all.
        by_chips: whether it is the lattice that speaks, in the nats that the network for outlines has learned.
    """

    evidence: NDArray[np.float32]
    agreement: NDArray[np.float32]
    intact: NDArray[np.float32]
    gamma: float = 1.0
    steady: bool = True
    visible: NDArray[np.bool_] | None = None
    by_chips: bool = False

    @classmethod
    def of(cls, reading: Reading) -> Testimony:
        """That of the lattice."""
        heard = reading.reception
        tone = heard.candidate.tone
        unchanged = (tone.gain, tone.gamma, tone.blur_px) == (1, 1, 0)
        return cls(
            evidence=heard.evidence,
            agreement=heard.agreement,
            intact=heard.intact,
            gamma=tone.gamma,
            steady=unchanged and reading.drift <= TONE_DRIFT_LIMIT,
            visible=heard.look.visible,
            by_chips=True,
        )


@dataclass(frozen=True, eq=False)
class Examination:
    """What came of it, on the frame.

    Attributes:
        finding: the map.
        another: whether the suspect shows another picture than the code describes.
        whole: h×w×3 RGB of the frame, as it was: what was changed or is not shown, painted; None where nothing was
            painted.
        recoloured: h×w bool of the frame, the part of the map that was only given other colours, which ``whole`` has
            undone; None where there is none.
        redrawn: the same of what was only redrawn, which ``whole`` leaves as it is.
        setting: whether texture was made up for ``whole``.
        from_kept: whether it was painted from a small picture that was kept, and not from the code.
    """

    finding: TamperFinding
    another: bool = False
    recoloured: NDArray[np.bool_] | None = None
    redrawn: NDArray[np.bool_] | None = None
    whole: NDArray[np.uint8] | NDArray[np.uint16] | None = None
    setting: RecoverySetting = RecoverySetting.FIDELITY
    from_kept: bool = False


def examine(
    framing: Framing,
    code: HiddenCode | None,
    testimony: Testimony,
    *,
    setting: RecoverySetting = RecoverySetting.FIDELITY,
    kept: NDArray[np.uint8] | None = None,
) -> Examination:
    """Hold a suspect against its code.

    Args:
        framing: the suspect on its frame.
        code: of the picture that was protected; None where none is known. One with fewer than four scales is painted
            from, but not compared with.
        testimony: what the carrier says.
        setting: whether to make up texture for what is painted.
        kept: 256×256×3 RGB, a small picture of what was protected: painted from in place of the code, if it shows what
            the code says.
    """
    pixels = to_eight_bits(framing.frame)
    compare = code is not None and code.n_scales >= COMPARED_SCALES
    says = None if code is None else tokenizer().linear_picture(code)
    remembered = None if code is None else cache(partial(tokenizer().decode, code))
    comparison, canvas, missing = None, to_canvas(pixels), framing.missing
    if code is not None and says is not None and compare:
        comparison = compared(
            canvas,
            code,
            tokenizer(),
            says=says,
            intact=testimony.intact,
            gamma=testimony.gamma,
            missing=missing,
        )
    finding = find_tampering(
        testimony.evidence,
        agreement=testimony.agreement,
        suspect=framing.frame,
        comparison=comparison,
        remembered=remembered if compare else None,
        steady=testimony.steady,
        fine=_is_fine(framing, testimony),
        visible=testimony.visible,
        missing=missing,
        outliner=outliner() if testimony.by_chips else None,
        canvas=canvas,
    )
    hidden = framing.hidden(finding.mask)
    if code is None or says is None or remembered is None:
        return Examination(finding)
    if compare and shows_another_picture(canvas, says.astype(np.uint8), hidden):
        return Examination(finding, another=True)
    if not hidden.any():
        return Examination(finding)
    if kept is not None and shows_another_picture(kept, says.astype(np.uint8), np.zeros(kept.shape[:2], np.bool_)):
        kept = None
    if kept is not None:
        original = kept
    elif setting is RecoverySetting.FIDELITY and tells_enough(code):
        original = remembered()
    else:
        original = _remembered(pixels, code, hidden, setting)
    painted = repainted(
        framing.frame,
        original,
        hidden,
        canvas=canvas,
        code=code,
        tokenizer=tokenizer(),
        textured=setting is RecoverySetting.LOOK,
    )
    return Examination(
        finding,
        whole=painted.pixels,
        recoloured=painted.recoloured,
        redrawn=painted.redrawn,
        setting=setting,
        from_kept=kept is not None,
    )


def _is_fine(framing: Framing, testimony: Testimony) -> bool:
    """Whether a suspect is about half as large as its grid or larger, so that what is as fine as chips is in it."""
    grid_px = BLOCK * min(testimony.evidence.shape)
    return bool(min(framing.frame.shape[:2]) >= _LEAST_SHARE_OF_GRID * grid_px)


def repaint(
    pixels: NDArray[np.uint8],
    code: HiddenCode,
    mask: NDArray[np.bool_],
    *,
    setting: RecoverySetting = RecoverySetting.FIDELITY,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """A suspect with a region of your choice painted back, whatever a map says.

    Args:
        pixels: H×W×3 RGB uint8; all of the picture that the code describes, upright.
        code: what was read of the code.
        mask: H×W bool, True where to paint.
        setting: whether to make up texture.

    Returns:
        H×W×3 uint8, equal to ``pixels`` outside the mask.
    """
    original = _remembered(pixels, code, mask, setting)
    return repainted(
        pixels,
        original,
        mask,
        canvas=to_canvas(pixels),
        code=code,
        tokenizer=tokenizer(),
        textured=setting is RecoverySetting.LOOK,
    ).pixels


def _remembered(
    pixels: NDArray[np.uint8], code: HiddenCode, mask: NDArray[np.bool_], setting: RecoverySetting
) -> NDArray[np.uint8]:
    """The picture as it was, from a code and from what is around the mask."""
    made_up = texturer() if setting is RecoverySetting.LOOK else None
    around = surroundings_of(pixels, mask)
    return remember(code, around, tokenizer=tokenizer(), restorer=restorer(), texturer=made_up)
