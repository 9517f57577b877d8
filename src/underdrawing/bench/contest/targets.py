"""What the contest is to show, as data: what was published, what is promised, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from underdrawing.bench.contest.measures import EVERY_EDIT, NO_ATTACK, Measure
from underdrawing.bench.lines import Line

__all__ = ["OURS", "OURS_AS_USUAL", "TARGETS", "Target", "target_lines"]

OURS, OURS_AS_USUAL = "underdrawing detailed", "underdrawing"
"""The setting that the promises are about: that for pictures of 512 pixels and copies of the usual quality; and the one
that people get if they ask for nothing, for hard copies."""
_VAULT = " with its vault"
"""What the names of systems end in whose reader may ask the vault that has the owner's record."""
_OURS_LASTING = "underdrawing lasting"
"""The setting for whoever fears that a network paints the whole picture anew."""


@dataclass(frozen=True)
class Target:
    """One promise about one number of ours.

    Attributes:
        row: What the promise is about.
        what: The number, in words.
        published: The best that others published, or that the paper claims; empty where nothing is known.
        metric: Name of the metric.
        attack: After which attack; ``any`` for the worst of all attacks of the run, ``suite`` for all taken together.
        at_least: The value that is to be reached, if larger is better.
        at_most: The value that is not to be passed, if smaller is better.
        minus: Metric to subtract, where the promise is about a distance.
        edits: Over which edits.
        profile: Whose number.
    """

    row: str
    what: str
    metric: str
    attack: str = "jpeg75"
    published: str = ""
    at_least: float | None = None
    at_most: float | None = None
    minus: str | None = None
    edits: str = EVERY_EDIT
    profile: str = OURS

    @property
    def promise(self) -> str:
        """The promise in figures."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


_PAPER = "{} (2602.22759)"
_REGENERATED = (
    ("regeneration, lasting", _OURS_LASTING),
    ("regeneration, lasting, with the vault", _OURS_LASTING + _VAULT),
    ("regeneration, detailed", OURS),
    ("regeneration, detailed, with the vault", OURS + _VAULT),
)
"""Of whose marks that is asked. Nothing is asked of how little lasting ones change: they are for whoever pays it."""
_REGENERATION = (
    ("anchor read, our tokenizer at 16,380 bits", "anchor", "tokens16380", "", 0.8),
    ("anchor read, small autoencoder", "anchor", "autoencoder", "", 0.8),
    ("mean F1, small autoencoder", "f1", "autoencoder", ".855 (RecoverMark)", 0.855),
    ("M-PSNR, small autoencoder, dB", "recovered_db", "autoencoder", "22.15 (RecoverMark)", 22.15),
)


def _found(what: Literal["image", "label"], way: str, words: str, at_least: float) -> Target:
    """The paper asks this of pictures of which about a quarter was changed."""
    published = _PAPER.format(".8744" if what == "image" else ".9231")
    asked = f"Top-1 {what}, {words}, 15–35 % changed"
    return Target("factual retrieval", asked, f"top1_{what}_by_{way}", "jpeg75", published, at_least, edits="large")


def _regenerated(
    row: str, what: str, metric: str, attack: str, published: str, at_least: float, *, profile: str
) -> Target:
    """What is asked of a picture that a network has written anew."""
    return Target(row, what, metric, attack, published, at_least, profile=profile)


TARGETS: tuple[Target, ...] = (
    _found("image", "id", "by id", 0.99),
    _found("label", "id", "by id", 0.99),
    _found("image", "code", "by the hidden code alone", 0.95),
    _found("label", "code", "by the hidden code alone", 0.96),
    _found("image", "recovered", "by the recovered picture alone", 0.88),
    _found("label", "recovered", "by the recovered picture alone", 0.93),
    Target("localization", "mean F1, lossless", "f1", "png", ".966 (EditGuard)", 0.97),
    Target("localization", "mean IoU, lossless", "iou", "png", ".936 (EditGuard)", 0.94),
    Target("localization", "mean F1, JPEG 70", "f1", "jpeg70", ".908 (StableGuard)", 0.93),
    Target("recovery", "M-PSNR in the mask, end to end, dB", "recovered_db", "jpeg75", "22–23 (RecoverMark)", 23.5),
    Target(
        "recovery", "lost against the same mask, dB", "same_mask_db", "jpeg75", "", at_most=0.3, minus="recovered_db"
    ),
    Target("invisibility", "mean PSNR, dB", "psnr_db", NO_ATTACK, "40.5–45", 41.5),
    Target("invisibility", "mean SSIM", "ssim", NO_ATTACK, "", 0.985),
    *(_regenerated(row, *number, profile=profile) for row, profile in _REGENERATED for number in _REGENERATION),
    Target("forgery", "mark copied onto another picture: believed", "believed", "copyreal", ".81 (SEAL)", at_most=0.01),
    Target("forgery", "estimated mark copied: believed", "believed", "copyestimate5", ".81 (SEAL)", at_most=0.01),
    Target("false alarms", "untouched pictures flagged, all attacks of the run", "flagged", "suite", "", at_most=0.01),
)
"""The promises; the attack is JPEG 75 unless it says otherwise."""


def target_lines(found: Sequence[Measure], targets: Sequence[Target] = TARGETS) -> list[Line]:
    """Each promise with what was measured; None instead of pass or miss where nothing was."""
    numbers = {(one.system, one.attack, one.edits, one.metric): one for one in found}
    return [_line(target, numbers, found) for target in targets]


_ByName = Mapping[tuple[str, str, str, str], Measure]


def _line(target: Target, numbers: _ByName, found: Sequence[Measure]) -> Line:
    measured = _over_the_suite(target, found) if target.attack == "suite" else _one(target, numbers)
    if measured is None:
        return Line(target.row, target.what, target.promise, "not measured", None)
    value, text = measured
    good = value >= target.at_least if target.at_least is not None else value <= (target.at_most or 0.0)
    return Line(target.row, target.what, target.promise, text, good)


def _one(target: Target, numbers: _ByName) -> tuple[float, str] | None:
    one = numbers.get((target.profile, target.attack, target.edits, target.metric))
    if one is None:
        return None
    if target.minus is None:
        return one.value, f"{one.value:.4g} ({max(0.0, one.low):.4g} – {one.high:.4g}; {one.cases} cases)"
    other = numbers.get((target.profile, target.attack, target.edits, target.minus))
    return None if other is None else (one.value - other.value, f"{one.value - other.value:.4g} ({one.cases} cases)")


def _over_the_suite(target: Target, found: Sequence[Measure]) -> tuple[float, str] | None:
    """All attacks taken together; the worst one is named."""
    ours = [one for one in found if (one.system, one.metric, one.edits) == (target.profile, target.metric, EVERY_EDIT)]
    if not ours:
        return None
    cases = sum(one.cases for one in ours)
    value = sum(one.value * one.cases for one in ours) / cases
    worst = max(ours, key=lambda one: one.value)
    return value, f"{round(value * cases)} of {cases}, {len(ours)} attacks; worst: {worst.value:.2%} at {worst.attack}"
