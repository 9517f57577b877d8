"""What the contest runs: every system on every picture of a dataset, through every attack."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from underdrawing.bench.attacks import forgery, geometry
from underdrawing.bench.attacks.suite import SUITE, Aim
from underdrawing.errors import UsageError

__all__ = ["ATTACKS", "QUICK_ATTACKS", "TARGET_ATTACKS", "Case", "Setting", "Unit", "aim_of", "chosen_attacks", "units"]

QUICK_ATTACKS: tuple[str, ...] = ("png", "jpeg75", "jpeg70")
"""Those that most of the targets are about."""

TARGET_ATTACKS: tuple[str, ...] = (*QUICK_ATTACKS, "tokens16380", "autoencoder", "copyreal", "copyestimate5")
"""Those that all targets are about."""

ATTACKS: tuple[str, ...] = tuple(entry.name for entry in SUITE if entry.needs != "open channel")
"""The whole suite, but for what needs somebody who knows a mark from inside."""


@dataclass(frozen=True)
class Case:
    """One suspect.

    Attributes:
        attack: A name of the suite, or any that ``geometry.get`` takes.
        tampered: Whether the edit of the dataset comes first. Forgeries make their own suspects from marked pictures.
    """

    attack: str
    tampered: bool

    def key(self, item: str, system: str) -> str:
        """The case as one line of text, unique within a plan."""
        return f"{item}|{system}|{self.attack}|{'tampered' if self.tampered else 'untouched'}"


@dataclass(frozen=True)
class Unit:
    """What one process does at a time: one system on one picture, so that the picture is marked once.

    Attributes:
        item: Name in the dataset.
        system: Its name.
        cases: What is still to be done.
    """

    item: str
    system: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Setting:
    """What all units of a run share.

    Attributes:
        dataset: Folder of the dataset.
        gallery: Folder of the gallery; None: nothing is looked for.
        seed: Everything random comes from it.
        weights: Folder with weights of carriers that need some.
    """

    dataset: Path
    gallery: Path | None = None
    seed: int = 0
    weights: Path | None = None

    def seed_of(self, item: str, case: Case) -> int:
        """The seed of a suspect, the same for all systems."""
        text = f"{self.seed}|{item}|{case.attack}|{case.tampered}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def aim_of(attack: str) -> Aim:
    """What an attack is for: the mark is to ``survive``, or the attacker wants to ``remove`` or to ``forge`` it.

    Raises:
        UsageError: There is no such attack.
    """
    for entry in SUITE:
        if entry.name == attack:
            return entry.aim
    try:
        geometry.get(attack)
    except UsageError:
        forgery.get(attack)
        return "forge"
    return "survive"


def chosen_attacks(names: Sequence[str]) -> tuple[str, ...]:
    """Attacks by their names, or by ``quick``, ``targets`` and ``all``, each once.

    Raises:
        UsageError: There is no such attack.
    """
    groups = {"quick": QUICK_ATTACKS, "targets": TARGET_ATTACKS, "all": ATTACKS}
    chosen = tuple(dict.fromkeys(attack for name in names for attack in groups.get(name, (name,))))
    for attack in chosen:
        aim_of(attack)
    return chosen


def units(
    items: Sequence[str],
    systems: Sequence[tuple[str, bool]],
    attacks: Sequence[str],
    *,
    doctored: bool = True,
    untouched: bool = True,
    done: frozenset[str] = frozenset(),
) -> list[Unit]:
    """What there is to do, the systems of one picture together.

    Args:
        items: Names in the dataset.
        systems: Name of each system, and whether it marks pictures; those that do not meet neither forgeries nor
            untouched copies, of which they could not say anything.
        attacks: Names.
        doctored: Whether copies with the edit go through the attacks.
        untouched: Whether copies without the edit go through the attacks too.
        done: Keys of the cases that an earlier run finished.
    """
    planned = []
    for item in items:
        for system, marks in systems:
            kinds = (doctored, marks and untouched)
            cases = tuple(case for case in _cases(attacks, marks, *kinds) if case.key(item, system) not in done)
            planned += [Unit(item, system, cases)] if cases else []
    return planned


def _cases(attacks: Sequence[str], marks: bool, doctored: bool, untouched: bool) -> list[Case]:
    survived = [attack for attack in attacks if aim_of(attack) == "survive"]
    others = [attack for attack in attacks if aim_of(attack) != "survive"] if marks else []
    cases = [Case(attack, tampered=True) for attack in survived if doctored]
    cases += [Case(attack, tampered=False) for attack in survived if untouched]
    return cases + [Case(attack, tampered=False) for attack in others]
