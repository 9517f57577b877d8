"""What the main job is measured on: one case per picture, strength, attack and edit.

A case says everything needed to run it again, down to the seed, and its key is the same on every machine; a run that
was interrupted goes on where it stopped.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product

from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.main_job.targets import GEOMETRY_ATTACKS, ProfileName, attack_names

__all__ = [
    "KINDS",
    "MAP_ATTACKS",
    "MAP_FRACTIONS",
    "READING_DRAWS",
    "Case",
    "Edit",
    "geometry_cases",
    "main_job_cases",
    "quick_cases",
]

KINDS = (
    *(Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.COPY_MOVE, Kind.REMOVAL, Kind.REGENERATION, Kind.TEXT),
    Kind.RECOLOUR,
)
"""The edits that the main job promises something about."""
MAP_FRACTIONS = (0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5)
MAP_ATTACKS = ("png", "jpeg70")
READING_DRAWS = 2
"""How many doctored copies of a picture each attack is read from: other kinds of edit, other outlines, other places."""
_PROFILES: tuple[ProfileName, ...] = ("standard", "discreet")
_REPLACING = KINDS[:-1]
_READING_FRACTION = 0.25
_TURNS_OF_A_DRAW = 8


@dataclass(frozen=True)
class Edit:
    """One forgery: what is done, in which outline, to which share of the area."""

    kind: Kind
    shape: Shape
    fraction: float


@dataclass(frozen=True)
class Case:
    """One picture on its way through the main job.

    Attributes:
        picture: Name in the corpus.
        profile: Strength of the mark; None for a picture that is verified without a mark.
        attack: Name for ``pixelwise.get`` or ``geometry.get``, applied after the edit; ``"as-saved"`` for the file that
            ``protect`` writes.
        edit: The forgery; None for an untouched copy.
        draw: Which of several cases that differ in what is random only.
    """

    picture: str
    profile: ProfileName | None
    attack: str
    edit: Edit | None = None
    draw: int = 0

    @property
    def key(self) -> str:
        """The case as one line of text, unique within a plan."""
        edit = f"{self.edit.kind}/{self.edit.shape}/{self.edit.fraction}" if self.edit else "untouched"
        draw = f"|{self.draw}" if self.draw else ""
        return f"{self.picture}|{self.profile or 'unmarked'}|{self.attack}|{edit}{draw}"

    def seed(self, base: int) -> int:
        """The seed of everything random in this case."""
        return int.from_bytes(hashlib.sha256(f"{base}|{self.key}".encode()).digest()[:8], "big")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, with the key."""
        return {"key": self.key, **asdict(self)}


def main_job_cases(corpus: Corpus) -> Iterator[Case]:
    """Every case behind the table of the main job, the cases of one picture together.

    Per picture: each attack of the profile on an untouched copy and on two copies with 25 % replaced, edits of seven
    sizes clean and at JPEG 70, and the file as ``protect`` saves it; then every unmarked picture once.
    """
    for index, picture in enumerate(corpus.protected):
        for profile in _PROFILES:
            yield Case(picture, profile, "as-saved")
            yield from _reading_cases(picture, profile, index)
        yield from _map_cases(picture, index)
    for picture in corpus.unmarked:
        yield Case(picture, None, "png")


def geometry_cases(corpus: Corpus) -> Iterator[Case]:
    """Every case behind the table of moved pictures, the cases of one picture together.

    Per picture each attack that the table names, on an untouched copy or, where it asks for that, on a doctored one;
    then every unmarked picture once, for it goes through the whole search.
    """
    wanted = {(name, line.replaced): line.profile for line in GEOMETRY_ATTACKS for name in line.attacks}
    for index, picture in enumerate(corpus.protected):
        for turn, ((name, replaced), profile) in enumerate(wanted.items()):
            yield Case(picture, profile, name, _edit(index + turn, replaced) if replaced else None)
    for picture in corpus.unmarked:
        yield Case(picture, None, "png")


def quick_cases(corpus: Corpus) -> Iterator[Case]:
    """One attack of each row and two sizes of edit, for a look within minutes."""
    attacks = {
        "png",
        "jpeg75",
        "jpeg50",
        "jpeg40",
        "webp75",
        "resize0.5+jpeg75",
        "resize0.7+jpeg85",
        "jpeg25",
        "jpeg80",
    }
    fractions = {0.02, 0.25}
    for case in main_job_cases(corpus):
        wanted = case.attack in attacks | {"as-saved", "jpeg70"} and case.draw == 0
        if wanted and (case.edit is None or case.edit.fraction in fractions):
            yield case


def _edit(turn: int, fraction: float) -> Edit:
    """Kinds and outlines take turns, so that every attack meets every kind on some picture."""
    shapes = tuple(Shape)
    return Edit(_REPLACING[turn % len(_REPLACING)], shapes[(turn // len(_REPLACING) + turn) % len(shapes)], fraction)


def _reading_cases(picture: str, profile: ProfileName, index: int) -> Iterator[Case]:
    for turn, attack in enumerate(attack_names(profile)):
        yield Case(picture, profile, attack)
        for draw in range(READING_DRAWS):
            yield Case(picture, profile, attack, _edit(index + turn + _TURNS_OF_A_DRAW * draw, _READING_FRACTION), draw)


def _map_cases(picture: str, index: int) -> Iterator[Case]:
    """Sizes and attacks with the replacing kinds in turn (one not used by the reading cases), and one recolouring."""
    for turn, (fraction, attack) in enumerate(product(MAP_FRACTIONS, MAP_ATTACKS)):
        offset = 3 if fraction == _READING_FRACTION else 0
        yield Case(picture, "standard", attack, _edit(index + turn + offset, fraction))
    shape = tuple(Shape)[index % len(Shape)]
    for attack in MAP_ATTACKS:
        yield Case(picture, "standard", attack, Edit(Kind.RECOLOUR, shape, _READING_FRACTION))
