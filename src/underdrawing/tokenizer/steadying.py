"""Making a picture keep its own tokens: nudges too small to see, away from the borders between tokens.

A token is the nearest entry of a vocabulary. Where the runner-up is nearly as near, the slightest change of the picture
turns one into the other, and a copy describes itself in other words than the original. A nudge that moves the picture a
little away from such borders costs next to nothing, for the few numbers that a token sees can be moved by changing
every pixel of its patch by a fraction of a grey level; afterwards a copy gives the same tokens.

::

    canvas ─► vectors of each scale ─► distance to the borders with the nearest rivals ─► short of the margin?
      ▲                                                                                      │
      └────────── plus the nudge ◄── softened, limited ◄── smallest change of luminance ◄────┘

The nudge is luminance only, so that hue does not move and grey stays grey. Patches are not pushed apart at their seams:
every push is blurred before it is added, and what the blur takes away is made up for in the next round.

Source: ours. Moving to the nearest point where all half-spaces are kept, one after another, is Kaczmarz's method (1937)
for inequalities (Agmon 1954).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tokenizer.ladder import CANVAS, LADDER, HiddenCode
from underdrawing.tokenizer.patches import PatchAnalysis
from underdrawing.tokenizer.quantizer import Scale, largest, latents_of_scales
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["steadying"]

_RIVALS = 8
_ROUNDS = 6
_OVERSHOOT = 1.3
_SOFTNESS_PX = 2.0
_DEAREST = 1.2
"""A token that would change its patch by more than this, root mean square in grey levels, is given up."""

_SMOOTH_LIMIT, _BUSY_LIMIT = 1.0, 3.0
"""Grey levels by which any pixel of the canvas may change, in smooth and in busy places."""

Plane = NDArray[np.float32]


def steadying(
    canvas: NDArray[np.integer], code: HiddenCode, margins: tuple[float, ...], linear: LinearWeights
) -> Plane:
    """What to add to a picture so that a copy of it still gives these tokens.

    Args:
        canvas: 256×256×3 RGB integers, the picture as it is going to be, but for the nudge.
        code: the tokens to be kept; those of the picture or of one that differs little.
        margins: for each scale of the code, how far the picture should be from the border to any other token, in units
            of latents; 0 where nothing is to be done. A unit is a change of root mean square 1/4 grey level · √n of n
            numbers that share it: on a patch of 16 pixels, 0.14 grey levels throughout.
        linear: what decides tokens.

    Returns:
        256×256 float32 in grey levels, to be added to all three channels alike. No pixel changes by more than 3 grey
        levels, in smooth places by about 1; a token that would need more is left as it is.
    """
    levels = _levels(canvas.astype(np.int16), code, margins, linear)
    limit = _limit(canvas)
    nudge = np.zeros((CANVAS, CANVAS), dtype=np.float32)
    for _ in range(_ROUNDS if levels else 0):
        push = sum((level.push(nudge) for level in levels), np.zeros_like(nudge))
        nudge += np.float32(_OVERSHOOT) * cv2.GaussianBlur(push, (0, 0), _SOFTNESS_PX)
        np.clip(nudge, -limit, limit, out=nudge)
    return nudge


@dataclass(frozen=True, eq=False)
class _Borders:
    """Half-spaces in which vectors keep their tokens, for the tokens of one scale, each against its nearest rivals.

    Attributes:
        scale: what its vectors mean.
        normals: side×side×rivals×dims float32, unit vectors from the rival's side to the token's own.
        distance: side×side×rivals float32, of the token's vector from the border, in units; negative beyond it.
        margin: distance that is wanted.
    """

    scale: Scale
    normals: NDArray[np.float32]
    distance: NDArray[np.float32]
    margin: float

    @classmethod
    def of(cls, scale: Scale, latents: NDArray[np.integer], tokens: NDArray[np.uint16], margin: float) -> _Borders:
        """The borders around tokens side×side, given the latents they stand for."""
        own, entries = tokens.ravel(), scale.vocabulary.entries
        closeness = scale.vocabulary.closeness(scale.vectors(latents))
        ahead = closeness[np.arange(own.size), own][:, None]
        np.put_along_axis(closeness, own[:, None].astype(np.intp), -np.inf, axis=1)
        rivals = largest(closeness, _RIVALS)
        apart = entries[own].astype(np.float32)[:, None] - entries[rivals]
        length = np.maximum(np.linalg.norm(apart, axis=2), np.float32(1e-3))
        ahead = ahead - np.take_along_axis(closeness, rivals, axis=1)
        shape = (*tokens.shape, _RIVALS)
        return cls(scale, (apart / length[..., None]).reshape(*shape, -1), (ahead / length).reshape(shape), margin)

    def missing(self, moved: NDArray[np.float32], overlap: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
        """The change of latents that brings every token away from the border it is nearest to.

        Args:
            moved: cells×cells×dims, change of latents that the nudge makes already.
            overlap: dims×dims, products of the responses of the latents with one another.
            pixels: of a patch.

        Returns:
            cells×cells×dims float32: weights of the responses that make the smallest sufficient nudge.
        """
        vectors = self.scale.change_of_vectors(moved).astype(np.float32)
        distance = self.distance + np.matmul(self.normals, vectors[..., None])[..., 0]
        nearest = distance.argmin(axis=2)[..., None]
        short = np.maximum(np.float32(self.margin) - np.take_along_axis(distance, nearest, axis=2)[..., 0], 0)
        normal = np.take_along_axis(self.normals, nearest[..., None], axis=2)[:, :, 0]
        slope = self.scale.change_of_latents(normal).astype(np.float32)
        side, step = distance.shape[0], self.scale.step
        power = ((slope @ overlap) * slope).reshape(side, step, side, -1).sum(axis=(1, 3))
        affordable = short <= np.float32(_DEAREST) * np.sqrt(power * (step * step * pixels))
        length = np.where(affordable, short / np.maximum(power, np.float32(1e-9)), 0)
        return np.asarray(slope * length.repeat(step, axis=0).repeat(step, axis=1)[..., None], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Level:
    """Scales that look at a picture through the same transform.

    Attributes:
        response: dims×patch² float32, latents of a patch of luminance.
        overlap: dims×dims float32, products of its rows with one another.
        patch: side of a patch in pixels.
        borders: of each scale.
    """

    response: NDArray[np.float32]
    overlap: NDArray[np.float32]
    patch: int
    borders: tuple[_Borders, ...]

    @classmethod
    def of(cls, analysis: PatchAnalysis, borders: list[_Borders]) -> _Level:
        """The level of a transform."""
        response = analysis.of_luminance()
        return cls(response, response @ response.T, analysis.patch, tuple(borders))

    def push(self, nudge: Plane) -> Plane:
        """What is to be added to a nudge, 256×256 float32, before it is softened."""
        cells = CANVAS // self.patch
        patches = nudge.reshape(cells, self.patch, cells, self.patch).transpose(0, 2, 1, 3).reshape(cells, cells, -1)
        moved = patches @ self.response.T
        pixels = self.patch**2
        wanted = sum((borders.missing(moved, self.overlap, pixels) for borders in self.borders), np.zeros_like(moved))
        pushed = (wanted @ self.response).reshape(cells, cells, self.patch, self.patch)
        return np.asarray(pushed.transpose(0, 2, 1, 3).reshape(CANVAS, CANVAS), dtype=np.float32)


def _levels(
    canvas: NDArray[np.int16], code: HiddenCode, margins: tuple[float, ...], linear: LinearWeights
) -> list[_Level]:
    """The borders of all scales that have a margin, by the transform they look through."""
    coarse, fine = [], []
    left = linear.coarse_analysis(canvas)
    for scale, tokens, margin in zip(linear.scales, code.scales, margins, strict=False):
        if margin:
            coarse.append(_Borders.of(scale, left, tokens, margin))
        left = left - scale.said(tokens)
    if code.n_scales == len(LADDER) == len(margins) and margins[-1]:
        residual = canvas - linear.says(latents_of_scales(code.scales[:-1], linear.scales))
        fine.append(_Borders.of(linear.fine_scale, linear.fine_analysis(residual), code.scales[-1], margins[-1]))
    both = (_Level.of(linear.coarse_analysis, coarse), _Level.of(linear.fine_analysis, fine))
    return [level for level in both if level.borders]


def _limit(canvas: NDArray[np.integer]) -> Plane:
    """How far each pixel may be nudged, 256×256 float32 in grey levels: more where the picture is busy."""
    grey = canvas.astype(np.float32).mean(axis=2)
    detail = cv2.GaussianBlur(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0)), (0, 0), 4.0)
    return np.asarray(np.clip(np.float32(_SMOOTH_LIMIT) + detail, _SMOOTH_LIMIT, _BUSY_LIMIT), dtype=np.float32)
