"""Edits that change what a picture shows, with the mask of what they touched.

Every edit is deterministic for a given random generator, and leaves every pixel outside its mask bit-exact. What an
edit decides from the picture itself (where to copy from, which face to replace) it decides from the guide; with the
original as guide, the same edit can be made on a protected copy of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits import content, filling
from underdrawing.bench.edits.faces import face_region, largest_face, swap_face
from underdrawing.bench.edits.filling import inpaint_telea
from underdrawing.bench.edits.masks import Mask, Shape, random_mask
from underdrawing.bench.edits.redrawing import redrawn, redrawn_inside
from underdrawing.bench.edits.scene import Inpainter, Scene
from underdrawing.errors import UsageError

__all__ = ["Kind", "Tampered", "inpaint_telea", "tamper"]


class Kind(StrEnum):
    """What the forger does inside the region."""

    SPLICE = "splice"
    """Content of another photograph, with a hard edge."""
    BLENDED_SPLICE = "blended-splice"
    """Content of another photograph, its colours matched to the surroundings and its edge feathered."""
    COPY_MOVE = "copy-move"
    """Content from elsewhere in the same picture."""
    REMOVAL = "removal"
    """The region filled in from its surroundings, as if the object had never been there."""
    REGENERATION = "regeneration"
    """The region redrawn: the same coarse content, all fine detail new."""
    TEXT = "text"
    """A plain plate covered with writing."""
    RECOLOUR = "recolour"
    """Other colours, the shapes kept."""
    AUTOENCODER = "autoencoder"
    """The region redrawn by an autoencoder, and faded into its surroundings."""
    FACE_SWAP = "face-swap"
    """A face replaced by one of another photograph."""
    WHOLE = "whole-regeneration"
    """The whole picture redrawn by an autoencoder; the mask is all of it."""
    GENERATIVE_REMOVAL = "generative-removal"
    """The region filled in by a network that makes pictures, from its surroundings."""


@dataclass(frozen=True)
class Tampered:
    """A doctored picture and the truth about it.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        mask: H×W bool, True where the edit replaced the picture.
        kind: What was done there.
    """

    pixels: Pixels
    mask: Mask
    kind: Kind


def tamper(
    pixels: Pixels,
    *,
    kind: Kind,
    rng: np.random.Generator,
    donor: Pixels,
    fraction: float = 0.25,
    shape: Shape = Shape.BLOBS,
    mask: Mask | None = None,
    guide: Pixels | None = None,
    inpainter: Inpainter | None = None,
) -> Tampered:
    """Doctor one region of a picture.

    Args:
        pixels: H×W×3 uint8 RGB; left untouched.
        kind: What to do inside the region.
        rng: Decides region and edit; the same state gives the same forgery.
        donor: Another photograph, any size ≥ 16 px, H'×W'×3 uint8 RGB; only splices and face swaps look at it.
        fraction: Share of the area to change, unless ``mask`` is given; a face swap and a regenerated whole have their
            own.
        shape: Outline of the region, unless ``mask`` is given or the kind has its own.
        mask: H×W bool, the region itself.
        guide: The same picture, H×W×3 uint8 RGB, that the edit is decided on; None: ``pixels``.
        inpainter: The network for a generative removal.

    Raises:
        UsageError: The mask or the guide has another shape than the picture, the fraction is not a share of it, there
            is no face to swap, or no network for a generative removal.
    """
    guide = pixels if guide is None else guide
    if mask is None:
        mask = _own_region(kind, guide, fraction, shape, rng)
    for name, shape_given in (("a mask", mask.shape), ("a guide", guide.shape[:2])):
        if shape_given != pixels.shape[:2]:
            raise UsageError(
                f"cannot tamper: got {name} of shape {shape_given}, expected {pixels.shape[:2]} like the picture"
            )
    edited = _EDITS[kind](Scene(pixels, mask, donor, guide, rng, inpainter))
    return Tampered(np.where(mask[..., None], edited, pixels), mask, kind)


def _own_region(kind: Kind, guide: Pixels, fraction: float, shape: Shape, rng: np.random.Generator) -> Mask:
    """The region of an edit that nobody gave one."""
    height, width = guide.shape[:2]
    if kind is Kind.WHOLE:
        return np.ones((height, width), dtype=np.bool_)
    if kind is Kind.FACE_SWAP:
        return face_region(largest_face(guide), height, width)
    return random_mask(shape, height=height, width=width, fraction=fraction, rng=rng)


def _autoencoder(scene: Scene) -> Pixels:
    return redrawn_inside(scene.pixels, scene.mask)


def _whole(scene: Scene) -> Pixels:
    return redrawn(scene.pixels)


def _face_swap(scene: Scene) -> Pixels:
    return swap_face(scene.pixels, largest_face(scene.guide), scene.donor, largest_face(scene.donor))


_EDITS: dict[Kind, Callable[[Scene], Pixels]] = {
    Kind.SPLICE: content.splice,
    Kind.BLENDED_SPLICE: content.blended_splice,
    Kind.COPY_MOVE: content.copy_move,
    Kind.REMOVAL: filling.removal,
    Kind.REGENERATION: content.regeneration,
    Kind.TEXT: content.text,
    Kind.RECOLOUR: content.recolour,
    Kind.AUTOENCODER: _autoencoder,
    Kind.FACE_SWAP: _face_swap,
    Kind.WHOLE: _whole,
    Kind.GENERATIVE_REMOVAL: filling.generative_removal,
}
