"""How often the blocks of the mark were read back, attack by attack, against what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass

from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.lines import Line
from underdrawing.bench.main_job.rows import Row
from underdrawing.bench.main_job.targets import MAIN_JOB_ATTACKS, Requirement
from underdrawing.bench.metrics.decisions import Interval, wilson_interval

__all__ = ["AttackLine", "attack_lines", "reading_lines"]


@dataclass(frozen=True)
class AttackLine:
    """How often the blocks of one requirement were read after one attack."""

    requirement: Requirement
    attack: str
    read: int
    tried: int

    @property
    def interval(self) -> Interval:
        """The share read, with its 95 % interval."""
        return wilson_interval(self.read, self.tried)

    @property
    def passed(self) -> bool | None:
        """Whether the share reaches the promised rate; None when nothing was tried."""
        return self.read / self.tried >= self.requirement.rate if self.tried else None


def attack_lines(rows: Sequence[Row], requirements: Sequence[Requirement] = MAIN_JOB_ATTACKS) -> list[AttackLine]:
    """Every attack of every requirement, one by one."""
    return [_attack_line(line, attack, rows) for line in requirements for attack in line.attacks]


def reading_lines(rows: Sequence[Row], requirements: Sequence[Requirement] = MAIN_JOB_ATTACKS) -> list[Line]:
    """One line per requirement, with the attack it did worst at."""
    return [_reading_line(requirement, rows) for requirement in requirements]


def _attack_line(requirement: Requirement, attack: str, rows: Sequence[Row]) -> AttackLine:
    """A picture counts when its size was promised the blocks, or when they were embedded anyway."""
    tried = [row for row in rows if _counts(row, requirement, attack)]
    read = [row for row in tried if row.error is None and row.id_right and set(requirement.blocks) <= set(row.blocks)]
    return AttackLine(requirement, attack, len(read), len(tried))


def _counts(row: Row, requirement: Requirement, attack: str) -> bool:
    if (row.attack, row.profile, row.fraction or 0.0) != (attack, requirement.profile, requirement.replaced):
        return False
    embedded = set(requirement.blocks) <= set(row.embedded)
    promised = row.error is not None or row.short_side_px >= requirement.minimum_short_side_px
    return row.kind != Kind.RECOLOUR and (promised or (embedded and not requirement.promised_only))


def _reading_line(requirement: Requirement, rows: Sequence[Row]) -> Line:
    lines = [_attack_line(requirement, attack, rows) for attack in requirement.attacks]
    tried = [line for line in lines if line.tried]
    copies = f"{requirement.replaced:.0%} replaced".replace("%", " %") if requirement.replaced else "nothing replaced"
    name = f"{'+'.join(requirement.blocks)} read, {requirement.profile}, {copies}"
    what = f"worst of {', '.join(requirement.attacks)}"
    target = f"≥ {requirement.rate:.1%}"
    if not tried:
        return Line(name, what, target, "not measured", None)
    worst = min(tried, key=lambda line: line.interval.share)
    measured = f"{worst.interval.share:.1%} ({worst.read} of {worst.tried}) at {worst.attack}"
    return Line(name, what, target, measured, all(line.passed for line in tried))
