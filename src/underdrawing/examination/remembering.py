"""From what is left of a picture to the picture it was: hidden code, surroundings, and what both suggest.

::

    received tokens ──► latents ──┐
                                  ├─► Transformer ─► latents, hints ─► decoder ─► picture
    untouched pixels, mask ───────┘                                      ▲
            └────────────────────────────────────────────────────────────┘
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.recovery import Restoration, Restorer
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import CANVAS, HiddenCode, Latents, Surroundings, Tokenizer, to_canvas

__all__ = ["predict", "remember", "surroundings_of", "tells_enough", "token_probabilities"]

_COARSE_SCALES = 5
_CONTINUED = {0: (0.60, 80.0), 1: (0.62, 38.0), 2: (0.66, 18.0), 3: (0.65, 7.0)}
"""Share of a plain continuation in the mean at the seam, and in how many pixels it falls to 1/e, by scales that
arrived. The errors of the two have little in common, so their mean is nearer than either; fitted to pictures of val."""
_CONTINUATIONS = (cv2.INPAINT_TELEA, cv2.INPAINT_NS)
_RADIUS_PX = 3
_RING = np.ones((3, 3), np.uint8)


def remember(
    code: HiddenCode | None,
    surroundings: Surroundings,
    *,
    tokenizer: Tokenizer,
    restorer: Restorer,
    texturer: Texturer | None = None,
) -> NDArray[np.uint8]:
    """The picture as it was, 256×256×3 RGB uint8.

    What nobody told is painted as the mean of what it may have been, which is nearest on average, and smooth. With a
    texturer, texture is made up for it: as strong as around the region, or where nothing is seen, as in photographs.

    From a code with all scales up to 16 the decoder paints alone: there the Transformer was measured to add nothing.

    Args:
        code: what was received of it; None when nothing was, then its surroundings are all there is to go by.
        surroundings: the untouched pixels of the suspect; all hidden when there are none.
        tokenizer: paints.
        restorer: predicts.
        texturer: makes up texture; None for none.
    """
    if code is not None and tells_enough(code):
        picture = tokenizer.decode(code)
    else:
        picture = predict(code, surroundings, tokenizer=tokenizer, restorer=restorer)
        picture = _tempered(picture, 0 if code is None else code.n_scales, surroundings)
    if texturer is None:
        return picture
    known, hidden = tokenizer.latents(code).known, surroundings.hidden
    unseen = _unseen(code, surroundings, picture, tokenizer=tokenizer, restorer=restorer)
    made_up = texturer.textured(picture, known, surroundings.pixels, hidden, unseen=unseen)
    return np.where(hidden[..., None], made_up, picture)


def tells_enough(code: HiddenCode) -> bool:
    """Whether a code tells so much that the decoder paints from it alone."""
    return code.n_scales >= _COARSE_SCALES


def predict(
    code: HiddenCode | None, surroundings: Surroundings, *, tokenizer: Tokenizer, restorer: Restorer
) -> NDArray[np.uint8]:
    """What Transformer and decoder make of any code and its surroundings: what was hidden painted, the rest as seen."""
    latents = tokenizer.latents(code)
    restored = _restored(latents, surroundings, restorer)
    painted = Latents(_coarse(latents, restored), latents.fine, latents.known)
    picture = tokenizer.paint(painted, surroundings=surroundings, hints=restored.hints)
    return np.where(surroundings.hidden[..., None], picture, surroundings.pixels)


def surroundings_of(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Surroundings:
    """What is to be seen around a mask, on the canvas: a pixel of it is hidden if the mask touches it or a neighbour.

    What is painted of that ring, unseen, tells by how much the painting is off next to the seam.

    Args:
        pixels: H×W×3 RGB uint8, the suspect.
        mask: H×W bool, True where it was changed.
    """
    covered = cv2.resize(mask.astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    return Surroundings(to_canvas(pixels), cv2.dilate((covered > 0).astype(np.uint8), _RING).astype(np.bool_))


def token_probabilities(
    code: HiddenCode | None, surroundings: Surroundings, *, tokenizer: Tokenizer, restorer: Restorer
) -> NDArray[np.float32]:
    """How likely each token is at each place of the first scale of 1 to 16 that was not received.

    Returns:
        (side, side, 4096) float32, sums to 1 over the last axis.

    Raises:
        UsageError: all scales up to 16 were received.
    """
    restored = _restored(tokenizer.latents(code), surroundings, restorer)
    closeness, unit = tokenizer.likeness(restored.guess, code)
    side = closeness.shape[0]
    spread = cv2.resize(restored.sharpness, (side, side), interpolation=cv2.INTER_AREA).reshape(side, side, 1)
    scores = closeness / unit * np.exp(np.clip(spread, -6, 6))
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=-1, keepdims=True), dtype=np.float32)


def _unseen(
    code: HiddenCode | None,
    surroundings: Surroundings,
    picture: NDArray[np.uint8],
    *,
    tokenizer: Tokenizer,
    restorer: Restorer,
) -> NDArray[np.uint8] | None:
    """What is painted from a code with nothing to be seen; None where there is nothing to hold it against."""
    if surroundings.hidden.all():
        return None
    if code is not None and tells_enough(code):
        return picture
    nothing = Surroundings(np.zeros_like(surroundings.pixels), np.ones_like(surroundings.hidden))
    return predict(code, nothing, tokenizer=tokenizer, restorer=restorer)


def _tempered(picture: NDArray[np.uint8], n_scales: int, surroundings: Surroundings) -> NDArray[np.uint8]:
    """The picture, averaged with a plain continuation of the surroundings where there is little else to go by: the
    farther from the seam, the less of it. It goes on from the very pixels at the seam."""
    hidden = cv2.erode(surroundings.hidden.astype(np.uint8), _RING)
    if n_scales not in _CONTINUED or hidden.all() or not hidden.any():
        return picture
    at_seam, fading_px = _CONTINUED[n_scales]
    depth_px = np.asarray(cv2.distanceTransform(hidden, cv2.DIST_L2, 5), dtype=np.float32)
    share = np.float32(at_seam) * np.exp(-depth_px / np.float32(fading_px))[..., None]
    one, other = (cv2.inpaint(surroundings.pixels, hidden, _RADIUS_PX, method) for method in _CONTINUATIONS)
    continued = (one.astype(np.float32) + other) / 2
    return np.where(hidden[..., None] > 0, np.rint(picture + share * (continued - picture)), picture).astype(np.uint8)


def _coarse(latents: Latents, restored: Restoration) -> NDArray[np.float32]:
    """The restored latents; those of the code as far as scale 32 is known, for it codes what they left."""
    finer = latents.known[-1].astype(np.float32).reshape(16, 2, 16, 2).mean(axis=(1, 3))[..., None]
    return np.asarray(restored.coarse * (1 - finer) + latents.coarse * finer, dtype=np.float32)


def _restored(latents: Latents, surroundings: Surroundings, restorer: Restorer) -> Restoration:
    return restorer.restore(latents.coarse, latents.fine, latents.known, surroundings.pixels, surroundings.hidden)
