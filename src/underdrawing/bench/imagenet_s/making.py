"""The second pass: one doctored copy of each original, drawn again where nothing can be seen of it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.generation import load_inpainter
from underdrawing.bench.edits.masks import Mask, Shape, random_mask
from underdrawing.bench.edits.outlines import detail, object_mask
from underdrawing.bench.edits.scene import Inpainter
from underdrawing.bench.edits.tampering import Kind, Tampered, tamper
from underdrawing.bench.imagenet_s.files import read_pixels, write_mask, write_pixels
from underdrawing.bench.imagenet_s.plan import Assignment, drawn_fraction, size_class
from underdrawing.bench.imagenet_s.preparing import ORIGINALS, Prepared

__all__ = ["MASKS", "TAMPERED", "Made", "Order", "change_inside", "edit", "make"]

TAMPERED, MASKS = "tampered", "masks"
_TRIES = 6
_PLACES = 4
_VISIBLE = 6.0
"""Mean absolute difference inside the mask, in grey levels, below which an edit is drawn again."""
_MILD = frozenset({Kind.AUTOENCODER, Kind.WHOLE, Kind.REGENERATION})
"""Kinds that are meant to be hard to see."""


@dataclass(frozen=True)
class Order:
    """One doctored copy to make: its assignment, and what is known of the originals it takes.

    Attributes:
        assignment: What to do.
        original: The picture.
        donor_sha256: Of the donor's pixels, where there is a donor.
    """

    assignment: Assignment
    original: Prepared
    donor_sha256: str | None

    @property
    def key(self) -> str:
        """What tells it from others in the log."""
        return f"item {self.assignment.name}"


@dataclass(frozen=True)
class Made:
    """A doctored copy that is on disk.

    Attributes:
        name: The picture.
        kind: What was done.
        outline: In which outline.
        size_class: Of the true share.
        fraction: True share of the area.
        seed: Of everything random.
        donor: Where the content came from.
        change: Mean absolute difference inside the mask, in grey levels.
        tampered_sha256: Of the copy's pixels.
        mask_sha256: Of the mask's.
    """

    name: str
    kind: str
    outline: str
    size_class: str
    fraction: float
    seed: int
    donor: str | None
    change: float
    tampered_sha256: str
    mask_sha256: str

    @property
    def key(self) -> str:
        """What tells it from others in the log."""
        return f"item {self.name}"


def make(order: Order, *, output: Path, seed: int, weights: Path | None) -> Made:
    """Make one doctored copy and its mask.

    Args:
        order: What to make.
        output: The dataset, with its originals.
        seed: Of the dataset.
        weights: Folder of the inpainting network for generative removals.

    Raises:
        ImageFormatError: An original was changed or lost since it was prepared.
        UsageError: The inpainting network cannot be loaded.
        OutputError: The copy cannot be written.
    """
    plan = order.assignment
    original = read_pixels(output / ORIGINALS / f"{plan.name}.png", order.original.original_sha256)
    donor = original
    if plan.donor is not None and order.donor_sha256 is not None:
        donor = read_pixels(output / ORIGINALS / f"{plan.donor}.png", order.donor_sha256)
    inpainter = _inpainter(weights) if plan.kind is Kind.GENERATIVE_REMOVAL and weights else None
    item_seed, forged = _visible(plan, original, donor, seed, inpainter)
    return _kept(plan, item_seed, forged, original, output)


def edit(
    pixels: Pixels,
    kind: Kind,
    *,
    seed: int,
    donor: Pixels,
    mask: Mask | None,
    guide: Pixels,
    inpainter: Inpainter | None = None,
) -> Tampered:
    """The edit of an item on a picture: the original itself, or a protected copy with the original as guide."""
    rng = np.random.default_rng(seed)
    return tamper(pixels, kind=kind, rng=rng, donor=donor, mask=mask, guide=guide, inpainter=inpainter)


def change_inside(original: Pixels, forged: Tampered) -> float:
    """Mean absolute difference inside the mask, in grey levels."""
    difference = original[forged.mask].astype(np.int16) - forged.pixels[forged.mask]
    return float(np.abs(difference).mean())


def _visible(
    plan: Assignment, original: Pixels, donor: Pixels, seed: int, inpainter: Inpainter | None
) -> tuple[int, Tampered]:
    """The first of a few tries that changes the picture visibly, or else the one that changes it most; and its seed."""
    tries = []
    for attempt in range(_TRIES):
        item_seed = _seed(seed, plan.name, attempt)
        mask = _region(plan, original, _pasted(plan.kind, original, donor, item_seed), item_seed)
        forged = edit(original, plan.kind, seed=item_seed, donor=donor, mask=mask, guide=original, inpainter=inpainter)
        change = change_inside(original, forged)
        if change >= _VISIBLE or plan.kind in _MILD:
            return item_seed, forged
        tries.append((change, item_seed, forged))
    _, item_seed, forged = max(tries, key=lambda one: one[0])
    return item_seed, forged


def _seed(seed: int, name: str, attempt: int) -> int:
    """63 bits that name, attempt and the seed of the dataset decide."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{name}|{attempt}".encode()).digest()[:8], "big") >> 1


def _pasted(kind: Kind, original: Pixels, donor: Pixels, seed: int) -> Pixels:
    """What would be seen if an edit pasted the whole picture over; the original for the kinds that paste nothing."""
    if kind not in (Kind.SPLICE, Kind.BLENDED_SPLICE):
        return original
    everywhere = np.ones(original.shape[:2], dtype=np.bool_)
    return edit(original, Kind.SPLICE, seed=seed, donor=donor, mask=everywhere, guide=original).pixels


def _region(plan: Assignment, original: Pixels, pasted: Pixels, seed: int) -> Mask | None:
    """The region of an edit; None where the kind has its own.

    Outlines of objects follow what is pasted; of other outlines, that place of a few is taken where most goes on.
    """
    if plan.outline in ("face", "whole"):
        return None
    rng = np.random.default_rng([seed, 1])
    fraction = drawn_fraction(plan.size_class, rng)
    if plan.outline == "object":
        return object_mask(pasted, fraction=fraction, rng=rng)
    height, width = original.shape[:2]
    shape = Shape(plan.outline)
    places = [random_mask(shape, height=height, width=width, fraction=fraction, rng=rng) for _ in range(_PLACES)]
    interest = detail(original)
    return max(places, key=lambda mask: float(interest[mask].mean()))


def _kept(plan: Assignment, seed: int, forged: Tampered, original: Pixels, output: Path) -> Made:
    fraction = float(forged.mask.mean())
    return Made(
        name=plan.name,
        kind=str(plan.kind),
        outline=plan.outline,
        size_class="whole" if plan.kind is Kind.WHOLE else size_class(fraction),
        fraction=fraction,
        seed=seed,
        donor=plan.donor,
        change=round(change_inside(original, forged), 3),
        tampered_sha256=write_pixels(output / TAMPERED / f"{plan.name}.png", forged.pixels),
        mask_sha256=write_mask(output / MASKS / f"{plan.name}.png", forged.mask),
    )


@cache
def _inpainter(weights: Path) -> Inpainter:
    """The inpainting network, loaded once a process."""
    return load_inpainter(weights)
