"""Which picture gets which edit: kinds and sizes take turns, so that both come out even.

Pictures come in the order that the seed draws. Those with a face are swapped first, up to a fair share; all others get
the remaining kinds in turn, and within a kind the size classes take turns, then the outlines.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from underdrawing.bench.edits.tampering import Kind
from underdrawing.errors import UsageError

__all__ = [
    "KINDS",
    "OUTLINES",
    "SIZE_CLASSES",
    "WHOLE_CLASS",
    "Assignment",
    "Outline",
    "Subject",
    "assign",
    "drawn_fraction",
    "size_class",
]

SIZE_CLASSES = {"small": (0.01, 0.05), "medium": (0.05, 0.15), "large": (0.15, 0.35), "huge": (0.35, 0.6)}
"""Share of the area, from the first number up to the second."""
WHOLE_CLASS = "whole"
KINDS = tuple(Kind)
"""What a dataset may hold; generative removal only where a network is given."""

Outline = Literal["object", "ellipse", "box", "blobs", "strokes", "face", "whole"]
OUTLINES: dict[Kind, tuple[Outline, ...]] = {
    Kind.SPLICE: ("object", "ellipse", "box", "object", "blobs"),
    Kind.BLENDED_SPLICE: ("object", "ellipse", "object", "blobs", "box"),
    Kind.COPY_MOVE: ("object", "ellipse", "object", "box", "blobs"),
    Kind.REMOVAL: ("object", "ellipse", "strokes", "object", "box"),
    Kind.REGENERATION: ("object", "blobs", "ellipse", "box"),
    Kind.TEXT: ("box",),
    Kind.RECOLOUR: ("object", "object", "ellipse", "blobs"),
    Kind.AUTOENCODER: ("object", "box", "ellipse", "blobs"),
    Kind.FACE_SWAP: ("face",),
    Kind.WHOLE: ("whole",),
    Kind.GENERATIVE_REMOVAL: ("object", "box", "ellipse", "strokes"),
}
"""The outlines of each kind, which take turns; those named twice come twice as often."""
_DONORS_TRIED = 50
_WITH_DONOR = frozenset({Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.FACE_SWAP})


@dataclass(frozen=True)
class Subject:
    """What the plan has to know of a picture.

    Attributes:
        name: In the dataset.
        label: What it shows.
        face: Whether a face was found that is large enough to swap.
    """

    name: str
    label: str
    face: bool


@dataclass(frozen=True)
class Assignment:
    """One doctored copy to make.

    Attributes:
        name: The picture.
        kind: What is done to it.
        outline: In which outline.
        size_class: Of which size; empty where the face decides.
        donor: The picture that the content comes from, for the kinds that take it from another one.
    """

    name: str
    kind: Kind
    outline: Outline
    size_class: str
    donor: str | None = None


def assign(subjects: Sequence[Subject], kinds: Sequence[Kind]) -> list[Assignment]:
    """One edit for each picture, in the order given.

    Raises:
        UsageError: There are too few pictures to take content from, or nobody's face to swap and no other kind.
    """
    if len(subjects) < 2:
        raise UsageError(f"cannot make a dataset of {len(subjects)} pictures: expected at least 2, one to splice from")
    swapped = _to_swap(subjects, kinds)
    others = [kind for kind in KINDS if kind in kinds and kind is not Kind.FACE_SWAP]
    if not others and len(swapped) < len(subjects):
        raise UsageError(f"{len(subjects) - len(swapped)} pictures show no face to swap: give other --kinds as well")
    donors = _donors(subjects)
    faces = {one.name: other.name for one, other in _pairs([subject for subject in subjects if subject.face])}
    turns: Counter[Kind] = Counter()
    planned = []
    for subject in subjects:
        kind = Kind.FACE_SWAP if subject.name in swapped else others[sum(turns.values()) % len(others)]
        if kind is Kind.FACE_SWAP:
            planned.append(Assignment(subject.name, kind, "face", "", faces[subject.name]))
            continue
        planned.append(_turn(subject.name, kind, turns[kind], donors[subject.name]))
        turns[kind] += 1
    return planned


def drawn_fraction(name: str, rng: np.random.Generator) -> float:
    """A share of the area within a size class, evenly drawn on a logarithmic scale."""
    low, high = SIZE_CLASSES[name]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def size_class(fraction: float) -> str:
    """The class of a share of the area; below the smallest counts as smallest, above the largest as whole."""
    return next((name for name, (_, high) in SIZE_CLASSES.items() if fraction <= high), WHOLE_CLASS)


def _turn(name: str, kind: Kind, turn: int, donor: str) -> Assignment:
    """A kind's next turn; kinds begin with different sizes, so that small datasets have all of them too."""
    outlines, classes = OUTLINES[kind], tuple(SIZE_CLASSES)
    outline = outlines[sum(divmod(turn, len(classes))) % len(outlines)]
    chosen = WHOLE_CLASS if kind is Kind.WHOLE else classes[(turn + KINDS.index(kind)) % len(classes)]
    return Assignment(name, kind, outline, chosen, donor if kind in _WITH_DONOR else None)


def _to_swap(subjects: Sequence[Subject], kinds: Sequence[Kind]) -> set[str]:
    """The first pictures with a face, up to the share of one kind; none where there are not two of them."""
    with_face = [subject.name for subject in subjects if subject.face]
    if Kind.FACE_SWAP not in kinds or len(with_face) < 2:
        return set()
    return set(with_face[: -(-len(subjects) // len(kinds))])


def _donors(subjects: Sequence[Subject]) -> dict[str, str]:
    """For each picture the next one that shows something else, or simply the next where all show the same."""
    donors = {}
    for place, one in enumerate(subjects):
        around = [subjects[(place + step) % len(subjects)] for step in range(1, min(len(subjects), _DONORS_TRIED + 1))]
        other = next((subject for subject in around if subject.label != one.label), around[0])
        donors[one.name] = other.name
    return donors


def _pairs(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Subject]]:
    """Each with the one after it, the last with the first."""
    return zip(subjects, (*subjects[1:], *subjects[:1]), strict=True)
