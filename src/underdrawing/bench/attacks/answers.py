"""What the program answers to an attack on its own marks: one picture, one attack, one row; and the table of many."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from numpy.typing import NDArray

import underdrawing
from underdrawing.bench.attacks import forgery, suite
from underdrawing.bench.attacks.damage import Pixels
from underdrawing.bench.attacks.forgery import Scene
from underdrawing.bench.metrics.decisions import score_map, wilson_interval
from underdrawing.bench.metrics.likeness import psnr_db
from underdrawing.findings import Verdict, Verification
from underdrawing.images import Picture
from underdrawing.payload import Publisher, SignatureStatus, SigningKey, TrustStore

__all__ = ["Answer", "ask", "make_scene", "table"]

_SEED_BYTES = 32


@dataclass(frozen=True)
class Answer:
    """What a reader who trusts the publisher is told of one suspect.

    Attributes:
        picture: Name of the photograph that was marked.
        attack: Name in the suite.
        verdict: In one word.
        signature: What the signature is worth to this reader.
        publishers: Whether the id that was read is the one the publisher wrote.
        blocks: Which blocks were read.
        likeness_db: PSNR of the suspect against the marked picture; NaN where its size is another one.
        f1: Of the map of the change against the truth; NaN where all or nothing shows another picture.
        tampered_fraction: Share of the suspect that is called changed.
    """

    picture: str
    attack: str
    verdict: str
    signature: str
    publishers: bool
    blocks: tuple[str, ...]
    likeness_db: float
    f1: float
    tampered_fraction: float

    @property
    def believed(self) -> bool:
        """Whether the suspect passes as the publisher's own, untouched picture."""
        return (self.verdict, self.signature) == (Verdict.AUTHENTIC, SignatureStatus.VALID)


def make_scene(original: Pixels, target: Pixels, *, rewrite: Callable[[Pixels, Pixels], Pixels] | None = None) -> Scene:
    """A scene in which the publisher, stranger 0, has marked a picture; all sign what they mark, each with his own key.

    Args:
        original: H×W×3 uint8 RGB.
        target: The same shape.
        rewrite: See ``forgery.Scene``.
    """
    return Scene(original, _mark(original, 0), target, _mark, rewrite)


def ask(name: str, scene: Scene, *, picture: str, seed: int = 0) -> Answer:
    """Attack, verify, and hold the answer against the truth.

    Args:
        name: Of an attack of the suite.
        scene: Made by ``make_scene``.
        picture: What the row is called.
        seed: Everything random comes from it.
    """
    rng = np.random.default_rng(seed)
    truth: NDArray[np.bool_] = np.zeros(scene.marked.shape[:2], np.bool_)
    if suite.entry(name).needs == "picture":
        suspect = suite.apply(name, scene.marked, rng)
    else:
        attack = forgery.get(name)
        suspect, truth = attack.apply(scene, rng), attack.truth(*scene.marked.shape[:2])
    found = underdrawing.verify(Picture(suspect), trust=_trust())
    alike = suspect.shape == scene.marked.shape
    return Answer(
        picture=picture,
        attack=name,
        verdict=str(found.verdict),
        signature=str(found.signature),
        publishers=found.id is not None and found.id == underdrawing.verify(Picture(scene.marked)).id,
        blocks=found.blocks,
        likeness_db=psnr_db(scene.marked, suspect, data_range=255) if alike else math.nan,
        f1=_map_f1(found, truth),
        tampered_fraction=found.tampered_fraction,
    )


def table(answers: Sequence[Answer]) -> str:
    """A table in Markdown, one line an attack, in the order of the suite."""
    heading = ("attack", "pictures", "answers", "believed", "publisher's id read", "core read", "map F1", "PSNR, dB")
    lines = [heading, ("---",) * len(heading)]
    for entry in suite.SUITE:
        own = [answer for answer in answers if answer.attack == entry.name]
        if own:
            lines.append(_cells(entry, own))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _mark(pixels: Pixels, stranger: int) -> Pixels:
    facts = {"creator": f"Publisher {stranger}"}
    protection = underdrawing.protect(Picture(pixels), facts=facts, key=_key(stranger))
    return np.asarray(protection.picture.pixels, dtype=np.uint8)


def _key(stranger: int) -> SigningKey:
    return SigningKey.from_seed(bytes([stranger + 1]) * _SEED_BYTES)


def _trust() -> TrustStore:
    return TrustStore((Publisher("the publisher", _key(0).public()),))


def _map_f1(found: Verification, truth: NDArray[np.bool_]) -> float:
    if truth.all() or not truth.any():
        return math.nan
    mask = np.zeros(truth.shape, np.bool_) if found.mask is None else found.mask
    return score_map(mask, truth).f1 if mask.shape == truth.shape else math.nan


def _cells(entry: suite.Entry, answers: Sequence[Answer]) -> tuple[str, ...]:
    counted = Counter(answer.verdict for answer in answers).most_common()
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counted)
    believed = wilson_interval(sum(answer.believed for answer in answers), len(answers))
    return (
        f"{entry.group}: `{entry.name}`",
        str(len(answers)),
        verdicts,
        "–" if entry.aim != "forge" else f"{believed.share:.0%} (≤ {believed.high:.0%})",
        _share([answer.publishers for answer in answers]),
        _share(["core" in answer.blocks and answer.publishers for answer in answers]),
        _average([answer.f1 for answer in answers], 3),
        _average([answer.likeness_db for answer in answers], 1),
    )


def _share(outcomes: Sequence[bool]) -> str:
    return f"{sum(outcomes)} of {len(outcomes)}"


def _average(values: Sequence[float], digits: int) -> str:
    known = [value for value in values if math.isfinite(value)]
    return f"{mean(known):.{digits}f}" if known else "–"
